"""`bangfu demo`: the sample county, loaded into an empty home, screened and served. A home that holds data is only
served."""

from pathlib import Path
from typing import Any

import click

from bangfu.commands._house import house_command, progress, progress_done


@click.command(help="装入虚构的样县并启动网站；数据目录里已有数据时不再装入，只启动。")
@click.option("--households", default=20_000, show_default=True, type=click.IntRange(100, 1_000_000), help="样县户数。")
@click.option("--seed", default=2020, show_default=True, type=click.IntRange(0), help="随机种子：相同则内容相同。")
@click.option("--prepare-only", is_flag=True, help="只准备，不启动网站。")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="端口。")
@house_command
def command(households: int, seed: int, prepare_only: bool, port: int) -> dict[str, Any] | None:
    from bangfu.keeping.preparing import is_empty, prepare

    progress("准备数据目录 / preparing")
    prepare()
    loaded = _load(households, seed) if is_empty() else {}
    progress_done()
    if prepare_only:
        return {"loaded": bool(loaded), **loaded, "text": _told("")}
    from bangfu.commands._serving import serve

    serve("127.0.0.1", port, _told)
    return None


def _load(households: int, seed: int) -> dict[str, Any]:
    from django.conf import settings

    from bangfu.casework.enacting import enact
    from bangfu.casework.services import OldRisk, take_over
    from bangfu.findings import running
    from bangfu.plans.documents.enacting import enact_documents
    from bangfu.plans.duties.enacting import enact as act_duties
    from bangfu.plans.targets.enacting import enact_targets
    from bangfu.sample.data_files import county
    from bangfu.sample.services import load_sample_county, sample_officers, write_truth
    from bangfu.support.enacting import enact as arrange_help
    from bangfu.support.enacting_measures import enact_measures
    from bangfu.visits.enacting import enact as act_visits

    loaded = load_sample_county(
        households, seed, progress=lambda step: progress(f"装入样县（约一分钟）/ sample county: {step}")
    )
    take_over(risks=[OldRisk(number, code) for number, code in loaded.risks])
    write_truth(loaded.truth, Path(settings.HOME) / "sample")
    # The invented county stands on a day in the past, and is screened as of that day.
    run = running.run_now(as_of=county().day, progress=lambda step: progress(f"筛查样县 / screening: {step}"))
    progress("办理样例案件 / cases")
    cases = enact(officer.username for officer in sample_officers())
    progress("登记走访 / visits")
    visits = act_visits(officer.username for officer in sample_officers())
    progress("安排结对帮扶和驻村工作队 / helpers and teams")
    helped = arrange_help(officer.username for officer in sample_officers())
    progress("登记帮扶措施 / measures")
    measures = enact_measures([officer.username for officer in sample_officers()])
    progress("登记履职 / duties")
    duties = act_duties(officer.username for officer in sample_officers())
    progress("阅读规划文件 / reading a plan")
    planned = enact_documents([officer.username for officer in sample_officers()])
    progress("登记目标 / targets")
    targets = enact_targets(officer.username for officer in sample_officers())
    return {
        "households": households,
        "seed": seed,
        "findings": run.counts["new"],
        "cases": cases,
        "visits": visits,
        "helped": helped,
        "measures": measures,
        "duties": duties,
        "planned": planned,
        "targets": targets,
    }


def _told(address: str) -> str:
    """What a newcomer needs: the address, the names to sign in with, five things to look at. For a home that holds
    other data than the sample county: the address alone."""
    from django.utils.translation import gettext as _

    from bangfu.accounts.models import Officer
    from bangfu.sample.services import sample_officers, things_to_look_at

    lines = [_("网址：{address}    （按 Ctrl+C 结束）").format(address=address)] if address else []
    there = set(Officer.objects.values_list("username", flat=True))
    officers = [o for o in sample_officers() if o.username in there]
    if officers:
        lines += ["", _("样县的登录名和密码（虚构的人，仅供试用）：")]
        lines += [f"  {o.username:<10} {o.password}    {o.role} · {o.area} · {o.name}" for o in officers]
        lines += ["", _("可以先看这五处：")]
        lines += [f"  {number}. {thing}" for number, thing in enumerate(things_to_look_at(), start=1)]
        lines += ["", "  English: sign in, then choose English at the top right."]
    return "\n".join(lines)
