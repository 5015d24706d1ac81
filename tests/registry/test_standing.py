"""As what a household is recognised: only casework changes it, and the counts follow."""

from datetime import date
from typing import Any

import pytest
from django.db import transaction

from bangfu.registry import selectors, services
from bangfu.registry.errors import RowsRefused
from bangfu.registry.ledger.writing import write
from bangfu.registry.models import Change, FormerExit, Household
from bangfu.registry.services import Standing
from tests.conftest import House
from tests.registry.making import household, info, person, table

POOR = {"household_type": "01", "main_cause": "01", "poverty_status": "0", "first_identified": date(2014, 3, 1)}


@pytest.fixture
def poor(house: House) -> Household:
    by = house.officer("county_office")
    return household(by, house.village, person(0), person(1, relation_to_head="02"), **POOR)


@pytest.mark.req("B7")
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("poverty_status", "1"),
        ("poverty_status", None),
        ("monitor_category", "01"),
        ("first_identified", date(2015, 3, 1)),
        ("exited_on", date(2016, 12, 1)),
        ("returned_on", date(2017, 12, 1)),
    ],
)
def test_a_form_does_not_change_as_what_a_household_is_recognised(
    house: House, poor: Household, column: str, value: Any
) -> None:
    with pytest.raises(RowsRefused) as refused:
        services.save_household(
            by=house.officer("county_office"), household=poor, values={column: value, "remark": "改"}, reason="更正"
        )
    [problem] = refused.value.problems
    assert (problem.column, problem.error.code) == (column, "REG-332")
    poor.refresh_from_db()
    assert poor.remark == ""


def test_a_form_that_repeats_the_status_is_taken(house: House, poor: Household) -> None:
    values = {"poverty_status": "0", "first_identified": date(2014, 3, 15), "exited_on": None, "remark": "改"}
    services.save_household(by=house.officer("county_office"), household=poor, values=values, reason="更正")
    poor.refresh_from_db()
    assert poor.remark == "改"


@pytest.mark.databases
@pytest.mark.req("B7")
def test_an_import_leaves_the_status_alone_and_says_who_decides(house: House, poor: Household) -> None:
    new = {"household_no": "9901212002010999", "village_id": house.village.pk, "poverty_status": "0"}
    rows = [{"household_no": poor.household_no, "poverty_status": "1"}, new]
    with transaction.atomic():
        written = write({"household": table(rows, "household")}, change=info(), blank_keeps=True)
    assert [(p.row, p.error.code) for p in written.problems] == [(1, "REG-332")]
    assert Household.objects.get(household_no=new["household_no"]).poverty_status == "0"
    with transaction.atomic():
        taken = write({"household": table(rows[:1], "household")}, change=info(), blank_keeps=True, takeover=True)
    assert not taken.problems
    poor.refresh_from_db()
    assert poor.poverty_status == "1"


@pytest.mark.databases
@pytest.mark.req("B7")
def test_casework_writes_the_status_with_its_history(house: House, poor: Household) -> None:
    by = house.officer("county_office")
    values = {"poverty_status": "1", "exited_on": date(2017, 11, 20), "returned_on": None, "household_type": "01"}
    services.record_status([Standing(poor.pk, poor.household_no, values)], by=by, reason="退出程序办结")
    poor.refresh_from_db()
    assert (poor.poverty_status, poor.exited_on, poor.first_identified) == ("1", date(2017, 11, 1), date(2014, 3, 1))
    change = Change.objects.get(kind=Change.Kind.CASE)
    assert Household.history.filter(change=change).get().id == poor.pk
    assert change.reason == "退出程序办结"


@pytest.mark.databases
@pytest.mark.req("A7")
def test_every_exit_and_return_of_a_household_is_counted(house: House, poor: Household) -> None:
    """Poor 2014, out 2016, back 2018, out again 2020."""
    by = house.officer("county_office")
    again = Standing(
        poor.pk,
        poor.household_no,
        {"poverty_status": "1", "exited_on": date(2020, 6, 1), "returned_on": None},
        [(date(2016, 12, 1), date(2018, 3, 1))],
    )
    services.record_status([again], by=by, reason="再次脱贫")
    found = selectors.counts_for(by, house.village, range(2014, 2022))
    assert [c.poor_people for c in found] == [2, 2, 0, 0, 2, 2, 0, 0]
    assert [c.out_households for c in found] == [0, 0, 1, 0, 0, 0, 1, 0]
    assert [c.returned_people for c in found] == [0, 0, 0, 0, 2, 0, 0, 0]
    assert [c.in_people for c in found] == [2, 0, 0, 0, 0, 0, 0, 0]
    assert selectors.counts_differ() == []
    # Whoever writes in the village later leaves it so.
    services.save_household(by=by, household=poor, values={"remark": "改"}, reason="更正")
    assert selectors.counts_for(by, house.village, range(2014, 2022)) == found
    assert FormerExit.objects.count() == 1


def test_many_households_take_one_change(house: House) -> None:
    by = house.officer("county_office")
    made = [household(by, house.village, person(n), **POOR) for n in range(5)]
    rows = [
        Standing(
            h.pk, h.household_no, {"poverty_status": "1" if n else "", "exited_on": date(2018, 1, 1) if n else None}
        )
        for n, h in enumerate(made)
    ]
    written = services.record_status(rows, by=None, reason="批量")
    assert written.counts["household"].changed == 5
    assert list(Household.objects.order_by("pk").values_list("poverty_status", flat=True)) == ["", "1", "1", "1", "1"]


def test_a_household_that_is_gone_takes_no_status(house: House, poor: Household) -> None:
    by = house.officer("county_office")
    other = household(by, house.village, person(7))
    services.merge_households(
        by=by,
        into=other,
        other=poor,
        relations={m.pk: "99" for m in poor.members.all()},
        on=date(2020, 5, 1),
        reason="重复",
    )
    with pytest.raises(RowsRefused):
        services.record_status([Standing(poor.pk, poor.household_no, {"poverty_status": "1"})], by=by, reason="退出")
