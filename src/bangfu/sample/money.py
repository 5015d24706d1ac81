"""Work away and at home, and what households live on: the lines of their ledgers over the years.

A line of a household stands in each of the years; amounts grow by one factor a household and year, between 7 and 17 %,
so that no income jumps. Whoever is in poverty or watched stays below the line of the last year, everybody else above.
"""

import numpy as np

from bangfu.sample.data_files import county, places
from bangfu.sample.days import NEVER, month_of, month_start, ymd
from bangfu.sample.dice import Dice, Flags, Ints, spread, table
from bangfu.sample.homes import POOR
from bangfu.sample.people import COLLEGE, HAS_DISABILITY, NORMAL, SKILLED, Draft

# Order of the lines of a ledger; the part before the dot is the kind.
LINES = (
    "wage.migrant", "wage.local", "wage.public_job", "production.crops", "production.livestock",
    "production_expense.crops", "production_expense.livestock", "property.land_rent", "property.asset_dividend",
    "transfer.dibao", "transfer.tekun", "transfer.pension", "transfer.farm_subsidy",
    "transfer.ecological_compensation", "transfer.disability_allowance", "transfer.family_support",
    "transfer_expense.social_insurance",
)  # fmt: skip
LINE = {code: number for number, code in enumerate(LINES)}
# What a line adds to the net income: expenses of production lessen it, social insurance is no part of it.
SIGN = np.array([-1 if c.startswith("production_") else 0 if c.startswith("transfer_") else 1 for c in LINES])
LOCAL = 0  # number of the county itself among the work places
WAGES = spread([(0, 1800), (500, 3200), (900, 4800), (1000, 7000)])


def make(dice: Dice, draft: Draft) -> None:
    """Fills `draft.works`, `draft.items` and `draft.amounts`."""
    _works(dice, draft)
    _items(dice, draft)


def _works(dice: Dice, draft: Draft) -> None:
    """The present work of those who work, and an earlier one of some of them."""
    p, n = draft.people, len(draft.people["home"])
    able = draft.present & np.isin(p["labor_capacity"], (NORMAL, SKILLED)) & (p["age"] < 60) & (p["public_job"] < 0)
    must = (p["labor_capacity"] == SKILLED) | np.isin(p["education_level"], COLLEGE)
    who = np.flatnonzero(able & (must | dice.chance("works", n, 470)))
    count, own = len(who), draft.plan.county_code
    born = p["born"][who]
    sixteen = (born // 10000 + 16 - 1970) * 12 + born // 100 % 100  # the month after the sixteenth birthday
    today = month_of(county().day)
    start = np.maximum(today - dice.between("works since", 1, 32, count), sixteen)
    works = {
        "person": who,
        "start": start,
        "end": np.full(count, NEVER, dtype=np.int64),
        "place": _place(dice, "", own, count),
        "employer": dice.between("employer", 0, len(places().employers) - 1, count),
        "industry": dice.of("industry", table(list(enumerate(places().industries.values()))), count),
        "wage": dice.of("wage", WAGES, count) * 100,
    }
    earlier = dice.chance("worked before", count, 220)
    before_end = start - dice.between("break", 1, 4, count)
    before_start = before_end - dice.between("earlier stay", 4, 18, count)
    again = np.flatnonzero(earlier & (before_start >= sixteen))
    former = {
        "person": who[again], "start": before_start[again], "end": before_end[again],
        "place": _place(dice, " before", own, len(again)),
        "employer": (works["employer"][again] + 3) % len(places().employers),
        "industry": works["industry"][again], "wage": works["wage"][again] * 9 // 10,
    }  # fmt: skip
    both = {name: np.concatenate([works[name], former[name]]) for name in works}
    order = np.lexsort((both["start"], both["person"]))
    draft.works = w = {name: values[order] for name, values in both.items()}
    many = len(order)
    local = w["place"] == LOCAL
    abroad = dice.of("channel away", table({1: 260, 2: 420, 3: 320}), many)
    w["channel"] = np.where(local, dice.of("channel here", table({4: 80, 6: 380, 7: 240, 8: 300}), many), abroad)
    w["transport"] = (~local & (w["channel"] == 1) & dice.chance("transport", many, 400)).astype(np.int64)
    poor = draft.plan.registered[p["home"][w["person"]]] > 0
    w["subsidy"] = np.where(poor & ~local & dice.chance("travel subsidy", many, 300), 30_000, -1)
    w["place_whole"] = np.ones(many, dtype=np.int64)  # 0: only the province is known
    w["start_day"] = month_start(w["start"])
    w["end_day"] = np.where(w["end"] == NEVER, NEVER, month_start(np.where(w["end"] == NEVER, 0, w["end"])))


def _place(dice: Dice, when: str, own: str, count: int) -> Ints:
    """Numbers of work places. The county itself has one number only, also where the list names it as another's."""
    known = places().work_places
    drawn = dice.of(f"work place{when}", table([(i, p.share) for i, p in enumerate(known)]), count)
    return np.where(np.array([p.code == own for p in known])[drawn], LOCAL, drawn)


def _items(dice: Dice, draft: Draft) -> None:
    p, h, w, plan = draft.people, draft.homes, draft.works, draft.plan
    n = plan.households
    pieces: list[tuple[Ints, Ints, Ints, Ints]] = []  # household, person or -1, line, yuan

    def add(line: str, mask: Flags, yuan: Ints, person: Ints | None = None) -> None:
        """A line for the households (or, with `person`, the persons) of `mask`."""
        at = np.flatnonzero(mask)
        home = at if person is None else p["home"][person[at]]
        who = np.full(len(at), -1, dtype=np.int64) if person is None else person[at]
        pieces.append((home, who, np.full(len(at), LINE[line], dtype=np.int64), yuan[at]))

    now = w["end"] == NEVER
    paid = w["wage"] // 100 * dice.between("months paid", 6, 10, len(now))
    # A person has one present work: at most one wage line each.
    add("wage.migrant", now & (w["place"] != LOCAL), paid, w["person"])
    add("wage.local", now & (w["place"] == LOCAL), paid, w["person"])
    everybody = np.arange(len(p["home"]))
    add("wage.public_job", (p["public_job"] >= 0) & draft.present, p["public_job_months"] * 750, everybody)
    land = h["cultivated_land_mu"]
    crops = land * dice.between("yield", 900, 1600, n) // 100 + 60
    add("production.crops", land >= 0, crops)
    add("production_expense.crops", land >= 0, crops * dice.between("crop cost", 250, 420, n) // 1000)
    herd = dice.chance("livestock", n, 420)
    stock = dice.of("stock", spread([(0, 1200), (700, 9000), (1000, 32000)]), n)
    add("production.livestock", herd, stock)
    add("production_expense.livestock", herd, stock * dice.between("stock cost", 300, 520, n) // 1000)
    add("property.land_rent", dice.chance("rent", n, 120), dice.between("rent paid", 180, 1900, n))
    dividend = (plan.registered > 0) & dice.chance("dividend", n, 350)
    add("property.asset_dividend", dividend, dice.between("dividend paid", 200, 1500, n))
    add("transfer.dibao", plan.dibao > 0, plan.dibao * dice.between("dibao paid", 2100, 3400, n))
    tekun = np.bincount(p["home"][p["tekun_status"] == 2], minlength=n)
    add("transfer.tekun", tekun > 0, tekun * 6960)
    old = np.bincount(p["home"][draft.present & (p["age"] >= 60)], minlength=n)
    add("transfer.pension", old > 0, old * dice.between("pension paid", 1236, 1690, n))
    add("transfer.farm_subsidy", land > 0, land * 85 // 100 + 20)
    forest = (h["forest_mu"] > 0) & dice.chance("compensation", n, 500)
    add("transfer.ecological_compensation", forest, h["forest_mu"] * 15 // 100 + 10)
    severe = draft.present & HAS_DISABILITY[p["health"]] & (p["disability_grade"] <= 2)
    add("transfer.disability_allowance", severe, np.full(len(severe), 1920), everybody)
    idle = ~draft.any_member(np.isin(p["labor_capacity"], (NORMAL, SKILLED))) & dice.chance("family support", n, 600)
    add("transfer.family_support", idle, dice.between("support", 1500, 7000, n))
    add("transfer_expense.social_insurance", plan.size > 0, plan.size * 280)

    home, person, line, yuan = (np.concatenate(part) for part in zip(*pieces, strict=True))
    fen = yuan * 100 + dice.between("fen", 0, 9, len(yuan)) * 10
    order = np.lexsort((line, home))
    home, person, line, fen = home[order], person[order], line[order], fen[order]
    draft.items = {"home": home, "person": person, "line": line}
    _fit_to_lines(dice, draft, fen)


def _fit_to_lines(dice: Dice, draft: Draft, fen: Ints) -> None:
    """Lowers the incomes of the poor and the watched below their line, lifts the others above, then makes the years."""
    facts, plan, n = county(), draft.plan, draft.plan.households
    home, line = draft.items["home"], draft.items["line"]
    net = np.zeros(n, dtype=np.int64)
    np.add.at(net, home, fen * SIGN[line])
    poor = draft.homes["household_type"] == POOR
    low = poor | (draft.homes["monitor_category"] > 0)
    below = np.where(poor, facts.exit_line, facts.watch_line)
    target = below * dice.between("below the line", 80, 97, n) * plan.size  # fen
    lower = low & (net > target)
    factor = np.where(lower, target * 1000 // np.maximum(net, 1), 1000)
    fen = fen * factor[home] // 1000
    wanted = (facts.watch_line * 100 + dice.between("above the line", 200, 3200, n) * 100) * plan.size
    lift = np.where(~low & (net < wanted), wanted - net, 0)
    crops = line == LINE["production.crops"]
    fen[crops] += lift[home[crops]]
    growth = np.full(n, 1000, dtype=np.int64)
    for year in reversed(facts.years):
        draft.amounts[year] = fen * growth[home] // 10000 * 10
        growth = growth * dice.between(f"growth {year}", 860, 930, n) // 1000


def line_numbers(home: Ints) -> Ints:
    """1, 2, … within each household of a sorted array of households."""
    first = np.flatnonzero(np.r_[True, home[1:] != home[:-1]]) if len(home) else np.zeros(0, dtype=np.int64)
    result: Ints = np.arange(len(home)) - np.repeat(first, np.diff(np.r_[first, len(home)])) + 1
    return result


__all__ = ["LINE", "LINES", "LOCAL", "SIGN", "line_numbers", "make", "ymd"]
