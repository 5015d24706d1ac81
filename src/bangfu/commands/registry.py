"""`bangfu registry import | template | export`: the registry in and out by files."""

from pathlib import Path
from typing import Any

import click

from bangfu.commands._house import house_command


@click.group("registry")
def command() -> None:
    """户档的导入、模板和导出。"""


@command.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--commit", "keep", is_flag=True, help="演练无误后入库；不加则只演练")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="把报告工作簿写到这里")
@click.option("--takeover", is_flag=True, help="接管旧系统数据：身份类问题只提醒，不拒收")
@click.option("--as", "login", default="", help="以哪位人员的名义导入（登录名）；不写即系统")
@house_command
def import_(files: tuple[Path, ...], keep: bool, report: Path | None, takeover: bool, login: str) -> dict[str, Any]:
    """演练（或入库）户、成员、收入、务工工作簿和 CSV。"""
    import shutil

    from django.utils.translation import gettext as _

    from bangfu.casework.services import take_over
    from bangfu.registry.columns import tables
    from bangfu.registry.file_errors import NoGoodRows
    from bangfu.registry.intake import batches

    batch = batches.start(
        by=_officer(login), files=[(path.name, path) for path in files], takeover=takeover, at_once=True
    )
    (batches.commit if keep else batches.rehearse)(batch)
    if keep:
        take_over()
    batch.refresh_from_db()
    written = batches.report_of(batch)
    if report and written.exists():
        shutil.copyfile(written, report)
    if batch.state == batches.State.REFUSED and not batch.counts:
        raise NoGoodRows(file=batch.file_name)
    lines = [
        _("{table}：{rows} 行，新增 {added}，更新 {changed}，无变化 {unchanged}，未通过 {refused}").format(
            table=_(tables()[name].label), **count
        )
        for name, count in batch.counts["tables"].items()
    ]
    lines += [_line(each) for each in batch.counts["first"][:20]]
    if batch.state == batches.State.REFUSED:
        lines.append(str(NoGoodRows(file=batch.file_name)))
    elif keep:
        lines.append(_("已入库，批次 {batch}。").format(batch=batch.pk))
    else:
        lines.append(_("演练完毕，没有写入任何数据。确认无误后加 --commit 再运行一次。"))
    return {
        "text": "\n".join(lines),
        "batch": batch.pk,
        "state": batch.state,
        **batch.counts,
        "refused": batch.state == batches.State.REFUSED,
    }


def _line(kept: dict[str, Any]) -> str:
    from bangfu.registry.intake.remembering import unpack

    error = unpack(kept["code"], kept["facts"])
    place = f"{kept['sheet']} {kept['row']}  " if kept["row"] else ""
    return f"{place}{error}"


def _officer(login: str) -> Any:
    if not login:
        return None
    from bangfu.accounts.models import Officer
    from bangfu.registry.file_errors import OfficerUnknown

    found = Officer.objects.filter(username=login).first()
    if found is None:
        raise OfficerUnknown(login=login)
    return found


@command.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@house_command
def template(target: Path) -> dict[str, Any]:
    """写一份导入模板。"""
    from django.utils.translation import gettext as _

    from bangfu.registry.intake.templates import write_template

    write_template(target)
    return {"text": _("模板已写到 {file}。").format(file=target), "file": str(target)}


@command.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--as", "login", required=True, help="以哪位人员的名义导出（登录名），只含其负责区域")
@click.option("--full", is_flag=True, help="证件号、电话、账号不打码（须有权限，留痕）")
@house_command
def export(target: Path, login: str, full: bool) -> dict[str, Any]:
    """按人员的负责区域导出户名单，.xlsx 或 .csv。"""
    from django.utils.translation import gettext as _

    from bangfu.registry.intake import exporting
    from bangfu.registry.models import Household

    officer = _officer(login)
    households = Household.objects.visible_to(officer).living().order_by("place", "pk")
    made = exporting.export_households(
        officer, households, exporting.DEFAULT_COLUMNS, full=full, fmt=target.suffix.lstrip(".").lower() or "xlsx"
    )
    target.write_bytes(made.content)
    return {
        "text": _("已导出 {count} 户到 {file}。").format(count=made.count, file=target),
        "count": made.count,
        "file": str(target),
    }
