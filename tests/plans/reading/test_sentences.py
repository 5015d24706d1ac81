"""What single sentences promise: amounts, units, comparisons, kinds, deadlines, rhythms, and what is no amount."""

import pytest

from bangfu.plans.reading.found import Found, Proposal
from bangfu.plans.reading.reader import read_text


def read(sentence: str) -> list[Proposal]:
    return list(read_text(sentence).proposals)


def told(sentence: str) -> list[tuple[object, str, str, str]]:
    return [(p.number, p.unit, p.comparison.value, p.kind.value) for p in read(sentence)]


@pytest.mark.req("E1")
@pytest.mark.parametrize(
    ("sentence", "number", "unit", "comparison"),
    [
        ("种植油菜3.2万亩。", 32000, "亩", "eq"),
        ("种植油菜３．２万亩。", 32000, "亩", "eq"),
        ("总投资1.45亿元。", 145000000, "元", "eq"),
        ("发放苗木12,500株。", 12500, "株", "eq"),
        ("新修渠道八点五公里。", 8.5, "公里", "eq"),
        ("改造旧房一百二十户。", 120, "户", "eq"),
        ("培训村医两百名。", 200, "名", "eq"),
        ("参保率达到百分之九十八。", 98, "%", "ge"),
        ("开工率八成以上。", 80, "%", "ge"),
        ("返贫率控制在千分之三以内。", 3, "‰", "le"),
        ("集体收入不低于8万元。", 80000, "元", "ge"),
        ("辍学率不超过0.5%。", 0.5, "%", "le"),
        ("覆盖农户4000户以上。", 4000, "户", "ge"),
        ("管网漏损率12%以下。", 12, "%", "le"),
        ("产值突破6亿元。", 600000000, "元", "ge"),
        ("选派队员20至30名。", (20, 30), "名", "range"),
        ("新增养殖大户5—8户。", (5, 8), "户", "range"),
        ("投入1-2万元。", (10000, 20000), "元", "range"),
        ("验收合格率100%。", 100, "%", "all"),
        ("增长幅度高于全省1.5个百分点以上。", 1.5, "个百分点", "ge"),
        ("培训农民1800名左右。", 1800, "名", "eq"),
        ("动员3200贫困人口参加。", 3200, "人", "eq"),
        ("铺设管道15km。", 15, "km", "eq"),
        ("建房6000㎡。", 6000, "㎡", "eq"),
    ],
)
def test_an_amount_is_read_with_its_unit_and_comparison(sentence, number, unit, comparison):
    assert [(p.number, p.unit, p.comparison.value) for p in read(sentence)] == [(number, unit, comparison)]


@pytest.mark.parametrize(
    "sentence",
    [
        "认真落实第一书记、第三方评估和第五项要求。",
        "印发〔2020〕17号文件,执行省政府令第203号。",
        "坚持“六个精准”,实施“3+2”模式,做到三个到位。",
        "抓好三个方面的工作,把握5项重点任务。",
        "发挥一线干部作用,进一步统一思想,一律从严,一户一策,一村一品。",
        "联系电话:0856-1234567,邮编554300。",
        "2021年3月15日,会议召开。",
        "国道320沿线、G65高速、县道X517。",
        "开展“百名干部进百村”,千名党员参加。",
        "广大干部要全面落实政策,全面提升水平,全部精力投入工作。",
        "推进户户通、村村响工程,召开全体会议。",
        "《三年行动计划(2018-2020年)》明确了要求。",
        "我村村庄整治和贫困村村情调查要抓紧。",
    ],
)
def test_a_number_that_is_a_name_or_counts_a_list_is_no_amount(sentence):
    assert told(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("2019年度9个水利项目全部完工。", [(9, "个", "all", "target")]),
        ("所有12个村通客车。", [(12, "个", "all", "target")]),
        ("安置点配套设施全部建成。", [(100, "%", "all", "target")]),
        ("实现饮水安全全覆盖。", [(100, "%", "all", "target")]),
        ("家家有产业、户户有分红。", [(100, "%", "all", "target")]),
        ("每个行政村都要建立台账。", [(100, "%", "all", "target")]),
        ("幼儿园全覆盖、卫生室全覆盖、宽带全覆盖。", [(100, "%", "all", "target")] * 3),
        ("决不让一个孩子掉队。", [(0, "个", "eq", "target")]),
        ("全面消除D级危房。", [(0, "个", "eq", "target")]),
        ("对监测对象逐户走访。", [(100, "%", "all", "target")]),
        ("坚持无死角、全覆盖、零容忍。", []),
    ],
)
def test_words_for_all_and_for_not_one_are_statements(sentence, expected):
    assert told(sentence) == expected


@pytest.mark.req("E1")
@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        ("全县现有贫困村36个,还有贫困人口5200人。", ["fact", "fact"]),
        ("近年来,全镇修通公路46公里,建成水窖320口。", ["fact", "fact"]),
        ("目前已完成投资800万元。", ["fact"]),
        ("每村配备1名农技员。", ["standard"]),
        ("公益岗补贴每人每月800元。", ["standard"]),
        ("按照每亩400元的标准补助。", ["standard"]),
        ("对60岁以上老人免费体检。", ["standard"]),
        ("人均收入低于4000元且未参保的农户要重点关注。", ["standard"]),
        ("副科级以上领导每人联系3户贫困户。", ["standard"]),
        ("公示期不少于7天。", ["standard"]),
        ("每季度召开2次推进会。", ["duty"]),
        ("驻村干部每月入户不少于4次。", ["duty"]),
        ("全年走访不少于6次。", ["duty"]),
        ("新建冷库4座,容量达到2000吨。", ["target", "target"]),
        ("到2022年,完成投资3亿元。", ["target"]),
    ],
)
def test_facts_standards_duties_and_targets_are_told_apart(sentence, kinds):
    assert [p.kind.value for p in read(sentence)] == kinds


def test_a_heading_makes_what_stands_below_it_facts():
    found = read_text("一、基本情况\n辖15个村。林地2.3万亩。\n二、目标任务\n改造茶园3000亩。")
    assert [p.kind.value for p in found.proposals] == ["fact", "fact", "target"]


@pytest.mark.parametrize(
    ("sentence", "times", "period"),
    [
        ("每月召开2次例会。", 2, "month"),
        ("每两个月至少研究1次。", 1, "2-month"),
        ("每季度末开展一次排查。", 1, "quarter"),
        ("每周报送信息3条。", 3, "week"),
        ("每半年评估一次。", 1, "half-year"),
        ("每年培训农民300人。", 1, "year"),
        ("每年培训农民300人次。", 300, "year"),
        ("坚持半月一调度。", 1, "half-month"),
    ],
)
def test_a_rhythm_makes_a_duty(sentence, times, period):
    (proposal,) = read(sentence)
    assert proposal.cadence is not None
    assert (proposal.cadence.times, proposal.cadence.period) == (times, period)


@pytest.mark.req("E1")
@pytest.mark.parametrize(
    ("text", "deadlines"),
    [
        ("到2023年,建成水库2座;改造渠道30公里。", ["2023", "2023"]),
        ("2021年6月30日前完成改厕400座。", ["2021-06-30"]),
        ("2022年3月底前新建泵站5座,6月底前安装水表800块。", ["2022-03-31", "2022-06-30"]),
        ("“十四五”期间新增床位500张。", ["2025"]),
        ("2020年上半年培训80人,下半年培训120人。", ["2020-06-30", "2020-12-31"]),
        ("2019年减贫900人、2020年减贫700人。", ["2019", "2020"]),
        ("二〇二一年底前修路8公里。", ["2021"]),
        ("2021年二季度末完成投资60%。", ["2021-06-30"]),
        ("2020年5月中旬完成检查30个村。", ["2020-05-20"]),
        ("改造危房60户,2021年8月底前完工。", ["2021-08-31"]),
        ("7月底前修桥3座。", [""]),
        ("20xx年底前修桥3座。", [""]),
        ("收入达到2015年不变价3000元。", [""]),
        ("一、实施时间\n2021年3月1日至10月31日。\n二、任务\n栽树5万株。每户补助500元。", ["2021-10-31", ""]),
        ("梅岭镇2022年帮扶工作计划\n一、任务\n新建温室20座。\n4月底前育苗3万株。", ["2022", "2022-04-30"]),
        ("(二)攻坚阶段(2021年5月至7月)。走访农户900户。", ["2021-07-31"]),
    ],
)
def test_a_deadline_comes_from_the_sentence_the_heading_or_the_documents_period(text, deadlines):
    assert [p.deadline for p in read(text)] == deadlines


def test_what_is_restated_without_a_date_keeps_the_date_it_was_given_first():
    text = (
        "一、行动时间\n2019年1月1日至12月31日。\n二、目标\n3月底前,2019年度8个灌溉项目全部开工。\n"
        "三、措施\n1.2019年度灌溉项目全面开工。抓好进度。"
    )
    assert [p.deadline for p in read(text)] == ["2019-03-31", "2019-03-31"]


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("由县水务局牵头,新建水厂2座。", "县水务局"),
        ("各乡镇要新增茶园500亩。", "各乡镇"),
        ("1.修路\n新修道路9公里。\n责任单位:县交通运输局、各乡镇。\n2.改厕\n改厕60座。", "县交通运输局、各乡镇"),
        ("新修道路9公里。(责任单位:县交通运输局)", "县交通运输局"),
        ("新修道路9公里。", ""),
    ],
)
def test_who_answers_for_it_is_told_as_far_as_the_text_names_them(text, owner):
    assert read(text)[0].owner == owner


def test_people_whom_a_measure_reaches_are_told_with_it():
    road, people, poor = read("新修公路60公里,惠及群众8000人,其中贫困人口900人。")
    assert [(b.number, b.unit) for b in road.beneficiaries] == [(8000, "人"), (900, "人")]
    assert people.number == 8000 and poor.number == 900


def test_the_area_the_subject_and_the_pattern_are_told():
    (proposal,) = read("全镇新建标准化大棚60个。")
    assert (proposal.area, proposal.subject) == ("全镇", "标准化大棚")
    assert proposal.pattern == "number-unit:to-be-reached"


def test_a_text_in_traditional_characters_is_read_as_its_simplified_twin():
    simplified = "每个贫困村培养致富带头人2名以上,9月底前参保率达到95%,危房改造任务全部完成。"
    traditional = "每個貧困村培養致富帶頭人2名以上,9月底前參保率達到95%,危房改造任務全部完成。"
    assert told(traditional) == told(simplified)
    assert read(traditional)[0].quote in traditional


def test_money_of_a_list_is_per_what_its_first_amount_is_per():
    assert [(p.number, p.unit) for p in read("每户补助:一类8000元、二类5000元。")] == [(8000, "元/户"), (5000, "元/户")]


def test_a_blanked_out_number_gives_a_doubt_and_no_amount():
    found: Found = read_text("全村脱贫xx户,修路20xx米,8户搬迁。")
    assert [(p.number, p.unit) for p in found.proposals] == [(8, "户")]
    assert {doubt.quote for doubt in found.doubts if doubt.kind == "masked"} == {"xx户", "20xx米"}
