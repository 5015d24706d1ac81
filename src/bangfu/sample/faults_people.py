"""Faults of schooling, health, insurance, ability to work, and work (rules Q040 to Q096)."""

import numpy as np

from bangfu.sample.data_files import county
from bangfu.sample.days import month_of, month_start
from bangfu.sample.dice import Flags, Ints
from bangfu.sample.families import H
from bangfu.sample.money import LOCAL
from bangfu.sample.people import (
    CHRONIC,
    COLLEGE,
    HAS_DISABILITY,
    HAS_SERIOUS,
    IS_SICK,
    LOST,
    NONE,
    NORMAL,
    SKILLED,
    WEAK,
)
from bangfu.sample.planting import Fault, Planter

CLEANER = 7  # public_job


def _at_school(planter: Planter, low: int, high: int) -> Flags:
    """Healthy pupils whose age on 1 September lies between, both included."""
    age = planter.people["school_age"]
    return np.asarray(planter.here & planter.student & planter.healthy & (age >= low) & (age <= high))


def _leaves_school(planter: Planter, chosen: Ints, level: int, reason: int) -> None:
    p = planter.people
    p["student_status"][chosen], p["education_level"][chosen], p["dropout_reason"][chosen] = -1, level, reason


def public_job_of_the_very_old(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & (p["age"] >= 70) & (p["labor_capacity"] == WEAK))
    p["public_job"][chosen], p["public_job_months"][chosen] = CLEANER, 12
    planter.list_persons(chosen, "满70周岁仍安排公益性岗位", "Q083")


def public_job_of_the_disabled(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.grown & (p["age"] < 60) & (p["labor_capacity"] == LOST))
    p["public_job"][chosen], p["public_job_months"][chosen] = CLEANER, 6
    planter.list_persons(chosen, "丧失劳动力安排公益性岗位", "Q086")


def severe_limb_disability_at_work(planter: Planter) -> None:
    p = planter.people
    severe = (p["disability_category"] == 4) & (p["disability_grade"] <= 2) & HAS_DISABILITY[p["health"]]
    chosen = planter.persons(planter.grown & severe & (p["age"] < 60))
    p["labor_capacity"][chosen] = NORMAL
    planter.list_persons(chosen, "一、二级肢体残疾登记为普通劳动力", "Q069", "Q070")


def seriously_ill_at_work(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.grown & HAS_SERIOUS[p["health"]] & (p["age"] < 60))
    p["labor_capacity"][chosen] = NORMAL
    planter.list_persons(chosen, "患大病登记为普通劳动力", "Q069")


def aided_though_uninsured(planter: Planter) -> None:
    p = planter.people
    safe = planter.here & planter.healthy & (p["medical_assistance_received"] == 0)
    chosen = planter.persons(safe & planter.plain[planter.home])
    p["resident_medical_insurance"][chosen] = p["employee_medical_insurance"][chosen] = 0
    p["medical_assistance_received"][chosen] = 1
    planter.list_persons(chosen, "未参保却登记接受大病医疗救助", "Q060", "Q063", "Q065")
    planter.list_guarantee(planter.home[chosen], "有成员未参加基本医疗保险")


def wrong_months_of_job(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.grown & planter.has_job)
    p["public_job_months"][chosen] = -1
    planter.list_persons(chosen, "有公益性岗位而无月数", "Q084")


def months_without_job(planter: Planter) -> None:
    p = planter.people
    fit = (p["age"] >= 25) & (p["age"] < 55) & (p["labor_capacity"] == NORMAL) & ~planter.has_job
    chosen = planter.persons(planter.grown & fit)
    p["public_job_months"][chosen] = 6
    planter.list_persons(chosen, "有公益性岗位月数而无岗位", "Q084")


def works_overlap(planter: Planter) -> None:
    w = planter.works
    again = (
        np.r_[False, w["person"][1:] == w["person"][:-1]] & planter.current() if len(w["person"]) else planter.current()
    )
    chosen = planter.works_of(again & (w["start"] <= month_of(county().day) - 3))
    w["end"][chosen - 1] = w["start"][chosen] + 2
    w["end_day"][chosen - 1] = month_start(w["end"][chosen - 1])
    planter.list_persons(w["person"][chosen], "新务工记录早于上一段的结束月份", "Q091")


def travel_subsidy_at_home(planter: Planter) -> None:
    w = planter.works
    chosen = planter.works_of(planter.current() & (w["place"] == LOCAL))
    w["subsidy"][chosen] = 30_000
    planter.list_persons(w["person"][chosen], "在本县务工却领取外出交通补助", "Q096")


def work_before_sixteen(planter: Planter) -> None:
    p, w = planter.people, planter.works
    alone = np.bincount(w["person"], minlength=len(planter.home)) == 1
    young = alone & (p["age"] >= 18) & (p["age"] <= 23)
    chosen = planter.works_of(planter.current() & young[w["person"]])
    born = p["born"][w["person"][chosen]]
    w["start"][chosen] = (born // 10000 + 15 - 1970) * 12 + born // 100 % 100
    w["start_day"][chosen] = month_start(w["start"][chosen])
    planter.list_persons(w["person"][chosen], "未满16周岁开始务工", "Q081")


def pupil_at_work(planter: Planter) -> None:
    p, w = planter.people, planter.works
    young = planter.grown & (p["school_age"] >= 16) & (p["age"] <= 19) & planter.others_able
    chosen = w["person"][planter.works_of(planter.current() & young[w["person"]])]
    p["student_status"][chosen], p["education_level"][chosen] = 8, -1
    p["labor_capacity"][chosen] = NONE
    p["resident_pension"][chosen] = p["employee_pension"][chosen] = -1
    planter.list_persons(chosen, "高中在校生登记正在务工", "Q053", "Q080")


def schooling_of_a_child_only(planter: Planter) -> None:
    p = planter.people
    fit = planter.grown & (p["age"] >= 17) & (p["age"] <= 22) & ~planter.working
    chosen = planter.persons(fit)
    p["education_level"][chosen] = 2
    planter.list_persons(chosen, "16—22岁不在校，文化程度为小学", "Q051")


def master_before_twenty(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(
        _at_school(planter, 18, 19) & (p["age"] < 20) & (p["age"] >= 18) & (p["student_status"] > 12)
    )
    p["student_status"][chosen] = 27
    planter.list_persons(chosen, "不满20岁登记为硕士研究生", "Q050")


def student_before_eighteen(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(_at_school(planter, 15, 16) & (p["age"] < 18))
    p["student_status"][chosen] = 22
    planter.list_persons(chosen, "不满18岁登记为本科在读", "Q049")


def senior_before_fifteen(planter: Planter) -> None:
    chosen = planter.persons(_at_school(planter, 12, 13))
    planter.people["student_status"][chosen] = 7
    planter.list_persons(chosen, "不满15岁登记为普通高中", "Q048")


def junior_before_twelve(planter: Planter) -> None:
    chosen = planter.persons(_at_school(planter, 7, 10))
    planter.people["student_status"][chosen] = 4
    planter.list_persons(chosen, "不满12岁登记为七年级", "Q047")


def primary_after_fourteen(planter: Planter) -> None:
    chosen = planter.persons(_at_school(planter, 15, 16))
    planter.people["student_status"][chosen] = 3
    planter.list_persons(chosen, "超过14岁登记为小学在读", "Q046")


def preschool_after_seven(planter: Planter) -> None:
    chosen = planter.persons(_at_school(planter, 8, 11))
    planter.people["student_status"][chosen] = 2
    planter.list_persons(chosen, "满7岁且健康仍为学前教育", "Q045")


def pupil_with_labour(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(_at_school(planter, 16, 18) & (p["age"] >= 16))
    p["labor_capacity"][chosen] = NORMAL
    planter.list_persons(chosen, "在校生登记为普通劳动力", "Q052")


def child_with_labour(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(_at_school(planter, 8, 14) & (p["age"] < 16))
    p["labor_capacity"][chosen] = NORMAL
    planter.list_persons(chosen, "不满16周岁登记为普通劳动力", "Q052", "Q067")


def child_in_public_job(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(_at_school(planter, 11, 14) & (p["age"] < 16))
    p["public_job"][chosen], p["public_job_months"][chosen] = CLEANER, 6
    planter.list_persons(chosen, "不满16周岁安排公益性岗位", "Q082", "Q086")


def out_of_school_without_reason(planter: Planter) -> None:
    chosen = planter.persons(_at_school(planter, 8, 14))
    _leaves_school(planter, chosen, 2, -1)
    seen = planter.watched[planter.home[chosen]]
    planter.list_persons(chosen, "义务教育阶段不在校且无原因", "Q042")
    planter.list_persons(chosen[~seen], "义务教育阶段不在校且未纳入监测", "Q043")
    planter.list_guarantee(planter.home[chosen], "有义务教育阶段失学辍学")


def ill_dropout_in_good_health(planter: Planter) -> None:
    chosen = planter.persons(_at_school(planter, 8, 14))
    _leaves_school(planter, chosen, -1, 1)
    planter.list_persons(chosen, "辍学原因为因病，健康状况为健康", "Q044")
    planter.list_guarantee(planter.home[chosen], "有义务教育阶段失学辍学")


def dropout(planter: Planter) -> None:
    chosen = planter.persons(_at_school(planter, 11, 14) & ~planter.watched[planter.home])
    _leaves_school(planter, chosen, -1, 3)
    planter.list_guarantee(planter.home[chosen], "有义务教育阶段厌学辍学")


def no_schooling_at_all(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.grown & (p["age"] >= 30))
    p["education_level"][chosen] = -1
    planter.list_persons(chosen, "文化程度、在校生状况、失学原因均未填", "Q040")


def schooling_and_school(planter: Planter) -> None:
    chosen = planter.persons(_at_school(planter, 15, 17))
    planter.people["education_level"][chosen] = 3
    planter.list_persons(chosen, "文化程度与在校生状况同时填写", "Q041")


def college_without_work(planter: Planter) -> None:
    p = planter.people
    fit = planter.grown & (p["labor_capacity"] == NORMAL) & ~planter.working & ~planter.has_job
    chosen = planter.persons(fit & (p["age"] >= 25) & (p["age"] <= 55))
    p["education_level"][chosen] = 7
    planter.list_persons(chosen, "大专文化程度，无务工记录", "Q057")


def uninsured(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & planter.healthy & (p["medical_assistance_received"] == 0))
    p["resident_medical_insurance"][chosen] = p["employee_medical_insurance"][chosen] = 0
    planter.list_persons(chosen, "居民医保、职工医保均未参加", "Q060", "Q063")
    planter.list_guarantee(planter.home[chosen], "有成员未参加基本医疗保险")


def insured_twice(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.grown)
    p["resident_medical_insurance"][chosen] = p["employee_medical_insurance"][chosen] = 1
    planter.list_persons(chosen, "居民医保、职工医保重复参加", "Q061")


def illness_insurance_empty(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & planter.healthy & planter.out[planter.home])
    p["serious_illness_insurance"][chosen] = -1
    planter.list_persons(chosen, "脱贫人口大病保险未填", "Q062")


def illness_not_covered(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & planter.healthy & planter.plain[planter.home])
    p["serious_illness_insurance"][chosen] = 0
    planter.list_persons(chosen, "未参加大病保险", "Q063")


def sick_without_cover(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & IS_SICK[p["health"]] & planter.plain[planter.home])
    p["serious_illness_insurance"][chosen] = -1
    planter.list_persons(chosen, "患病成员大病保险未填，户未纳入监测", "Q071")


def pension_empty(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.grown & (p["age"] >= 20))
    p["resident_pension"][chosen] = p["employee_pension"][chosen] = -1
    planter.list_persons(chosen, "居民、职工养老保险均未填", "Q064")


def idle_in_good_health(planter: Planter) -> None:
    p = planter.people
    fit = planter.grown & planter.healthy & (p["age"] >= 20) & (p["age"] <= 58) & ~planter.working & ~planter.has_job
    chosen = planter.persons(fit & (p["labor_capacity"] == NORMAL) & planter.others_able)
    p["labor_capacity"][chosen] = NONE
    planter.list_persons(chosen, "劳动年龄、健康、不在校，登记为无劳动力", "Q066")


def old_with_full_labour(planter: Planter) -> None:
    p = planter.people
    chosen = planter.persons(planter.here & (p["age"] >= 60) & (p["labor_capacity"] == WEAK))
    p["labor_capacity"][chosen] = NORMAL
    planter.list_persons(chosen, "满60周岁登记为普通劳动力", "Q068")


def tekun_in_good_health(planter: Planter) -> None:
    p = planter.people
    fit = planter.grown & planter.healthy & (p["age"] >= 20) & (p["age"] <= 58) & ~planter.working
    chosen = planter.persons(fit & planter.plain[planter.home])
    p["tekun_status"][chosen] = 2
    planter.list_persons(chosen, "18—59岁、健康、不在校，登记为特困", "Q072")


def tekun_at_work(planter: Planter) -> None:
    p, w = planter.people, planter.works
    fit = planter.grown & planter.healthy & (p["age"] >= 20) & (p["age"] <= 58) & planter.plain[planter.home]
    chosen = w["person"][planter.works_of(planter.current() & fit[w["person"]])]
    p["tekun_status"][chosen] = 2
    planter.list_persons(chosen, "特困人员有务工记录", "Q072", "Q073")


def nobody_can_work(planter: Planter) -> None:
    p, n = planter.people, planter.draft.plan.households
    fine = planter.here & (p["age"] >= 60) & ~planter.has_job
    fine &= (p["dibao_status"] == 1) & (p["tekun_status"] == 1)
    all_old = np.bincount(planter.home[planter.here & ~fine], minlength=n) == 0
    chosen = planter.persons(fine & all_old[planter.home] & (p["letter"] == H))
    here = planter.here & np.isin(planter.home, planter.home[chosen]) & (p["labor_capacity"] == WEAK)
    p["labor_capacity"][here] = NONE
    planter.list_homes(planter.home[chosen], "整户无劳动力且无人享受低保、特困", "Q074")


def work_without_labour(planter: Planter) -> None:
    p, w = planter.people, planter.works
    fit = planter.grown & planter.healthy & planter.plain_id & (p["age"] >= 25) & (p["age"] < 58)
    fit &= (p["labor_capacity"] != SKILLED) & ~np.isin(p["education_level"], COLLEGE)
    chosen = w["person"][planter.works_of(planter.current() & fit[w["person"]])]
    p["health"][chosen], p["labor_capacity"][chosen] = CHRONIC, WEAK
    planter.list_persons(chosen, "弱劳动力有务工记录", "Q080")


def public_post_far_away(planter: Planter) -> None:
    w = planter.works
    chosen = planter.works_of(planter.current() & (w["place"] != LOCAL))
    w["channel"][chosen], w["transport"][chosen] = 5, 0
    planter.list_persons(w["person"][chosen], "县外务工，就业渠道为公益性岗位", "Q087")


def place_of_work_too_wide(planter: Planter) -> None:
    w = planter.works
    chosen = planter.works_of(planter.current() & (w["place"] != LOCAL))
    w["place_whole"][chosen] = 0
    planter.list_persons(w["person"][chosen], "务工地未填到县级", "Q088")


def wage_empty(planter: Planter) -> None:
    w = planter.works
    chosen = planter.works_of(planter.current())
    half = np.arange(len(chosen)) % 2 == 0
    w["wage"][chosen[half]], w["industry"][chosen[~half]] = -1, -1
    planter.list_persons(w["person"][chosen], "正在务工，月收入或行业未填", "Q089")


def wage_out_of_range(planter: Planter) -> None:
    w = planter.works
    chosen = planter.works_of(planter.current())
    w["wage"][chosen] = np.where(np.arange(len(chosen)) % 2 == 0, 5_000, 4_500_000)
    planter.list_persons(w["person"][chosen], "月收入低于100元或高于30000元", "Q090")


KINDS: tuple[Fault, ...] = (
    public_job_of_the_very_old, public_job_of_the_disabled, severe_limb_disability_at_work, seriously_ill_at_work,
    wrong_months_of_job, works_overlap, work_before_sixteen, pupil_at_work, schooling_of_a_child_only,
    master_before_twenty, nobody_can_work, student_before_eighteen, primary_after_fourteen, pupil_with_labour,
    schooling_and_school, months_without_job, aided_though_uninsured, travel_subsidy_at_home, senior_before_fifteen,
    junior_before_twelve, preschool_after_seven, child_with_labour, child_in_public_job, out_of_school_without_reason,
    ill_dropout_in_good_health, dropout, no_schooling_at_all, college_without_work, uninsured, insured_twice,
    illness_insurance_empty, illness_not_covered, sick_without_cover, pension_empty, idle_in_good_health,
    old_with_full_labour, tekun_in_good_health, tekun_at_work, work_without_labour, public_post_far_away,
    place_of_work_too_wide, wage_empty, wage_out_of_range,
)  # fmt: skip
