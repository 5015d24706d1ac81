"""Sentences in which a norm, a starting point, a name or a lost character is easily taken for a target."""

from decimal import Decimal

import pytest

from bangfu.plans.reading.found import DoubtKind
from bangfu.plans.reading.reader import read_text
from tests.plans.reading.test_sentences import read, told


@pytest.mark.req("E1")
@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("以人均年收入7000元为监测范围开展排查。", (7000, "元", "eq", "standard")),
        ("人均收入低于本地保障标准(4100元)的纳入帮扶。", (4100, "元", "le", "standard")),
        ("护理补贴不低于保障标准的1.2倍。", (Decimal("1.2"), "倍", "ge", "standard")),
        ("新录取的困难大学生给予一次性2000-4000元资助。", ((2000, 4000), "元", "range", "standard")),
        ("评为先进的乡镇各奖励3万元。", (30000, "元", "eq", "standard")),
        ("帮助有条件的农户掌握1-2门养殖技术。", ((1, 2), "门", "range", "standard")),
        ("村里推举5至9人的理财小组。", ((5, 9), "人", "range", "standard")),
        ("有劳动力的脱贫家庭至少1人就业。", (1, "人", "ge", "standard")),
        ("重点了解去年动工的36户建房户是否完工入住。", (36, "户", "eq", "fact")),
        ("全州减少贫困人口12万。", (120000, "人", "eq", "target")),
        ("致贫返贫对象动态清零。", (0, "人", "eq", "target")),
        ("适龄儿童零辍学。", (0, "人", "eq", "target")),
    ],
)
def test_norms_facts_and_noughts_are_told_from_targets(sentence, expected):
    assert told(sentence) == [expected]


def test_where_an_amount_starts_is_a_fact_and_where_it_goes_the_target():
    found = told("漏损率由18%下降到10%,合作社从12家增加到20家。")
    assert found == [
        (18, "%", "eq", "fact"),
        (10, "%", "eq", "target"),
        (12, "家", "eq", "fact"),
        (20, "家", "ge", "target"),
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "抓好“农村电商服务站点全覆盖”项目的后续管理。",
        "贯彻“小康路上不落一户”的总体要求。",
        "使全体干部增强了紧迫感。",
    ],
)
def test_names_and_slogans_in_quotation_marks_promise_nothing(sentence):
    assert read(sentence) == []


def test_what_money_is_per_is_no_rhythm_of_what_follows():
    found = read("按照每生每天5元,全年190天标准供餐。")
    assert [(p.number, p.unit, p.kind.value) for p in found] == [(5, "元/生/天", "standard"), (190, "天", "standard")]


@pytest.mark.parametrize(
    ("text", "deadlines"),
    [
        # The title says the year for the whole, also when the first line goes on without a full stop above it.
        ("某县2021年产业帮扶工作要点\n为做好全年工作,制定本要点。\n一、任务\n新建大棚60座。", ["2021"]),
        ("某市水利三年行动方案(2018—2020年)\n一、任务\n新建泵站8座。", ["2020"]),
        ("某镇2019年工作总结及2020年工作计划\n一、打算\n新建泵站8座。", ["2020"]),
        # A date inside one part of a list says nothing of the next part; at the head it holds for all.
        ("某县2021年工作要点\n一、任务\n住房9月底前全部完工;新建泵站8座。", ["2021-09-30", "2021"]),
        ("某县2021年工作要点\n一、任务\n9月底前,住房全部完工;新建泵站8座。", ["2021-09-30", "2021-09-30"]),
        # A day without a year takes the year that its own sentence named.
        ("某市三年方案(2018—2020年)\n一、任务\n2018年6月底前建房30户,10月底前建房80户。", ["2018-06-30", "2018-10-31"]),
        # A year that lost its sign, and a day that was read as another character.
        ("要求202310月31日前建房30户,2023年12月31曰前建房80户。", ["2023-10-31", "2023-12-31"]),
    ],
)
def test_deadlines_follow_title_sentence_and_damaged_dates(text, deadlines):
    assert [p.deadline for p in read(text)] == deadlines


def test_damaged_dates_are_shown_as_doubts():
    kinds = {doubt.kind for doubt in read_text("要求202310月31日前建房30户,2023年12月31曰前建房80户。").doubts}
    assert {DoubtKind.SEPARATOR_LOST, DoubtKind.SPUN} <= kinds


@pytest.mark.req("E1")
def test_tables_take_units_from_the_line_above_from_a_column_and_from_the_words_of_a_cell():
    tasks = (
        "某县2022年项目表\n单位:万元\n"
        "序号\t项目\t内容\t投资\t责任单位\t完成时限\n"
        "1\t甲村大棚\t新建大棚20座\t160\t农业局\t2022年9月底\n"
        "2\t乙村道路\t硬化道路3.2公里\t256\t交通局\t2022年10月底"
    )
    found = {(p.number, p.unit, p.deadline, p.owner) for p in read(tasks)}
    assert found == {
        (20, "座", "2022-09-30", "农业局"),
        (1600000, "元", "2022-09-30", "农业局"),
        (Decimal("3.2"), "公里", "2022-10-31", "交通局"),
        (2560000, "元", "2022-10-31", "交通局"),
    }
    goals = "| 指标 | 单位 | 2021年基期 | 2022年目标 |\n| --- | --- | --- | --- |\n| 自来水普及率 | % | 90 | 95 |"
    assert [(p.quote, p.unit, p.kind.value, p.deadline) for p in read(goals)] == [
        ("90", "%", "fact", ""),
        ("95", "%", "target", "2022"),
    ]
