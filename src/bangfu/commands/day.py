"""`bangfu day`: the day's work. Meant for the night (cron, systemd), safe to repeat."""

from datetime import datetime
from typing import Any

import click

from bangfu.commands._house import house_command, progress, progress_done


@click.command(help="做一天的工作：快照、筛查、登记疑点、随任职变动转交疑点。可以重复运行。")
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="数据截止日（默认今天；样县等停在过去的数据顺延）。"
)
@house_command
def command(day: datetime | None) -> dict[str, Any]:
    from django.utils.translation import gettext as _

    from bangfu.daily import run_day
    from bangfu.findings.selectors import next_as_of

    done = run_day(day.date() if day else next_as_of(), progress=progress)
    progress_done()
    counts = done.run.counts
    text = _(
        "{day}：新增 {new} 条，持续 {standing} 条，消除 {resolved} 条，无法判断 {unknown} 行；转交 {handed} 条。"
    ).format(
        day=done.run.as_of,
        handed=done.handed_over + counts["reassigned"],
        **{k: counts[k] for k in ("new", "standing", "resolved", "unknown")},
    )
    return {"run": done.run.pk, "as_of": str(done.run.as_of), "handed_over": done.handed_over, **counts, "text": text}
