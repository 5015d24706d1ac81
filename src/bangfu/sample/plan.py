"""Who is to live where: for every household its village, size, and standing, before anybody is born.

Exact figures are made here, by asking for them: a village of 455 households and 2,552 people gets 455 sizes that add up
to 2,552. Everything after this only fills the plan, so the counts hold whatever chance does.
"""

from dataclasses import dataclass, fields

import numpy as np

from bangfu.sample.data_files import County, PublishedVillage, county, places
from bangfu.sample.dice import Dice, Ints, table

LARGEST = 12
# How often rural households have 1, 2 … 12 members where the mean is about four; tilted for other means.
SIZES = (60, 150, 190, 230, 160, 110, 50, 25, 12, 6, 4, 3)
# A county smaller than this cannot hold the published places.
SMALLEST_WITH_PUBLISHED = 8000
EXITING_TOWNSHIP_HOUSEHOLDS = 2000
VILLAGE_HOUSEHOLDS = 230


@dataclass(frozen=True)
class Village:
    code: str
    name: str
    township_code: str
    township: str
    groups: int
    published: str = ""


@dataclass
class Plan:
    """Arrays of one entry a household, in the order of villages. `exit_year`, `return_year`: 0 when never."""

    county_code: str
    county_name: str
    villages: list[Village]
    village: Ints
    group: Ints
    size: Ints
    registered: Ints
    exit_year: Ints
    return_year: Ints
    watched: Ints
    marginal: Ints
    dibao: Ints  # members on dibao

    @property
    def households(self) -> int:
        return len(self.size)


PER_HOUSEHOLD = tuple(f.name for f in fields(Plan) if f.type in (Ints, "Ints") and f.name not in ("village", "group"))


def sizes(dice: Dice, purpose: str, households: int, people: int) -> Ints:
    """`households` sizes from 1 to 12 that add up to `people`.

    Raises ValueError when that cannot be (fewer people than households, or more than twelve each).
    """
    if not households <= people <= households * LARGEST:
        raise ValueError(f"{people} people do not fit into {households} households")
    if not households:
        return np.zeros(0, dtype=np.int64)

    def tilted(per_cent: int) -> list[tuple[int, int]]:
        return [(k, w * per_cent**k * 100 ** (LARGEST - k)) for k, w in enumerate(SIZES, start=1)]

    def distance(per_cent: int) -> int:
        weights = tilted(per_cent)
        return abs(sum(k * w for k, w in weights) * households - people * sum(w for _, w in weights)) // sum(
            w for _, w in weights
        )

    drawn = dice.of(purpose, table(tilted(min(range(10, 400, 5), key=distance))), households)
    order = dice.order(f"{purpose}/mend", households)
    while missing := people - int(drawn.sum()):
        step = 1 if missing > 0 else -1
        room = order[(drawn[order] + step >= 1) & (drawn[order] + step <= LARGEST)]
        drawn[room[: abs(missing)]] += step
    return drawn


def shares(total: int, weights: dict[int, int]) -> dict[int, int]:
    """`total` divided by weights into whole parts that add up to it (largest remainders)."""
    whole = sum(weights.values())
    parts = {key: total * weight // whole for key, weight in weights.items()}
    rest = sorted(weights, key=lambda key: (-(total * weights[key] % whole), key))
    for key in rest[: total - sum(parts.values())]:
        parts[key] += 1
    return parts


class Block:
    """Households with a common standing, to be settled in one or several villages."""

    def __init__(self, dice: Dice, purpose: str, households: int, people: int, **standing: int) -> None:
        self.dice, self.purpose = dice, purpose
        self.rows = {name: np.zeros(households, dtype=np.int64) for name in PER_HOUSEHOLD}
        self.rows["size"] = sizes(dice, purpose, households, people)
        for name, value in standing.items():
            self.rows[name][:] = value

    def exits(self, weights: dict[int, int]) -> "Block":
        """Spreads the years of exit over the households by chance, in exactly these shares."""
        parts = shares(len(self.rows["size"]), weights)
        years = np.concatenate([np.full(count, year, dtype=np.int64) for year, count in parts.items()])
        self.rows["exit_year"] = years[self.dice.order(f"{self.purpose}/exit", len(years))]
        return self

    def on_dibao(self, households: int, people: int | None = None) -> "Block":
        """Puts so many households on dibao; `people` of them in all, or (None) everybody in them."""
        size = self.rows["size"]
        if not households:
            return self
        order = self.dice.order(f"{self.purpose}/dibao", len(size))
        chosen, others = order[:households], order[households:]
        if people is None:
            self.rows["dibao"][chosen] = size[chosen]
            return self
        while int(size[chosen].sum()) < people:  # too small together: take larger ones instead
            small, large = int(np.argmin(size[chosen])), int(np.argmax(size[others]))
            chosen[small], others[large] = int(others[large]), int(chosen[small])
        given = np.ones(households, dtype=np.int64)
        while missing := people - int(given.sum()):
            room = np.flatnonzero(given < size[chosen])
            given[room[:missing]] += 1
        self.rows["dibao"][chosen] = given
        return self


def join(dice: Dice, purpose: str, blocks: list[Block]) -> dict[str, Ints]:
    """The households of several blocks in an order of chance."""
    rows = {name: np.concatenate([b.rows[name] for b in blocks]) for name in PER_HOUSEHOLD}
    order = dice.order(purpose, len(rows["size"]))
    return {name: values[order] for name, values in rows.items()}


def split_evenly(dice: Dice, purpose: str, total: int, parts: int) -> list[int]:
    """`total` in `parts` of similar size, none of them empty when there is enough."""
    weights = dice.between(purpose, 70, 130, parts)
    return list(shares(total, {i: int(w) for i, w in enumerate(weights)}).values())


def _villages(dice: Dice, county_code: str, number: int, published: bool) -> list[Village]:
    """Villages with names and codes. With `published`, the townships and villages of county.yaml."""
    facts, words = county(), places()
    names = [f"{a}{b}村" for a in words.beginnings for b in words.endings]
    order = iter(dice.order("village names", len(names)))
    kept = {facts.village_of_455.name, facts.village_of_1105.name}
    if published:
        townships = [(t.code, t.name, t.villages, t.published) for t in facts.townships]
    else:
        count = max(1, min(len(facts.townships), number // 3))
        townships = [
            (t.code, t.name, part, ())
            for t, part in zip(facts.townships, shares(number, dict.fromkeys(range(count), 1)).values(), strict=False)
        ]
    found = []
    for code, township, villages, marks in townships:
        full = f"{county_code}{code}000"
        for n in range(villages):
            mark = marks[0] if marks and (marks[0].startswith("township") or n == 0) else ""
            special = getattr(facts, mark) if mark.startswith("village") else None
            name = special.name if special else next(a for a in (names[i] for i in order) if a not in kept)
            groups = special.groups if special else 5 + (n * 7 + int(code)) % 6
            found.append(Village(f"{county_code}{code}{201 + n}", name, full, township, groups, mark))
    return found


def _published_village(dice: Dice, facts: PublishedVillage) -> dict[str, Ints]:
    among = facts.dibao_among_poor
    poor = Block(dice, f"{facts.name} poor", facts.poor_households, facts.poor_people, registered=1)
    poor.exits(dict(facts.exits))
    poor.on_dibao(among.households if among else facts.dibao_households, among.people if among else facts.dibao_people)
    others = Block(
        dice, f"{facts.name} others", facts.households - facts.poor_households, facts.people - facts.poor_people
    )
    if among:
        others.on_dibao(facts.dibao_households - among.households, facts.dibao_people - among.people)
    return join(dice, f"{facts.name} order", [poor, others])


def _watched_township(dice: Dice, facts: County) -> dict[str, Ints]:
    t = facts.township_of_330
    listed = (t.not_out, t.watched, t.out, t.marginal)
    others = t.households - sum(c.households for c in listed), t.people - sum(c.people for c in listed)
    blocks = [
        Block(dice, "330 not out", t.not_out.households, t.not_out.people, registered=1).on_dibao(6),
        Block(dice, "330 watched", t.watched.households, t.watched.people, registered=1, watched=1).exits({2018: 1}),
        Block(dice, "330 out", t.out.households, t.out.people, registered=1).exits(dict(facts.exits)).on_dibao(70),
        Block(dice, "330 marginal", t.marginal.households, t.marginal.people, marginal=1),
        Block(dice, "330 others", *others).on_dibao(40),
    ]
    return join(dice, "330 order", blocks)


def _exiting_township(dice: Dice, facts: County) -> dict[str, Ints]:
    t = facts.township_of_2500
    back = t.returned
    blocks = [
        Block(
            dice, "2500 back", back.households, back.people,
            registered=1, exit_year=back.exited, return_year=back.returned,
        )
    ]  # fmt: skip
    for year, count in t.out.items():
        households, people = count.households, count.people
        if year == back.exited:
            households, people = households - back.households, people - back.people
        block = Block(dice, f"2500 out {year}", households, people, registered=1, exit_year=year)
        blocks.append(block.on_dibao(households * facts.dibao.registered // 1000))
    others = EXITING_TOWNSHIP_HOUSEHOLDS - sum(c.households for c in t.out.values())
    blocks.append(Block(dice, "2500 others", others, others * facts.people_per_household // 100).on_dibao(25))
    return join(dice, "2500 order", blocks)


def make(dice: Dice, county_code: str, county_name: str, households: int, *, published: bool) -> Plan:
    """The plan of a county of `households`. `published` keeps the places of the papers (needs at least
    `SMALLEST_WITH_PUBLISHED` households); the registered are 3,304 households and 15,431 people of every 20,000."""
    facts = county()
    if published and households < SMALLEST_WITH_PUBLISHED:
        published = False
    villages = _villages(dice, county_code, max(1, -(-households // VILLAGE_HOUSEHOLDS)), published)

    def scaled(number: int) -> int:
        return (number * households * 2 + facts.households) // (2 * facts.households)

    def scaled_pair(some: int, people: int) -> tuple[int, int]:
        return (scaled(some), max(scaled(people), scaled(some))) if scaled(some) else (0, 0)

    fixed: dict[str, dict[str, Ints]] = {}
    if published:
        fixed = {
            "village_of_455": _published_village(dice, facts.village_of_455),
            "village_of_1105": _published_village(dice, facts.village_of_1105),
            "township_of_330": _watched_township(dice, facts),
            "township_of_2500": _exiting_township(dice, facts),
        }

    def there(what: str, **standing: int) -> int:
        """Of the published places: households (`what` "households") or people with that standing."""
        total = 0
        for rows in fixed.values():
            mask = np.ones(len(rows["size"]), dtype=bool)
            for name, value in standing.items():
                mask &= (rows[name] > 0) == bool(value)
            total += int(mask.sum() if what == "households" else rows["size"][mask].sum())
        return total

    def still_poor(what: str) -> int:
        return there(what, registered=1, exit_year=0) + there(what, registered=1, return_year=1)

    wanted = facts.registered
    not_out = scaled_pair(wanted.not_out_households, wanted.not_out_people)
    poor = [not_out[0] - still_poor("households"), not_out[1] - still_poor("people")]
    registered = [scaled(wanted.households) - there("households", registered=1) - poor[0], 0]
    registered[1] = scaled(wanted.people) - there("people", registered=1) - poor[1]
    if not fixed:  # a handful of households: rounding must not leave people without a household
        registered[1] = min(max(registered[1], registered[0]), registered[0] * LARGEST)
    marginal = scaled_pair(facts.marginal_elsewhere.households, facts.marginal_elsewhere.people)
    others = [
        households - there("households") - registered[0] - poor[0] - marginal[0],
        households * facts.people_per_household // 100
        - there("people") - registered[1] - poor[1] - marginal[1],
    ]  # fmt: skip
    watched = registered[0] // 150 if not published else 0
    blocks = [
        Block(dice, "not out", *poor, registered=1).on_dibao(poor[0] * facts.dibao.registered // 1000),
        Block(dice, "out", *registered, registered=1)
        .exits(dict(facts.exits))
        .on_dibao(registered[0] * facts.dibao.registered // 1000),
        Block(dice, "marginal", *marginal, marginal=1),
        Block(dice, "others", *others).on_dibao(others[0] * facts.dibao.others // 1000),
    ]
    blocks[1].rows["watched"][:watched] = 1
    blocks[1].rows["dibao"][:watched] = 0
    rest = join(dice, "rest order", blocks)

    def split(rows: dict[str, Ints], where: list[int]) -> list[tuple[int, int, int]]:
        """(village, first row, last row) for rows divided over villages."""
        ends = np.cumsum([0, *split_evenly(dice, f"villages {where[0]}", len(rows["size"]), len(where))])
        return [(v, int(a), int(b)) for v, a, b in zip(where, ends, ends[1:], strict=False)]

    settled: list[tuple[int, dict[str, Ints], int, int]] = []
    for mark in ("", *fixed):
        where = [i for i, v in enumerate(villages) if v.published == mark]
        rows = fixed[mark] if mark else rest
        settled += [(v, rows, a, b) for v, a, b in split(rows, where)]
    settled.sort(key=lambda piece: piece[0])
    columns = {name: np.concatenate([rows[name][a:b] for _, rows, a, b in settled]) for name in PER_HOUSEHOLD}
    counts = [b - a for _, _, a, b in settled]
    village = np.repeat(np.array([v for v, *_ in settled], dtype=np.int64), counts)
    numbered = zip(settled, counts, strict=True)
    group = np.concatenate([np.arange(n, dtype=np.int64) * villages[v].groups // max(n, 1) for (v, *_), n in numbered])
    return Plan(county_code, county_name, villages, village, group, **columns)
