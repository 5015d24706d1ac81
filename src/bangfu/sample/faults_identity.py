"""Faults of identity and of who belongs to a household (rules Q001 to Q032)."""

import numpy as np

from bangfu.sample.data_files import county
from bangfu.sample.days import age_on, day_number, ymd
from bangfu.sample.dice import Flags
from bangfu.sample.families import C, G, H, O, S
from bangfu.sample.people import HAS_DISABILITY, HEALTHY, NONE
from bangfu.sample.planting import Fault, Planter

DIED = 1


def head_under_sixteen(planter: Planter) -> None:
    """A child who lives alone, in school and insured, is the head of the household."""
    p, plan = planter.people, planter.draft.plan
    alone = (plan.size == 1) & (plan.dibao == 1) & ~planter.leavers
    mask = planter.here & alone[planter.home] & planter.healthy & ~planter.working & ~planter.has_job
    chosen = planter.persons(mask & (p["medical_assistance_received"] == 0))
    p["birth"][chosen] = day_number(county().day) - 4950  # thirteen and a half years
    p["born"][chosen] = ymd(p["birth"][chosen])
    p["age"][chosen] = age_on(p["born"][chosen], county().day)
    p["school_age"][chosen] = p["age"][chosen]
    p["student_status"][chosen], p["education_level"][chosen] = 5, -1
    p["labor_capacity"][chosen], p["political_status"][chosen] = NONE, 13
    p["resident_pension"][chosen] = p["employee_pension"][chosen] = -1
    p["resident_medical_insurance"][chosen], p["employee_medical_insurance"][chosen] = 1, 0
    for person in chosen:
        planter.renumber(int(person))
    planter.list_homes(planter.home[chosen], "户主未满16周岁", "Q027")


def head_dead_without_successor(planter: Planter) -> None:
    """The spouse who died is written as head, the living head as spouse."""
    p = planter.people
    lost = ~planter.here & (p["relation_to_head"] == 2) & (p["left_by"] == DIED)
    chosen = planter.persons(lost)
    head = np.full(planter.draft.plan.households, -1)
    heads = np.flatnonzero(planter.here & (p["letter"] == H))
    head[planter.home[heads]] = heads
    p["relation_to_head"][head[planter.home[chosen]]] = 2
    p["relation_to_head"][chosen] = 1
    planter.list_homes(planter.home[chosen], "户主去世后未更换户主", "Q015", "Q020")


def recorded_dead_elsewhere(planter: Planter) -> None:
    """A living person whose number stands, with a day of death, in another household."""
    p = planter.people
    records = planter.persons(~planter.here & (p["left_by"] == DIED) & (p["age"] >= 50))
    old = planter.here & (p["age"] >= 60) & ~planter.leavers[planter.home]
    for record in records:
        fit = old & (p["male"] == p["male"][record])
        found = planter_pick(planter, fit, f"living {record}")
        if found is None:
            continue
        for name in ("surname", "given", "birth", "born", "id_type", "id_length", "age", "health",
                     "disability_category", "disability_grade"):  # fmt: skip
            p[name][record] = p[name][found]
        p["id_text"][record] = p["id_text"][found]
        planter.list_persons(found, "同一证件号在另一户已登记死亡", "Q012")


def planter_pick(planter: Planter, mask: Flags, purpose: str) -> int | None:
    """One person of `mask` from a free household, which is taken; None when there is none."""
    candidates = np.flatnonzero(mask & planter.free[planter.home])
    if not len(candidates):
        return None
    person = int(candidates[int(planter.dice.between(f"{planter.kind} {purpose}", 0, len(candidates) - 1, 1)[0])])
    planter.take(person)
    return person


def same_person_twice(planter: Planter) -> None:
    """By identity card in one household, by disability certificate in another: the database cannot see it."""
    p = planter.people
    grown = planter.here & (p["age"] >= 25) & (p["age"] < 59) & (p["letter"] != O)
    for one in planter.persons(grown & HAS_DISABILITY[p["health"]] & ~planter.working):
        near = np.abs(p["birth"] - p["birth"][one]) < 300
        fit = grown & planter.healthy & planter.plain_id & near & (p["age"] == p["age"][one])
        two = planter_pick(planter, fit & (p["male"] == p["male"][one]), f"double {one}")
        if two is None:
            continue
        for name in ("surname", "given", "birth", "born"):
            p[name][two] = p[name][one]
        p["id_text"][two] = p["id_text"][one]
        planter.list_persons([one, two], "同一人以身份证、残疾人证分别登记在两户", "Q001", "Q010")


def two_spouses(planter: Planter) -> None:
    """A relative of the other sex in a married household is written as a second spouse."""
    p, n = planter.people, planter.draft.plan.households
    in_laws = np.bincount(planter.home[np.isin(p["relation_to_head"], (13, 14, 15, 16))], minlength=n) > 0
    married = np.bincount(planter.home[planter.here & (p["letter"] == S)], minlength=n) > 0
    male_head = np.zeros(n, dtype=bool)
    heads = p["letter"] == H
    male_head[planter.home[heads]] = p["male"][heads]
    other_sex = p["male"] != male_head[planter.home]
    chosen = planter.persons((p["letter"] == O) & other_sex & (married & ~in_laws)[planter.home])
    p["relation_to_head"][chosen] = 2
    planter.list_homes(planter.home[chosen], "一户登记两名配偶", "Q022")


def child_as_old_as_parent(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(p["letter"] == O)
    p["relation_to_head"][chosen] = np.where(p["male"][chosen], 3, 4)
    planter.list_persons(chosen, "登记为子女，与户主年龄相差不足14岁", "Q026")


def likely_typing_error(planter: Planter) -> None:
    """Two people of one name and birthday whose numbers differ in one digit and the check character."""
    p = planter.people
    group, text = p["id_group"], p["id_text"]
    candidates = np.flatnonzero(planter.here & planter.plain_id & planter.free[planter.home])
    order = candidates[np.argsort(group[candidates], kind="stable")]
    pairs = np.flatnonzero(group[order][1:] == group[order][:-1])
    done = 0
    for at in planter.dice.order(planter.kind, len(pairs)):
        one, two = int(order[pairs[at]]), int(order[pairs[at] + 1])
        if done == planter.per_kind or not (planter.is_free(one) and planter.is_free(two)):
            continue
        if planter.home[one] == planter.home[two] or bytes(text[one, :16]) != bytes(text[two, :16]):
            continue
        planter.take(one, two)
        p["surname"][two], p["given"][two] = p["surname"][one], p["given"][one]
        planter.list_persons([one, two], "姓名、出生日期相同，证件号只差一两位", "Q011")
        done += 1


def wrong_length(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & planter.plain_id & (p["letter"] != H))
    p["id_length"][chosen] = 17
    planter.list_persons(chosen, "证件号只有17位", "Q002")


def wrong_check_digit(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & planter.plain_id)
    last = p["id_text"][chosen, 17]
    p["id_text"][chosen, 17] = np.where(last == ord("X"), ord("3"), 48 + (last - 48 + 3) % 10)
    planter.list_persons(chosen, "证件号校验码错误", "Q003")


def wrong_certificate(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & (p["id_length"] == 20))
    half = np.arange(len(chosen)) % 2 == 0
    p["id_text"][chosen[half], 18] = ord("8")
    p["id_text"][chosen[~half], 19] = ord("0")
    planter.list_persons(chosen, "残疾人证号的类别或等级位无效", "Q004")


def no_number(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & planter.plain_id & (p["letter"] != H))
    half = np.arange(len(chosen)) % 2 == 0
    p["id_length"][chosen[half]] = 0
    p["id_text"][chosen[~half], :6] = ord("9")
    for person in chosen[~half]:
        planter.renumber(int(person))
    planter.list_persons(chosen, "无证件号或以999999代替", "Q005")


def impossible_birthday(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & planter.plain_id)
    p["id_text"][chosen, 10:12] = (ord("1"), ord("3"))
    planter.mend_check(chosen)
    planter.list_persons(chosen, "证件号中的出生月份为13", "Q006", "Q007")


def other_birthday(planter: Planter) -> None:
    p = planter.people
    day, month = p["born"] % 100, p["born"] // 100 % 100
    fit = (p["age"] >= 25) & (p["age"] <= 55) & (day > 1) & (day < 28) & (month != 9) & (month != 10)
    chosen = planter.persons(planter.here & planter.plain_id & fit)
    p["birth"][chosen] += 1
    p["born"][chosen] += 1
    planter.list_persons(chosen, "出生日期与证件号不符", "Q007")


def other_sex(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & planter.plain_id)
    for person in chosen:
        p["male"][person] = ~p["male"][person]
        planter.renumber(int(person))
        p["male"][person] = ~p["male"][person]
    planter.list_persons(chosen, "性别与证件号不符", "Q007")


def disabled_without_certificate(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & HAS_DISABILITY[p["health"]])
    p["id_type"][chosen], p["id_length"][chosen] = 1, 18
    planter.list_persons(chosen, "健康状况为残疾，证件类型不是残疾人证", "Q008")


def certificate_of_the_healthy(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & planter.healthy & planter.plain_id)
    p["id_type"][chosen], p["id_length"][chosen] = 2, 20
    p["id_text"][chosen, 18:20] = ord("4")
    planter.list_persons(chosen, "证件为残疾人证，健康状况没有残疾", "Q009")


def no_head(planter: Planter) -> None:
    p = planter.people
    big = planter.draft.plan.size >= 2
    chosen = planter.persons(planter.here & (p["relation_to_head"] == 1) & (big & ~planter.leavers)[planter.home])
    p["relation_to_head"][chosen] = 99
    planter.list_homes(planter.home[chosen], "没有户主", "Q020")


def two_heads(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & (p["letter"] == S))
    p["relation_to_head"][chosen] = 1
    planter.list_homes(planter.home[chosen], "有两名户主", "Q021")


def no_relation(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & np.isin(p["letter"], (C, G)))
    p["relation_to_head"][chosen] = -1
    planter.list_persons(chosen, "与户主关系未填", "Q023", "Q032")


def couple_of_one_sex(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & (p["letter"] == S) & planter.plain_id)
    for person in chosen:
        p["male"][person] = ~p["male"][person]
        planter.renumber(int(person))
    planter.list_homes(planter.home[chosen], "户主与配偶性别相同", "Q024")


def daughter_called_son(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & (p["relation_to_head"] == 4) & (p["letter"] == C))
    p["relation_to_head"][chosen] = 3
    planter.list_persons(chosen, "女性登记为之子", "Q025")


def bad_household_phone(planter: Planter) -> None:
    chosen = planter.households(planter.free)
    half = np.arange(len(chosen)) % 2 == 0
    planter.homes["phone"][chosen[half]] = -1
    planter.homes["phone"][chosen[~half]] //= 10
    planter.list_homes(chosen, "户联系电话为空或不是11位手机号", "Q028")


def one_phone_in_two_households(planter: Planter) -> None:
    p = planter.people
    grown = planter.here & (p["phone"] > 0) & (p["age"] >= 18)
    pairs = planter.persons(grown, 2 * planter.per_kind)
    for one, two in zip(pairs[::2], pairs[1::2], strict=False):
        p["phone"][two] = p["phone"][one]
        planter.list_persons([one, two], "两户成员登记同一手机号", "Q029")


def one_phone_in_two_counties(planter: Planter) -> None:
    """Two members who work in different counties give one mobile number."""
    p, w = planter.people, planter.works
    now = planter.current()
    people, at = w["person"][now], w["place"][now]
    follow = np.flatnonzero((planter.home[people[1:]] == planter.home[people[:-1]]) & (at[1:] != at[:-1]))
    first = np.zeros(len(planter.home), dtype=bool)
    first[people[follow]] = True
    partner = np.full(len(planter.home), -1)
    partner[people[follow]] = people[follow + 1]
    for one in planter.persons(first):
        two = int(partner[one])
        p["phone"][two] = p["phone"][one]
        planter.list_persons([one, two], "同户两人在不同县务工，登记同一手机号", "Q030")


def worker_without_phone(planter: Planter) -> None:
    now = np.zeros(len(planter.home), dtype=bool)
    now[planter.works["person"][planter.current()]] = True
    chosen = planter.persons(now)
    planter.people["phone"][chosen] = -1
    planter.list_persons(chosen, "务工人员没有手机号", "Q031")


def no_ethnicity(planter: Planter) -> None:
    chosen = planter.persons(planter.here)
    planter.people["ethnicity"][chosen] = -1
    planter.list_persons(chosen, "民族未填", "Q032")


def no_health(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & planter.plain_id & (p["age"] < 15) & (p["health"] == HEALTHY))
    p["health"][chosen] = -1
    planter.list_persons(chosen, "健康状况未填", "Q032")


KINDS: tuple[Fault, ...] = (
    head_under_sixteen, head_dead_without_successor, recorded_dead_elsewhere, same_person_twice, two_spouses,
    child_as_old_as_parent, wrong_certificate, disabled_without_certificate, likely_typing_error, wrong_length,
    wrong_check_digit, no_number, impossible_birthday, other_birthday, other_sex, certificate_of_the_healthy, no_head,
    two_heads, no_relation, couple_of_one_sex, daughter_called_son, bad_household_phone, one_phone_in_two_households,
    one_phone_in_two_counties, worker_without_phone, no_ethnicity, no_health,
)  # fmt: skip
