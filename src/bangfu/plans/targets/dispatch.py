"""The dispatch sheet: for each unit what its targets came to in the last period and in this one, what was planned, the
gap, and the reason that was given; and the units ranked, with the figures behind it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.common.errors import NotAllowed
from bangfu.plans.duties.periods import Every, Period, preceding
from bangfu.plans.duties.words import period_label
from bangfu.plans.models import Across, DailyValue, Report, Standing, Target
from bangfu.plans.targets.catalogue import terms
from bangfu.plans.targets.values import course_of
from bangfu.plans.targets.words import limit_text, number_text, standing_label
from bangfu.registry.file_errors import ExportFormatUnknown, ExportTooLarge
from bangfu.registry.intake.exporting import MEDIA, MOST_IN_WORKBOOK, Exported, as_file

RHYTHMS = (Every.WEEK, Every.HALF_MONTH, Every.MONTH)
RIGHT = "registry.export"


@dataclass(frozen=True)
class Line:
    """A target in a period. `last`, `this` and `planned` are amounts by the end of the period before, of this one, and
    what the plan wants by then; None: not known. `reason` is the latest one reported in the period."""

    target: Target
    last: Decimal | None
    this: Decimal | None
    planned: Decimal | None
    reason: str = ""

    @property
    def gained(self) -> Decimal | None:
        return None if self.this is None or self.last is None else self.this - self.last

    @property
    def gap(self) -> Decimal | None:
        """How much is missing against the plan (of what should fall: how much there is too much); 0 when nothing."""
        if self.planned is None or self.this is None:
            return None
        falling = course_of(self.target).falling
        return max(self.this - self.planned if falling else self.planned - self.this, Decimal(0))

    @property
    def rate(self) -> int | None:
        """How much of what was planned was done, in percent, at most 100; without any report nothing. None: nothing was
        planned yet. A limit is kept as a whole, or not at all."""
        course = course_of(self.target)
        if self.planned is None:
            return None
        if self.this is None:
            return 0
        if course.reaches(self.this, self.planned):
            return 100
        way = self.planned - course.base
        if course.is_limit or not way:
            return 0
        return min(max(int((self.this - course.base) * 100 / way), 0), 99)


@dataclass
class Group:
    """The lines of a unit, or of an area whose targets no unit answers for."""

    key: tuple[str, int]
    name: str
    lines: list[Line] = field(default_factory=list)
    rank: int = 0

    @property
    def rate(self) -> int | None:
        """The mean of the rates of its lines, rounded down."""
        known = [each.rate for each in self.lines if each.rate is not None]
        return sum(known) // len(known) if known else None

    @property
    def silent(self) -> int:
        """Of how many targets nothing is known."""
        return sum(1 for each in self.lines if each.this is None)

    def number(self, standing: str) -> int:
        return sum(1 for each in self.lines if each.target.standing == standing)

    @property
    def late(self) -> int:
        return self.number(Standing.LATE)

    @property
    def at_risk(self) -> int:
        return self.number(Standing.AT_RISK)

    @property
    def reached(self) -> int:
        return self.number(Standing.REACHED)


def _value_on(day: date) -> Subquery:
    """The latest value of a target by the end of a day."""
    rows = DailyValue.objects.filter(target=OuterRef("pk"), day__lte=day).order_by("-day")
    return Subquery(rows.values("value")[:1])


def sheet(viewer: Officer, period: Period, area: Area | None = None, unit: int | None = None) -> list[Group]:
    """The groups with their lines, ranked: who did most of what was planned comes first, equal ones share a rank. Only
    targets that ran in the period; of one broken down to years the year stands for it. A fixed number of questions."""
    rows = Target.objects.visible_to(viewer).live().filter(starts_on__lte=period.last)
    rows = rows.exclude(broken_across=Across.YEARS)
    rows = rows.filter(Q(deadline=None) | Q(deadline__gte=period.first) | ~Q(standing=Standing.REACHED))
    if area is not None:
        rows = rows.inside(area)
    if unit is not None:
        rows = rows.filter(owner_unit=unit)
    reasons = Report.objects.filter(
        target=OuterRef("pk"), withdrawn_at=None, day__gte=period.first, day__lte=period.last
    ).exclude(reason="")
    found = rows.annotate(
        last_value=_value_on(preceding(period).last),
        this_value=_value_on(period.last),
        said=Subquery(reasons.order_by("-day", "-pk").values("reason")[:1]),
    )
    ordered = found.select_related("area", "owner_unit", "owner").prefetch_related("stages")
    groups: dict[tuple[str, int], Group] = {}
    for target in ordered.order_by("place", "deadline", "pk"):
        group = _group_of(target)
        course = course_of(target, target.stages.all())
        planned = course.planned(min(period.last, timezone.localdate()))
        line = Line(target, target.last_value, target.this_value, planned, target.said or "")
        groups.setdefault(group.key, group).lines.append(line)
    return ranked(groups.values())


def _group_of(target: Target) -> Group:
    if target.owner_unit is not None:
        return Group(("unit", target.owner_unit.pk), target.owner_unit.name)
    return Group(("area", target.area_id), target.area.name)


def ranked(groups: Iterable[Group]) -> list[Group]:
    """By their rate, the highest first; equal rates share a rank; without any plan last, unranked."""
    ordered = sorted(groups, key=lambda each: (each.rate is None, -(each.rate or 0), each.late, each.name))
    for position, group in enumerate(ordered, start=1):
        if group.rate is None:
            group.rank = 0
        elif position > 1 and ordered[position - 2].rate == group.rate:
            group.rank = ordered[position - 2].rank
        else:
            group.rank = position
    return ordered[: terms().ranked_most]


# --- as a file -------------------------------------------------------------------------------------------------------


def export_sheet(
    viewer: Officer, period: Period, area: Area | None = None, unit: int | None = None, *, fmt: str = "xlsx"
) -> Exported:
    """The sheet as a file, where the viewer's right to export holds. Raises NotAllowed, ExportFormatUnknown,
    ExportTooLarge."""
    places = viewer.places_for(RIGHT)
    if not places:
        raise NotAllowed(right=rights()[RIGHT].label)
    if fmt not in MEDIA:
        raise ExportFormatUnknown(format=fmt)
    rows = [
        _cells(group, line)
        for group in sheet(viewer, period, area, unit)
        for line in group.lines
        if any(reach.holds(line.target.place) for reach in places)
    ]
    if len(rows) > MOST_IN_WORKBOOK:
        raise ExportTooLarge(count=len(rows), limit=MOST_IN_WORKBOOK)
    at = timezone.localtime()
    mark = _("导出人：{name}（{login}）　时间：{at}　共 {count} 条").format(
        name=viewer.name, login=viewer.username, at=f"{at:%Y-%m-%d %H:%M}", count=len(rows)
    )
    title = _("调度表（{period}）").format(period=period_label(period))
    content = as_file(fmt, title, labels(), rows, mark, area.name if area else "")
    record(
        actor=viewer, action="targets.exported", subject_type="target", subject_id="list", place=places[0].first,
        count=len(rows), format=fmt,
    )  # fmt: skip
    return Exported(content, _file_name(at, fmt), MEDIA[fmt], len(rows))


def _file_name(at: datetime, fmt: str) -> str:
    return _("调度表-{moment}.{kind}").format(moment=f"{at:%Y%m%d-%H%M}", kind=fmt)


def labels() -> list[str]:
    """The headings of the sheet."""
    return [
        _("名次"), _("单位"), _("目标"), _("区域"), _("计量单位"), _("目标值"), _("上期完成"), _("本期完成"),
        _("本期新增"), _("计划应达到"), _("差距"), _("完成计划（%）"), _("状态"), _("原因"), _("期限"),
    ]  # fmt: skip


def _cells(group: Group, line: Line) -> Sequence[str | int]:
    target = line.target
    return [
        group.rank or "",
        group.name,
        target.title,
        target.area.name,
        target.unit,
        number_text(target.amount),
        number_text(line.last),
        number_text(line.this),
        number_text(line.gained),
        number_text(line.planned),
        number_text(line.gap),
        limit_text(course_of(target), line.this, target.unit) or ("" if line.rate is None else line.rate),
        standing_label(target.standing),
        line.reason,
        f"{target.deadline:%Y-%m-%d}" if target.deadline else "",
    ]
