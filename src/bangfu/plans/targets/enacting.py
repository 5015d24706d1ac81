"""A year of targets acted out in the sample county, through the same verbs as any officer's: measured ones that follow
the registry, one with stages that its owners report on; some on course, some not.

How much is to be reached follows from what the sample county holds, whatever its size.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.casework.enacting import picture
from bangfu.common.places import Level
from bangfu.plans import services
from bangfu.plans.models import Across, Pace, Target, Way
from bangfu.plans.services import StageGiven
from bangfu.plans.targets.acting import may_edit
from bangfu.plans.targets.catalogue import catalogue
from bangfu.plans.targets.measuring import value
from bangfu.support.models import Unit

# Of the days before today, every so many is measured: what happened by dates can be told of them.
STEP, DAYS_BACK = 10, 150
# What is to be reached, as a share of what there is already (or, of rates, in percent).
MORE = Decimal("1.25")
ROADS = Decimal(36)
ROAD_STAGES = 5
INSURED, IN_COOPERATIVE = Decimal(98), Decimal(75)
BEFORE = Decimal(60)


@transaction.atomic
def enact_targets(officers: Iterable[str], today: date | None = None) -> int:
    """Targets of the sample county for this year; how many, with their parts. Does nothing in a house where there are
    targets, or where none of the officers maintains plans for a county."""
    day = today or timezone.localdate()
    actors = list(Officer.objects.filter(username__in=list(officers)).order_by("pk"))
    counties = Area.objects.current().of_level(Level.COUNTY)
    by, county = next(((o, each) for each in counties for o in actors if may_edit(o, each.place)), (None, None))
    if county is None or Target.objects.filter(proposal=None).exists():
        return 0
    units = list(Unit.objects.filter(closed_on=None, area=county).order_by("pk"))
    _rates(county, by, day, units)
    _measured(county, by, day, units)
    _roads(county, by, day, units)
    for back in range(DAYS_BACK, -1, -STEP):
        services.keep_day(day - timedelta(days=back))
    return Target.objects.filter(proposal=None).count()


def _year(day: date) -> tuple[date, date]:
    """The year of the targets: that of the day; in its first weeks already the one before runs out."""
    return date(day.year, 1, 1), date(day.year, 12, 31)


def _owner(units: list[Unit], duty: str) -> Unit | None:
    """The department whose name tells that it is about this; any other where there is none."""
    return next((unit for unit in units if duty in unit.name), units[0] if units else None)


def _rates(county: Area, by: Officer | None, day: date, units: list[Unit]) -> None:
    """Shares that each township is to reach as well."""
    start, end = _year(day)
    for measure, title, amount, base, duty in (
        ("registered_insured_share", _("脱贫户和贫困户基本医疗保险参保率"), INSURED, None, "卫生健康"),
        ("cooperative_share", _("脱贫户和贫困户加入农民专业合作社"), IN_COOPERATIVE, BEFORE, "供销"),
    ):
        target = services.track(
            by=by, area=county, title=title, amount=amount, unit="%", comparison="ge", deadline=end, measure=measure,
            starts_on=start, base=base, owner_unit=_owner(units, duty),
        )  # fmt: skip
        services.break_down(target=target, by=by, across=Across.AREAS, way=Way.RATE, reason=_("各乡镇执行同一比率"))


def _measured(county: Area, by: Officer | None, day: date, units: list[Unit]) -> None:
    """Numbers that are shared out by the households of each township, in one of them on to its villages."""
    start, end = _year(day)
    for measure, title, unit in (
        ("households_visited", _("全年走访到户"), "户"),
        ("measures_done", _("完成到户帮扶措施"), "项"),
    ):
        so_far = value(catalogue()[measure], county, start, day)
        amount = (Decimal(int(so_far or 0)) * MORE).to_integral_value() + 1
        target = services.track(
            by=by, area=county, title=title, amount=amount, unit=unit, comparison="ge", deadline=end, measure=measure,
            starts_on=start, pace=Pace.WEEK, owner_unit=_owner(units, "农业农村"),
        )  # fmt: skip
        _shared_out(target, by)
        largest = target.parts.live().order_by("-amount", "pk").first()
        if largest is not None:
            _shared_out(largest, by)


def _shared_out(target: Target, by: Officer | None) -> None:
    for figure in ("registered_households", "households_on_file"):
        found = value(catalogue()[figure], target.area, target.starts_on, target.starts_on)
        if found:
            services.break_down(
                target=target, by=by, across=Across.AREAS, way=Way.SHARE, figure=figure, reason=_("按户数占比分解")
            )
            return


def _roads(county: Area, by: Officer | None, day: date, units: list[Unit]) -> None:
    """Works in five stages, of which the townships report the kilometres with a picture."""
    start, end = _year(day)
    target = services.track(
        by=by, area=county, title=_("通组公路硬化"), amount=ROADS, unit="公里", comparison="ge", deadline=end,
        starts_on=start, owner_unit=_owner(units, "交通"),
        source_text=_("年内完成通组公路硬化36公里，三月底前开工，六月底前完成三分之一，九月底前完成三分之二。"),
    )  # fmt: skip
    names = (_("动员部署"), _("招标开工"), _("完成三分之一"), _("完成三分之二"), _("验收总结"))
    ends = (date(day.year, 2, 15), date(day.year, 3, 31), date(day.year, 6, 30), date(day.year, 9, 30), end)
    amounts = (None, None, ROADS / 3, ROADS * 2 / 3, ROADS)
    stages = [
        StageGiven(name, on, amount, on if on < day and number < ROAD_STAGES - 2 else None)
        for number, (name, on, amount) in enumerate(zip(names, ends, amounts, strict=True))
    ]
    services.set_stages(target=target, by=by, stages=stages, reason=_("倒排工期"))
    _shared_out(target, by)
    for number, part in enumerate(target.parts.live().order_by("pk")[:4]):
        for quarter in (1, 2, 3):
            on = start + timedelta(days=80 * quarter)
            if on <= day:
                done = (part.amount * quarter * (20 + 5 * number) / 100).quantize(Decimal("0.01"))
                reason = _("雨季停工，已增加机械和班组。") if number == 0 and quarter == 3 else ""
                services.report(target=part, by=by, day=on, value=done, reason=reason, upload=picture(number))
