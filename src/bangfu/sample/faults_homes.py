"""Faults of houses, water, land and incomes (rules Q100 to Q109, Q189, Q190, Q194)."""

import numpy as np

from bangfu.sample.data_files import county
from bangfu.sample.days import NEVER
from bangfu.sample.dice import Ints
from bangfu.sample.money import LINE, SIGN
from bangfu.sample.planting import Fault, Planter

SAME_INCOME_HOUSEHOLDS = 10
SAME_INCOME = 812_337  # fen a head in the last year, an eighth less each year before
EMPTY_FIELDS = ("safe_water_solved", "house_area_m2", "sanitary_toilet", "access_road_type", "living_power")


def _net(planter: Planter, year: int) -> Ints:
    items = planter.draft.items
    net = np.zeros(planter.draft.plan.households, dtype=np.int64)
    np.add.at(net, items["home"], planter.draft.amounts[year] * SIGN[items["line"]])
    return net


def one_income_for_all(planter: Planter) -> None:
    """Ten households of one village with the same income a head: typed in, not counted."""
    facts, items, plan = county(), planter.draft.items, planter.draft.plan
    crops = np.zeros(plan.households, dtype=np.int64)
    is_crops = items["line"] == LINE["production.crops"]
    crops[items["home"][is_crops]] = np.flatnonzero(is_crops)
    fit = planter.free & planter.plain
    wanted = {}
    income = SAME_INCOME
    for year in reversed(facts.years):
        wanted[year] = income * plan.size
        rest = _net(planter, year) - planter.draft.amounts[year][crops]
        fit &= rest < wanted[year]
        income = income * 7 // 8
    villages = np.bincount(plan.village[fit], minlength=len(plan.villages))
    village = int(np.argmax(villages))
    if villages[village] < SAME_INCOME_HOUSEHOLDS:
        return
    planter.per_kind, usual = SAME_INCOME_HOUSEHOLDS, planter.per_kind
    chosen = planter.households(fit & (plan.village == village))
    planter.per_kind = usual
    for year in facts.years:
        amounts = planter.draft.amounts[year]
        net = _net(planter, year)
        amounts[crops[chosen]] += wanted[year][chosen] - net[chosen]
        # Whoever has the same by chance gets a little more: only the planted are alike.
        like = np.flatnonzero((plan.village == village) & (net // plan.size == wanted[year] // plan.size))
        amounts[crops[np.setdiff1d(like, chosen)]] += 100 * plan.size[np.setdiff1d(like, chosen)]
    planter.list_homes(chosen, "同村多户人均纯收入完全相同", "Q190")


def income_jumps(planter: Planter) -> None:
    last = county().years[-1]
    chosen = planter.households(planter.plain)
    planter.scale_income(chosen, np.full(len(chosen), 2400), (last,))
    planter.list_homes(chosen, "家庭收入比上年增长超过一倍，无变动登记", "Q189")


def income_below_the_line(planter: Planter) -> None:
    facts = county()
    net = _net(planter, facts.years[-1]) // planter.draft.plan.size
    chosen = planter.households(planter.out & (net > 0))
    factor = (facts.watch_line * 100 - 60_000) * 1000 // net[chosen]
    planter.scale_income(chosen, np.minimum(factor, 1000), facts.years)
    planter.list_homes(chosen, "脱贫户人均纯收入低于监测线而未纳入监测", "Q102")


def dangerous_house(planter: Planter) -> None:
    chosen = planter.households(planter.out)
    planter.homes["dangerous_house"][chosen], planter.homes["house_grade"][chosen] = 1, 3
    planter.list_homes(chosen, "脱贫户住危房而未纳入监测", "Q100")
    planter.list_guarantee(chosen, "住房安全有问题而未纳入监测")


def dangerous_house_of_others(planter: Planter) -> None:
    chosen = planter.households(planter.plain)
    planter.homes["dangerous_house"][chosen], planter.homes["house_grade"][chosen] = 1, 4
    planter.list_guarantee(chosen, "住房安全有问题而未纳入监测")


def unsafe_water(planter: Planter) -> None:
    chosen = planter.households(planter.out)
    planter.homes["water_difficult"][chosen], planter.homes["safe_water_solved"][chosen] = 1, 0
    planter.list_homes(chosen, "脱贫户饮水不安全而未纳入监测", "Q101")
    planter.list_guarantee(chosen, "饮水安全有问题而未纳入监测")


def grade_against_form(planter: Planter) -> None:
    chosen = planter.households(planter.homes["dangerous_house"] == 0)
    planter.homes["house_grade"][chosen] = 4
    planter.list_homes(chosen, "鉴定为D级，登记为非危房", "Q194")


def living_conditions_empty(planter: Planter) -> None:
    chosen = planter.households(planter.homes["safe_water_solved"] > 0)
    for number, home in enumerate(chosen):
        planter.homes[EMPTY_FIELDS[number % len(EMPTY_FIELDS)]][home] = -1
    planter.list_homes(chosen, "居住条件有必填项未填", "Q104")


def no_power(planter: Planter) -> None:
    chosen = planter.households(planter.free)
    planter.homes["living_power"][chosen] = 0
    planter.list_homes(chosen, "未通生活用电", "Q105")


def land_empty(planter: Planter) -> None:
    chosen = planter.households(planter.free)
    planter.homes["forest_mu"][chosen] = NEVER
    planter.list_homes(chosen, "林地面积未填", "Q106")


def land_out_of_range(planter: Planter) -> None:
    plan = planter.draft.plan
    villages = np.array([v.published.startswith("village") for v in plan.villages])
    chosen = planter.households(~villages[plan.village])
    for number, home in enumerate(chosen):
        name, value = (("cultivated_land_mu", 45_000), ("forest_mu", 90_000), ("returned_forest_mu", 31_000))[
            number % 3
        ]
        planter.homes[name][home] = value
    planter.list_homes(chosen, "土地面积过大", "Q107")


def far_from_the_road(planter: Planter) -> None:
    chosen = planter.households(planter.free)
    planter.homes["distance_to_main_road_km"][chosen] = np.where(np.arange(len(chosen)) % 3 == 2, -1, 880)
    planter.list_homes(chosen, "与村主干路距离超过5公里或未填", "Q108")


def house_too_small_or_large(planter: Planter) -> None:
    chosen = planter.households(planter.free)
    a_head = np.where(np.arange(len(chosen)) % 2 == 0, 700, 16_000)
    planter.homes["house_area_m2"][chosen] = a_head * planter.draft.plan.size[chosen]
    planter.list_homes(chosen, "人均住房面积低于13或高于100平方米", "Q109")


KINDS: tuple[Fault, ...] = (
    one_income_for_all, income_below_the_line, income_jumps, dangerous_house, dangerous_house_of_others, unsafe_water,
    grade_against_form, living_conditions_empty, no_power, land_empty, land_out_of_range, far_from_the_road,
    house_too_small_or_large,
)  # fmt: skip
