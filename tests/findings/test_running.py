"""A screening from beginning to end: real snapshot, real rules, real findings."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from bangfu.common.errors import NotAllowed
from bangfu.daily import run_day
from bangfu.findings import errors, running, selectors, services
from bangfu.findings.models import Finding, Run
from bangfu.registry import services as registry
from bangfu.rulebook import services as rulebook
from bangfu.screening.importing import import_list
from bangfu.snapshot.store import Snapshot
from tests.conftest import House
from tests.registry.making import household, person

pytestmark = [pytest.mark.req("B5"), pytest.mark.django_db(transaction=True)]
AS_OF = date(2020, 9, 30)
NO_PHONE, VEHICLE = "Q028", "Q181"


@pytest.fixture
def few_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real book with two of its rules, where it does not matter how many there are."""
    whole = rulebook.book()
    few = replace(whole, rules={id: whole.rules[id] for id in (NO_PHONE, VEHICLE)})
    monkeypatch.setattr(rulebook, "book", lambda place="": few)


@pytest.fixture
def home(house: House) -> Any:
    return household(house.officer("county_office"), house.village, person(1))


def state_of(rule: str) -> str:
    return str(Finding.objects.get(rule_id=rule).state)


@pytest.mark.usefixtures("few_rules")
def test_what_is_mended_in_the_registry_is_resolved_by_the_next_run_and_comes_back_when_it_is_wrong_again(house, home):
    by = house.officer("county_office")
    first = running.run_now(as_of=AS_OF)
    assert (first.state, state_of(NO_PHONE)) == ("done", "open")
    registry.save_household(by=by, household=home, values={"phone": "13800138000"}, reason="入户更正")
    second = running.run_now(as_of=AS_OF)
    assert state_of(NO_PHONE) == "resolved"
    home.refresh_from_db()
    registry.save_household(by=by, household=home, values={"phone": None}, reason="号码停用")
    running.run_now(as_of=AS_OF)
    assert state_of(NO_PHONE) == "open"
    assert Finding.objects.get(rule_id=NO_PHONE).first_run == first
    client = house.client("county_office")
    page = client.get(f"/findings/runs/compare/?first={first.pk}&second={second.pk}").content.decode()
    assert "只在较早的一次查出" in page
    assert NO_PHONE in page
    assert "FIN-" not in page


@pytest.mark.usefixtures("few_rules")
def test_a_list_from_another_department_is_compared_with_in_the_next_run(house, home, settings, tmp_path):
    by = house.officer("county_office")
    registered = {"household_type": "01", "main_cause": "07"}
    registry.save_household(by=by, household=home, values=registered, reason="入户更正")
    first = running.run_now(as_of=AS_OF)
    assert not Finding.objects.filter(rule_id=VEHICLE).exists()
    file = tmp_path / "vehicles.csv"
    file.write_text(f"证件号码\n{home.members.get().id_no}\n", encoding="utf-8")
    import_list(
        rulebook.book(),
        "vehicle",
        file,
        AS_OF,
        folder=settings.HOME / "lists",
        snapshot=Snapshot.open(settings.HOME / "snapshots" / first.snapshot),
    )
    running.run_now(as_of=AS_OF)
    assert state_of(VEHICLE) == "open"


def test_a_days_work_may_be_done_twice(house, home):
    once = run_day(AS_OF).run
    again = run_day(AS_OF).run
    assert once.counts["new"] > 0
    assert (again.counts["new"], again.counts["standing"]) == (0, once.counts["new"])


def test_the_office_starts_a_run_of_its_county_and_watches_it(house, home):
    client = house.client("county_office")
    answer = client.post("/findings/runs/new/", {"area": house.county.pk, "as_of": "2020-09-30"})
    run = Run.objects.get()
    assert answer["Location"] == f"/findings/runs/{run.pk}/"
    page = client.get(f"/findings/runs/{run.pk}/progress/", headers={"HX-Request": "true"}).content.decode()
    assert NO_PHONE in page
    assert state_of(NO_PHONE) == "open"
    assert selectors.next_as_of() == AS_OF


@pytest.mark.usefixtures("few_rules")
def test_a_run_of_one_township_leaves_the_others_alone(house, home):
    away = household(house.officer("county_office"), house.neighbour_village, person(2))
    running.run_now(as_of=AS_OF)
    for each in (home, away):
        each.refresh_from_db()
        registry.save_household(
            by=house.officer("county_office"), household=each, values={"phone": "13800138000"}, reason="补填"
        )
    running.run_now(area=house.township, as_of=AS_OF)
    states = dict(Finding.objects.filter(rule_id=NO_PHONE).values_list("household_id", "state"))
    assert states == {home.pk: "resolved", away.pk: "open"}


def test_a_run_that_breaks_says_so_and_registers_nothing(house, home, monkeypatch):
    monkeypatch.setattr(running, "screen", lambda *args, **more: 1 / 0)
    with pytest.raises(errors.RunFailed):
        running.run_now(as_of=AS_OF)
    run = Run.objects.get()
    assert (run.state, run.error_code) == ("failed", "FIN-014")
    assert not Finding.objects.exists()
    page = house.client("county_office").get(f"/findings/runs/{run.pk}/").content.decode()
    assert "FIN-014" in page


def test_a_run_that_a_crash_left_in_the_middle_is_marked_and_the_next_may_begin(house):
    run = services.open_run(by=None, area=None, as_of=AS_OF)
    services.move_run(run, Run.State.SCREENING)
    with pytest.raises(errors.RunBusy):
        services.open_run(by=None, area=house.county, as_of=AS_OF)
    assert running.recover() == 1
    run.refresh_from_db()
    assert (run.state, run.error_code) == ("failed", "FIN-013")
    services.open_run(by=None, area=house.county, as_of=AS_OF)


def test_nobody_runs_a_screening_beyond_the_own_areas(house):
    with pytest.raises(NotAllowed):
        services.open_run(by=house.officer("county_office"), area=None, as_of=AS_OF)
    with pytest.raises(NotAllowed):
        services.open_run(by=house.officer("township_station"), area=house.township, as_of=AS_OF)
    with pytest.raises(errors.DayInFuture):
        services.open_run(by=None, area=None, as_of=timezone.localdate().replace(year=2999))
