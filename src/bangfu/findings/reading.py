"""Outcomes of a screening as the writer of findings takes them: hits that are suspicions, with the mark of their
evidence and the village they belong to; counts by rule and village; and what was not judged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from bangfu.areas.codes import ENDS
from bangfu.areas.models import Area
from bangfu.common.duck import arrow, engine
from bangfu.common.facts import Schema
from bangfu.common.places import Level, PlaceRange, span
from bangfu.findings.models import Finding
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import Severity
from bangfu.screening.outcomes import Outcomes

SEVERITIES: Mapping[str, int] = {
    Severity.ERROR: Finding.Severity.ERROR,
    Severity.WARNING: Finding.Severity.WARNING,
    Severity.INFORMATION: Finding.Severity.INFORMATION,
}


@dataclass(frozen=True)
class Given:
    """`hits`: n, rule_id, topic, severity, grain, household_no, person_no, record_id, village_id (of the outcome),
    evidence (JSON), mark (its hash). `counts`: rule_id, village_id, hits of rules that are no suspicions, unknown.
    `ran`: the rules of suspicion that were run somewhere; `not_run`: those of any kind that were run nowhere.
    `left_out`: (rule, beginning of the village code) where a rule was not run; `counties`: those that the snapshot
    holds, "" for villages without a code. `unknown(rules, place)`: the rows of these rules in a place (beginning of the
    code) that could not be judged: rule_id, household_no, person_no, record_id, village_id."""

    hits: pa.Table
    counts: pa.Table
    ran: Sequence[str]
    not_run: Sequence[str]
    left_out: Sequence[tuple[str, str]]
    counties: Sequence[str]
    unknown: Callable[[Sequence[str], str], pa.Table]


def villages_in(reach: PlaceRange) -> pa.Table:
    """The villages of a place by code and by place: code, first, id. Those of today; of villages that are no more the
    code may have passed to another."""
    rows = (
        Area.objects.filter(level=Level.VILLAGE, place__gte=reach.first, place__lte=reach.last, valid_to=None)
        .order_by("place")
        .values_list("code", "place", "pk")
    )
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return pa.table(
        {
            "code": pa.array(columns[0], pa.string()),
            "first": pa.array(columns[1], pa.int64()),
            "id": pa.array(columns[2], pa.int64()),
        }
    )


# A row's village: by its code; where it has none, by its place.
_VILLAGE = f"""
    LEFT JOIN villages v ON v.code = r.village_code AND v.code <> ''
    LEFT JOIN villages w ON v.id IS NULL AND r.village_code IS NULL
                         AND w.first = r.place - r.place % {span(Level.VILLAGE)}
"""


def hits_of(rows: pa.Table, rules: Mapping[str, Any], schema: Schema, villages: pa.Table) -> pa.Table:
    """The rows as `Given.hits`. Values that change with the day of the screening alone (an age) are shown in the
    evidence and left out of its mark: that time passes is no change of what is recorded."""
    known = pa.table(
        {
            "rule_id": pa.array(list(rules), pa.string()),
            "topic": pa.array([rule.topic for rule in rules.values()], pa.string()),
            "severity": pa.array([SEVERITIES[rule.severity] for rule in rules.values()], pa.int64()),
            "volatile": pa.array([_volatile(rule, schema) for rule in rules.values()], pa.string()),
        }
    )
    with engine(rows=rows, known=known, villages=villages) as duck:
        return arrow(
            duck,
            f"""
            SELECT row_number() OVER () - 1 AS n, r.rule AS rule_id, k.topic, k.severity, r.grain, r.household_no,
                   r.person_no, r.record_id, coalesce(v.id, w.id) AS village_id,
                   coalesce(r.evidence, '{{}}') AS evidence,
                   md5(CASE WHEN k.volatile = '' THEN coalesce(r.evidence, '{{}}')
                            ELSE CAST(json_merge_patch(r.evidence, k.volatile) AS VARCHAR) END) AS mark
            FROM rows r JOIN known k ON k.rule_id = r.rule {_VILLAGE}
            """,
        )


def _volatile(rule: Any, schema: Schema) -> str:
    """The rule's evidence columns that depend on the day of the screening, as a JSON patch that takes them away."""
    gone = []
    for name in rule.evidence:
        table, _, column = name.rpartition(".")
        declared = schema.tables.get(table or rule.grain)
        found = declared.get(column) if declared else None
        if found and found.computed:
            gone.append(f'"{name}":null')
    return "{" + ",".join(gone) + "}" if gone else ""


def counts_of(counts: pa.Table, suspicions: Sequence[str], villages: pa.Table) -> pa.Table:
    """The counts as `Given.counts`: hits of suspicions are counted from the findings themselves."""
    named = pa.table({"rule_id": pa.array(suspicions, pa.string())})
    with engine(counted=counts, suspicions=named, villages=villages) as duck:
        return arrow(
            duck,
            """
            SELECT c.rule AS rule_id, v.id AS village_id,
                   CAST(sum(CASE WHEN s.rule_id IS NULL THEN c.hits ELSE 0 END) AS BIGINT) AS hits,
                   CAST(sum(c.unknown) AS BIGINT) AS unknown
            FROM counted c JOIN villages v ON v.code = c.village_code LEFT JOIN suspicions s ON s.rule_id = c.rule
            GROUP BY ALL HAVING sum(c.unknown) > 0 OR (sum(c.hits) > 0 AND any_value(s.rule_id) IS NULL)
            """,
        )


def unknown_of(rows: pa.Table, villages: pa.Table) -> pa.Table:
    """The rows as `Given.unknown` gives them."""
    with engine(rows=rows, villages=villages) as duck:
        return arrow(
            duck,
            f"""
            SELECT r.rule AS rule_id, r.household_no, r.person_no, r.record_id, coalesce(v.id, w.id) AS village_id
            FROM rows r {_VILLAGE}
            """,
        )


@dataclass(frozen=True)
class Told:
    """What a screening says of itself: `columns` are those of `Run`, `rules` what it says of each rule."""

    as_of: date
    columns: Mapping[str, Any]
    rules: Mapping[str, Any]


def code_of(area: Area | None) -> str:
    """The beginning that the codes of everything in an area share; "" is everywhere."""
    return area.code[: ENDS[Level(area.level)]] if area and area.level in ENDS else ""


def told_by(outcomes: Outcomes) -> Told:
    run = outcomes.run
    return Told(
        as_of=run.as_of,
        columns={
            "snapshot": Path(run.snapshot).name,
            "snapshot_sha256": run.snapshot_sha256,
            "book_sha256": run.book_sha256,
            "engine": run.engine,
            "outcomes": outcomes.folder.name,
        },
        rules={
            name: {"figures": dict(r.figures), "not_run": dict(r.not_run), "missing": dict(r.missing)}
            for name, r in run.rules.items()
        },
    )


def read(outcomes: Outcomes, book: RuleBook, schema: Schema, reach: PlaceRange) -> Given:
    """The outcomes of one run. Rules that the book no longer has become no findings."""
    run = outcomes.run
    suspicions = {name: book.rules[name] for name in run.rules if name in book.rules and book.rules[name].asks_somebody}
    villages = villages_in(reach)
    rows = outcomes.rows(rules=list(suspicions), outcome="hit")
    return Given(
        hits=hits_of(rows, suspicions, schema, villages),
        counts=counts_of(outcomes.counts(), list(suspicions), villages),
        ran=[name for name in suspicions if run.rules[name].ran],
        not_run=[name for name, rule in run.rules.items() if not rule.ran],
        left_out=[(name, place) for name in suspicions for place in run.rules[name].not_run if place],
        counties=sorted({county for part in outcomes.snapshot.parts() for county in part.counties}),
        unknown=lambda rules, place: unknown_of(
            outcomes.rows(rules=list(rules), place=place, outcome="unknown"), villages
        ),
    )
