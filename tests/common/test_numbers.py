"""Money and areas are exact to the hundredth: on the way in, in the database, in sums and on the way out."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from bangfu.areas.models import ProfileFigure
from bangfu.common.errors import NumberWrong
from bangfu.common.fields import HundredthsField, YuanField, from_hundredths, to_hundredths


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_hundredths_survive_the_way_out_and_back(hundredths):
    assert to_hundredths(from_hundredths(hundredths)) == hundredths


@given(st.decimals(-(10**14), 10**14, places=2))
def test_a_number_with_two_places_survives_the_way_in_and_out(number):
    assert from_hundredths(to_hundredths(number)) == number
    assert to_hundredths(str(number)) == to_hundredths(number)


@pytest.mark.parametrize("unknown", [None, ""])
def test_unknown_stays_unknown_and_is_not_zero(unknown):
    assert to_hundredths(unknown) is None
    assert from_hundredths(None) is None


@pytest.mark.parametrize(
    ("value", "hundredths"),
    [("12.5", 1250), (" 12.50 ", 1250), (7, 700), ("-0.01", -1), ("1e3", 100000), (0.1, 10), ("１２", 1200)],
)
def test_numbers_are_read_as_people_write_them(value, hundredths):
    assert to_hundredths(value) == hundredths


@pytest.mark.parametrize(
    "value",
    [
        "1.005", "0.1000000000000000000000000000000000001", "1,234", "12元", "NaN", "Infinity", "-inf", "abc", "1.2.3",
        "92233720368547758.08", "1e30", "1e400", True, " ",
    ],
)  # fmt: skip
def test_what_is_no_number_or_would_have_to_be_rounded_is_refused(value):
    with pytest.raises(NumberWrong) as refused:
        to_hundredths(value)
    assert refused.value.code == "COM-003"


def test_a_refused_number_is_named_in_the_message():
    with pytest.raises(NumberWrong, match="1,234"):
        to_hundredths("1,234")


def test_the_form_field_of_a_number_takes_two_places():
    field = YuanField("金额", null=True).formfield()
    assert field.clean("12.50") == Decimal("12.50")
    assert YuanField().unit == "CNY"
    assert HundredthsField(unit="mu").deconstruct()[3] == {"unit": "mu"}


@pytest.mark.databases
def test_the_database_keeps_and_adds_hundredths_exactly(house):
    values = [Decimal("0.10"), Decimal("0.20"), Decimal("90071992547409.93")]
    for year, value in enumerate(values, 2021):
        ProfileFigure.objects.create(area=house.village, year=year, value=value, recorded_on=date(2026, 1, 1))
    rows = ProfileFigure.objects.order_by("year")
    assert list(rows.values_list("value", flat=True)) == values
    assert rows.aggregate(total=Sum("value"))["total"] == sum(values)
    assert rows.filter(value__gt=Decimal("0.15")).count() == 2
    assert rows.get(value=Decimal("0.20")).year == 2022
