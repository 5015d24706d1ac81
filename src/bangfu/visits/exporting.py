"""The list of visits as a file: who took it and when on every page, no personal numbers, an entry in the trail."""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.audit.services import record
from bangfu.common.errors import NotAllowed
from bangfu.common.places import within
from bangfu.registry.file_errors import ExportFormatUnknown, ExportTooLarge
from bangfu.registry.intake.exporting import MEDIA, MOST_IN_WORKBOOK, Exported, as_file
from bangfu.visits.models import Visit, VisitsQuerySet
from bangfu.visits.selectors import suspicions_of

PIECE = 1000


def export_visits(viewer: Officer, rows: VisitsQuerySet, *, fmt: str = "xlsx", filters: str = "") -> Exported:
    """The visits of `rows` (which start at `visible_to(viewer)`) where the viewer's right to export holds.

    Raises NotAllowed, ExportFormatUnknown, ExportTooLarge."""
    places = viewer.places_for("registry.export")
    if not places:
        raise NotAllowed(right=rights()["registry.export"].label)
    if fmt not in MEDIA:
        raise ExportFormatUnknown(format=fmt)
    wanted = rows.filter(within(places))
    count = wanted.count()
    if count > MOST_IN_WORKBOOK:
        raise ExportTooLarge(count=count, limit=MOST_IN_WORKBOOK)
    at = timezone.localtime()
    mark = _("导出人：{name}（{login}）　时间：{at}　共 {count} 条　{masked}").format(
        name=viewer.name, login=viewer.username, at=f"{at:%Y-%m-%d %H:%M}", count=count, masked=_("个人信息已打码")
    )
    labels = [
        _("走访日期"), _("乡镇"), _("村"), _("户编号"), _("户主"), _("清单"), _("走访人"), _("同行人"), _("见到的人"),
        _("方式"), _("小结"), _("照片"), _("存疑"), _("收到时间"),
    ]  # fmt: skip
    content = as_file(fmt, _("走访清单"), labels, _rows(wanted), mark, filters)
    record(
        actor=viewer,
        action="visits.exported",
        subject_type="visit",
        subject_id="list",
        place=places[0].first,
        count=count,
        format=fmt,
        filters=filters,
    )
    name = _("走访清单-{moment}.{kind}").format(moment=f"{at:%Y%m%d-%H%M}", kind=fmt)
    return Exported(content, name, MEDIA[fmt], count)


def _rows(wanted: VisitsQuerySet) -> Iterator[list[Any]]:
    found = wanted.select_related("village__parent", "household", "officer", "form").prefetch_related("photos")
    piece: list[Visit] = []
    for visit in found.iterator(chunk_size=PIECE):
        piece.append(visit)
        if len(piece) == PIECE:
            yield from _lines(piece)
            piece = []
    yield from _lines(piece)


def _lines(piece: list[Visit]) -> Iterator[list[Any]]:
    doubts = suspicions_of(visit.pk for visit in piece)
    for visit in piece:
        village, household = visit.village, visit.household
        yield [
            f"{visit.visited_on:%Y-%m-%d}",
            village.parent.name if village.parent else "",
            village.name,
            household.household_no if household else "",
            household.head_name if household else "",
            str(visit.form.read.label),
            visit.officer.name if visit.officer else "",
            visit.companions,
            visit.met_with,
            str(visit.get_channel_display()),
            visit.summary,
            len(visit.photos.all()),
            "、".join(str(each) for each in doubts.get(visit.pk, ())),
            f"{timezone.localtime(visit.received_at):%Y-%m-%d %H:%M}",
        ]
