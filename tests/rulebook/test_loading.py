"""A wrong policy file is refused with file, line, rule and a proposal; a good one becomes a book."""
# ruff: noqa: E501 (tables are read line by line)

from pathlib import Path

import pytest

from bangfu.rulebook import loading
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.errors import RuleFileWrong
from tests.rulebook import small

FIGURES = """
figures:
  - id: line
    label: {zh: 监测线, en: Line}
    unit: {zh: 元, en: CNY}
    type: amount
    values:
      - {value: 6000, from: 2021-01-01, source: {document: 甲}}
      - {value: 7000, from: 2023-01-01, source: {document: 乙}}
"""
RULES = """
topic: {id: income, label: {zh: 收入, en: Income}}
features:
  - {name: heads, grain: household, aggregate: count, over: member, where: "present", meaning: {zh: 户主数, en: Heads}}
rules:
  - id: INC-01
    title: {zh: 收入低于监测线, en: Income below the line}
    topic: income
    source: {document: 甲, clause: 第二条}
    grain: household
    condition: income_net_pc < $line
    evidence: [income_net_pc, heads]
    severity: error
    message: {zh: "收入{income_net_pc}元，低于{line}元。", en: "Income {income_net_pc} below {line}."}
"""
CASES = """
cases:
  - {name: 低于, as_of: 2023-06-30, household: {income_net_pc: 6999}, expect: {INC-01: hit}}
"""


@pytest.fixture(autouse=True)
def _codes(monkeypatch):
    monkeypatch.setattr(loading, "code_lists", lambda: small.CODES)


def book(root: Path, rules: str = RULES, figures: str = FIGURES, cases: str = CASES, **files: str) -> RuleBook:
    policy = small.write(root, figures__line=figures, rules__income=rules, rules__income_cases=cases, **files)
    places = sorted((policy / "places").glob("*"), key=lambda folder: (len(folder.name), folder.name))
    return loading.load(policy, small.SCHEMA, places)


def faults(
    root: Path, rules: str = RULES, figures: str = FIGURES, cases: str = CASES, **files: str
) -> list[RuleFileWrong]:
    policy = small.write(root, figures__line=figures, rules__income=rules, rules__income_cases=cases, **files)
    places = sorted((policy / "places").glob("*"), key=lambda folder: (len(folder.name), folder.name))
    return loading.look(policy, small.SCHEMA, places)[1]


def told(root: Path, **given: str) -> tuple[str, int, str, str, str]:
    """The one fault, as (file, line, rule, reason, proposal)."""
    found = faults(root, **given)
    assert len(found) == 1, [str(each) for each in found]
    facts = found[0].facts
    return Path(str(facts["file"])).name, facts["line"], facts["rule"], facts["reason"], facts["proposal"]


def test_good_files_become_a_book(tmp_path):
    made = book(tmp_path)
    assert list(made.rules) == ["INC-01"] and len(made.cases) == 1
    assert made.figures_used("INC-01") == {"line"}
    assert [f.name for f in made.features_used("INC-01")] == ["heads"]
    assert len(made.sha256) == 64


def test_the_sentence_of_a_fault_names_file_line_rule_and_what_to_write(tmp_path):
    wrong = RULES.replace("condition: income_net_pc", "condition: income_pc")
    with pytest.raises(RuleFileWrong) as refused:
        book(tmp_path, rules=wrong)
    assert refused.value.message == (
        "policy/china/rules/income.yaml 第 11 行（INC-01）：没有“income_pc”这一列。是否应为“income_net_pc”。"
    )


@pytest.mark.req("B2")
@pytest.mark.parametrize(
    ("was", "becomes", "line", "reason", "proposal"),
    [
        ("    condition:", "    conditon: x\n    condition:", 11, "不认识“conditon”", "是否应为“condition”"),
        ("    grain: household\n", "", 6, "缺少“grain”", "请补上 grain"),
        ("    grain: household\n", "    grain: houshold\n", 10, "“grain”不能是 houshold", "可选：work_record、member、household、village"),
        ("severity: error", "severity: bad", 13, "“severity”不能是 bad", "可选：error、warning、information"),
        ("    grain:", "\tgrain:", 10, "这一行用了制表符（Tab）缩进", "请改用空格缩进"),
        ("    grain: household\n", "    grain: household\n    grain: member\n", 11, "“grain”写了两次", "请留一个"),
        ("topic: income\n", "topic: incom\n", 8, "没有类别“incom”", "是否应为“income”"),
        ("evidence: [income_net_pc, heads]", "evidence: [income_net_pc, head]", 12, "没有“head”这一列", "是否应为“heads”"),
        ("evidence: [income_net_pc, heads]", "evidence: [income_net_pc, 1 + 1]", 12, "“1 + 1”不是列名", "这里只写列或指标的名称"),
        ("低于{line}元", "低于{lime}元", 14, "“{lime}”既不在 evidence 里，也不是条件用到的政策数值", "是否应为“{line}”"),
        ("below {line}", "below it", 14, "中英文说明引用的数据不同：line", "请让两种文字引用相同的数据"),
        ("低于{line}元", "低于{line元", 14, "花括号不成对", "要显示花括号请写两个"),
        ('where: "present"', 'where: "presnt"', 4, "没有“presnt”这一列", "是否应为“present”"),
        ("over: member", "over: village", 4, "household 的指标不能汇总 village", "只能汇总下级的行，如户汇总 member"),
        ("aggregate: count", "aggregate: sum", 4, "sum 要写明 value", "请补上"),
        ("name: heads", "name: phone", 4, "“phone”已是一列", "请换一个名称"),
        ("id: INC-01", "id: inc01", 6, "“id”不能写作 inc01", "规则编号如 Q021 或 L990121-1；数值、名单编号用小写字母和下划线"),
        ("    severity: error", "    in_force: {from: 2022-01-01, to: 2021-01-01}\n    severity: error", 13, "起始日晚于截止日", "请核对 from 和 to"),
        ("    severity: error", "    in_force: {from: 2022-13-01}\n    severity: error", 13, "2022-13-01 不是日期", "请核对年月日"),
        ("    severity: error", "    in_force: {from: 二〇二二年}\n    severity: error", 13, "“from”不是日期：二〇二二年", "写作 2021-01-01"),
        ("    severity: error", "    replaces: INC-09\n    severity: error", 13, "要取代的规则 INC-09 不存在", "是否应为“INC-01”"),
        ("title: {zh: 收入低于监测线,", 'title: {zh: "",', 7, "“title”的中文或英文是空的", "请补上"),
    ],
)  # fmt: skip
def test_a_fault_of_a_rule_is_told_with_its_line(tmp_path, was, becomes, line, reason, proposal):
    assert RULES.count(was) == 1 or was == "    grain:"
    found = [
        (each.facts["line"], each.facts["reason"], each.facts["proposal"])
        for each in faults(tmp_path, rules=RULES.replace(was, becomes, 1))
        if "cases" not in str(each.facts["file"])
    ]
    assert (line, reason, proposal) in found


@pytest.mark.parametrize(
    ("was", "becomes", "line", "reason"),
    [
        ("from: 2023-01-01", "from: 2021-01-01", 9, "同一地区同一天（全国 2021-01-01）有两个值"),
        (
            "{value: 6000, ",
            "{value: 6000, to: 2023-06-01, ",
            7,
            "2021-01-01 起的值到 2023-06-01 才止，2023-01-01 却已有新值",
        ),
        ("value: 6000", "value: 六千", 8, "“value”不是数：六千"),
        ("value: 6000", "value: 99999999999", 8, "99999999999 太大，或小数多于四位"),
        ("type: amount", "type: whole\n    note: {zh: 甲, en: a}", None, None),
        ("value: 6000, from", "value: 6000.5, from", None, None),
        ("id: line", "id: as_of_ymd", 3, "“as_of_ymd”是筛查自带的日期，不能另定"),
    ],
)
def test_a_fault_of_a_figure_is_told_with_its_line(tmp_path, was, becomes, line, reason):
    found = [(f.facts["line"], f.facts["reason"]) for f in faults(tmp_path, figures=FIGURES.replace(was, becomes))]
    assert found == [] if reason is None else (line, reason) in found


def test_values_keep_to_the_type_of_their_figure(tmp_path):
    whole = FIGURES.replace("type: amount", "type: whole").replace("value: 6000", "value: 6000.5")
    assert told(tmp_path, figures=whole)[3] == "6000.5 不是整数"
    day = FIGURES.replace("type: amount", "type: day").replace("6000", "20200230").replace("7000", "20200101")
    assert next(f.facts["reason"] for f in faults(tmp_path / "b", figures=day)) == "20200230 不是日期"


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("{name: 甲, as_of: 2023-06-30, household: {income: 1}, expect: {INC-01: hit}}", "没有“income”这一列"),
        ("{name: 甲, as_of: 2023-06-30, household: {}, expect: {INC-02: hit}}", "没有规则 INC-02"),
        ("{name: 甲, as_of: 2023-06-30, household: {phone: 1}, expect: {INC-01: hit}}", "“phone”应是文字，现为 1"),
        ("{name: 甲, as_of: 2023-06-30, household: {members: [{relation: 1}]}, expect: {INC-01: hit}}", "“relation”应是文字，现为 1"),
        ("{name: 甲, as_of: 2023-06-30, household: {}, member: {}, expect: {INC-01: hit}}", "household、households、member 只能写一种"),
        ("{name: 甲, as_of: 2023-06-30, lists: {deaths: []}, expect: {INC-01: hit}}", "没有名单 deaths"),
        ("{name: 甲, as_of: 2023-06-30, expect: {INC-01: hits}}", "“INC-01”不能是 hits"),
    ],
)  # fmt: skip
def test_a_fault_of_a_case_is_told(tmp_path, case, reason):
    file, line, _rule, said, _proposal = told(tmp_path, cases=f"cases:\n  - {case}\n")
    assert (file, line, said) == ("income.cases.yaml", 2, reason)


def test_one_wrong_feature_is_one_fault_not_one_for_every_rule(tmp_path):
    wrong = RULES.replace('where: "present"', 'where: "presnt"').replace(
        "income_net_pc <", "heads > 1 AND income_net_pc <"
    )
    assert len(faults(tmp_path, rules=wrong)) == 1


def test_an_id_is_never_used_twice(tmp_path):
    again = RULES.split("features:")[0] + "rules:" + RULES.split("rules:")[1]
    assert told(tmp_path, rules__more=again)[2:4] == ("INC-01", "“INC-01”已在 income.yaml 里")


def test_features_that_rest_on_each_other_are_a_fault(tmp_path):
    circle = """
features:
  - {name: a, grain: household, aggregate: any, over: member, where: household.b, meaning: {zh: 甲, en: a}}
  - {name: b, grain: household, aggregate: any, over: member, where: household.a, meaning: {zh: 乙, en: b}}
"""
    found = faults(tmp_path, rules__circle=circle)
    assert [f.facts["reason"] for f in found] == ["指标绕成了圈：household.a → household.b → household.a"]


def test_a_file_that_is_no_text_or_too_much_of_it_is_told(tmp_path):
    policy = small.write(tmp_path, figures__line=FIGURES, rules__income=RULES)
    (policy / "china" / "rules" / "bad.yaml").write_bytes("规则".encode("gb18030"))
    (policy / "china" / "rules" / "empty.yaml").write_text("", encoding="utf-8")
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    (policy / "china" / "rules" / "bomb.yaml").write_text(bomb, encoding="utf-8")
    found = {Path(str(f.facts["file"])).name: f.facts["reason"] for f in loading.look(policy, small.SCHEMA)[1]}
    assert found == {
        "bad.yaml": "不是 UTF-8 编码的文字",
        "empty.yaml": "文件是空的",
        "bomb.yaml": "文件里的引用（&、*）展开后太大",
    }


def test_the_hash_is_that_of_the_content_and_not_of_its_spelling(tmp_path):
    made = book(tmp_path / "a")
    commented = book(tmp_path / "b", rules=RULES.replace("rules:", "# 说明\nrules:"))
    changed = book(tmp_path / "c", rules=RULES.replace("< $line", "<= $line"))
    figured = book(tmp_path / "d", figures=FIGURES.replace("7000", "7500"))
    assert made.sha256 == commented.sha256
    assert len({made.sha256, changed.sha256, figured.sha256}) == 3
