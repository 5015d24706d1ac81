"""The county in the database: loaded by take-over, it counts as the papers print, and every role can sign in."""

from datetime import date

import pytest

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import roles
from bangfu.areas.models import Area, ProfileFigure
from bangfu.audit.selectors import chain_state
from bangfu.registry.models import Household, IncomeYear, Member, WorkRecord, YearCount
from bangfu.registry.selectors import AreaCounts, counts_for
from bangfu.sample import services
from bangfu.sample.errors import CountyIsThere


def counts(name: str, year: int) -> AreaCounts:
    """What the county office sees of a place for a year."""
    [found] = counts_for(Officer.objects.get(username="xian"), Area.objects.get(name=name), [year])
    return found


def named(found: AreaCounts, *figures: str) -> tuple[int, ...]:
    return tuple(getattr(found, f"{figure}_{who}") for figure in figures for who in ("households", "people"))


@pytest.mark.req("A2")
@pytest.mark.req("A7")
def test_the_loaded_county_counts_as_the_papers_print(db: None) -> None:
    loaded = services.load_sample_county()
    assert not [p for p in loaded.written.problems if p.refuses]
    assert (Household.objects.count(), Member.objects.present().count()) == (20000, 80000)
    now = date.today().year
    village = counts("盘石村", now)
    assert (village.households, village.people) == (455, 2552)
    assert named(village, "registered", "dibao") == (143, 482, 53, 105)
    then = counts("盘石村", 2016)
    assert (then.people, then.poor_people, str(then.incidence_percent)) == (2552, 482, "18.89")
    other = counts("五星村", now)
    assert (other.households, other.people) == (1105, 5140)
    assert named(other, "registered", "dibao") == (105, 248, 86, 188)
    assert named(counts("五星村", 2016), "poor") == (105, 248)
    assert named(counts("青禾乡", 2020), "registered", "poor") == (321, 870, 18, 44)
    assert named(counts("云岭县", 2020), "registered", "poor") == (3304, 15431, 110, 472)
    out = {year: counts("高坪乡", year) for year in range(2013, 2021)}
    assert [out[y].out_people for y in range(2014, 2020)] == [400, 600, 320, 480, 600, 100]
    assert out[2013].poor_people == 2500
    assert out[2015].poor_people == 1500
    assert named(out[2018], "returned") == (5, 20)
    assert [out[y].poor_people for y in (2016, 2017, 2018, 2019, 2020)] == [1180, 700, 120, 20, 20]
    watched = Household.objects.filter(village__parent__name="青禾乡").exclude(monitor_category="")
    kinds = {code: watched.filter(monitor_category=code) for code in ("01", "02")}
    assert [(k.count(), sum(k.values_list("members_count", flat=True))) for k in kinds.values()] == [(4, 10), (9, 27)]
    figure = ProfileFigure.objects.get(area__name="盘石村", indicator="poverty_incidence")
    assert (str(figure.value), figure.year) == ("17.8", 2016)
    assert "贫困" in figure.source or "扶贫" in figure.source


@pytest.mark.databases
def test_a_small_county_loads_whole_with_its_trail(db: None) -> None:
    steps: list[str] = []
    loaded = services.load_sample_county(300, progress=steps.append)
    drawn = services.county_tables(300)
    assert steps == ["draw", "areas", "registry"]
    stored = {"household": Household, "member": Member, "work_record": WorkRecord, "income_year": IncomeYear}
    assert {n: m.objects.count() for n, m in stored.items()} == {n: len(drawn.tables[n]) for n in stored}
    assert all(m.history.count() == m.objects.count() for m in stored.values())
    assert Household.objects.exclude(group=None).count() == 300
    assert YearCount.objects.filter(year=2020).exists()
    assert chain_state().broken_at is None
    assert len(loaded.truth) == len(drawn.truth)
    one = Household.objects.exclude(latest_income_year=None).first()
    assert one is not None
    assert one.latest_income_year == 2020
    with pytest.raises(CountyIsThere):
        services.load_sample_county(300)
    assert Household.objects.count() == 300


def test_an_officer_of_every_role_can_sign_in_and_the_three_administrators_are_different_people(db: None) -> None:
    services.load_sample_county(60)
    listed = services.sample_officers()
    assert {o.role for o in listed} == {str(r.label) for r in roles().values()}
    assert len({o.username for o in listed}) == len(listed)
    for each in listed:
        officer = Officer.objects.get(username=each.username)
        assert officer.check_password(each.password)
        assert len(officer.posts_on()) == 1
    kinds = [p.role_id for o in Officer.objects.all() for p in o.posts_on() if p.role_id.endswith("_administrator")]
    assert sorted(kinds) == ["audit_administrator", "security_administrator", "system_administrator"]


def test_the_tour_names_four_things_and_officers_that_exist() -> None:
    usernames = {o.username for o in services.sample_officers()}
    looks = services.things_to_look_at()
    assert len(looks) == 4
    assert all(any(f" {name} " in look for name in usernames) for look in looks)
