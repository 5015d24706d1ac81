"""The whole sample county, once in the database: it counts as the papers print, and what was planted is found."""

from datetime import date
from typing import Any, NamedTuple

import pytest
from django.core.management import call_command
from django.test import override_settings

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area, ProfileFigure
from bangfu.registry.models import Household, Member
from bangfu.registry.selectors import AreaCounts, counts_for
from bangfu.rulebook import services as rulebook
from bangfu.sample import services
from bangfu.screening.engine import screen
from bangfu.screening.outcomes import Outcomes
from bangfu.snapshot import services as snapshots
from tests.sample.conftest import truth_of
from tests.screening.conftest import AS_OF, found_by_rule
from tests.screening.test_truth import differences

pytestmark = pytest.mark.django_db


class County(NamedTuple):
    loaded: services.Loaded
    outcomes: Outcomes


@pytest.fixture(scope="module")
def county(request: Any, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> County:
    """Committed, because a snapshot reads by a connection of its own; screened; and taken away at the end."""

    def take_away() -> None:
        with django_db_blocker.unblock():
            call_command("flush", interactive=False, verbosity=0)

    request.addfinalizer(take_away)
    home = tmp_path_factory.mktemp("county")
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with django_db_blocker.unblock(), override_settings(HOME=home, PASSWORD_HASHERS=hashers):
        loaded = services.load_sample_county()
        snapshot = snapshots.take(AS_OF, out=home / "snapshot")
        return County(loaded, screen(snapshot, rulebook.book(), as_of=AS_OF, out=home / "outcomes"))


def counts(name: str, year: int) -> AreaCounts:
    """What the county office sees of a place for a year."""
    [found] = counts_for(Officer.objects.get(username="xian"), Area.objects.get(name=name), [year])
    return found


def named(found: AreaCounts, *figures: str) -> tuple[int, ...]:
    return tuple(getattr(found, f"{figure}_{who}") for figure in figures for who in ("households", "people"))


@pytest.mark.req("A2")
@pytest.mark.req("A7")
def test_it_counts_as_the_papers_print(county: County) -> None:
    assert not [p for p in county.loaded.written.problems if p.refuses]
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


@pytest.mark.req("B5")
def test_exactly_the_planted_faults_are_found(county: County) -> None:
    """From the database: through the registry's writer, a snapshot and the rules; with the paper's own mistake."""
    planted = truth_of(county.loaded.truth)
    assert differences(found_by_rule(county.outcomes.rows(rules=sorted(planted))), planted) == {}
    [village] = [row for row in county.loaded.truth.to_pylist() if row["grain"] == "village"]
    assert county.outcomes.rows(rules=["Q176"])["village_code"].to_pylist() == [village["village_code"]]
