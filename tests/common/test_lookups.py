"""Search by the beginning of a word: exact to the letter, wildcards are letters, and on SQLite an index answers."""

import pytest
from django.db import connection

from bangfu.areas.models import Area
from bangfu.common.places import span

NAMES = ["石桥村", "石桥*村", "石?村", "石%村", "石_村", "石[桥]村", "石]村", "石\\村", "abc", "ABC", "石"]


@pytest.fixture
def _named_villages(house) -> None:
    for ordinal, name in enumerate(NAMES, 100):
        place = house.township.place + ordinal * span(5)
        Area.objects.create(parent=house.township, place=place, level=5, name=name, valid_from=house.village.valid_from)


@pytest.mark.databases
@pytest.mark.usefixtures("_named_villages")
@pytest.mark.parametrize(
    ("beginning", "found"),
    [
        ("石桥*", {"石桥*村"}),
        ("石?", {"石?村"}),
        ("石%", {"石%村"}),
        ("石_", {"石_村"}),
        ("石[", {"石[桥]村"}),
        ("石[桥]", {"石[桥]村"}),
        ("石]", {"石]村"}),
        ("石\\", {"石\\村"}),
        ("石桥", {"石桥村", "石桥*村"}),
        ("石", {name for name in NAMES if name.startswith("石")}),
        ("a", {"abc"}),
        ("AB", {"ABC"}),
        ("", set(NAMES)),
        ("桥", set()),
        ("' OR 1=1 --", set()),
    ],
)
def test_the_beginning_is_taken_to_the_letter(house, beginning, found):
    rows = Area.objects.filter(parent=house.township, place__gte=house.township.place + 100 * span(5))
    assert set(rows.filter(name__prefix=beginning).values_list("name", flat=True)) == found


@pytest.mark.django_db
def test_on_sqlite_the_search_uses_the_index():
    if connection.vendor != "sqlite":
        pytest.skip("the plan is SQLite's")
    from bangfu.registry.models import Member

    assert "USING INDEX member_by_name" in Member.objects.filter(name__prefix="张").order_by().explain()
