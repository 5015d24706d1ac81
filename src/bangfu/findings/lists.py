"""Lists of findings: what may be asked for, found by a person's name, counted, ordered and paged. Every list starts at
`visible_to`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q

from bangfu.areas.models import Area
from bangfu.common import identity
from bangfu.common.places import Viewer
from bangfu.findings.models import Finding, FindingQuerySet, FindingStep
from bangfu.registry.lists import COUNT_UP_TO, REVERSED, ROWS, Counted, conditions
from bangfu.registry.models import Household, Member

__all__ = ["COUNT_UP_TO", "ORDERS", "REVERSED", "ROWS", "Counted", "Wanted", "counted", "findings", "in_order"]

# What a list shows when no state is asked for: findings that still ask for something to be done.
LIVE = "live"
ALL = "all"
ORDERS = ("due", "found", "severity", "rule", "place")
# How long a finding has been standing: more than so many days.
AGES = (7, 30, 90)
KINDS_NEW = (FindingStep.Kind.FOUND, FindingStep.Kind.BACK)


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for; "" and None: not asked. `area` None is everything that the viewer may see.

    state: one of Finding.State, LIVE or ALL. age: standing for more than so many days. assigned: "me" (`officer`),
    "nobody" (it lies with the township). new_in, resolved_in: the number of a run. household: its id.
    """

    area: Area | None = None
    q: str = ""
    rule: str = ""
    topic: str = ""
    severity: str = ""
    state: str = LIVE
    age: str = ""
    assigned: str = ""
    overdue: str = ""
    new_in: int | None = None
    resolved_in: int | None = None
    order: str = "due"

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self) if f.name not in ("order", "area", "state"))


def findings(viewer: Viewer, wanted: Wanted, day: date) -> FindingQuerySet:
    """The findings that the viewer may see and that answer to `wanted` on `day`, without an order."""
    rows: FindingQuerySet = Finding.objects.visible_to(viewer)
    if wanted.area:
        rows = rows.inside(wanted.area)
    for asked, steps in ((wanted.new_in, KINDS_NEW), (wanted.resolved_in, (FindingStep.Kind.RESOLVED,))):
        if asked is not None:
            of_run = FindingStep.objects.filter(finding=OuterRef("pk"), run_id=asked, kind__in=steps)
            rows = rows.filter(Exists(of_run))
    if wanted.state == LIVE:
        rows = rows.live()
    elif wanted.state != ALL:
        rows = rows.filter(state=wanted.state)
    if wanted.rule:
        rows = rows.filter(rule_id=wanted.rule)
    if wanted.topic:
        rows = rows.filter(topic=wanted.topic)
    if wanted.severity:
        rows = rows.filter(severity=int(wanted.severity))
    if wanted.age:
        rows = rows.filter(found_on__lt=day - timedelta(days=int(wanted.age)))
    if wanted.assigned == "me":
        rows = rows.filter(assigned_to=viewer)
    elif wanted.assigned == "nobody":
        rows = rows.filter(assigned_to=None)
    if wanted.overdue:
        rows = rows.overdue(day)
    return _found(rows, wanted.q) if wanted.q.strip() else rows


def _found(rows: FindingQuerySet, q: str) -> FindingQuerySet:
    """Those of households in which a person is meant by the search, as in the list of households; or whose number
    begins so."""
    number, asked = identity.normalise(q), conditions(q)
    ways = Q(pk__in=())
    if asked is not None:
        ways |= Q(household_id__in=Member.objects.filter(asked).values("household_id"))
    if number[:1].isdigit() and number.isascii():
        ways |= Q(household_id__in=Household.objects.filter(household_no__prefix=number).values("pk"))
    return rows.filter(ways)


_COLUMNS = {
    "due": ("due_on", "pk"),
    "found": ("found_on", "pk"),
    "severity": ("severity", "due_on", "pk"),
    "rule": ("rule_id", "place", "pk"),
    "place": ("place", "pk"),
}


def in_order(rows: FindingQuerySet, order: str) -> FindingQuerySet:
    """due: what is due first; found: the oldest first; severity: errors first; rule; place: as the villages lie. With
    `REVERSED` before it the other way round."""
    columns = _COLUMNS[order.removeprefix(REVERSED)]
    return rows.order_by(*(f"-{column}" if order.startswith(REVERSED) else column for column in columns))


def counted(rows: FindingQuerySet) -> Counted:
    """The exact number of rows while it is cheap to know, "so many and more" beyond."""
    number = rows.order_by().values("pk")[: COUNT_UP_TO + 1].count()
    return Counted(min(number, COUNT_UP_TO), number > COUNT_UP_TO)


def rows_of_page(rows: FindingQuerySet, order: str, page: int) -> Sequence[Finding]:
    """The rows of a page (from 1), and one more when another page follows."""
    first = (page - 1) * ROWS
    ordered = in_order(rows, order).select_related("village__parent", "household", "member", "assigned_to")
    return list(ordered[first : first + ROWS + 1])
