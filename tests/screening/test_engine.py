"""Screening a snapshot: three outcomes, figures by region, one county alone, and nothing outside the snapshot."""

import json
import shutil
from datetime import date
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bangfu.common import duck
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import GRAINS
from bangfu.screening import crossing
from bangfu.screening.engine import Screening, screen
from bangfu.screening.errors import (
    EngineUnknown,
    FolderTaken,
    NotReplaceable,
    OutcomesDamaged,
    OutcomesNotFound,
    RuleNotInForce,
    SnapshotChanged,
    WorkerFailed,
)
from bangfu.screening.judged import JudgedRows
from bangfu.screening.outcomes import Outcomes
from bangfu.screening.plan import LINK, ROW_KEYS, FeaturePlan
from bangfu.screening.reading import NOWHERE, Area, Kept, StoredRows, TableRows, places_of
from bangfu.screening.what_if import with_figures
from bangfu.screening.writing import OutcomeWriter
from bangfu.snapshot.store import Snapshot
from tests.screening.conftest import AS_OF, COUNTIES, found_by_rule


def per_county(outcomes: Outcomes, rule: str) -> dict[str, int]:
    counts = outcomes.counts()
    own = counts.filter(pc.equal(counts["rule"], rule))
    found = dict.fromkeys(COUNTIES, 0)
    for code, hits in zip(own["village_code"].to_pylist(), own["hits"].to_pylist(), strict=True):
        found[code[:6]] += hits
    return found


def files_of(outcomes: Outcomes) -> dict[str, bytes]:
    names = ["counts.parquet", *(f"outcomes/{grain}.parquet" for grain in outcomes.run.bits)]
    return {name: (outcomes.folder / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def rows(outcomes: Outcomes) -> dict[str, pa.Table]:
    """All rows of the two counties by outcome: each rule asks the snapshot anew, so they are read once."""
    return {kind: outcomes.rows(outcome=kind) for kind in ("hit", "unknown")}


def of_county(rows: pa.Table, county: str) -> pa.Table:
    return rows.filter(pc.starts_with(rows["village_code"], county))


# Rows


def test_rows_and_counts_say_the_same(outcomes: Outcomes, rows: dict[str, pa.Table]) -> None:
    counts = outcomes.counts()
    for kind, column in (("hit", "hits"), ("unknown", "unknown")):
        listed = rows[kind].group_by(["rule", "village_code"]).aggregate([([], "count_all")])
        found = {(r["rule"], r["village_code"]): r["count_all"] for r in listed.to_pylist()}
        assert found == {(r["rule"], r["village_code"]): r[column] for r in counts.to_pylist() if r[column]}
    hits = dict.fromkeys(outcomes.run.rules, 0)
    for rule, number in zip(counts["rule"].to_pylist(), counts["hits"].to_pylist(), strict=True):
        hits[rule] += number
    assert {r: v.hits for r, v in outcomes.run.rules.items()} == hits


def test_a_row_carries_the_values_that_its_rule_saw(outcomes: Outcomes) -> None:
    row = outcomes.rows(rules=["Q102"], limit=1).to_pylist()[0]
    evidence = json.loads(row["evidence"])
    assert row["outcome"] == "hit"
    assert row["missing"] is None
    assert evidence["per_capita_net_income"] < 5000
    assert evidence["income_year"] == 2020
    assert row["household_no"].startswith(row["village_code"][:6])


def test_an_unknown_row_names_what_is_missing(outcomes: Outcomes) -> None:
    rows = outcomes.rows(rules=["Q109"], outcome="unknown").to_pylist()
    assert rows
    assert {row["missing"] for row in rows} == {"household.house_area_m2"}
    assert outcomes.run.rules["Q109"].missing["household.house_area_m2"] >= len(rows)


def test_rows_of_a_place_and_of_a_limit_are_a_part_of_all(outcomes: Outcomes) -> None:
    every = outcomes.rows(rules=["Q001", "Q005"])
    own = outcomes.rows(rules=["Q001", "Q005"], place=COUNTIES[1])
    assert 0 < len(own) < len(every)
    assert set(pc.utf8_slice_codeunits(own["village_code"], 0, 6).to_pylist()) == {COUNTIES[1]}
    assert outcomes.rows(rules=["Q001", "Q005"], limit=3).to_pylist() == every.to_pylist()[:3]


def test_outcomes_opened_without_their_book_still_name_the_rows(outcomes: Outcomes) -> None:
    bare = Outcomes.open(outcomes.folder).rows(rules=["Q005"])
    assert bare.drop_columns(["evidence"]) == outcomes.rows(rules=["Q005"]).drop_columns(["evidence"])
    assert bare["evidence"].null_count == len(bare)


# The engine


def test_the_rules_as_sql_find_the_same(snapshot: Snapshot, book: RuleBook, outcomes: Outcomes, tmp_path: Path) -> None:
    """Cases and Spark run each rule as SQL; a screening works it out on arrays. Both must say the same of every row."""
    started = Screening(snapshot, book, AS_OF, "", None, {})
    compiler = started.compiler(started.ground(started.parts))
    with duck.within(snapshot.folder) as connection:
        for round in started.plan.rounds:
            for step in compiler.steps(round):
                connection.execute(f"CREATE TEMP TABLE {step.table} AS {step.sql}")
            for feature in (f for f in started.plan.cross if f.round == round and not f.feature.on_list):
                rows = f"({crossing.rows_sql(compiler, feature)})"
                sql = crossing.counted_sql(feature, rows, crossing.keys_of(feature))
                connection.execute(f"CREATE TEMP TABLE {feature.table} AS {sql}")
        with OutcomeWriter(tmp_path, started.plan) as writer:
            for grain in outcomes.run.bits:
                writer.write(grain, duck.arrow(connection, compiler.masks(grain)))
    assert writer.counts() == outcomes.counts()
    for grain in outcomes.run.bits:
        assert pq.read_table(tmp_path / "outcomes" / f"{grain}.parquet") == pq.read_table(
            outcomes.folder / "outcomes" / f"{grain}.parquet"
        )


def test_a_rule_gets_another_bit_when_others_are_asked_for_but_finds_the_same(
    snapshot: Snapshot, book: RuleBook, outcomes: Outcomes, tmp_path: Path
) -> None:
    few = screen(snapshot, book, as_of=AS_OF, out=tmp_path / "few", rules=["Q030", "Q001", "Q103"])
    assert sorted(few.run.rules) == ["Q001", "Q030", "Q103"]
    assert found_by_rule(few.rows()) == found_by_rule(outcomes.rows(rules=["Q001", "Q030", "Q103"]))


def test_more_rules_than_a_word_has_bits_take_another_word(outcomes: Outcomes) -> None:
    assert len(outcomes.run.bits["member"]) > 62
    names = pq.read_schema(outcomes.folder / "outcomes" / "member.parquet").names
    assert {"hit0", "hit1", "unknown0", "unknown1"} <= set(names)


@pytest.mark.req("B4")
def test_a_figure_of_one_county_holds_there_and_nowhere_else(
    snapshot: Snapshot, book: RuleBook, outcomes: Outcomes, tmp_path: Path
) -> None:
    figure = next(name for name in sorted(book.figures_used("Q068")))
    other = with_figures(book, {figure: Decimal(50)}, COUNTIES[1], date(2010, 1, 1))
    found = screen(snapshot, other, as_of=AS_OF, out=tmp_path / "x", rules=["Q068"])
    before, after = per_county(outcomes, "Q068"), per_county(found, "Q068")
    assert after[COUNTIES[0]] == before[COUNTIES[0]]
    assert after[COUNTIES[1]] > before[COUNTIES[1]]
    assert found.run.rules["Q068"].figures[figure][COUNTIES[1]] == "50"


def test_a_rule_whose_figure_nobody_has_said_for_a_place_does_not_run_there(
    snapshot: Snapshot, book: RuleBook, outcomes: Outcomes, tmp_path: Path
) -> None:
    import dataclasses

    figure = next(name for name in sorted(book.figures_used("Q068")))
    value = book.figures[figure].values[0].model_copy(update={"region": COUNTIES[0]})
    figures = {**book.figures, figure: book.figures[figure].model_copy(update={"values": (value,)})}
    partial = dataclasses.replace(book, figures=figures, sha256="other")
    found = screen(snapshot, partial, as_of=AS_OF, out=tmp_path / "x", rules=["Q068", "Q001"])
    assert found.run.rules["Q068"].not_run == {COUNTIES[1]: f"figure:{figure}"}
    assert per_county(found, "Q068") == {COUNTIES[0]: per_county(outcomes, "Q068")[COUNTIES[0]], COUNTIES[1]: 0}
    assert per_county(found, "Q001") == per_county(outcomes, "Q001")


def test_a_rule_without_its_outside_list_does_not_run_and_says_so(outcomes: Outcomes) -> None:
    rule = outcomes.run.rules["Q181"]
    assert rule.not_run == {"": "list:vehicle"}
    assert not rule.ran
    assert rule.hits == rule.unknown == 0


# One county alone


def test_one_place_finds_what_the_whole_finds_there(
    snapshot: Snapshot, book: RuleBook, rows: dict[str, pa.Table], tmp_path: Path
) -> None:
    own = screen(snapshot, book, as_of=AS_OF, out=tmp_path / "x", place=COUNTIES[1])
    assert own.run.place == COUNTIES[1]
    assert own.rows() == of_county(rows["hit"], COUNTIES[1])


@pytest.mark.req("B5")
def test_a_county_screened_again_takes_the_place_of_what_was_found_there(
    changed: Snapshot, book: RuleBook, outcomes: Outcomes, rows: dict[str, pa.Table], tmp_path: Path
) -> None:
    full = screen(changed, book, as_of=AS_OF, out=tmp_path / "full")
    again = screen(changed, book, as_of=AS_OF, out=tmp_path / "again", place=COUNTIES[1], replacing=outcomes.folder)
    found, there = again.rows(), full.rows(place=COUNTIES[1])
    assert of_county(found, COUNTIES[1]) == there
    here = of_county(rows["hit"], COUNTIES[0])
    assert of_county(found, COUNTIES[0]).drop_columns(["evidence"]) == here.drop_columns(["evidence"])
    assert of_county(rows["hit"], COUNTIES[1]) != there
    assert again.run.replaced == {"place": COUNTIES[1], "run": outcomes.folder.name}


def test_a_county_screened_again_without_a_change_reads_itself_alone_and_leaves_all_as_it_was(
    snapshot: Snapshot,
    book: RuleBook,
    outcomes: Outcomes,
    rows: dict[str, pa.Table],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []
    opened = StoredRows.__init__

    def noted(stored: StoredRows, *given: Any, **named: Any) -> None:
        opened(stored, *given, **named)
        read.append(stored.area.place)

    monkeypatch.setattr(StoredRows, "__init__", noted)
    again = screen(snapshot, book, as_of=AS_OF, out=tmp_path / "x", place=COUNTIES[1], replacing=outcomes.folder)
    assert set(read) <= {COUNTIES[1], ""}
    assert all(len(part.counties) == 1 for part in snapshot.parts())
    assert len(read) <= 3  # keys, rows that meet, rules: those of the other county's part are not opened
    monkeypatch.undo()
    assert again.counts() == outcomes.counts()
    assert again.rows() == rows["hit"]
    assert again.rows(outcome="unknown", limit=500) == rows["unknown"].slice(0, 500)


def test_a_county_is_screened_again_also_where_the_earlier_run_did_not_keep_who_met(
    changed: Snapshot, book: RuleBook, outcomes: Outcomes, tmp_path: Path
) -> None:
    former = tmp_path / "former"
    shutil.copytree(outcomes.folder, former)
    shutil.rmtree(former / "met")
    found = [
        screen(changed, book, as_of=AS_OF, out=tmp_path / name, place=COUNTIES[1], replacing=folder)
        for name, folder in (("a", former), ("b", outcomes.folder))
    ]
    assert found[0].rows(place=COUNTIES[1]) == found[1].rows(place=COUNTIES[1])


class Nobody:
    """Where no row meets another."""

    def counted(self, rows: JudgedRows, feature: FeaturePlan) -> None:
        return None


def test_columns_are_let_go_once_the_last_rule_has_asked_and_those_without_any_value_are_not_read(
    snapshot: Snapshot, book: RuleBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    column = TableRows.column

    def noted(rows: TableRows, name: str) -> Any:
        read.append(f"{rows.path.parent.name}.{name}")
        return column(rows, name)

    monkeypatch.setattr(TableRows, "column", noted)
    started = Screening(snapshot, book, AS_OF, "", None, {})
    with duck.engine() as connection:
        rows = started.rows(started.parts[0], Area(), connection, Nobody())
        for grain in GRAINS:
            rows.outcomes(grain)
    assert {name for _table, name in rows.held} <= {*chain(*ROW_KEYS.values()), *LINK.values(), "present"}
    assert len(read) == len(set(read)) > 90
    household = TableRows(started.parts[0].path("household"), Area())
    assert household.known_nowhere("posted_people")
    assert not household.known_nowhere("members_counted")
    assert "household.members_counted" in read
    assert "household.posted_people" not in read


@pytest.mark.parametrize("apart", [1, 1000])
def test_numbers_are_found_where_they_first_stand_whether_they_lie_close_together_or_not(apart: int) -> None:
    chance = np.random.default_rng(5)
    keys, wanted = chance.integers(-40, 60, 80) * apart, chance.integers(-70, 90, 400) * apart
    first = [next((at for at, key in enumerate(keys) if key == number), NOWHERE) for number in wanted]
    assert places_of(keys, wanted).tolist() == first
    assert places_of(np.sort(keys), wanted).tolist() == [
        next((at for at, key in enumerate(np.sort(keys)) if key == number), NOWHERE) for number in wanted
    ]


def test_codes_are_read_as_numbers_of_their_list(snapshot: Snapshot) -> None:
    rows = TableRows(snapshot.parts()[0].path("member"), Area())
    assert pa.types.is_dictionary(rows.column("sex").type)
    assert not pa.types.is_dictionary(rows.column("name").type)


def test_what_has_no_room_is_read_again() -> None:
    kept = Kept(room=10)
    first, second = pa.array([1]), pa.array([1, 2])
    assert kept.column((0, "member", "a"), lambda: first, again=True) is first
    assert kept.column((0, "member", "b"), lambda: second, again=True) is second
    assert kept.column((0, "member", "a"), lambda: second, again=False) is first
    assert kept.column((0, "member", "b"), lambda: first, again=False) is first


def test_what_cannot_be_replaced_is_refused(
    snapshot: Snapshot, book: RuleBook, outcomes: Outcomes, tmp_path: Path
) -> None:
    wrong: list[dict[str, Any]] = [
        {"place": ""},
        {"place": COUNTIES[0], "rules": ["Q001"]},
        {"place": COUNTIES[0], "as_of": date(2020, 9, 29)},
    ]
    for given in wrong:
        with pytest.raises(NotReplaceable):
            screen(snapshot, book, out=tmp_path / "x", replacing=outcomes.folder, **{"as_of": AS_OF, **given})
    assert not (tmp_path / "x").exists()


# Refusals


def test_nothing_outside_the_snapshot_is_read(
    snapshot: Snapshot, book: RuleBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if a statement asked for it: the engine's door is shut."""
    pq.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    asked = f"SELECT a AS k0 FROM read_parquet('{tmp_path / 'other.parquet'}')"
    monkeypatch.setattr(crossing, "counted_sql", lambda feature, rows, keys: asked)
    with pytest.raises(WorkerFailed):
        screen(snapshot, book, as_of=AS_OF, out=tmp_path / "out", rules=["Q001"])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["other.parquet"]


def test_wrong_words_are_refused_and_nothing_is_written(snapshot: Snapshot, book: RuleBook, tmp_path: Path) -> None:
    with pytest.raises(EngineUnknown):
        screen(snapshot, book, as_of=AS_OF, out=tmp_path / "x", engine="abacus")
    with pytest.raises(RuleNotInForce):
        screen(snapshot, book, as_of=AS_OF, out=tmp_path / "x", rules=["Q999"])
    (tmp_path / "y").mkdir()
    (tmp_path / "y" / "file").touch()
    with pytest.raises(FolderTaken):
        screen(snapshot, book, as_of=AS_OF, out=tmp_path / "y", rules=["Q001"])
    assert [file.name for file in tmp_path.iterdir()] == ["y"]


def test_damaged_outcomes_and_a_changed_snapshot_are_said(
    snapshot: Snapshot, changed: Snapshot, book: RuleBook, tmp_path: Path
) -> None:
    found = screen(snapshot, book, as_of=AS_OF, out=tmp_path / "x", rules=["Q001"])
    with pytest.raises(SnapshotChanged):
        Outcomes.open(found.folder, snapshot=changed, book=book).rows()
    (found.folder / "counts.parquet").unlink()
    with pytest.raises(OutcomesDamaged):
        Outcomes.open(found.folder)
    (found.folder / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(OutcomesDamaged):
        Outcomes.open(found.folder)
    with pytest.raises(OutcomesNotFound):
        Outcomes.open(tmp_path / "nowhere")


# Keys


def test_keys_that_occur_twice_are_found_by_sorting() -> None:
    arrays = [np.array([3, 1, 5], np.int64), np.array([5, 2], np.int64), np.array([3, 3], np.int64)]
    assert crossing.twice(arrays, 7).tolist() == [3, 5]
    assert crossing.twice([], 0).tolist() == []


def test_a_sieve_finds_the_wanted_keys_and_no_others() -> None:
    chance = np.random.default_rng(1)
    wanted = np.unique(chance.integers(-(2**62), 2**62, 5_000))
    others = chance.integers(-(2**62), 2**62, 100_000)
    mixed = np.concatenate([others, wanted[:100], wanted[:100]])
    assert crossing.Sieve(wanted).found_in(mixed).tolist() == np.intersect1d(wanted, mixed).tolist()
    assert crossing.Sieve(wanted[:0]).found_in(mixed).tolist() == []
