"""Outcomes written by hand, as a screening would hand them over, and a book of three rules."""

import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from bangfu.common.policy import Label, Source
from bangfu.findings import services
from bangfu.findings.models import Run
from bangfu.registry.models import Household, Member
from bangfu.rulebook.models import Purpose, Rule, Severity
from bangfu.screening.running import RuleRun

AS_OF = date(2020, 9, 30)
SCHEMA = pa.schema(
    [
        ("rule", pa.string()),
        ("outcome", pa.string()),
        ("grain", pa.string()),
        ("village_code", pa.string()),
        ("place", pa.int64()),
        ("household_id", pa.int64()),
        ("household_no", pa.string()),
        ("member_id", pa.int64()),
        ("person_no", pa.string()),
        ("record_id", pa.int64()),
        ("evidence", pa.string()),
        ("missing", pa.string()),
    ]
)


def rule(id: str, grain: str = "household", **values: Any) -> Rule:
    return Rule.model_validate(
        {
            "id": id,
            "title": Label(zh=f"规则{id}", en=f"Rule {id}"),
            "topic": "composition",
            "source": Source(document="走查"),
            "grain": grain,
            "condition": "members_count > 3",
            "evidence": ("members_count",),
            "severity": Severity.ERROR,
            "message": Label(zh="家庭人口{members_count}人，请核实。", en="{members_count} people: look again."),
            **values,
        }
    )


class Book:
    """Three rules of suspicion, of which one is about people, one of eligibility, and the days for verifying."""

    def __init__(self, *rules: Rule) -> None:
        found = rules or (
            rule("T001"),
            rule("T002", severity=Severity.WARNING),
            rule("T003", "member", evidence=("id_no", "age")),
            rule("T004", purpose=Purpose.PRIORITY),
        )
        self.rules = {each.id: each for each in found}

    def figure(self, id: str, place: str, day: date) -> Decimal:
        return {"finding_days_error": Decimal(7), "finding_days_warning": Decimal(15)}.get(id, Decimal(30))


@dataclass
class Written:
    """Outcomes by hand: `hits` and `unknown` are (rule, household or member, evidence)."""

    hits: list[tuple[str, Any, dict[str, Any]]] = field(default_factory=list)
    unknown: list[tuple[str, Any, dict[str, Any]]] = field(default_factory=list)
    ran: tuple[str, ...] = ("T001", "T002", "T003", "T004")
    not_run: dict[str, dict[str, str]] = field(default_factory=dict)
    counties: tuple[str, ...] = ("990121",)
    folder: Path = Path("screenings/by-hand")

    @property
    def run(self) -> Any:
        return SimpleNamespace(
            as_of=AS_OF,
            snapshot="snapshots/by-hand",
            snapshot_sha256="a" * 64,
            book_sha256="b" * 64,
            engine="duckdb",
            rules={
                name: RuleRun("household", not_run=self.not_run.get(name, {})) for name in (*self.ran, *self.not_run)
            },
        )

    @property
    def snapshot(self) -> Any:
        return SimpleNamespace(parts=lambda: [SimpleNamespace(counties=self.counties)])

    def rows(self, rules: Any = None, place: str = "", outcome: str = "hit", limit: int | None = None) -> pa.Table:
        given = self.hits if outcome == "hit" else self.unknown
        rows = [
            _row(rule, outcome, of, evidence)
            for rule, of, evidence in given
            if (rules is None or rule in rules) and _village(of).startswith(place)
        ]
        return pa.Table.from_pylist(rows, schema=SCHEMA)

    def counts(self) -> pa.Table:
        counted: dict[tuple[str, str], list[int]] = {}
        for position, given in enumerate((self.hits, self.unknown)):
            for rule, of, _evidence in given:
                counted.setdefault((rule, _village(of)), [0, 0])[position] += 1
        rows = [{"rule": r, "village_code": v, "hits": h, "unknown": u} for (r, v), (h, u) in counted.items()]
        schema = pa.schema(
            [("rule", pa.string()), ("village_code", pa.string()), ("hits", pa.int64()), ("unknown", pa.int64())]
        )
        return pa.Table.from_pylist(rows, schema=schema)


def _village(of: Any) -> str:
    household = of.household if isinstance(of, Member) else of
    return str(household.village.code)


def _row(rule: str, outcome: str, of: Any, evidence: dict[str, Any]) -> dict[str, Any]:
    household: Household = of.household if isinstance(of, Member) else of
    person = of if isinstance(of, Member) else None
    return {
        "rule": rule,
        "outcome": outcome,
        "grain": "member" if person else "household",
        "village_code": household.village.code,
        "place": household.place,
        "household_id": household.pk,
        "household_no": household.household_no,
        "member_id": person.pk if person else None,
        "person_no": person.person_no if person else None,
        "record_id": None,
        "evidence": json.dumps(evidence, ensure_ascii=False),
        "missing": None,
    }


def absorbed(*hits: Any, **more: Any) -> Run:
    """A run with these hits; `area` and `taken_at` go to `absorb`, the rest to the outcomes."""
    how = {name: more.pop(name) for name in ("area", "taken_at") if name in more}
    return services.absorb(Written(list(hits), **more), book=Book(), **how)
