"""Lists of findings: what may be asked for, found by a person's name, counted, ordered and paged. Every list starts at
`visible_to`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

from django.db.models import Exists, OuterRef

from bangfu.areas.models import Area
from bangfu.common.paging import columns_of, cut
from bangfu.common.places import Viewer
from bangfu.findings.models import Finding, FindingQuerySet, FindingStep
from bangfu.registry.lists import of_those_meant

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
    return rows.filter(of_those_meant(wanted.q)) if wanted.q.strip() else rows


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
    return rows.order_by(*columns_of(_COLUMNS, order))


def rows_of_page(rows: FindingQuerySet, order: str, page: int) -> Sequence[Finding]:
    """The rows of a page (from 1), and one more when another page follows."""
    return cut(in_order(rows, order).select_related("village__parent", "household", "member", "assigned_to"), page)
