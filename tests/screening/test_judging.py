"""Conditions worked out on arrays say what DuckDB says, of every kind of expression and with every value missing."""

import random
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import sqlglot

from bangfu.common import duck
from bangfu.screening.judged import broad
from bangfu.screening.judging import Judge, shared_parts
from bangfu.screening.plan import Key
from bangfu.screening.summing import Groups
from bangfu.screening.values import Bools, Flags, Value, from_arrow, to_arrow

ROWS = 400
FLAGS = [
    "t.a AND t.b", "t.a OR t.b AND NOT t.a", "NOT (t.a OR t.b)", "t.a IS NULL", "t.a IS TRUE OR t.b IS FALSE",
    "t.a = t.b", "t.a IS NOT DISTINCT FROM t.b", "coalesce(t.a, t.b, FALSE)", "coalesce(t.a, FALSE) IS FALSE",
    "t.x < t.y", "t.x BETWEEN 3 AND t.y", "t.x IN (1, -2, 3)", "t.x IS DISTINCT FROM t.y", "t.x // 3 = t.y % 4",
    "t.x // -3 > 0", "abs(t.x) - -t.y >= 5", "t.m > CAST(5 AS DECIMAL(14, 4))",
    "t.m * t.x < CAST(2.5 AS DECIMAL(14, 4))",
    "CAST(t.m AS DECIMAL(19, 2)) * t.n > CAST(t.n AS DECIMAL(19, 4))",
    "least(t.x, t.y, 2) = 2", "greatest(t.m, t.n) > 7.25",
    "t.c = '01'", "t.c <> '01' OR t.c = t.d", "t.c <> t.d", "t.c IN ('01', '03')", "t.c IS NOT DISTINCT FROM '02'",
    "t.c < t.d", "substr(t.c, 2, 1) = '1'", "substr(t.w, 1, 2) <> substr(t.c, 1, 2)", "contains(t.w, '山')",
    "starts_with(t.w, t.c)", "regexp_matches(t.w, '^[0-9]+$')", "length(t.w) > 2", "upper(t.w) = 'AB1'",
    "coalesce(t.c, t.d, '09') = '09'", "CASE WHEN t.a THEN t.c ELSE 'x' END = '02'",
    "CASE WHEN t.a THEN t.b WHEN t.x > 2 THEN NULL ELSE TRUE END", "CASE WHEN t.a THEN t.m ELSE NULL END > 1",
    "t.z IN ('a00', 'a01', 'b07', 'b08', 'c99', 'd03', 'd04', 'nobody')", "substr(t.z, 1, 1) IN ('a', 'c')",
    "substr(t.z, 3, 1) IN ('0', '1', '2', '3', '5', '7', '8')", "t.c IN ('01', '4', '5', '6', '7', '8', '9', '03')",
    "substr(t.w, 2, 9) = '山村'", "substr(t.z, 2, 1) <> substr(t.c, 2, 1)",
    "t.a AND NULL", "TRUE", "1 < 2 OR t.b",
]  # fmt: skip


class Given:
    """Columns of one table, given by hand."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows

    def value(self, table: str, key: Key) -> Value:
        return from_arrow(self.rows[key[1]].combine_chunks())

    def null(self, table: str, key: Key) -> Bools | None:
        return self.value(table, key).null


def rows_by_chance(seed: int) -> pa.Table:
    chance = random.Random(seed)

    def column(kind: pa.DataType, *values: Any) -> pa.Array:
        return pa.array([chance.choice([*values, None]) for _row in range(ROWS)], kind)

    def amounts() -> list[Decimal]:
        return [Decimal(chance.randint(-(10**13), 10**13)) / 100 for _some in range(4)] + [Decimal("7.25"), Decimal(0)]

    return pa.table(
        {
            "a": column(pa.bool_(), True, False),
            "b": column(pa.bool_(), True, False),
            "x": column(pa.int32(), *range(-4, 12)),
            "y": column(pa.int32(), *range(-3, 9)),
            "m": column(pa.decimal128(14, 2), *amounts()),
            "n": column(pa.decimal128(14, 2), *amounts()),
            "c": column(pa.string(), "01", "02", "03").dictionary_encode(),
            "d": column(pa.string(), "02", "01", "").dictionary_encode(),
            "z": column(pa.string(), *(f"{kind}{at:02}" for kind in "abcd" for at in range(100))).dictionary_encode(),
            "w": column(pa.string(), "01", "ab1", "青山村", "", "0199"),
        }
    )


@pytest.mark.parametrize("condition", FLAGS)
def test_a_condition_on_arrays_says_what_the_engine_says(condition: str) -> None:
    rows = rows_by_chance(len(condition))
    with duck.engine(given=rows) as connection:
        tree = sqlglot.parse_one(condition, read="duckdb")
        judge = Judge(Given(rows), "t", ROWS, connection, shared_parts([tree, tree]))
        found = broad(judge.flags(tree), ROWS)
        said = duck.arrow(connection, f"SELECT {tree.sql(dialect='duckdb')} AS said FROM given AS t")["said"]
    assert isinstance(found, Flags)
    assert not np.any(found.true & ~found.may)
    assert to_arrow(found).to_pylist() == said.to_pylist()


def test_what_two_rules_ask_is_worked_out_once() -> None:
    trees = [sqlglot.parse_one(text, read="duckdb") for text in ("t.x > 3 AND t.a", "t.b OR t.x > 3")]
    assert {part.sql(): times for part, times in shared_parts(trees).items()} == {"t.x > 3": 2}


def test_what_stands_only_within_a_shared_part_is_not_kept_beside_it() -> None:
    trees = [sqlglot.parse_one(text, read="duckdb") for text in ("t.x > 3 AND t.a AND t.b", "t.x > 3 AND t.a")]
    assert {part.sql(): times for part, times in shared_parts(trees).items()} == {"t.x > 3 AND t.a": 2}


def test_a_shared_part_is_kept_until_the_last_has_asked_and_no_longer() -> None:
    rows = rows_by_chance(1)
    trees = [sqlglot.parse_one(text, read="duckdb") for text in ("t.x + t.y > 3", "t.x + t.y < 2", "t.y + t.x = 1")]
    with duck.engine() as connection:
        judge = Judge(Given(rows), "t", ROWS, connection, shared_parts(trees))
        held = []
        for tree in trees:
            judge.value(tree)
            held.append([part.sql() for part in judge.kept])
    assert held == [["t.x + t.y"], [], []]


@pytest.mark.parametrize(
    "decided", ["t.a IS NULL AND t.a IS NOT NULL AND t.b", "t.a IS NULL OR t.a IS NOT NULL OR t.b"]
)
def test_what_is_decided_in_every_row_asks_for_no_further_column(decided: str) -> None:
    rows = rows_by_chance(2)
    with duck.engine() as connection:
        judge = Judge(Given(rows.drop_columns("b")), "t", ROWS, connection)
        assert set(to_arrow(broad(judge.flags(sqlglot.parse_one(decided, read="duckdb")), ROWS)).to_pylist()) == {
            " OR " in decided
        }


@pytest.mark.parametrize("share", [0.01, 0.9])
@pytest.mark.parametrize("in_order", [True, False])
def test_what_groups_have_is_the_same_in_whatever_order_rows_stand(in_order: bool, share: float) -> None:
    chance = np.random.default_rng(3)
    at = chance.integers(0, 60, ROWS)
    at = np.sort(at) if in_order else np.where(chance.random(ROWS) < 0.05, -1, at)
    chosen = (chance.random(ROWS) < share) & (at >= 0)
    values = chance.integers(-9, 9, ROWS)
    groups = Groups(at, 64)
    own = [[int(v) for v, a, c in zip(values, at, chosen, strict=True) if c and a == group] for group in range(64)]
    assert groups.count(chosen).tolist() == [len(each) for each in own]
    assert groups.some(chosen).tolist() == [bool(each) for each in own]
    rows = np.flatnonzero(chosen)
    for join, of_all in ((np.add, sum), (np.minimum, min), (np.maximum, max)):
        where, found = groups.together(join, rows, values[rows])
        assert dict(zip(where.tolist(), found.tolist(), strict=True)) == {
            group: of_all(each) for group, each in enumerate(own) if each
        }
