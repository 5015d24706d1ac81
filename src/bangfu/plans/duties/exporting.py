"""The list of who is behind as a file: who took it and when on every page, an entry in the trail."""

from collections.abc import Iterable
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.common.errors import NotAllowed
from bangfu.plans.duties.selectors import Behind, overdue_by_unit
from bangfu.plans.duties.words import number_label, often_label, period_label
from bangfu.registry.file_errors import ExportFormatUnknown, ExportTooLarge
from bangfu.registry.intake.exporting import MEDIA, MOST_IN_WORKBOOK, Exported, as_file

RIGHT = "registry.export"


def export_overdue(viewer: Officer, day: date, area: Area | None = None, *, fmt: str = "xlsx") -> Exported:
    """Every undone duty on the viewer's list of who is behind, where the viewer's right to export holds.

    Raises NotAllowed, ExportFormatUnknown, ExportTooLarge."""
    places = viewer.places_for(RIGHT)
    if not places:
        raise NotAllowed(right=rights()[RIGHT].label)
    if fmt not in MEDIA:
        raise ExportFormatUnknown(format=fmt)
    found = overdue_by_unit(viewer, day, area)
    rows = [
        row
        for behind in found
        if any(reach.holds(behind.group.place) for reach in places)
        for row in _rows(behind, day)
    ]
    if len(rows) > MOST_IN_WORKBOOK:
        raise ExportTooLarge(count=len(rows), limit=MOST_IN_WORKBOOK)
    at = timezone.localtime()
    mark = _("导出人：{name}（{login}）　时间：{at}　共 {count} 条").format(
        name=viewer.name, login=viewer.username, at=f"{at:%Y-%m-%d %H:%M}", count=len(rows)
    )
    labels = [
        _("单位或工作队"), _("姓名或名称"), _("履职要求"), _("频次"), _("期间"), _("应完成"), _("已完成"),
        _("截止日期"), _("逾期天数"), _("点名通报"),
    ]  # fmt: skip
    content = as_file(fmt, _("履职逾期清单"), labels, rows, mark, area.name if area else "")
    record(
        actor=viewer, action="duties.exported", subject_type="dutyrecord", subject_id="list", place=places[0].first,
        count=len(rows), format=fmt,
    )  # fmt: skip
    name = _("履职逾期清单-{moment}.{kind}").format(moment=f"{at:%Y%m%d-%H%M}", kind=fmt)
    return Exported(content, name, MEDIA[fmt], len(rows))


def _rows(behind: Behind, day: date) -> Iterable[list[str | int]]:
    named = {(each.doer.key, each.duty.id) for each in behind.named}
    for each in behind.late:
        yield [
            behind.group.name,
            each.doer.name,
            str(each.duty.title),
            often_label(each.duty),
            period_label(each.period),
            number_label(each.duty, each.needed),
            number_label(each.duty, each.done),
            f"{each.due_on:%Y-%m-%d}",
            each.days_late(day),
            _("是") if (each.doer.key, each.duty.id) in named else "",
        ]
