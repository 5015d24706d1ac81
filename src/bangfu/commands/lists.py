"""`bangfu lists import | list`: lists that other departments hand over."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bangfu.commands._house import house_command

if TYPE_CHECKING:
    from bangfu.areas.models import Area


@click.group("lists", short_help="导入外部名单，用于比对")
def command() -> None:
    """外部名单：其他部门交来的车辆、工商、死亡、低保等名单，只留下与户档对上的人。"""


@command.command("import")
@click.argument("name", metavar="LIST")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as-of", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="名单是哪一天的")
@click.option("--snapshot", type=click.Path(file_okay=False, path_type=Path), help="与哪一份快照比对（默认最近的一份）")
@click.option("--place", default="", metavar="CODE", help="只为一地导入：区划代码的前几位（默认整个库）")
@click.option("--replace", is_flag=True, help="代替同一天已导入的名单")
@house_command
def import_(name: str, file: Path, day: Any, snapshot: Path | None, place: str, replace: bool) -> dict[str, Any]:
    """按证件号码与快照比对，只保存对上的人；15位旧号转为18位，丢了数字的号码逐行拒绝并报数。"""
    from django.utils.translation import gettext as _

    from bangfu.findings import outside
    from bangfu.snapshot.store import Snapshot

    taken = outside.take_in(
        by=None,
        area=_area(place),
        list=name,
        day=day.date(),
        file=file,
        name=file.name,
        replace=replace,
        snapshot=Snapshot.open(snapshot, verify=False) if snapshot else None,
    )
    lines = [
        _("{name}（{day}）：{rows} 行有号码，对上 {people} 人；由15位转换 {converted} 行，拒绝 {refused} 行。").format(
            name=name,
            day=taken.day.isoformat(),
            rows=taken.rows,
            people=taken.people,
            converted=taken.converted,
            refused=taken.refused,
        ),
        *(
            _("第 {row} 行 {value}：{reason}").format(row=s.row, value=s.value, reason=s.fault.words)
            for s in taken.samples
        ),
    ]
    return {
        "list": name,
        "as_of": taken.day.isoformat(),
        "rows": taken.rows,
        "converted": taken.converted,
        "refused": taken.refused,
        "people": taken.people,
        "samples": [{"row": s.row, "value": s.value, "fault": s.fault.value} for s in taken.samples],
        "text": "\n".join(lines),
    }


def _area(place: str) -> "Area | None":
    """The area for which a list is taken in; None, the whole house, without a place. Raises NoSuchArea."""
    from bangfu.accounts.errors import NoSuchArea
    from bangfu.areas.selectors import by_code
    from bangfu.rulebook.services import significant

    if not place:
        return None
    code = significant(place).ljust(12, "0")
    area = by_code(code)
    if area is None:
        raise NoSuchArea(code=code)
    return area


@command.command("list")
@house_command
def list_() -> dict[str, Any]:
    """规则所用的外部名单，以及各自最近一次导入的日期。"""
    from django.utils.translation import gettext as _

    from bangfu.findings import outside
    from bangfu.rulebook import services as rulebook
    from bangfu.screening import lists

    book = rulebook.book()
    stored = lists.latest(outside.folder(), book.lists, date.max)
    rows = [
        {
            "id": id,
            "label": str(each.label),
            "giver": str(each.giver),
            "as_of": stored[id].day.isoformat() if id in stored else "",
        }
        for id, each in sorted(book.lists.items())
    ]
    none = _("尚未导入")
    text = "\n".join(f"{row['id']:<20} {row['as_of'] or none:<10} {row['label']}（{row['giver']}）" for row in rows)
    return {"lists": rows, "text": text}
