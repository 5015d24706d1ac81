"""What each household is and has: its standing over the years, causes, land, house, water, road."""

from datetime import date
from typing import Any

import numpy as np

from bangfu.common.fields import to_hundredths
from bangfu.sample.data_files import PublishedVillage, county
from bangfu.sample.days import NEVER, day_number
from bangfu.sample.dice import Dice, Flags, Ints, spread, table
from bangfu.sample.people import COLLEGE, HAS_DISABILITY, IS_SICK, LOST, NONE, Draft, write_digits

POOR, PLAIN, OUT = 3, 2, 1  # household_type
LAND = {
    "cultivated_land_mu": spread([(0, 20), (500, 75), (900, 150), (1000, 240)]),
    "forest_mu": spread([(0, 0), (300, 0), (700, 200), (1000, 900)]),
    "returned_forest_mu": spread([(0, 0), (600, 0), (1000, 300)]),
    "orchard_mu": spread([(0, 0), (650, 0), (1000, 180)]),
    "pasture_mu": spread([(0, 0), (950, 0), (1000, 200)]),
    "water_mu": spread([(0, 0), (900, 0), (1000, 60)]),
}


def make(dice: Dice, draft: Draft) -> None:
    """Fills `draft.homes`."""
    homes, plan, n = draft.homes, draft.plan, draft.plan.households
    heads = np.flatnonzero(draft.present & (draft.people["relation_to_head"] == 1))
    homes["number"] = np.arange(n, dtype=np.int64)
    homes["village"], homes["group"], homes["size"] = plan.village, plan.group, plan.size
    homes["phone"] = draft.people["phone"][heads].copy()
    homes["bank"] = dice.of("bank", table({0: 750, 1: 250}), n)
    homes["account"] = _accounts(dice, n)
    _standing(dice, draft)
    _causes(dice, draft)
    _flags_and_land(dice, draft)
    _dwelling(dice, draft)
    paid = dice.between("out of pocket", 400, 6500, n) * 100
    homes["out_of_pocket"] = np.where(draft.any_member(IS_SICK[draft.people["health"]]), paid, -1)


def _accounts(dice: Dice, n: int) -> Any:
    """Sixteen digits with the check digit of Luhn; no bank has an identification number that begins with 99."""
    text = np.zeros((n, 16), dtype=np.uint8)
    write_digits(text, 0, 2, np.full(n, 99, dtype=np.int64))
    write_digits(text, 2, 6, np.full(n, dice.chunk, dtype=np.int64))
    write_digits(text, 8, 7, np.arange(n, dtype=np.int64) * 317 + 11)
    digits = text[:, :15].astype(np.int64) - 48
    doubled = digits[:, ::2] * 2
    total = (doubled - 9 * (doubled > 9)).sum(axis=1) + digits[:, 1::2].sum(axis=1)
    text[:, 15] = 48 + (10 - total % 10) % 10
    return text


def _days_of_years(years: Ints, month: int) -> Ints:
    """The first day of `month` in each year; NEVER where the year is 0."""
    known = np.unique(years[years > 0])
    days = np.full(len(years), NEVER, dtype=np.int64)
    for year in known:
        days[years == year] = day_number(date(int(year), month, 1))
    return days


def _standing(dice: Dice, draft: Draft) -> None:
    """Registered as poor since when, out since when; classes as they were called in 2020."""
    homes, plan, people, n = draft.homes, draft.plan, draft.people, draft.plan.households
    registered = plan.registered > 0
    poor = registered & ((plan.exit_year == 0) | (plan.return_year > 0))
    homes["identification_standard"] = np.where(registered, 1, -1)
    homes["household_type"] = np.select([poor, registered], [POOR, OUT], PLAIN)
    tekun = draft.any_member(people["tekun_status"] == 2)
    # Of those still poor 一般、低保、特困供养贫困户, of those out 一般、低保、特困供养脱贫户.
    homes["household_class"] = np.select(
        [~registered, tekun & poor, tekun, (plan.dibao > 0) & poor, plan.dibao > 0, poor], [-1, 6, 9, 4, 8, 1], 7
    )
    homes["poverty_status"] = np.select(
        [~registered, plan.return_year > 0, plan.exit_year == 0, plan.exit_year <= 2015], [-1, 3, 0, 4], 1
    )
    homes["monitor_category"] = np.select([plan.watched > 0, plan.marginal > 0], [1, 2], -1)
    since = dice.of("identified", table({2013: 800, 2015: 80, 2016: 70, 2017: 50}), n)
    quiet = np.array([bool(v.published) for v in plan.villages])[plan.village]
    leaves = np.where(plan.exit_year > 0, plan.exit_year, county().day.year)
    since = np.where(quiet | (since >= leaves), 2013, since)
    homes["first_identified"] = _days_of_years(np.where(registered, since, 0), 12)
    homes["exited_on"] = _days_of_years(plan.exit_year, 12)
    homes["returned_on"] = _days_of_years(plan.return_year, 11)
    homes["return_cause"] = np.where(plan.return_year > 0, 1, -1)
    planned = np.where(plan.exit_year > 0, plan.exit_year, county().day.year)
    homes["planned_exit_year"] = np.where(registered, planned, -1)
    reasons = dice.of("not out because", table({2: 20, 5: 30, 6: 20, 7: 20, 9: 10}), n)
    homes["not_exit_reason"] = np.where(poor, reasons, -1)


def _causes(dice: Dice, draft: Draft) -> None:
    """The main cause is one that the members show, when they show one; up to two others."""
    homes, plan, people, n = draft.homes, draft.plan, draft.people, draft.plan.households
    listed = (plan.registered > 0) | (plan.marginal > 0)
    sick = draft.any_member(IS_SICK[people["health"]])
    disabled = draft.any_member(HAS_DISABILITY[people["health"]])
    studying = draft.any_member(people["student_status"] >= 7)
    weak = ~draft.any_member((people["labor_capacity"] < LOST) & (people["labor_capacity"] > 0))
    common = dice.of("cause", table({7: 380, 9: 300, 5: 110, 10: 80, 11: 80, 4: 30, 6: 20}), n)
    believed = dice.chance("cause shows", n, 800)
    main = np.select([believed & sick, believed & disabled, weak, believed & studying], [1, 2, 8, 3], common)
    second = dice.of("second cause", table({-1: 400, 7: 250, 9: 200, 5: 80, 8: 70}), n)
    third = dice.of("third cause", table({-1: 750, 10: 130, 11: 120}), n)
    second = np.where(second == main, -1, second)
    third = np.where((third == main) | (second == -1), -1, third)
    for name, cause in (("main_cause", main), ("other_cause_1", second), ("other_cause_2", third)):
        homes[name] = np.where(listed, cause, -1)


def _flags_and_land(dice: Dice, draft: Draft) -> None:
    homes, plan, n = draft.homes, draft.plan, draft.plan.households
    registered = plan.registered > 0
    daughters = np.bincount(draft.people["home"][draft.present & (draft.people["relation_to_head"] == 4)], minlength=n)
    sons = np.bincount(draft.people["home"][draft.present & (draft.people["relation_to_head"] == 3)], minlength=n)
    homes["is_martyr_family"] = dice.chance("martyr", n, 6).astype(np.int64)
    homes["only_child_household"] = ((daughters + sons == 1) & dice.chance("only child", n, 250)).astype(np.int64)
    homes["two_daughter_household"] = ((daughters == 2) & (sons == 0)).astype(np.int64)
    for name, among_poor, others in (
        ("in_cooperative", 720, 120), ("led_by_enterprise", 380, 40), ("led_by_pioneer", 240, 30)
    ):  # fmt: skip
        chance = np.where(registered, among_poor, others) * 65536 // 1000
        homes[name] = (dice.faces(name, n) < chance).astype(np.int64)
    for name, faces in LAND.items():
        homes[name] = dice.of(name, faces, n) * plan.size
    homes["forest_mu"] = homes["forest_mu"].clip(max=12_000)
    _fit_published_land(draft)
    share = dice.between("irrigated", 10, 80, n)
    homes["irrigated_land_mu"] = homes["cultivated_land_mu"] * share // 100
    moved = registered & (homes["household_type"] == OUT) & dice.chance("relocated", n, 60)
    homes["relocation_willing"] = moved.astype(np.int64)
    homes["relocation_way"] = np.where(moved, 3, -1)
    homes["resettlement_way"] = np.where(moved, dice.of("resettled", table({1: 800, 2: 200}), n), -1)
    homes["resettlement_place"] = np.where(moved, dice.of("resettled where", table({1: 350, 2: 400, 5: 250}), n), -1)


def _fit_published_land(draft: Draft) -> None:
    """The land of the households of a published village adds up to less than the village prints, never to more."""
    for number, village in enumerate(draft.plan.villages):
        facts = getattr(county(), village.published) if village.published else None
        if not isinstance(facts, PublishedVillage):
            continue
        there = draft.plan.village == number
        for name, figure in (("cultivated_land_mu", "arable_mu"), ("forest_mu", "forest_mu")):
            mine = draft.homes[name]
            limit = to_hundredths(facts.figures[figure]) or 0
            mine[there] = mine[there] * limit // max(int(mine[there].sum()), 1)


def _dwelling(dice: Dice, draft: Draft) -> None:
    homes, plan, n = draft.homes, draft.plan, draft.plan.households
    monitored = homes["monitor_category"] > 0
    area = dice.between("house", 1800, 4600, n) * plan.size
    homes["house_area_m2"] = np.where(plan.size == 1, dice.between("small house", 3000, 9000, n), area)
    homes["house_structure"] = dice.of("structure", table({1: 150, 2: 600, 3: 230, 99: 20}), n)
    danger = monitored & dice.chance("danger", n, 300)
    homes["dangerous_house"] = danger.astype(np.int64)
    homes["house_grade"] = np.where(
        danger, dice.of("bad grade", table({3: 600, 4: 400}), n), dice.of("grade of house", table({1: 640, 2: 360}), n)
    )
    repaired = (plan.registered > 0) & ~danger & dice.chance("repaired", n, 180)
    homes["renovation_year"] = np.where(repaired, dice.between("repaired in", 2014, 2019, n), -1)
    thirsty = monitored & dice.chance("thirsty", n, 200)
    homes["water_difficult"], homes["safe_water_solved"] = thirsty.astype(np.int64), (~thirsty).astype(np.int64)
    homes["water_litres_per_day"] = np.where(thirsty, 15, dice.between("litres", 40, 110, n))
    homes["water_quality_ok"] = (~thirsty).astype(np.int64)
    homes["water_round_trip_minutes"] = np.where(thirsty, 35, dice.between("water minutes", 0, 9, n))
    homes["water_reliability_percent"] = np.where(thirsty, 80, dice.between("water sure", 95, 99, n))
    for name, share in (("production_power", 985), ("broadcast_tv", 992), ("broadband", 720), ("sanitary_toilet", 930)):
        homes[name] = dice.chance(name, n, share).astype(np.int64)
    homes["living_power"] = np.ones(n, dtype=np.int64)
    homes["access_road_type"] = dice.of("road", table({1: 5, 2: 50, 3: 860, 4: 85}), n)
    homes["distance_to_main_road_km"] = dice.of("distance", spread([(0, 0), (600, 40), (950, 180), (1000, 420)]), n)
    homes["main_fuel"] = dice.of("fuel", table({1: 330, 3: 60, 4: 600, 99: 10}), n)


def workless(draft: Draft) -> Flags:
    """Of every household: whether nobody in it can work at all."""
    able = ~np.isin(draft.people["labor_capacity"], (LOST, NONE))
    return ~draft.any_member(able)


__all__ = ["COLLEGE", "OUT", "PLAIN", "POOR", "make", "workless"]
