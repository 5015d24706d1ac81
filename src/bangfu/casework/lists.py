"""Lists of cases: what may be asked for, what waits for an officer, ordered and paged. Every list starts at
`visible_to`."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import Count, F, Q, Value

from bangfu.accounts.models import Officer, Post
from bangfu.areas.models import Area
from bangfu.casework.models import Application, Case, ProcedureVersion
from bangfu.casework.models.cases import CaseQuerySet, CaseworkQuerySet
from bangfu.casework.policy import policy
from bangfu.casework.procedures import Procedure
from bangfu.common import identity
from bangfu.common.paging import REVERSED, columns_of, cut
from bangfu.common.places import Viewer
from bangfu.registry.lists import of_those_meant

RUNNING, CLOSED, ALL = "running", "closed", "all"
LATE, DUE_SOON, ON_TIME = "late", "due_soon", "on_time"
MINE, RISEN = "mine", "risen"
ORDERS = ("due", "opened", "place", "step", "number")


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for; "" and None: not asked. `area` None is everything that the viewer may see.

    state: RUNNING, CLOSED or ALL. clock: LATE, DUE_SOON or ON_TIME (of running cases). whose: MINE (waiting for the
    viewer's posts) or RISEN (late at the level below the viewer's). round: its id.
    """

    area: Area | None = None
    q: str = ""
    procedure: str = ""
    step: str = ""
    clock: str = ""
    whose: str = ""
    channel: str = ""
    state: str = RUNNING
    round: int | None = None
    order: str = "due"

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self) if f.name not in ("order", "area", "state"))


def cases(viewer: Officer, wanted: Wanted, day: date) -> CaseQuerySet:
    """The cases that the viewer may see and that answer to `wanted` on `day`, without an order."""
    rows: CaseQuerySet = Case.objects.visible_to(viewer)
    if wanted.area:
        rows = rows.inside(wanted.area)
    if wanted.state == RUNNING:
        rows = rows.running()
    elif wanted.state == CLOSED:
        rows = rows.filter(closed_on__isnull=False)
    for name in ("procedure", "step", "channel"):
        if asked := getattr(wanted, name):
            rows = rows.filter(**{name: asked})
    if wanted.round is not None:
        rows = rows.filter(round_id=wanted.round)
    if wanted.clock:
        rows = rows.filter(by_clock(wanted.clock, day))
    if wanted.whose == MINE:
        rows = rows.filter(waiting_for(viewer))
    elif wanted.whose == RISEN:
        rows = rows.filter(risen_to(viewer, day))
    return _found(rows, wanted.q) if wanted.q.strip() else rows


def by_clock(clock: str, day: date) -> Q:
    """Running cases whose legal time has run out, runs out within the days of policy (its last day included), or
    neither."""
    return RUNS & _due(clock, day)


# A case that is not closed. Counts of running cases ask this once, so that the index of running cases answers them.
RUNS = Q(closed_on=None)


def _due(clock: str, day: date) -> Q:
    soon = day + timedelta(days=policy().due_soon_days)
    if clock == LATE:
        return Q(due_on__lt=day)
    if clock == DUE_SOON:
        return Q(due_on__gte=day, due_on__lte=soon)
    return Q(due_on=None) | Q(due_on__gt=soon)


def waiting_for(officer: Officer) -> Q:
    """Running cases at a step where a post of the officer may act: of the step's roles and level, at a place it
    holds."""
    posts = _acting_posts(officer)
    return RUNS & _waiting(posts, kept_versions() if posts else {})


def _waiting(posts: Sequence[Post], versions: Mapping[int, ProcedureVersion]) -> Q:
    found = Q(pk__in=())
    for post in posts:
        steps = _steps_of(post, versions)
        if steps:
            at = Q(pk__in=())
            for version, ids in steps.items():
                at |= Q(version_id=version, step__in=ids)
            found |= _inside(post) & Q(level=post.area.level) & at
    return found


def risen_to(officer: Officer, day: date) -> Q:
    """Late cases that lie with the level below a post of the officer: the level above sees to them."""
    return by_clock(LATE, day) & _below(_acting_posts(officer))


def _below(posts: Sequence[Post]) -> Q:
    found = Q(pk__in=())
    for post in posts:
        found |= _inside(post) & Q(level=post.area.level + 1)
    return found


@dataclass(frozen=True)
class Lying:
    """What lies with an officer: cases waiting for a post of theirs, due soon and late among them, those due first;
    late ones of the level below; applications that nobody has decided on, where the officer acts."""

    waiting: int = 0
    due_soon: int = 0
    late: int = 0
    urgent: Sequence[Case] = ()
    risen: int = 0
    applications: int = 0

    def __bool__(self) -> bool:
        return any((self.waiting, self.risen, self.applications))


def lying_with(officer: Officer, day: date, number: int = 5) -> Lying:
    """What lies with an officer on a day; of the urgent ones at most `number`. All is counted in one question, of which
    an index of running cases answers its part by itself; the second is for the urgent ones."""
    posts = _acting_posts(officer)
    if not posts:
        return Lying()
    versions = kept_versions()
    waiting, below = _waiting(posts, versions), _below(posts)
    levels = {level for post in posts for level in (post.area.level, post.area.level + 1)}
    running = Case.objects.visible_to(officer).filter(RUNS, level__in=sorted(levels))
    cases: Any = (
        running.order_by()
        .values_list(Value("cases"))
        .annotate(
            all=Count("pk", filter=waiting),
            due_soon=Count("pk", filter=waiting & _due(DUE_SOON, day)),
            late=Count("pk", filter=waiting & _due(LATE, day)),
            risen=Count("pk", filter=below & _due(LATE, day)),
        )
    )
    new = Application.objects.visible_to(officer).filter(state=Application.State.NEW).order_by()
    counted = cases.union(new.values_list(Value("new"), *[Value(0)] * 3).annotate(Count("pk")), all=True)
    counts = {name: numbers for name, *numbers in counted}
    all_waiting, due_soon, late, risen = counts.get("cases", [0] * 4)
    urgent: list[Case] = []
    if all_waiting:
        rows = running.filter(waiting, due_on__isnull=False).order_by("due_on", "pk").defer("facts")
        urgent = _with(rows.select_related("village")[:number], versions)
    return Lying(all_waiting, due_soon, late, urgent, risen, counts.get("new", [0])[-1])


def _acting_posts(officer: Officer) -> list[Post]:
    return [post for post in officer.posts_on() if "cases.act" in post.rights] if officer.is_active else []


def _inside(post: Post) -> Q:
    reach = post.area.reach
    return Q(place__gte=reach.first, place__lte=reach.last)


def _steps_of(post: Post, versions: Mapping[int, ProcedureVersion]) -> dict[int, list[str]]:
    """Where a post may act: by version of a procedure the steps."""
    found: dict[int, list[str]] = defaultdict(list)
    for pk, version in versions.items():
        for step in version.read.steps:
            if post.role_id in step.roles and step.level == post.area.level:
                found[pk].append(step.id)
    return found


def versions() -> dict[int, Procedure]:
    """Every version that cases began with, by id, as procedures."""
    return {pk: version.read for pk, version in kept_versions().items()}


def kept_versions() -> dict[int, ProcedureVersion]:
    """Every version that cases began with, by id. A few dozen; what was once read is not read again."""
    marks = ProcedureVersion.objects.order_by("pk").values_list("pk", "sha256")
    return {pk: _kept(pk, sha256) for pk, sha256 in marks}


@lru_cache(maxsize=512)
def _kept(pk: int, sha256: str) -> ProcedureVersion:
    """A version never changes; its mark tells those of different databases apart."""
    return ProcedureVersion.objects.get(pk=pk, sha256=sha256)


def _found(rows: CaseQuerySet, q: str) -> CaseQuerySet:
    """Those whose number begins so, of villages of that name, or of households in which a person is meant by the
    search, as in the list of households."""
    number = identity.normalise(q)
    ways = of_those_meant(q) | Q(household=None, subject_name__startswith=q.strip())
    if number[:1].isdigit() and number.isascii():
        # a case number keeps its strokes
        ways |= Q(case_no__startswith="".join(unicodedata.normalize("NFKC", q).split()))
    return rows.filter(ways)


_COLUMNS = {
    "opened": ("opened_on", "pk"),
    "place": ("place", "pk"),
    "step": ("procedure", "step", "pk"),
    "number": ("case_no",),
}


def in_order(rows: CaseQuerySet, order: str) -> CaseQuerySet:
    """due: what is due first, what has no legal time last; opened: the oldest first; place: as the villages lie; step;
    number. With `REVERSED` before it the other way round."""
    if order.removeprefix(REVERSED) == "due":
        turned = order.startswith(REVERSED)
        due = F("due_on").desc(nulls_first=True) if turned else F("due_on").asc(nulls_last=True)
        return rows.order_by(due, "-pk" if turned else "pk")
    return rows.order_by(*columns_of(_COLUMNS, order))


def rows_of_page(rows: CaseQuerySet, order: str, page: int) -> Sequence[Case]:
    """The rows of a page (from 1), and one more when another page follows; with their procedures read."""
    found = in_order(rows, order).defer("facts").select_related("village__parent", "household")
    return with_procedures(cut(found, page))


def with_procedures(rows: Iterable[Case]) -> list[Case]:
    """The cases, each with the version it began with."""
    listed = list(rows)
    return _with(listed, kept_versions()) if listed else []


def _with(rows: Iterable[Case], versions: Mapping[int, ProcedureVersion]) -> list[Case]:
    listed = list(rows)
    for case in listed:
        case.version = versions[case.version_id]
    return listed


def applications(viewer: Viewer, *, area: Area | None = None, state: str = Application.State.NEW) -> CaseworkQuerySet:
    """Applications in the viewer's areas, the latest first; `state` "" is every state."""
    rows = Application.objects.visible_to(viewer)
    if area:
        rows = rows.inside(area)
    if state:
        rows = rows.filter(state=state)
    return rows.select_related("village", "household", "case").order_by("-pk")
