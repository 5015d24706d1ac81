"""A batch is taken back whole, or not at all."""

from datetime import date
from typing import Any

import pytest
from django.db import transaction

from bangfu.common.errors import NotAllowed
from bangfu.registry import errors, selectors, services
from bangfu.registry.ledger.writing import ChangeInfo, write
from bangfu.registry.models import Change, Household, ImportBatch, IncomeItem, Member, MemberEvent
from tests.conftest import House
from tests.registry.making import person, table
from tests.registry.test_writing import content, many, put

pytestmark = [pytest.mark.databases, pytest.mark.req("H4")]


def batch_of(house: House, tables: dict[str, Any]) -> ImportBatch:
    by = house.officer("township_station", house.township)
    batch = ImportBatch.objects.create(
        place=house.township.place,
        file_name="户表.xlsx",
        file_sha256="0" * 64,
        started_by=by,
        state=ImportBatch.State.DONE,
    )
    with transaction.atomic():
        written = write(tables, change=ChangeInfo(Change.Kind.IMPORT, by, "户表.xlsx", batch), blank_keeps=True)
    assert written.problems == []
    return batch


def on_file() -> dict[str, Any]:
    return {name: rows for name, rows in content().items() if "history" not in name}


def test_what_was_changed_added_and_removed_stands_as_before(house: House) -> None:
    put(many(house, 20))
    before = on_file()
    tables = many(house, 25)
    rows = [{**r, "amount": 5} for r in tables["income_item"].to_pylist() if r["line"] == 1]
    tables["income_item"] = table(rows, "income_item")
    tables["household"] = tables["household"].append_column("address", [["新址"] * 25])
    leaver = {"person_no": "H000003-1", "left_on": date(2024, 2, 2), "left_by": "01"}
    member = table(
        [
            *tables["member"].to_pylist(),
        ],
        "member",
    )
    tables["member"] = member
    batch = batch_of(house, tables)
    batch_of(house, {"member": table([leaver], "member")})
    last = ImportBatch.objects.latest("pk")
    by = house.officer("township_station", house.township)
    services.undo_batch(by=by, batch=last, reason="传错文件")
    undone = services.undo_batch(by=by, batch=batch, reason="传错文件")
    assert on_file() == before
    assert undone.removed["household"] == 5 and undone.restored["household"] == 20
    assert not MemberEvent.objects.exists()
    assert selectors.counts_differ() == []
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.UNDONE
    kinds = set(Household.history.filter(change=undone.change).values_list("history_type", flat=True))
    assert kinds == {"-", "~"}
    with pytest.raises(errors.NothingToUndo):
        services.undo_batch(by=by, batch=batch, reason="x")


def test_nothing_is_undone_when_something_was_changed_since(house: House) -> None:
    batch = batch_of(house, many(house, 3))
    by = house.officer("township_station", house.township)
    services.save_household(
        by=by, household=Household.objects.get(household_no="H000001"), values={"address": "新址"}, reason="核实"
    )
    with pytest.raises(errors.ChangedSince) as refused:
        services.undo_batch(by=by, batch=batch, reason="x")
    assert refused.value.facts["count"] == 1 and "H000001" in refused.value.message
    assert Household.objects.count() == 3 and IncomeItem.objects.count() == 6


def test_nothing_is_undone_when_others_have_added_people_since(house: House) -> None:
    batch = batch_of(house, {k: v for k, v in many(house, 2).items() if k in ("household", "member")})
    put({"member": table([person(300, household_no="H000000", relation_to_head="03")], "member")})
    by = house.officer("township_station", house.township)
    with pytest.raises(errors.ChangedSince):
        services.undo_batch(by=by, batch=batch, reason="x")
    assert Member.objects.count() == 5


def test_only_who_may_import_may_undo(house: House) -> None:
    batch = batch_of(house, many(house, 1))
    with pytest.raises(NotAllowed):
        services.undo_batch(by=house.officer("village_committee", house.village), batch=batch, reason="x")
