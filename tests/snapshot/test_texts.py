"""Rows as texts: nothing of a value is lost to the signs around it."""

import pyarrow as pa
import pytest

from bangfu.common.facts import FactKind
from bangfu.snapshot import texts
from bangfu.snapshot.orders import ColumnOrder

COLUMNS = [ColumnOrder(name, kind, False, True) for name, kind in (("id", FactKind.KEY), ("note", FactKind.TEXT))]


@pytest.mark.parametrize("typed", ["x\r", "x\ry", "x\ny", "x\x1fy"])
def test_a_value_that_holds_a_sign_between_values_is_said_to_be_indivisible(typed: str) -> None:
    def read(note: str) -> pa.Table:
        return texts.of_lines(pa.array([f"{n}\x1f{text}\n" for n, text in enumerate((note, "plain"))]), COLUMNS)

    assert read("fine").to_pydict() == {"id": [0, 1], "note": ["fine", "plain"]}
    with pytest.raises(texts.Indivisible):
        read(typed)


@pytest.mark.parametrize("typed", ["x\r", "x\ny", "x\x1fy", "\ufeffx"])
def test_within_quotation_marks_a_value_may_hold_any_sign(typed: str) -> None:
    rows = f'1\x1f"{typed}"\n2\x1f"say ""ah"""\n3\x1f\n'.encode()
    assert texts.taken_apart(rows, COLUMNS, quoted=True)["note"].to_pylist() == [typed, 'say "ah"', None]


def test_a_word_where_a_number_belongs_is_refused() -> None:
    with pytest.raises(texts.Indivisible):
        texts.taken_apart(b"one\x1fa\n", COLUMNS)
    with pytest.raises(pa.ArrowInvalid):
        texts.taken_apart(b"one\x1fa\n", COLUMNS, quoted=True)


def test_of_no_rows_there_are_columns() -> None:
    assert texts.joined([], COLUMNS).to_pydict() == {"id": [], "note": []}
