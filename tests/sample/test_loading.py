"""A county in the database: loaded by take-over, whole, with its trail, and every role can sign in."""

import pytest

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import roles
from bangfu.audit.selectors import chain_state
from bangfu.registry.models import Household, IncomeYear, Member, WorkRecord, YearCount
from bangfu.sample import services
from bangfu.sample.errors import CountyIsThere


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
    watched = set(Household.objects.exclude(monitor_category="").values_list("household_no", flat=True))
    assert {number for number, _risk in loaded.risks} == watched
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


def test_the_tour_names_five_things_and_officers_that_exist() -> None:
    usernames = {o.username for o in services.sample_officers()}
    looks = services.things_to_look_at()
    assert len(looks) == 5
    assert all(any(f" {name} " in look for name in usernames) for look in looks)
