"""A house of generated counties in which everybody is helped: units, helpers with accounts, a main helper for every
household, teams in every village, three months of visits, measures, records, findings, targets and running cases.

No benchmark: rows are written straight into the tables, in the shapes that the writers of the rooms leave.
"""

import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

FOUNDED = date(2025, 1, 1)
PER_HELPER, BUREAUS, BATCH = 5, 40, 2_000
BACK = (3, 33, 63)
CASES = 10_000
RANKS = ("leading_group", "clerk", *("party_member",) * 8)
RULES = ("Q021", "Q055", "Q129")


def fill(today: date) -> None:
    """Everything for the counties that are on file; nothing when helpers are there already. Every unit's helpers take
    households of one village, so that a village has helpers of several units, as in life."""
    from bangfu.areas.models import Area
    from bangfu.registry.models import Household
    from bangfu.support.models import Helper

    if Helper.objects.exists():
        return
    started = time.perf_counter()
    homes = list(Household.objects.living().order_by("place", "household_no").only("pk", "village_id", "place"))
    areas = {each.pk: each for each in Area.objects.filter(level__lte=5).select_related("parent__parent")}
    units = _units(areas.values())
    helpers, pairs = _helpers(homes, areas, units)
    members = _teams(helpers, areas, today)
    visits = _visits(pairs, today)
    _doubts(visits)
    _measures(pairs, today)
    _records(units, members, today)
    _findings(pairs, today)
    _targets(areas.values(), units, today)
    print(f"{len(homes)} households helped: {time.perf_counter() - started:.0f} s", file=sys.stderr)


def _many(model: Any, rows: Iterable[Any]) -> list[Any]:
    """The rows as they were written, with their ids."""
    made: list[Any] = model.objects.bulk_create(rows, batch_size=BATCH)
    return made


def _units(areas: Iterable[Any]) -> dict[int, list[Any]]:
    """By county the bureaus of the county and the governments of its townships."""
    from bangfu.support.models import Unit

    rows = []
    for area in areas:
        if area.level == 3:
            rows += [Unit(name=f"{area.name}第{n + 1}局", area=area, level="04") for n in range(BUREAUS)]
        elif area.level == 4:
            rows.append(Unit(name=f"{area.name}人民政府", area=area, level="05"))
    found: dict[int, list[Any]] = {}
    for unit in _many(Unit, rows):
        found.setdefault(unit.area_id if unit.area.level == 3 else unit.area.parent_id, []).append(unit)
    return found


def _helpers(homes: list[Any], areas: dict[int, Any], units: dict[int, list[Any]]) -> tuple[list[Any], list[Any]]:
    """A helper with an account for every five households of a village, and the pairings."""
    from bangfu.accounts.models import Officer, Post
    from bangfu.support.models import Helper, Pairing

    shares = []
    for village, rows in groupby(homes, key=lambda home: home.village_id):
        listed = list(rows)
        shares += [(village, listed[n : n + PER_HELPER]) for n in range(0, len(listed), PER_HELPER)]
    officers = _many(Officer, (Officer(username=f"help-{n}", name=f"帮扶{n}") for n in range(len(shares))))
    rows = []
    for n, ((village, _homes), officer) in enumerate(zip(shares, officers, strict=True)):
        county = areas[village].parent.parent_id
        unit = units[county][n % len(units[county])]
        rank = RANKS[n % len(RANKS)]
        rows.append(Helper(name=officer.name, initials="bf", unit=unit, rank=rank, area=unit.area, officer=officer))
    helpers = _many(Helper, rows)
    _many(
        Post,
        (
            Post(officer=officer, role_id="helper", area_id=village, starts_on=FOUNDED)
            for (village, _homes), officer in zip(shares, officers, strict=True)
        ),
    )
    pairs = _many(
        Pairing,
        (
            Pairing(helper=helper, household=home, starts_on=FOUNDED)
            for helper, (_village, some) in zip(helpers, shares, strict=True)
            for home in some
        ),
    )
    for helper, (village, _homes) in zip(helpers, shares, strict=True):
        helper.village_id = village
    return helpers, pairs


def _teams(helpers: list[Any], areas: dict[int, Any], today: date) -> list[Any]:
    """A team in every village, of three of those who help there, and their days of the last three months."""
    from bangfu.accounts.models import Post
    from bangfu.support.models import DayInVillage, Team, TeamMember

    by_village = {village: list(some) for village, some in groupby(helpers, key=lambda each: each.village_id)}
    teams = _many(
        Team,
        (Team(village=areas[village], unit=some[0].unit, starts_on=FOUNDED) for village, some in by_village.items()),
    )
    roles = ("first_secretary", "leader", "member")
    until = today + timedelta(days=400)
    members = _many(
        TeamMember,
        (
            TeamMember(team=team, helper=helper, role=role, starts_on=FOUNDED, term_ends_on=until)
            for team in teams
            for helper, role in zip(by_village[team.village_id], roles, strict=False)
        ),
    )
    of_role = {"first_secretary": "first_secretary", "leader": "team_member", "member": "team_member"}
    _many(
        Post,
        (
            Post(officer=each.helper.officer, role_id=of_role[each.role], area=each.team.village, starts_on=FOUNDED)
            for each in members
        ),
    )
    _many(
        DayInVillage,
        (
            DayInVillage(member=member, day=today - timedelta(days=back))
            for member in members
            for back in range(92)
            if back % 7 < 5
        ),
    )
    return members


def _visits(pairs: list[Any], today: date) -> list[Any]:
    """Two of three helpers come to every household every month, the others came once."""
    from bangfu.visits.loading import checklist
    from bangfu.visits.models import Visit
    from bangfu.visits.recording import keep_version

    form = keep_version(checklist("four_ones"))
    at = datetime.now(UTC)

    def rows() -> Iterator[Any]:
        for pair in pairs:
            for back in BACK if pair.helper_id % 3 else BACK[-1:]:
                yield Visit(
                    uuid=uuid.uuid4(), household=pair.household, village_id=pair.household.village_id,
                    place=pair.household.place, officer_id=pair.helper.officer_id, checklist="four_ones", form=form,
                    visited_on=today - timedelta(days=back + pair.household_id % 5), received_at=at, channel="field",
                )  # fmt: skip

    return _many(Visit, rows())


def _doubts(visits: list[Any]) -> None:
    """One of a hundred visits found something otherwise than the registry says, one of two hundred looks doubtful."""
    from bangfu.visits.models import Correction, Suspicion

    _many(
        Correction,
        (
            Correction(
                visit=each, household_id=each.household_id, place=each.place, question="land",
                column="cultivated_land_mu", seen="3.00", found="2.50",
            )
            for each in visits[::100]
        ),
    )  # fmt: skip
    _many(Suspicion, (Suspicion(visit=each, kind="many", facts={}) for each in visits[::200]))


def _measures(pairs: list[Any], today: date) -> None:
    """Three measures for two households."""
    from bangfu.support.models import Measure

    kinds = ("0102", "0104", "0201", "0901")

    def rows() -> Iterator[Any]:
        for n, pair in enumerate(pairs):
            for turn in range(1 + n % 2):
                kind = kinds[(n + turn) % len(kinds)]
                yield Measure(
                    household_id=pair.household_id, kind=kind, measure_class=kind[:2], content="x",
                    owner=pair.helper.name, helper_id=pair.helper_id, money=100_000,
                    starts_on=today.replace(month=1, day=1) + timedelta(days=n % 200), state="under_way",
                )  # fmt: skip

    _many(Measure, rows())


def _records(units: dict[int, list[Any]], members: list[Any], today: date) -> None:
    """Of every unit two news items a month and a meeting; of every team its monthly report."""
    from bangfu.plans.models import DutyRecord, Served

    def row(of: dict[str, Any], area: Any, duty: tuple[str, str], back: int) -> Any:
        what, id = duty
        on = today - timedelta(days=back)
        made = DutyRecord(what=what, area=area, place=area.place, done_on=on, title=f"{id} {back}", **of)
        made.serves = id
        return made

    news = {"04": "news_of_departments", "05": "news_of_townships"}
    rows = []
    for unit in (unit for some in units.values() for unit in some):
        item = ("news", news[unit.level])
        rows += [row({"unit": unit}, unit.area, item, back) for back in (5, 12, 35, 42, 65, 72)]
        rows.append(row({"unit": unit}, unit.area, ("meeting", "leaders_meeting_in_two_months"), 40))
    for team in {each.team_id: each.team for each in members}.values():
        rows += [row({"team": team}, team.village, ("report", "team_monthly_report"), back) for back in (25, 55, 85)]
    _many(
        Served,
        (
            Served(record=each, duty=each.serves, about_on=each.done_on, complete=True)
            for each in _many(DutyRecord, rows)
        ),
    )


def _findings(pairs: list[Any], today: date) -> None:
    """A finding about every fifth household; one of three lies with its helper."""
    from bangfu.findings.models import Finding, Run

    reach = pairs[0].household.village.parent.parent.parent.parent.reach
    run = Run.objects.create(state="done", as_of=today, place=reach.first, last_place=reach.last)
    _many(
        Finding,
        (
            Finding(
                rule_id=RULES[n % len(RULES)], topic="x", grain="household", subject=pair.household_id,
                village_id=pair.household.village_id, place=pair.household.place, household_id=pair.household_id,
                severity=1 + n % 3, evidence_hash="0" * 32, found_on=today, due_on=today + timedelta(days=n % 30 - 5),
                assigned_to_id=pair.helper.officer_id if n % 3 == 0 else None, first_run=run, last_run=run,
            )
            for n, pair in enumerate(pairs[::5])
        ),
    )  # fmt: skip


def _targets(areas: Iterable[Any], units: dict[int, list[Any]], today: date) -> None:
    """Ten targets of every county, each with a part in every township."""
    from bangfu.plans.models import Target

    listed = list(areas)
    standings = ("late", "at_risk", "on_course", "reached")

    def row(area: Any, n: int, unit: Any, whole: Any = None) -> Any:
        return Target(
            title=f"目标{n}", amount=10_000, comparison="at_least", starts_on=today - timedelta(days=200), base=0,
            deadline=today + timedelta(days=30 * n), area=area, place=area.place, owner_unit=unit, parent=whole,
            standing=standings[n % len(standings)], value=5_000, valued_on=today,
        )  # fmt: skip

    wholes = _many(
        Target,
        (row(area, n, units[area.pk][n]) for area in listed if area.level == 3 for n in range(10)),
    )
    by_county = {county: list(some) for county, some in groupby(wholes, key=lambda each: each.area_id)}
    _many(
        Target,
        (
            row(area, n, units[area.parent_id][-1], whole)
            for area in listed
            if area.level == 4
            for n, whole in enumerate(by_county.get(area.parent_id, ()))
        ),
    )
