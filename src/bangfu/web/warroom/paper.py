"""The board on paper: A4 across, the map at the left, the order of the areas and the course at the right, the table
behind it. Set by typst; fonts come from the package, nothing from the machine."""

import json
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

FONT = "Noto Sans SC"


def sheet_of(asked: Any, title: str) -> bytes:
    """The sheet as a PDF."""
    import pylopdf_fonts_zh_cn
    import typst  # loading it costs 40 ms, which only who prints pays

    return bytes(
        typst.compile(
            str(Path(__file__).parent / "sheet.typ"),
            font_paths=[str(Path(pylopdf_fonts_zh_cn.__file__).parent)],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(written(asked, title), ensure_ascii=False)},
        )
    )


def written(asked: Any, title: str) -> dict[str, Any]:
    """All that stands on the sheet."""
    from bangfu.web.warroom.rooms import pictures

    found = pictures(asked, font=FONT)
    by_targets = asked.board.by_standing
    headings = [_("名次"), _("区域"), _("数值")]
    if by_targets:
        headings += [_("目标值"), _("计划应达到"), _("状态")]
    rows = []
    for number, row in enumerate(found["rows"], 1):
        cells = [str(number), row["name"], row["value"] or _("没有数据")]
        rows.append(cells + ([row["amount"], row["planned"], row["standing"]] if by_targets else []))
    whole = found["whole"]
    return {
        "title": title,
        "whole": _("{place}：{value}").format(place=found["place"], value=whole["value"] or _("没有数据"))
        if whole
        else found["place"],
        "map": str(found["map"]),
        "bars": str(found["bars"]),
        "course": str(found["course"]),
        "course_title": _("逐日进展"),
        "bars_title": _("各地排序"),
        "legend": [list(each) for each in found["legend"]],
        "notes": found["notes"],
        "headings": headings,
        "rows": rows,
        "printed": _("{name} {day} 打印").format(name=asked.officer.name, day=timezone.localdate().isoformat()),
        "page": _("第 {n} 页，共 {all} 页"),
    }
