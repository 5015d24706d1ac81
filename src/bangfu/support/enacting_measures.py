"""Plans of households, promises and a village's plan acted out in the sample county, through the same verbs as any
officer's: so that whoever starts it sees causes with and without a measure, help that fits none, and results.

Two of five households in need in a village get what their causes call for; the others wait. Nothing is written past
the services; what policy refuses stays undone.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.casework.enacting import picture
from bangfu.common.errors import BangfuError
from bangfu.common.places import Level
from bangfu.registry.models import Household
from bangfu.support import services
from bangfu.support.catalogue import Kind, Need, catalogue
from bangfu.support.measure_checks import Entry, proposed
from bangfu.support.models import Helper, Measure, State
from bangfu.support.planning import needs_of
from bangfu.support.selectors import helpers_of
from bangfu.support.services import ProjectEntry, Promise

MOST = 400
EVERY, HELPED = 5, 3  # of five households three get help
# Which kind the village takes for a need, where it has one: the sample's usual help, else the first that fits.
USUAL: dict[Need, str] = {
    ("cause", "01"): "0903",
    ("cause", "02"): "1003",
    ("cause", "03"): "0899",
    ("cause", "07"): "0109",
    ("cause", "08"): "1001",
    ("cause", "09"): "0102",
    ("risk", "01"): "0904",
    ("risk", "02"): "1003",
    ("risk", "07"): "0599",
}
# The plan of a village in the mountains: a road a year, with its length, households and people.
PROJECTS: tuple[tuple[int, str, str, str, str, int, int], ...] = (
    (-2, "02", "中心村公路硬化（12组）", "1.3", "km", 10, 35),
    (-1, "02", "6组通7组公路", "1.6", "km", 16, 130),
    (0, "02", "4组组级公路", "1.1", "km", 13, 115),
    (1, "02", "8组组级公路", "1.2", "km", 12, 89),
    (2, "02", "10组组级公路", "1.5", "km", 12, 73),
    (-2, "05", "马井栏水坝加固", "500", "metre", 20, 76),
    (-1, "04", "中心村自来水厂", "1", "place", 50, 190),
    (0, "12", "油茶和茶叶基地", "200", "mu", 30, 108),
)
YUAN_A_KILOMETRE = 350_000


@transaction.atomic
def enact_measures(officers: Sequence[str], today: date | None = None) -> int:
    """Enters measures and promises in the areas of these officers' posts, and the plan of the first village; how many
    measures. Does nothing in a house where there are measures, or where these officers are not."""
    today = today or timezone.localdate()
    actors = [
        o for o in Officer.objects.filter(username__in=list(officers)).order_by("pk") if o.has_perm("support.edit")
    ]
    areas = sorted((post.area for o in actors for post in o.posts_on()), key=lambda area: area.level)
    villages = [area for area in areas if area.level == Level.VILLAGE]
    if not villages or Measure.objects.exists():
        return 0
    by = next(o for o in actors if o.may("support.edit", areas[0].place))
    households = list(islice(_in_need(areas), MOST))
    helpers = helpers_of([household.pk for household in households], today)
    needs = needs_of(households, today)
    entries: list[Entry] = []
    for number, household in enumerate(households):
        if number % EVERY >= HELPED:
            continue
        for need in needs[household.pk]:
            kind = _kind(household, need)
            if kind is not None:
                entries.append(_entry(household, kind, len(entries), today, helpers.get(household.pk, [])))
    made = services.plan_measures(by=by, entries=entries, reason=_("入户商定帮扶计划")).measures
    _promised(by, [household for household in households if helpers.get(household.pk)][:3], helpers, today)
    _planned(by, villages[0], today)
    return len(made)


def _in_need(areas: Sequence[Area]) -> QuerySet[Household]:
    """Households of these areas that are poor or watched, the neediest first."""
    inside = Q(pk__in=())
    for area in areas:
        inside |= Q(place__gte=area.reach.first, place__lte=area.reach.last)
    rule = catalogue().needed_by
    wanting = Q(poverty_status__in=rule.poverty_status) | ~Q(monitor_category="")
    rows = Household.objects.living().filter(inside, wanting).select_related("village")
    return rows.order_by("latest_per_capita_net_income", "pk")


def _kind(household: Household, need: Need) -> Kind | None:
    """The village's usual help for a need: of kinds that are for the whole household."""
    book = catalogue(household.village.code)
    usual = book.kinds.get(USUAL.get(need, ""))
    if usual is not None and usual.answers([need]):
        return usual
    fitting = (book.kinds[code] for code in book.answering(need))
    return next((kind for kind in fitting if not kind.member and not kind.all), None)


def _entry(household: Household, kind: Kind, number: int, today: date, helpers: Sequence[Helper]) -> Entry:
    """Help that is planned, under way or done, in turn; what was done has a result."""
    state = (State.UNDER_WAY, State.DONE, State.PLANNED)[number % 3]
    starts_on = today + timedelta(days=20) if state is State.PLANNED else today - timedelta(days=60 + number % 90)
    usual = proposed(kind, household.village.code, starts_on)
    return Entry(
        household=household,
        kind=kind.code,
        starts_on=starts_on,
        ends_on=today - timedelta(days=number % 20) if state is State.DONE else None,
        quantity=Decimal(1 + number % 4) if kind.units else None,
        unit=str(usual.get("unit", "")),
        money=Decimal(str(usual.get("money", 300 + number % 7 * 100))),
        helper=helpers[0] if helpers else None,
        owner="" if helpers else _("村委会"),
        state=state,
        result=_("已落实，户里满意。") if state is State.DONE else "",
    )


def _promised(
    by: Officer, households: Sequence[Household], helpers: Mapping[int, Sequence[Helper]], today: date
) -> None:
    """Promises of the year, of which the first has been asked after."""
    for number, household in enumerate(households):
        promise = Promise(
            year=today.year,
            helper=helpers[household.pk][0],
            helper_promise=_("每月入户一次，联系技术指导，帮助销售农产品。"),
            helper_signed_on=today,
            household_promise=_("按计划发展生产，孩子按时上学，搞好院落卫生。"),
            household_signed_on=today,
            signer=household.head_name,
        )
        try:
            made = services.sign_commitment(by=by, household=household, promise=promise, upload=picture())
            if not number:
                services.settle_commitment(
                    by=by,
                    commitment=made,
                    helper_kept="kept",
                    household_kept="partly",
                    outcome=_("生产按计划，院落还要整理。"),
                )
        except BangfuError:
            continue  # a household that does not qualify: the sample is poorer by one promise, the rules are kept


def _planned(by: Officer, village: Area, today: date) -> None:
    """Five years of the village's plan; what lies behind is done, this year's is under way."""
    for offset, kind, name, quantity, unit, households, people in PROJECTS:
        state = State.DONE if offset < 0 else State.PLANNED if offset else State.UNDER_WAY
        cost = Decimal(quantity) * YUAN_A_KILOMETRE if unit == "km" else None
        try:
            services.save_project(
                by=by,
                village=village,
                entry=ProjectEntry(
                    kind, name, today.year + offset, Decimal(quantity), unit, cost, households, people, state
                ),
            )
        except BangfuError:
            continue  # a small sample has fewer households than the plan of the papers
