"""Who lives together: kinship, sex, age and names, fitting each other.

A family is a word of letters, one a member: H head, S spouse, C unmarried child, M married child, W that child's
spouse, G grandchild, F and D elder man and woman, O brother or sister of the head. Ages are built from the youngest
generation upwards, so that nobody is a parent before nineteen or after fifty-nine.
"""

from dataclasses import dataclass, fields

import numpy as np

from bangfu.sample.data_files import county, names
from bangfu.sample.days import NEVER, day_number
from bangfu.sample.dice import Dice, Flags, Ints, spread, table
from bangfu.sample.plan import LARGEST, Plan

LETTERS = "HSCMWGFDO"
H, S, C, M, W, G, F, D, O = range(1, 10)  # noqa: E741
YEAR = 365  # days, for gaps only; ages in years are read from dates
# (family, how old: y with minors, a adults without, e elders, weight), by size.
FAMILIES: dict[int, list[tuple[str, str, int]]] = {
    1: [("H", "e", 60), ("H", "a", 40)],
    2: [("HS", "e", 45), ("HS", "a", 25), ("HC", "y", 10), ("HD", "a", 12), ("HC", "a", 8)],
    3: [("HSC", "y", 50), ("HSC", "a", 22), ("HSD", "a", 9), ("HCD", "y", 8), ("HSF", "a", 5), ("HSO", "a", 6)],
    4: [("HSCC", "y", 45), ("HSCD", "y", 18), ("HSMW", "a", 14), ("HSCC", "a", 12), ("HSFD", "a", 5), ("HSCO", "y", 6)],
    5: [("HSCCD", "y", 32), ("HSMWG", "y", 34), ("HSCFD", "y", 14), ("HSCCC", "y", 14), ("HSCCO", "y", 6)],
    6: [("HSMWGG", "y", 50), ("HSCCFD", "y", 22), ("HSCCCD", "y", 12), ("HSMWGC", "y", 16)],
    7: [("HSMWGGD", "y", 40), ("HSMWGGC", "y", 35), ("HSCCCFD", "y", 12), ("HSMWGGG", "y", 13)],
    8: [("HSMWGGFD", "y", 35), ("HSMWGGCC", "y", 35), ("HSMWGGGD", "y", 20), ("HSMWGGCO", "y", 10)],
    9: [("HSMWGGGCD", "y", 50), ("HSMWGGCFD", "y", 35), ("HSMWGGCCO", "y", 15)],
    10: [("HSMWGGGCCD", "y", 60), ("HSMWGGGCFD", "y", 40)],
    11: [("HSMWGGGCCFD", "y", 100)],
    12: [("HSMWGGGCCFDO", "y", 70), ("HSMWGGGCCCFD", "y", 30)],
}
ALL = [(word, stage, weight) for n in sorted(FAMILIES) for word, stage, weight in FAMILIES[n]]
AGES = {
    "youngest child": spread([(0, 60), (150, 2 * YEAR), (700, 13 * YEAR), (1000, 18 * YEAR)]),
    "grown child": spread([(0, 19 * YEAR), (700, 28 * YEAR), (1000, 36 * YEAR)]),
    "grandchild": spread([(0, 60), (600, 6 * YEAR), (1000, 14 * YEAR)]),
    "grown": spread([(0, 24 * YEAR), (400, 42 * YEAR), (1000, 59 * YEAR)]),
    "elder": spread([(0, 60 * YEAR), (550, 70 * YEAR), (900, 80 * YEAR), (1000, 90 * YEAR)]),
}
OLDEST = 99 * YEAR


@dataclass
class Family:
    """Arrays of one entry a person. `days` is the age in days; `relation` a code; names are numbers of `names()`."""

    home: Ints
    letter: Ints
    male: Flags
    days: Ints
    relation: Ints
    surname: Ints
    given: Ints
    left_on: Ints  # day on which the person left the household; NEVER for those present
    left_by: Ints


def _letters() -> Ints:
    grid = np.zeros((len(ALL), LARGEST), dtype=np.int64)
    for row, (word, _, _) in enumerate(ALL):
        grid[row, : len(word)] = [LETTERS.index(c) + 1 for c in word]
    return grid


def _choose(dice: Dice, size: Ints) -> Ints:
    """The number of a family in ALL for each household, by its size."""
    faces = dice.faces("family", len(size))
    chosen = np.zeros(len(size), dtype=np.int64)
    first = 0
    for n, kinds in sorted(FAMILIES.items()):
        mask = size == n
        chosen[mask] = first + table([(i, k[2]) for i, k in enumerate(kinds)])[faces[mask]]
        first += len(kinds)
    return chosen


def _ages(dice: Dice, home: Ints, letter: Ints, family: Ints, male_head: Flags) -> Ints:
    """Age in days of every person (arrays of one entry a household are looked up by `home`)."""
    households = len(family)

    def count(which: int) -> Ints:
        return np.bincount(home[letter == which], minlength=households)

    def years(purpose: str, low: int, high: int) -> Ints:
        return dice.between(purpose, low, high, households)

    stage = np.array([s for _, s, _ in ALL])[family]
    elders = (count(F) + count(D)) > 0
    grandchildren, children, married = count(G), count(C), count(M) > 0
    youngest = dice.of("youngest grandchild", AGES["grandchild"], households)
    youngest = np.where(elders, youngest * 3 // 8 + 30, youngest)
    step_g, step_c = years("step g", 480, 1300), years("step c", 500, 1250)
    oldest_g = youngest + (grandchildren - 1).clip(0) * step_g + 150
    of_age = years("married child", 22 * YEAR, 31 * YEAR)
    child = np.where(grandchildren > 0, oldest_g + years("first grandchild", 7500, 10200), of_age)
    partner = child + years("child's partner", -450, 1100)
    minor = dice.of("youngest child", AGES["youngest child"], households)
    young = np.where(stage == "a", dice.of("grown child", AGES["grown child"], households), minor)
    oldest_c = np.where(married, child, young + (children - 1).clip(0) * step_c + 150)
    has_child = married | (children > 0)
    alone = np.where(
        stage == "e", dice.of("elder", AGES["elder"], households), dice.of("grown", AGES["grown"], households)
    )
    alone = np.where(elders, alone.clip(max=64 * YEAR), alone)
    younger = np.where(has_child, oldest_c + years("first child", 20 * YEAR, 28 * YEAR), alone)
    older = younger + years("couple", 0, 5 * YEAR)
    head = np.where(male_head, older, younger)
    spouse = np.where(male_head, younger, older)
    lone = count(S) == 0
    head = np.where(lone, younger, head)
    top = np.where(lone, head, older)
    woman = np.minimum(top + years("elder gap", 20 * YEAR, 30 * YEAR), OLDEST - 4 * YEAR)
    man = woman + years("elder couple", 0, 4 * YEAR)
    sibling = (head + years("sibling", -4 * YEAR, 4 * YEAR)).clip(19 * YEAR)

    # Rank among the same letters of a household, in the order of the word: the first is the eldest.
    start = np.flatnonzero(np.r_[True, (home[1:] != home[:-1]) | (letter[1:] != letter[:-1])])
    rank = np.arange(len(home)) - np.repeat(start, np.diff(np.r_[start, len(home)]))
    wobble = dice.between("wobble", 0, 150, len(home))
    days = np.zeros(len(home), dtype=np.int64)
    for which, value in ((H, head), (S, spouse), (M, child), (W, partner), (F, man), (D, woman), (O, sibling)):
        mask = letter == which
        days[mask] = value[home[mask]]
    mask = letter == G
    at = home[mask]
    days[mask] = youngest[at] + (grandchildren[at] - 1 - rank[mask]) * step_g[at] + wobble[mask]
    mask = letter == C
    at = home[mask]
    below = young[at] + (children[at] - 1 - rank[mask]) * step_c[at] + wobble[mask]
    days[mask] = np.where(married[at], child[at] - (rank[mask] + 1) * step_c[at] + wobble[mask], below)
    return days


def make(dice: Dice, plan: Plan) -> Family:
    """The people of every household of the plan, in its order, the head first."""
    family = _choose(dice, plan.size)
    words = _letters()[family]
    home, place = np.nonzero(words)
    letter = words[home, place]
    households = len(family)
    has_spouse = (words == S).any(axis=1)
    male_head = np.where(
        has_spouse, dice.chance("male head", households, 900), dice.chance("male single", households, 580)
    )
    male_child = dice.chance("son stays", households, 850)
    male = dice.chance("sex", len(home), 545)
    by_letter = {H: male_head, S: ~male_head, M: male_child, W: ~male_child}
    for which, value in by_letter.items():
        mask = letter == which
        male[mask] = value[home[mask]]
    male[letter == F] = True
    male[letter == D] = False
    days = _ages(dice, home, letter, family, male_head)
    relation = _relations(dice, home, letter, male, male_head, male_child, has_spouse)
    surname, given = _names(dice, home, letter, male, relation, male_head, male_child, has_spouse)
    stay = np.full(len(home), NEVER, dtype=np.int64)
    present = Family(home, letter, male, days, relation, surname, given, stay, np.full(len(home), -1, dtype=np.int64))
    quiet = np.array([bool(v.published) for v in plan.villages])[plan.village] | (plan.exit_year > 0)
    return _with_those_who_left(dice, present, has_spouse, ~quiet)


def _with_those_who_left(dice: Dice, family: Family, has_spouse: Flags, may: Flags) -> Family:
    """Adds people who died or married out since 2014 to some of the households that `may` have such: they stay in
    the file, and the published counts (of places and of those who left poverty) are of households without them."""
    households = len(has_spouse)
    first = np.flatnonzero(family.letter == H)
    head, head_male, surname = family.days[first], family.male[first], family.surname[first]
    widowed = ~has_spouse & (head >= 45 * YEAR)
    daughter = (head >= 48 * YEAR) & dice.chance("married out", households, 400)
    parent = head < 62 * YEAR
    may = may & dice.chance("has leavers", households, 70) & (widowed | daughter | parent)
    home = np.flatnonzero(may)
    kind = np.where(widowed, S, np.where(daughter, C, F))[home]
    male = np.where(kind == S, ~head_male[home], (kind == F) & dice.chance("leaver's sex", len(home), 550))
    gap = dice.between("leaver's gap", 24 * YEAR, 32 * YEAR, len(home))
    age = {
        S: (head[home] + dice.between("widow's gap", -3 * YEAR, 3 * YEAR, len(home))).clip(21 * YEAR),
        C: dice.between("bride's age", 20 * YEAR, 27 * YEAR, len(home)),
        F: head[home] + gap,
    }
    recent = dice.between("married on", 40, 690, len(home))
    long_ago = dice.between("died on", 100, 2200, len(home))
    own, given = dice.between("leaver's surname", 0, 30, len(home)), dice.between("leaver's name", 0, 3000, len(home))
    today = day_number(county().day)
    relation = np.select([kind == S, kind == C, male], [2, 4, 11], 12)
    added = Family(
        home,
        np.zeros(len(home), dtype=np.int64),
        male,
        np.select([kind == S, kind == C], [age[S], age[C]], age[F]),
        relation,
        np.where((kind == C) | (relation == 11), surname[home], own),
        given,
        today - np.where(kind == C, recent, long_ago),
        np.where(kind == C, 2, 1),
    )
    order = np.argsort(np.concatenate([family.home, home]), kind="stable")
    joined = {f.name: np.concatenate([getattr(family, f.name), getattr(added, f.name)])[order] for f in fields(Family)}
    return Family(**joined)


def _relations(
    dice: Dice, home: Ints, letter: Ints, male: Flags, male_head: Flags, male_child: Flags, has_spouse: Flags
) -> Ints:
    """Codes of relation_to_head."""
    in_law = dice.chance("wife's parents", len(male_head), 50)
    elder = np.where(has_spouse & ~male_head, 15, np.where(has_spouse & in_law, 13, 11))
    other = np.where(male, 0, 1)
    codes = np.zeros(len(home), dtype=np.int64)
    codes[letter == H] = 1
    codes[letter == S] = 2
    child = (letter == C) | (letter == M)
    codes[child] = (3 + other)[child]
    codes[letter == W] = np.where(male_child, 5, 6)[home[letter == W]]
    codes[letter == G] = (np.where(male_child, 7, 9)[home] + other)[letter == G]
    codes[(letter == F) | (letter == D)] = (elder[home] + other)[(letter == F) | (letter == D)]
    codes[letter == O] = 21
    return codes


def _names(
    dice: Dice, home: Ints, letter: Ints, male: Flags, relation: Ints, male_head: Flags, male_child: Flags,
    has_spouse: Flags,
) -> tuple[Ints, Ints]:  # fmt: skip
    """Numbers of surname and given name. Children carry the father's surname; wives keep their own."""
    words = names()
    weights = table(list(enumerate(words.surnames.values())))
    households = len(male_head)
    of_head = dice.of("surname", weights, households)
    of_spouse = dice.of("surname of spouse", weights, households)
    of_partner = dice.of("surname of child's partner", weights, households)
    own = dice.of("own surname", weights, len(home))
    of_children = np.where(has_spouse & ~male_head, of_spouse, of_head)
    of_grandchildren = np.where(male_child, of_children, of_partner)
    surname = own
    for which, value in ((H, of_head), (S, of_spouse), (C, of_children), (M, of_children), (W, of_partner),
                         (G, of_grandchildren), (O, of_head)):  # fmt: skip
        mask = letter == which
        surname[mask] = value[home[mask]]
    # Fathers share the surname of their child in the household: the head, or the head's spouse.
    surname[relation == 11] = of_head[home[relation == 11]]
    spouse_side = (relation == 13) | (relation == 15)
    surname[spouse_side] = of_spouse[home[spouse_side]]
    count = np.where(male, len(words.male), len(words.female))
    one, two = dice.faces("given 1", len(home)), dice.faces("given 2", len(home))
    single = dice.chance("one character", len(home), 160)
    given = ((one * count) >> 16) * (count + 1) + np.where(single, count, (two * count) >> 16)
    return surname, given


def given_names(male: bool) -> list[str]:
    """Every given name, at the place of its number: one or two characters."""
    characters = names().male if male else names().female
    return [a + b for a in characters for b in (*characters, "")]
