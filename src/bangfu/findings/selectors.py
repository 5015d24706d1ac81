"""Questions about findings and runs: totals by rule and by area, what a run counted, the day that comes next. Every
answer starts at `visible_to`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils import timezone

from bangfu.accounts.models import Officer, Post
from bangfu.accounts.roles import roles
from bangfu.areas.models import Area
from bangfu.common.places import Level, Viewer, span
from bangfu.findings.models import Finding, FindingQuerySet, FindingStep, Run, RunCount, RunQuerySet, Verification

State = Finding.State
COUNTED = ("hits", "unknown", "new", "standing", "resolved")


@dataclass
class Totals:
    """How many findings are in which state; `overdue` of the live ones."""

    open: int = 0
    mended: int = 0
    exempt: int = 0
    rule_wrong: int = 0
    resolved: int = 0
    overdue: int = 0
    errors: int = 0

    @property
    def live(self) -> int:
        return self.open + self.mended

    @property
    def any(self) -> bool:
        return bool(self.live or self.exempt or self.rule_wrong or self.resolved)


def _summed(rows: FindingQuerySet, key: str, day: date) -> dict[Any, Totals]:
    live = Q(state__in=Finding.LIVE)
    counts = (
        rows.order_by()
        .values(key, "state")
        .annotate(
            number=Count("pk"),
            late=Count("pk", filter=live & Q(due_on__lt=day)),
            grave=Count("pk", filter=live & Q(severity=Finding.Severity.ERROR)),
        )
    )
    found: dict[Any, Totals] = defaultdict(Totals)
    for each in counts:
        totals = found[each[key]]
        setattr(totals, each["state"], getattr(totals, each["state"]) + each["number"])
        totals.overdue += each["late"]
        totals.errors += each["grave"]
    return found


def _added(parts: Iterable[Totals]) -> Totals:
    total = Totals()
    for part in parts:
        for name in vars(total):
            setattr(total, name, getattr(total, name) + getattr(part, name))
    return total


def totals_by_rule(viewer: Viewer, area: Area | None, day: date) -> Mapping[str, Totals]:
    """The findings of every rule that has any."""
    rows = Finding.objects.visible_to(viewer)
    return _summed(rows.inside(area) if area else rows, "rule_id", day)


def totals_by_area(viewer: Viewer, areas: Sequence[Area], day: date) -> tuple[list[tuple[Area, Totals]], Totals]:
    """The findings inside each of these areas, of which none lies inside another, and all together."""
    if not areas:
        return [], Totals()
    inside = Q(pk__in=())
    for area in areas:
        inside |= Q(place__gte=area.reach.first, place__lte=area.reach.last)
    by_village = _summed(Finding.objects.visible_to(viewer).filter(inside), "village__place", day)
    rows = [(area, _added(t for place, t in by_village.items() if area.reach.holds(place))) for area in areas]
    return rows, _added(totals for _area, totals in rows)


def totals_of(viewer: Viewer, area: Area | None, day: date) -> Totals:
    """All findings inside an area (None: everything that the viewer may see)."""
    return _added(totals_by_rule(viewer, area, day).values())


@dataclass
class Counts:
    """What a run counted, in the viewer's areas."""

    hits: int = 0
    unknown: int = 0
    new: int = 0
    standing: int = 0
    resolved: int = 0

    @property
    def found(self) -> int:
        """The findings: hits of rules of suspicion."""
        return self.new + self.standing

    def add(self, row: Mapping[str, Any]) -> None:
        for name in COUNTED:
            setattr(self, name, getattr(self, name) + (row[name] or 0))


def counts_by_rule(viewer: Viewer, run: Run, area: Area | None = None) -> dict[str, Counts]:
    """What the run counted for every rule, inside an area."""
    return _counted(viewer, [run], area, "rule_id").get(run.pk, {})


def counts_by_area(viewer: Viewer, run: Run, areas: Sequence[Area]) -> list[tuple[Area, Counts]]:
    """What the run counted inside each of these areas."""
    by_place = _counted(viewer, [run], None, "village__place").get(run.pk, {})
    rows = []
    for area in areas:
        counts = Counts()
        for place, part in by_place.items():
            if area.reach.holds(place):
                counts.add(vars(part))
        rows.append((area, counts))
    return rows


def counts_of_runs(viewer: Viewer, runs: Sequence[Run]) -> dict[int, Counts]:
    """What each run counted of suspicions in the viewer's areas, by the number of the run."""
    found = {run.pk: Counts() for run in runs}
    summed = (
        RunCount.objects.visible_to(viewer)
        .filter(run__in=runs)
        .order_by()
        .values("run_id")
        .annotate(**{name: Sum(name) for name in COUNTED})
    )
    for row in summed:
        found[row["run_id"]].add(row)
    return found


def _counted(viewer: Viewer, runs: Sequence[Run], area: Area | None, key: str) -> dict[int, dict[Any, Counts]]:
    rows = RunCount.objects.visible_to(viewer).filter(run__in=runs)
    if area:
        rows = rows.inside(area)
    found: dict[int, dict[Any, Counts]] = defaultdict(dict)
    for row in rows.order_by().values("run_id", key).annotate(**{name: Sum(name) for name in COUNTED}):
        found[row["run_id"]].setdefault(row[key], Counts()).add(row)
    return found


def runs_for(viewer: Viewer) -> RunQuerySet:
    """The runs that reach into the viewer's areas, newest first."""
    found: RunQuerySet = Run.objects.visible_to(viewer).select_related("area", "started_by").order_by("-pk")
    return found


def latest_run(viewer: Viewer, area: Area | None) -> Run | None:
    """The last completed run that covered the area whole (None: any that reaches into the viewer's areas)."""
    runs = runs_for(viewer).done()
    if area:
        runs = runs.filter(place__lte=area.reach.first, last_place__gte=area.reach.last)
    return runs.first()


def next_as_of(viewer: Viewer | None = None) -> date:
    """For which day to screen next: today, or as many days before today as the data stood behind when they were last
    screened (an invented county, or the copy of an older system, stands on a day in the past). `viewer` None is the
    house itself."""
    runs = Run.objects.visible_to(viewer) if viewer else Run.objects.all()
    last: Run | None = runs.done().order_by("-pk").first()
    today = timezone.localdate()
    if last is None:
        return today
    behind: timedelta = timezone.localdate(last.started_at) - last.as_of
    return today - behind


def history_of(viewer: Viewer, finding: Finding) -> tuple[list[FindingStep], list[Verification]]:
    """The steps of a finding and what officers said of it, newest first."""
    steps = FindingStep.objects.visible_to(viewer).filter(finding=finding).select_related("actor", "run")
    said = Verification.objects.visible_to(viewer).filter(finding=finding).select_related("by", "proof")
    return list(steps.order_by("-pk")), list(said.order_by("-pk"))


def verifiers(finding: Finding) -> list[Officer]:
    """Who may verify what is found there today: officers of the village first, then of the township, county …"""
    firsts = [finding.place - finding.place % span(level) for level in Level]
    able = [role.id for role in roles().values() if "findings.verify" in role.rights]
    posts = Post.objects.filter(area__place__in=firsts, role_id__in=able, officer__is_active=True)
    held = sorted(
        (post for post in posts.select_related("area", "officer") if post.in_force(timezone.localdate())),
        key=lambda post: (-post.area.level, post.officer.name),
    )
    return list({post.officer_id: post.officer for post in held}.values())


def of_household(viewer: Viewer, household_id: int) -> list[Finding]:
    """The live findings of a household and its people, gravest first."""
    rows = Finding.objects.visible_to(viewer).live().filter(household_id=household_id)
    rows = rows.select_related("village__parent", "household", "member", "assigned_to", "last_run")
    return list(rows.order_by("severity", "due_on", "pk"))


# What a line about a finding says: of which rule, about whom, where, until when.
_SHORTLY = (
    "rule_id", "grain", "state", "severity", "found_on", "due_on", "village__name", "village__parent__name",
    "household__head_name", "household__household_no", "member__name",
)  # fmt: skip


@dataclass(frozen=True)
class MyWork:
    """What lies with an officer: live findings assigned, overdue, the most urgent ones (read with what a line about
    them says, and no more); those that lie with nobody in the areas where the officer assigns; reports that a rule is
    wrong where the officer makes rules."""

    assigned: int
    overdue: int
    urgent: Sequence[Finding]
    with_nobody: int
    rule_wrong: int


def work_of(officer: Any, day: date, number: int = 5) -> MyWork:
    """What lies with an officer on a day; of the urgent ones at most `number`."""
    mine = Finding.objects.visible_to(officer).live().filter(assigned_to=officer)
    counts = mine.order_by().aggregate(all=Count("pk"), overdue=Count("pk", filter=Q(due_on__lt=day)))
    urgent: list[Finding] = []
    if counts["all"]:
        rows = mine.select_related("village__parent", "household", "member").only(*_SHORTLY)
        urgent = list(rows.order_by("due_on", "severity", "pk")[:number])
    lying, wrong = 0, 0
    if officer.may("findings.assign"):
        lying = Finding.objects.visible_to(officer).live().filter(assigned_to=None).count()
    if officer.may("rules.propose") or officer.may("rules.approve"):
        wrong = Finding.objects.visible_to(officer).filter(state=State.RULE_WRONG).count()
    return MyWork(counts["all"], counts["overdue"], urgent, lying, wrong)
