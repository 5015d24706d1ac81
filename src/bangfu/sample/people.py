"""What each person is: born when, with which number, at which school, how healthy, able to work, insured.

Codes are kept as small numbers (-1 unknown) and become text only in `tables`. Every value fits the others: the data
break no rule of the field by chance; what breaks one is planted by `faults` and listed.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bangfu.sample import families
from bangfu.sample.data_files import county
from bangfu.sample.days import NEVER, age_on, day_number, ymd
from bangfu.sample.dice import Dice, Flags, Ints, table
from bangfu.sample.families import YEAR
from bangfu.sample.plan import Plan

ID_WIDTH = 22
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)
# Sets of health codes, by number.
HEALTH = ("01", "02", "03", "04", "02,03", "02,04", "03,04")
HEALTHY, CHRONIC, SERIOUS, DISABLED = 0, 1, 2, 3
HAS_DISABILITY = np.array(["04" in h for h in HEALTH])
HAS_SERIOUS = np.array(["03" in h for h in HEALTH])
IS_SICK = np.array(["02" in h or "03" in h for h in HEALTH])
# Chronic, serious, disabled in ten thousand, by age below.
ILLNESS = ((16, 40, 15, 60), (40, 130, 40, 120), (60, 650, 120, 240), (75, 1700, 250, 450), (200, 2400, 300, 700))
# Schooling of those who left school, by age below: code and weight.
SCHOOLING: tuple[tuple[int, dict[int, int]], ...] = (
    (25, {3: 60, 4: 32, 7: 8}),
    (35, {2: 10, 3: 56, 4: 20, 7: 9, 8: 5}),
    (50, {2: 28, 3: 55, 4: 14, 7: 3}),
    (70, {1: 12, 2: 50, 3: 33, 4: 5}),
    (200, {1: 45, 2: 45, 3: 10}),
)
NORMAL, SKILLED, LOST, NONE, WEAK = 1, 2, 3, 4, 5  # labor_capacity
COLLEGE = (5, 7, 8)
# More than have a telephone in a county of 20,000 households.
PHONES_A_COUNTY = 60_000


@dataclass
class Draft:
    """A county in the making: arrays by column name. `people["home"]` is the number of the household; works and
    items point to people and homes by number."""

    plan: Plan
    homes: dict[str, Any] = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)
    works: dict[str, Any] = field(default_factory=dict)
    items: dict[str, Any] = field(default_factory=dict)
    amounts: dict[int, Ints] = field(default_factory=dict)  # of every item, by year

    @property
    def present(self) -> Flags:
        return np.asarray(self.people["left_on"] == NEVER)

    def any_member(self, mask: Any) -> Flags:
        """Of every household: whether a present member is in `mask`."""
        return np.bincount(self.people["home"][mask & self.present], minlength=self.plan.households) > 0


def second_code(county_code: int) -> int:
    """The code under which those born elsewhere got their numbers: an abolished one of this county alone, so that no
    two counties give out the same number. It differs in three digits: nobody looks like a typing error of another."""
    return county_code + 4041


def check_characters(first_17: Any) -> Any:
    """The 18th characters (ASCII) of GB 11643 for rows of 17 ASCII digits."""
    return CHECK[(first_17[:, :17].astype(np.int64) - 48) @ WEIGHTS % 11]


def write_digits(target: Any, first: int, width: int, values: Ints) -> None:
    """Writes whole numbers as `width` ASCII digits into the columns of `target` from `first`."""
    for place in range(width - 1, -1, -1):
        target[:, first + place] = 48 + values % 10
        values = values // 10


def make(dice: Dice, plan: Plan) -> Draft:
    """All people of the plan, as columns of numbers: who they are, how they fare and what they receive."""
    facts = county()
    family = families.make(dice, plan)
    n = len(family.home)
    birth = day_number(facts.day) - family.days
    born = ymd(birth)
    people: dict[str, Any] = {
        "home": family.home, "letter": family.letter, "male": family.male, "birth": birth, "born": born,
        "relation_to_head": family.relation, "surname": family.surname, "given": family.given,
        "left_on": family.left_on, "left_by": family.left_by,
        "age": age_on(born, facts.day),
        "school_age": age_on(born, facts.day.replace(month=9, day=1)),
    }  # fmt: skip
    draft = Draft(plan, people=people)
    _health(dice, draft)
    _schooling(dice, draft)
    _labour(dice, draft)
    _aid(dice, draft)
    _somebody_who_can_work(draft)
    _insurance(dice, draft)
    _numbers(dice, draft, n)
    _phones(dice, draft, n)
    _rest(dice, draft, n)
    return draft


def _health(dice: Dice, draft: Draft) -> None:
    p, n = draft.people, len(draft.people["home"])
    face = dice.faces("health", n)
    both = dice.chance("two ills", n, 90)
    poorer = draft.plan.registered[p["home"]] > 0
    health = np.zeros(n, dtype=np.int64)
    low = 0
    for below, *parts in ILLNESS:
        ages = (p["age"] >= low) & (p["age"] < below)
        limits = np.cumsum(parts) * 65536 // 10000
        for scale, group in ((1, ages & ~poorer), (2, ages & poorer)):
            drawn = np.searchsorted(limits * scale, face[group], side="right")
            health[group] = np.array([CHRONIC, SERIOUS, DISABLED, HEALTHY])[drawn]
        low = below
    health = np.where(both & (health == DISABLED), 5, np.where(both & (health == SERIOUS), 4, health))
    disabled_now = HAS_DISABILITY[health]
    kinds = table({1: 13, 2: 15, 3: 3, 4: 42, 5: 13, 6: 10, 7: 4})
    p["health"] = health
    p["disability_category"] = np.where(disabled_now, dice.of("disability", kinds, n), -1)
    grades = table({1: 15, 2: 28, 3: 30, 4: 27})
    p["disability_grade"] = np.where(disabled_now, dice.of("grade", grades, n), -1)


def _schooling(dice: Dice, draft: Draft) -> None:
    """Student status by age on 1 September; everybody else has a level of education. All of six to sixteen go."""
    p, n = draft.people, len(draft.people["home"])
    age, face = p["school_age"], dice.faces("goes on", n)
    vocational = dice.chance("vocational", n, 350)
    college = dice.chance("college", n, 550)
    status = np.select(
        [age < 3, age < 6, age < 12, age < 15], [17, 2, 3, age - 8], -1
    )  # 4, 5, 6 are the three grades of junior secondary
    senior = (age >= 15) & (age < 18) & ((age < 17) | (face < 58000))
    status = np.where(senior, np.where(vocational, 10, 7) + age - 15, status)
    share = np.select([age < 21, age == 21, age < 25], [29000, 15000, 900], 0)
    settled = np.isin(p["letter"], (families.H, families.S, families.M, families.W))
    higher = (age >= 18) & (age < 25) & (face < share) & ~settled
    degree = np.select([age < 21, age < 22], [22 + age - 18, 25], 27)
    status = np.where(higher, np.where(college & (age < 21), 13 + age - 18, degree), status)
    left = draft.people["left_on"] != NEVER
    status = np.where(left & (p["age"] >= 17), -1, status)
    level = np.full(n, -1, dtype=np.int64)
    drawn, low = dice.faces("schooling", n), 0
    for below, weights in SCHOOLING:
        group = (status < 0) & (p["age"] >= low) & (p["age"] < below)
        level[group] = table(weights)[drawn[group]]
        low = below
    too_young = (p["age"] < 22) & np.isin(level, COLLEGE)
    level[too_young] = 4
    unable = (p["health"] != HEALTHY) | (p["age"] >= 60)
    level = np.where(np.isin(level, COLLEGE) & unable, 4, level)
    p["student_status"], p["education_level"] = status, level
    p["dropout_reason"] = np.full(n, -1, dtype=np.int64)


def _labour(dice: Dice, draft: Draft) -> None:
    p, n = draft.people, len(draft.people["home"])
    age, healthy = p["age"], p["health"] == HEALTHY
    face = dice.faces("labour", n)
    skilled = (face < 4600) & (p["education_level"] >= 3)
    severe = HAS_DISABILITY[p["health"]] & (p["disability_grade"] <= 2)
    broken = severe | (HAS_SERIOUS[p["health"]] & (face < 30000))
    able = np.where(healthy, np.where(skilled, SKILLED, NORMAL), np.where(broken, LOST, WEAK))
    old = np.where(
        healthy & ((age < 75) | (face < 26000)), WEAK, np.where(age < 70, np.where(broken, LOST, WEAK), NONE)
    )
    labour = np.select([(age < 16) | (p["student_status"] >= 0), age < 60], [NONE, able], old)
    p["labor_capacity"] = labour


def _aid(dice: Dice, draft: Draft) -> None:
    """Dibao for as many members as the plan says, tekun for some who live alone and are old or disabled."""
    p, plan, n = draft.people, draft.plan, len(draft.people["home"])
    present = draft.present
    frail = (p["health"] != HEALTHY).astype(np.int64) * 2 + np.isin(p["labor_capacity"], (LOST, NONE))
    order = np.lexsort((dice.order("dibao", n), -frail, ~present, p["home"]))
    first = np.searchsorted(p["home"], np.arange(plan.households))
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n) - first[p["home"][order]]
    p["dibao_status"] = np.where(present & (rank < plan.dibao[p["home"]]), 2, 1)
    alone = present & (plan.size[p["home"]] == 1) & (plan.dibao[p["home"]] == 0) & (plan.marginal[p["home"]] == 0)
    needy = (p["age"] >= 60) | HAS_DISABILITY[p["health"]]
    tekun = alone & needy & ~np.isin(p["labor_capacity"], (NORMAL, SKILLED)) & dice.chance("tekun", n, 160)
    p["tekun_status"] = np.where(tekun, 2, 1)


def _somebody_who_can_work(draft: Draft) -> None:
    """A household in which nobody can work at all lives on dibao or tekun; elsewhere one of them still can a little."""
    p = draft.people
    helped = draft.any_member((p["dibao_status"] == 2) | (p["tekun_status"] == 2))
    able = draft.any_member(np.isin(p["labor_capacity"], (NORMAL, SKILLED, WEAK)))
    candidate = draft.present & (~helped & ~able)[p["home"]] & (p["age"] >= 16) & (p["student_status"] < 0)
    where = np.flatnonzero(candidate)
    _, first = np.unique(p["home"][where], return_index=True)
    p["labor_capacity"][where[first]] = WEAK


def _insurance(dice: Dice, draft: Draft) -> None:
    p, n = draft.people, len(draft.people["home"])
    grown = (p["age"] >= 16) & (p["student_status"] < 0)
    worker = np.isin(p["labor_capacity"], (NORMAL, SKILLED)) & (p["age"] >= 20)
    employee = worker & dice.chance("employee insurance", n, 45)
    p["employee_medical_insurance"] = employee.astype(np.int64)
    p["resident_medical_insurance"] = (~employee).astype(np.int64)
    p["serious_illness_insurance"] = np.ones(n, dtype=np.int64)
    p["commercial_medical_insurance"] = dice.chance("commercial", n, 70).astype(np.int64)
    assisted = HAS_SERIOUS[p["health"]] & dice.chance("assisted", n, 450)
    p["medical_assistance_received"] = assisted.astype(np.int64)
    resident = ~employee & dice.chance("pension", n, 930)
    p["resident_pension"] = np.where(grown, resident.astype(np.int64), -1)
    p["employee_pension"] = np.where(grown, employee.astype(np.int64), -1)


def _numbers(dice: Dice, draft: Draft, n: int) -> None:
    """ID numbers: of this county, or of elsewhere for some of those who married in. Disabled people carry the number
    of their certificate: twenty characters, category and grade at the end."""
    p = draft.people
    own = int(draft.plan.county_code)
    married_in = np.isin(p["letter"], (families.S, families.W, families.D)) & dice.chance("born elsewhere", n, 300)
    code = np.where(married_in, second_code(own), own)
    group = code * 2**20 + p["birth"] * 2 + p["male"]
    order = np.argsort(group, kind="stable")
    new = np.flatnonzero(np.r_[True, group[order][1:] != group[order][:-1]]) if n else np.zeros(0, dtype=np.int64)
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n) - np.repeat(new, np.diff(np.r_[new, n]))
    text = np.zeros((n, ID_WIDTH), dtype=np.uint8)
    write_digits(text, 0, 6, code)
    write_digits(text, 6, 8, p["born"])
    write_digits(text, 14, 3, 2 * rank + np.where(p["male"], 1, 2))
    text[:, 17] = check_characters(text)
    disabled = HAS_DISABILITY[p["health"]]
    text[:, 18] = 48 + p["disability_category"].clip(0)
    text[:, 19] = 48 + p["disability_grade"].clip(0)
    p["id_text"], p["id_length"] = text, np.where(disabled, 20, 18)
    p["id_type"] = np.where(disabled, 2, 1)
    p["id_group"] = group  # those who share it have numbers that differ in the sequence and the check character only
    _no_namesakes_of_a_day(p, group)


def _no_namesakes_of_a_day(p: dict[str, Any], group: Ints) -> None:
    """Two of one name, sex, birthday and code would look like one person typed twice: the later gets another name."""
    while True:
        key = (group * 256 + p["surname"]) * 8192 + p["given"]
        order = np.argsort(key, kind="stable")
        again = order[1:][key[order][1:] == key[order][:-1]]
        if not len(again):
            return
        p["given"][again] = (p["given"][again] + 1) % 4000


def _phones(dice: Dice, draft: Draft, n: int) -> None:
    """Eleven digits of the unassigned block 154, another for everybody who has one: heads and most grown people. The
    block is used up after 1,600 counties, some 130 million people; then it is begun again."""
    p = draft.people
    has = (p["relation_to_head"] == 1) | np.isin(p["labor_capacity"], (NORMAL, SKILLED))
    has |= (p["age"] >= 15) & (p["age"] < 70) & dice.chance("phone", n, 700)
    has &= draft.present
    start = dice.chunk * PHONES_A_COUNTY + dice.seed % 1000
    p["phone"] = np.where(has, 154 * 10**8 + (start + np.cumsum(has)) * 61_803_399 % 10**8, -1)


def _rest(dice: Dice, draft: Draft, n: int) -> None:
    p, plan = draft.people, draft.plan
    age = p["age"]
    party = np.where((age >= 22) & dice.chance("party", n, 35), 1, 13)
    p["political_status"] = np.where((age >= 14) & (age < 28) & dice.chance("league", n, 150), 3, party)
    folk = dice.of("ethnicity", table({1: 560, 15: 250, 6: 130, 12: 60}), plan.households)
    other = dice.of("ethnicity married in", table({1: 700, 15: 180, 6: 80, 12: 40}), n)
    married_in = np.isin(p["letter"], (families.S, families.W))
    p["ethnicity"] = np.where(married_in & dice.chance("other folk", n, 300), other, folk[p["home"]])
    p["active_soldier"] = np.zeros(n, dtype=np.int64)
    p["speaks_mandarin"] = ((age < 55) | dice.chance("mandarin", n, 420)).astype(np.int64)
    p["registered_here"] = dice.chance("registered here", n, 980).astype(np.int64)
    p["living_together"] = dice.chance("living together", n, 965).astype(np.int64)
    jobs = draft.present & (plan.registered[p["home"]] > 0) & (age >= 18) & (age < 65)
    jobs &= np.isin(p["labor_capacity"], (NORMAL, WEAK)) & ~np.isin(p["education_level"], COLLEGE)
    jobs &= (p["tekun_status"] == 1) & dice.chance("public job", n, 40)
    kinds = table({1: 40, 2: 15, 3: 10, 7: 25, 9: 6, 10: 4})
    p["public_job"] = np.where(jobs, dice.of("kind of job", kinds, n), -1)
    p["public_job_months"] = np.where(jobs, dice.between("months of job", 3, 12, n), -1)
    # Births and weddings are dated where households were not counted by a paper: its counts are of one day.
    quiet = np.array([bool(v.published) for v in plan.villages])[plan.village] | (plan.registered > 0)
    since = day_number(county().day) - 5 * YEAR
    baby = ~quiet[p["home"]] & (p["birth"] >= since)
    p["joined_on"] = np.where(baby, p["birth"], NEVER)
    p["joined_by"] = np.where(baby, 1, -1)
