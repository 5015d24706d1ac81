"""Rows as texts: nothing of a value is lost to the signs around it."""

import pyarrow as pa
import pytest

from bangfu.common.facts import FactKind
from bangfu.snapshot import texts
from bangfu.snapshot.orders import ColumnOrder

NUMBER, NOTE = (ColumnOrder(name, kind, False, True) for name, kind in (("id", FactKind.KEY), ("note", FactKind.TEXT)))


@pytest.mark.parametrize("typed", ["x\r", "x\ry", "x\ny", "x\x1fy"])
@pytest.mark.parametrize("bundles", [[(NUMBER,), (NOTE,)], [(NUMBER, NOTE)]], ids=["alone", "together"])
def test_a_value_that_holds_a_sign_between_values_is_said_to_be_indivisible(
    typed: str, bundles: list[texts.Bundle]
) -> None:
    sign = texts.FIELD if len(bundles) == 2 else texts.WITHIN

    def read(note: str) -> pa.Table:
        rows = "".join(f"{n}{sign}{text}{texts.ROW}" for n, text in enumerate((note, "plain")))
        return texts.opened(texts.taken_apart(pa.py_buffer(rows.encode()), 2, bundles), bundles)

    assert read("fine").to_pydict() == {"id": [0, 1], "note": ["fine", "plain"]}
    with pytest.raises(texts.Indivisible):
        read(typed)
