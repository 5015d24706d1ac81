"""Places: what hangs below an area is one unbroken range, and sees nothing beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.areas.models import Area
from bangfu.common.places import Level, PlaceRange, range_of, room_below, span, within

ordinals = st.tuples(*(st.integers(1, room_below(level)) for level in range(6)))


def place_of(path: tuple[int, ...]) -> int:
    return sum(ordinal * span(level) for level, ordinal in enumerate(path, 1))


def test_a_group_has_no_room_below_and_every_other_level_has():
    assert [room_below(level) for level in range(7)] == [99, 99, 999, 999, 9999, 999, 0]
    assert span(Level.GROUP) == 1


def test_the_largest_place_fits_a_bigint():
    assert place_of((99, 99, 999, 999, 9999, 999)) < 2**63


@given(ordinals, st.integers(1, 6))
def test_everything_below_an_area_lies_in_its_range(path, level):
    area = place_of(path[:level])
    assert range_of(area, level).holds(place_of(path))


@given(ordinals, ordinals, st.integers(1, 6))
def test_nothing_of_another_area_lies_in_it(path, other, level):
    if path[:level] != other[:level]:
        assert not range_of(place_of(path[:level]), level).holds(place_of(other))


@given(ordinals, st.integers(2, 6))
def test_an_area_does_not_hold_its_parent(path, level):
    assert not range_of(place_of(path[:level]), level).holds(place_of(path[: level - 1]))


class Nobody:
    def places_for(self, right, day=None):
        return ()


class Holder:
    """Sees `areas` whatever the right is."""

    def __init__(self, *areas: Area) -> None:
        self.areas = areas

    def places_for(self, right, day=None):
        return tuple(range_of(area.place, area.level) for area in self.areas)


@pytest.mark.databases
def test_whoever_holds_no_post_sees_nothing(house):
    assert list(Area.objects.visible_to(Nobody())) == []
    assert list(Area.objects.filter(within(()))) == []


@pytest.mark.databases
def test_a_township_sees_itself_and_what_lies_below_it_and_nothing_else(house):
    seen = set(Area.objects.visible_to(Holder(house.township)).values_list("name", flat=True))
    assert seen == {"青禾乡", "石桥村", "柳坪村", "一组", "二组"}


@pytest.mark.databases
def test_two_posts_see_both_and_narrowing_never_widens(house):
    both = Area.objects.visible_to(Holder(house.other_village, house.neighbour_village))
    assert set(both.values_list("name", flat=True)) == {"柳坪村", "梨园村"}
    assert set(both.inside(house.township).values_list("name", flat=True)) == {"柳坪村"}
    assert not both.inside(house.neighbour_county).exists()


def test_ranges_compare_by_where_they_begin():
    assert PlaceRange(1, 5) < PlaceRange(2, 3)
