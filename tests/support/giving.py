"""Measures for the tests of support: as somebody enters them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from bangfu.casework.models import Recognition, Risk
from bangfu.registry.models import Household
from bangfu.support import services
from bangfu.support.measure_checks import Entry
from bangfu.support.models import Measure, State

TODAY = timezone.localdate()


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


def entry(household: Household, kind: str = "0102", **values: Any) -> Entry:
    """Two pigs from last month on, seen to by the village, unless the values say otherwise."""
    usual: dict[str, Any] = {"starts_on": days(-30), "owner": "村委会", "quantity": Decimal(2), "unit": "head"}
    if kind != "0102":
        usual |= {"quantity": None, "unit": ""}
    return Entry(household=household, kind=kind, **{**usual, **values})


def given(household: Household, kind: str = "0102", **values: Any) -> Measure:
    return services.plan_measure(by=None, entry=entry(household, kind, **values))


def under_way(household: Household, kind: str = "0102", **values: Any) -> Measure:
    return given(household, kind, state=State.UNDER_WAY, **values)


def watched(household: Household, *risks: str, since: date | None = None) -> Recognition:
    """The household as it stands in the files of those that are watched."""
    since = since or days(-100)
    Household.objects.filter(pk=household.pk).update(monitor_category="02")
    household.refresh_from_db()
    made: Recognition = Recognition.objects.create(
        household=household, place=household.place, kind="watched", monitor_category="02", starts_on=since
    )
    Risk.objects.bulk_create([Risk(recognition=made, code=code, found_on=since) for code in risks])
    return made


def poor(household: Household, *causes: str) -> Household:
    columns = dict(zip(("main_cause", "other_cause_1", "other_cause_2"), causes, strict=False))
    Household.objects.filter(pk=household.pk).update(poverty_status="0", household_type="03", **columns)
    household.refresh_from_db()
    return household
