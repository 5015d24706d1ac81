"""Areas change by day and document; whatever happens, places stay inside parents and versions stay unbroken."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from bangfu.areas import errors, selectors, services
from bangfu.areas.models import Area, AreaVersion, Succession
from bangfu.audit.models import Entry
from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.common.places import Level
from tests.conftest import START, House

DAY = date(2019, 3, 1)


def assert_the_tree_is_sound() -> None:
    """Every living area lies inside its living parent, subtrees are disjoint, versions are contiguous."""
    areas = list(Area.objects.order_by("place"))
    by_id = {a.pk: a for a in areas}
    for area in areas:
        if area.valid_to is None and area.parent_id:
            parent = by_id[area.parent_id]
            assert parent.valid_to is None, f"{area} lives below the closed {parent}"
            assert parent.level == area.level - 1
            assert parent.reach.first < area.reach.first <= area.reach.last <= parent.reach.last
    for level in Level:
        reaches = sorted(a.reach for a in areas if a.level == level)
        assert all(a.last < b.first for a, b in itertools.pairwise(reaches))
    of_area: dict[int, list[AreaVersion]] = {a.pk: [] for a in areas}
    for version in AreaVersion.objects.order_by("valid_from"):
        of_area[version.area_id].append(version)
    for area in areas:
        versions = of_area[area.pk]
        assert versions[0].valid_from == area.valid_from
        assert all(v.valid_to is None or v.valid_from < v.valid_to for v in versions)
        assert all(a.valid_to == b.valid_from for a, b in itertools.pairwise(versions))
        last = versions[-1]
        assert last.valid_to == area.valid_to
        if area.valid_to is None:
            assert (last.name, last.code, last.parent_id) == (area.name, area.code, area.parent_id)


@pytest.mark.req("A1")
@pytest.mark.databases
def test_a_moved_township_takes_its_villages_and_groups_along(house: House):
    moved = services.move(by=None, area=house.township, to=house.neighbour_county, on=DAY, document="样政发〔2019〕3号")
    village, group = Area.objects.get(pk=house.village.pk), Area.objects.get(pk=house.group.pk)
    reach = Area.objects.get(pk=house.neighbour_county.pk).reach
    assert all(reach.holds(a.place) for a in (moved, village, group))
    assert moved.reach.holds(village.place) and village.reach.holds(group.place)
    assert [a.name for a in selectors.ancestors(group)] == ["样省", "样州", "长滩县", "青禾乡", "石桥村"]
    assert_the_tree_is_sound()
    assert selectors.area_on(moved, DAY - timedelta(days=1)).parent == house.county
    assert selectors.area_on(moved, DAY).parent == house.neighbour_county


@pytest.mark.req("A1")
@pytest.mark.databases
def test_two_villages_merged_into_a_new_one_bring_their_groups_and_stay_findable_by_their_old_codes(house: House):
    services.add_groups(by=None, village=house.other_village, names=["一组", "东头组"], on=START)
    new = services.merge(
        by=None, areas=[house.village, house.other_village], name="石柳村", code="990121200203", on=DAY
    )
    assert sorted(new.children.values_list("name", flat=True)) == ["一组", "一组", "东头组", "二组"]
    assert selectors.by_code("990121200201") == selectors.by_code("990121200202") == new
    assert selectors.by_code("990121200201", on=DAY - timedelta(days=1)) == house.village
    assert selectors.by_code("990121200201", on=DAY) is None
    closed = Area.objects.get(pk=house.village.pk)
    assert closed.valid_to == DAY
    assert list(Area.objects.current(DAY).filter(parent=house.township)) == [new]
    assert {s.predecessor_id for s in selectors.successions(new)} == {house.village.pk, house.other_village.pk}
    assert_the_tree_is_sound()


def test_a_village_merged_into_its_neighbour_may_hand_over_its_name_and_the_neighbour_lives_on(house: House):
    kept = services.merge(by=None, areas=[house.other_village], into=house.village, on=DAY)
    assert kept.pk == house.village.pk and kept.valid_to is None
    assert selectors.heir(Area.objects.get(pk=house.other_village.pk)) == kept
    assert_the_tree_is_sound()


@pytest.mark.databases
def test_a_split_village_gives_every_group_to_one_of_the_new_villages(house: House):
    one, two = Area.objects.filter(parent=house.village).order_by("place")
    upper, lower = services.split(
        by=None,
        area=house.village,
        parts=[services.Part("上桥村", "990121200204", (one.pk,)), services.Part("下桥村", children=(two.pk,))],
        on=DAY,
    )
    assert Area.objects.get(pk=one.pk).parent == upper
    assert Area.objects.get(pk=two.pk).parent == lower
    assert Area.objects.get(pk=house.village.pk).valid_to == DAY
    assert Succession.objects.filter(kind="split", predecessor=house.village).count() == 2
    assert_the_tree_is_sound()


def test_a_split_that_leaves_a_group_without_a_village_is_refused(house: House):
    with pytest.raises(errors.ChildLeftOver):
        services.split(by=None, area=house.village, parts=[services.Part("上桥村"), services.Part("下桥村")], on=DAY)
    assert Area.objects.get(pk=house.village.pk).valid_to is None


def test_a_part_may_leave_while_the_old_village_lives_on_with_the_rest(house: House):
    one, two = Area.objects.filter(parent=house.village).order_by("place")
    [new] = services.split(
        by=None, area=house.village, parts=[services.Part("新村", children=(two.pk,))], on=DAY, keeps=True
    )
    assert Area.objects.get(pk=one.pk).parent_id == house.village.pk
    assert Area.objects.get(pk=two.pk).parent == new
    assert_the_tree_is_sound()


def test_a_renamed_village_keeps_its_old_name_for_the_days_before(house: House):
    services.rename(by=None, area=house.village, name="石拱桥村", on=DAY)
    assert selectors.area_on(house.village, DAY - timedelta(days=1)).name == "石桥村"
    assert selectors.area_on(house.village, DAY).name == "石拱桥村"
    assert Area.objects.get(pk=house.village.pk).initials == "sgqc"
    assert_the_tree_is_sound()


def test_renaming_twice_on_one_day_leaves_one_version_for_that_day(house: House):
    services.rename(by=None, area=house.village, name="石拱村", on=DAY)
    services.rename(by=None, area=house.village, name="石拱桥村", on=DAY)
    assert AreaVersion.objects.filter(area=house.village).count() == 2
    assert_the_tree_is_sound()


def test_an_old_code_finds_the_area_under_its_new_code(house: House):
    services.recode(by=None, area=house.township, code="990121201", on=DAY)
    assert selectors.by_code("990121200000").code == "990121201000"
    assert_the_tree_is_sound()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda h: services.rename(by=None, area=h.village, name="柳坪村", on=DAY), errors.NameTaken),
        (lambda h: services.rename(by=None, area=h.village, name="石桥村", on=DAY), errors.NothingChanges),
        (lambda h: services.rename(by=None, area=h.village, name="  ", on=DAY), errors.NameWrong),
        (lambda h: services.rename(by=None, area=h.village, name="新", on=START - timedelta(1)), errors.DayTooEarly),
        (lambda h: services.rename(by=None, area=h.village, name="新", on=date(2999, 1, 1)), errors.DayInFuture),
        (lambda h: services.recode(by=None, area=h.village, code="990121200202", on=DAY), errors.CodeTaken),
        (lambda h: services.recode(by=None, area=h.village, code="990121200000", on=DAY), errors.CodeWrong),
        (lambda h: services.recode(by=None, area=h.village, code="99012x200299", on=DAY), errors.CodeWrong),
        (lambda h: services.move(by=None, area=h.village, to=h.county, on=DAY), errors.ParentWrong),
        (lambda h: services.move(by=None, area=h.village, to=h.township, on=DAY), errors.NothingChanges),
        (lambda h: services.merge(by=None, areas=[h.village], on=DAY, name="新"), errors.MergeNeedsOthers),
        (lambda h: services.merge(by=None, areas=[h.village, h.township], on=DAY, name="新"), errors.LevelsDiffer),
        (lambda h: services.merge(by=None, areas=[h.village], into=h.other_village, on=START), errors.DayTooEarly),
        (
            lambda h: services.split(by=None, area=h.village, parts=[services.Part("甲")], on=DAY),
            errors.SplitNeedsParts,
        ),
        (lambda h: services.found(by=None, parent=h.group, name="甲", on=DAY), errors.ParentWrong),
        (lambda h: services.found(by=None, parent=h.township, name="石桥村", on=DAY), errors.NameTaken),
        (lambda h: services.found(by=None, parent=h.township, name="甲", on=date(2001, 1, 1)), errors.ParentTooYoung),
        (lambda h: services.add_groups(by=None, village=h.village, names=["三组", "三组"], on=DAY), errors.NameTaken),
        (lambda h: services.add_groups(by=None, village=h.township, names=["三组"], on=DAY), errors.ParentWrong),
    ],
)
def test_a_change_that_cannot_be_is_refused_in_words_and_changes_nothing(house: House, change, error):
    before = list(Area.objects.values()), list(AreaVersion.objects.values()), Entry.objects.count()
    with pytest.raises(error) as refusal:
        change(house)
    assert "{" not in refusal.value.message
    assert (list(Area.objects.values()), list(AreaVersion.objects.values()), Entry.objects.count()) == before


def test_a_closed_village_cannot_be_changed_any_more(house: House):
    services.merge(by=None, areas=[house.other_village], into=house.village, on=DAY)
    with pytest.raises(errors.AreaClosed):
        services.rename(by=None, area=house.other_village, name="新", on=DAY)
    with pytest.raises(errors.AreaClosed):
        services.found(by=None, parent=house.other_village, name="新组", on=DAY)


@pytest.mark.req("H1")
def test_only_who_maintains_areas_there_may_change_them_and_the_deed_leaves_one_entry(house: House):
    clerk, county = house.officer("township_station"), house.officer("county_office")
    with pytest.raises(NotAllowed):
        services.rename(by=clerk, area=house.village, name="新桥村", on=DAY)
    with pytest.raises(NotAllowed):
        services.move(by=county, area=house.township, to=house.neighbour_county, on=DAY)
    with pytest.raises(NotAllowed):
        services.found(by=county, parent=None, name="新省", on=DAY)
    before = Entry.objects.count()
    services.rename(by=county, area=house.village, name="新桥村", on=DAY)
    entry = Entry.objects.order_by("-number")[0]
    assert Entry.objects.count() == before + 1
    assert (entry.action, entry.actor_id, entry.place) == ("area.renamed", county.pk, house.village.place)


def test_a_place_that_was_left_is_never_given_to_another_area(house: House):
    left = house.other_village.place
    services.move(by=None, area=house.other_village, to=house.neighbour_township, on=DAY)
    assert services.found(by=None, parent=house.township, name="新村", on=DAY).place != left


class AnyChanges(TestCase):
    """Whatever order changes come in, the tree stays sound."""

    county: Area

    @classmethod
    def setUpTestData(cls) -> None:
        """Once for all examples: each takes back what it changed."""
        cls.county = cls._county()

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.data())
    def test_any_sequence_of_changes_leaves_a_sound_tree(self, data: st.DataObject) -> None:
        day = START
        for step in range(data.draw(st.integers(1, 6))):
            day += timedelta(days=data.draw(st.integers(0, 3)))
            below = list(Area.objects.filter(valid_to=None, level__gte=4, place__gt=self.county.place))
            one, two = data.draw(st.sampled_from(below)), data.draw(st.sampled_from(below))
            children = list(Area.objects.filter(parent=one, valid_to=None).values_list("pk", flat=True))
            cut = data.draw(st.integers(0, len(children)))
            parts = [
                services.Part(f"甲{step}", children=tuple(children[:cut])),
                services.Part(f"乙{step}", children=tuple(children[cut:])),
            ]
            doing = data.draw(st.sampled_from(["merge", "merge new", "split", "carve", "move", "rename", "found"]))
            try:
                if doing == "merge":
                    services.merge(by=None, areas=[one], into=two, on=day)
                elif doing == "merge new":
                    services.merge(by=None, areas=[one, two], name=f"并{step}", on=day)
                elif doing == "split":
                    services.split(by=None, area=one, parts=parts, on=day)
                elif doing == "carve":
                    services.split(by=None, area=one, parts=parts[:1], on=day, keeps=True)
                elif doing == "move":
                    services.move(by=None, area=one, to=two, on=day)
                elif doing == "rename":
                    services.rename(by=None, area=one, name=f"名{step}", on=day)
                else:
                    services.found(by=None, parent=one, name=f"新{step}", on=day)
            except BangfuError:
                pass  # a refusal is as good, as long as nothing is half done
            assert_the_tree_is_sound()

    @staticmethod
    def _county() -> Area:
        above: Area | None = None
        for name in ("样省", "样州", "样县"):
            above = services.found(by=None, parent=above, name=name, on=START)
        assert above is not None
        for town in ("东乡", "西乡"):
            township = services.found(by=None, parent=above, name=town, on=START)
            for village in ("上村", "下村"):
                made = services.found(by=None, parent=township, name=village, on=START)
                services.add_groups(by=None, village=made, names=["一组", "二组"], on=START)
        return above
