"""Two runs beside each other, row by row: what is new in the later one, what is gone, what stands in both.

Read from the outcomes on disk, so it is exact for any two runs however far apart, whatever became of the findings.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from bangfu.areas.models import Area
from bangfu.common.duck import arrow, engine
from bangfu.common.errors import BangfuError
from bangfu.common.places import Level, PlaceRange, Viewer
from bangfu.findings.errors import OutcomesGone, RunsNotComparable
from bangfu.findings.models import Run
from bangfu.findings.reading import code_of
from bangfu.findings.running import outcomes_of
from bangfu.rulebook.book import RuleBook
from bangfu.screening.outcomes import Outcomes


@dataclass
class Difference:
    new: int = 0
    gone: int = 0
    standing: int = 0

    def add(self, other: "Difference") -> None:
        self.new += other.new
        self.gone += other.gone
        self.standing += other.standing


@dataclass(frozen=True)
class Compared:
    """By rule, and by village (its place), inside what the viewer may see."""

    by_rule: dict[str, Difference]
    by_place: dict[int, Difference]

    @property
    def total(self) -> Difference:
        whole = Difference()
        for each in self.by_rule.values():
            whole.add(each)
        return whole

    def inside(self, area: Area) -> Difference:
        found = Difference()
        for place, each in self.by_place.items():
            if area.reach.holds(place):
                found.add(each)
        return found


def compare(viewer: Viewer, book: RuleBook, first: Run, second: Run, area: Area | None) -> Compared:
    """What changed from `first` to `second` inside the area (None: all that both cover and the viewer may see).

    Raises RunsNotComparable when they cover nothing in common, OutcomesGone when the rows of one are no longer kept."""
    low, high = max(first.place, second.place), min(first.last_place, second.last_place)
    if area:
        low, high = max(low, area.reach.first), min(high, area.reach.last)
    if low > high:
        raise RunsNotComparable(first=first.pk, second=second.pk)
    villages = _villages(viewer, PlaceRange(low, high))
    smallest = max((a for a in (area, first.area, second.area) if a), key=lambda a: a.level, default=None)
    rules = [rule.id for rule in book.rules.values() if rule.asks_somebody]
    before, after = (_rows(run, rules, code_of(smallest)) for run in (first, second))
    with engine(before=before, after=after, villages=villages) as duck:
        found = arrow(
            duck,
            """
            SELECT rule, place, count(*) FILTER (NOT was) AS new, count(*) FILTER (NOT is_now) AS gone,
                   count(*) FILTER (was AND is_now) AS standing
            FROM (
                SELECT coalesce(b.rule, a.rule) AS rule, coalesce(a.village_code, b.village_code) AS code,
                       b.rule IS NOT NULL AS was, a.rule IS NOT NULL AS is_now
                FROM before b FULL JOIN after a ON a.rule = b.rule AND a.subject = b.subject
            ) t JOIN villages v ON v.code = t.code
            GROUP BY rule, place ORDER BY rule, place
            """,
        )
    by_rule: dict[str, Difference] = defaultdict(Difference)
    by_place: dict[int, Difference] = defaultdict(Difference)
    for row in found.to_pylist():
        each = Difference(row["new"], row["gone"], row["standing"])
        by_rule[row["rule"]].add(each)
        by_place[row["place"]].add(each)
    return Compared(dict(by_rule), dict(by_place))


def _villages(viewer: Viewer, reach: PlaceRange) -> pa.Table:
    """The villages in `reach` where the viewer may see findings."""
    seen = viewer.places_for("findings.view")
    rows = [
        (code, place)
        for code, place in Area.objects.filter(
            level=Level.VILLAGE, place__gte=reach.first, place__lte=reach.last, valid_to=None
        )
        .exclude(code="")
        .values_list("code", "place")
        if any(each.holds(place) for each in seen)
    ]
    columns: Sequence[Sequence[object]] = list(zip(*rows, strict=True)) or [(), ()]
    return pa.table({"code": pa.array(columns[0], pa.string()), "place": pa.array(columns[1], pa.int64())})


def _rows(run: Run, rules: list[str], place: str) -> pa.Table:
    """The hits of a run: rule, village_code, and the subject by the number under which the registry knows it."""
    folder = outcomes_of(run)
    if not run.outcomes or not folder.is_dir():
        raise OutcomesGone(run=run.pk)
    try:
        rows = Outcomes.open(folder).rows(rules=rules, place=place, outcome="hit")
    except BangfuError:
        raise OutcomesGone(run=run.pk) from None
    with engine(rows=rows) as duck:
        return arrow(
            duck,
            "SELECT DISTINCT rule, village_code, CASE grain WHEN 'household' THEN household_no WHEN 'member' THEN "
            "person_no WHEN 'work_record' THEN concat(person_no, ' ', record_id) ELSE village_code END AS subject "
            "FROM rows",
        )
