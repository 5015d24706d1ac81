"""What a snapshot tells of measures: those of the time of the watch, and nothing where nobody keeps them."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bangfu.casework.models import Recognition
from bangfu.registry.models import Household
from bangfu.snapshot import services as snapshots
from bangfu.support import services
from bangfu.support.models import State
from tests.conftest import House
from tests.registry.making import household, person
from tests.support.giving import given, under_way, watched

# A snapshot reads by a connection of its own, and so only what is committed.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
AS_OF = date(2026, 6, 30)
SINCE = date(2026, 1, 10)


def rows(folder: Path, table: str = "household") -> dict[Any, dict[str, Any]]:
    taken = snapshots.take(AS_OF, out=folder)
    found = [row for part in taken.parts() for row in pq.read_table(part.path(table)).to_pylist()]
    return {row["household_id"]: row for row in found}


@pytest.mark.req("C6")
def test_a_snapshot_knows_what_was_done_for_a_household_while_it_was_watched(house: House, tmp_path: Path) -> None:
    by = house.officer("county_office")
    home, plain, freed, elsewhere = (
        household(by, village, person(number))
        for number, village in enumerate((house.village, house.village, house.village, house.other_village))
    )
    for each in (home, plain, elsewhere):
        watched(each, "01", since=SINCE)
    recognition = watched(freed, "01", since=date(2025, 1, 1))
    Recognition.objects.filter(pk=recognition.pk).update(ends_on=date(2025, 12, 31))
    Household.objects.filter(pk=freed.pk).update(monitor_category="")
    under_way(home, starts_on=date(2025, 6, 1), ends_on=date(2026, 1, 9), content="纳入前就结束")
    under_way(home, "0206", starts_on=date(2026, 2, 1), member=home.members.get())
    given(home, "0202", starts_on=date(2026, 3, 1), money=Decimal("12.34"), member=home.members.get())
    given(home, "1001", starts_on=date(2026, 3, 1))
    gone = given(home, "0903", starts_on=date(2026, 3, 1))
    services.move_measure(by=by, measure=gone, to=State.GIVEN_UP, reason="不需要")
    under_way(freed, starts_on=date(2025, 3, 1), ends_on=date(2025, 12, 1))
    under_way(freed, "0501", starts_on=date(2026, 3, 1), content="消除以后")
    found = rows(tmp_path / "now")
    row = found[home.pk]
    assert (row["measures_count"], row["measure_employment"], row["measure_security"]) == (3, True, True)
    assert (row["measure_industry"], row["measure_health"], row["measure_dibao"]) == (False, False, True)
    assert (row["measure_development"], row["development_in_effect"], row["development_solid"]) == (True, 1, 0)
    assert (row["travel_subsidy_yuan"], row["measures_received"]) == (Decimal("12.34"), 2)
    # Nothing was done for the second; the village keeps measures, so that is known.
    row = found[plain.pk]
    assert (row["measures_count"], row["measure_health"], row["measure_development"]) == (0, False, False)
    # Of one that is watched no more, the last watch counts.
    row = found[freed.pk]
    assert (row["measures_count"], row["measure_industry"], row["measure_housing"]) == (1, True, False)
    # In a village where nobody has entered a measure, nothing is known.
    row = found[elsewhere.pk]
    assert {row[name] for name in ("measures_count", "measure_health", "measures_received")} == {None}
    told = [row for part in snapshots.take(AS_OF, out=tmp_path / "again").parts()
            for row in pq.read_table(part.path("measure")).to_pylist()]  # fmt: skip
    assert len(told) == 7 and {row["state"] for row in told} == {"under_way", "planned", "given_up"}
