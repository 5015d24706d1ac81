"""How well proposals agree with a gold file: one-to-one by number, unit and place, then kind, comparison and deadline.

A small stand-in for the rule that the gold files come with: tests and benchmark need nothing beside the project.
"""

import calendar
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SAME_UNIT = {"km": "公里", "千米": "公里", "㎡": "平方米", "m²": "平方米", "％": "%"}
JUDGED = ("kind", "comparison", "deadline", "cadence")


@dataclass(frozen=True)
class Score:
    gold: int
    predicted: int
    matched: int
    agreed: dict[str, float]
    missed: tuple[str, ...]
    invented: tuple[str, ...]

    @property
    def f1(self) -> float:
        return 2 * self.matched / (self.gold + self.predicted) if self.gold + self.predicted else 1.0


def read_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def score(gold: list[dict[str, Any]], proposed: list[dict[str, Any]]) -> Score:
    """Pairs are taken from the best overlapping on; each line belongs to one pair at most."""
    pairs = sorted(
        (-_overlap(g, p), i, j)
        for i, g in enumerate(gold)
        for j, p in enumerate(proposed)
        if g["doc"] == p["doc"] and _overlap(g, p) > 0 and any(_same_amount(r, p) for r in _readings(g))
    )
    of_gold: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in pairs:
        if i not in of_gold and j not in taken:
            of_gold[i] = j
            taken.add(j)
    agreed = {
        name: sum(_agree(name, gold[i], proposed[j]) for i, j in of_gold.items()) / max(len(of_gold), 1)
        for name in JUDGED
    }
    missed = tuple(g["quote"] for i, g in enumerate(gold) if i not in of_gold)
    invented = tuple(p["quote"] for j, p in enumerate(proposed) if j not in taken)
    return Score(len(gold), len(proposed), len(of_gold), agreed, missed, invented)


def _readings(gold: dict[str, Any]) -> list[dict[str, Any]]:
    return [gold, *(gold.get("alternatives") or [])]


def _same_amount(one: dict[str, Any], other: dict[str, Any]) -> bool:
    first, second = one["unit"].split("/"), other["unit"].split("/")
    units = [[SAME_UNIT.get(part, part) for part in parts] for parts in (first, second)]
    same_unit = units[0][0] == units[1][0] and sorted(units[0][1:]) == sorted(units[1][1:])
    return same_unit and one["number"] == other["number"]


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> float:
    shared = min(one["end"], other["end"]) - max(one["start"], other["start"])
    return float(shared / (max(one["end"], other["end"]) - min(one["start"], other["start"]))) if shared > 0 else 0.0


def _agree(name: str, gold: dict[str, Any], proposed: dict[str, Any]) -> bool:
    if name == "deadline":
        return _last_day(gold[name]) == _last_day(proposed[name])
    if name == "comparison":
        return any(r["comparison"] == proposed[name] for r in _readings(gold) if _same_amount(r, proposed))
    return bool(gold[name] == proposed[name])


def _last_day(deadline: str | None) -> str | None:
    if not deadline or len(deadline) == 10:
        return deadline or None
    year, month = int(deadline[:4]), int(deadline[5:7] or 12)
    return f"{year:04d}-{month:02d}-{calendar.monthrange(year, month)[1]:02d}"
