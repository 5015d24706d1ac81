"""What holds on a day in a place: figures by region and time, overlays that add, replace and end."""
# ruff: noqa: E501 (tables are read line by line)

from collections import deque
from datetime import date
from decimal import Decimal

import pytest

from bangfu.rulebook import loading, yamls
from bangfu.rulebook.errors import FigureUnknown, RuleUnknown
from bangfu.rulebook.expressions import Checker
from tests.rulebook import small
from tests.rulebook.test_loading import FIGURES, RULES, book, told

REGIONAL = (
    FIGURES
    + "      - {value: 7300, from: 2023-06-01, region: '52', source: {document: 丙}}\n"
    + ("      - {value: 7500, from: 2023-07-01, to: 2023-12-31, region: '520303', source: {document: 丁}}\n")
)
PLACE = "code: '{code}'\nlabel: {{zh: 某县, en: A county}}\n"
OWN_RULE = (
    RULES.split("features:")[0]
    + "rules:"
    + RULES.split("rules:")[1]
    .replace("INC-01", "L5203-1")
    .replace("evidence: [income_net_pc, heads]", "evidence: [income_net_pc]\n    replaces: INC-01")
    .replace("< $line", "< $line AND dangerous_house")
)


@pytest.fixture(autouse=True)
def _codes(monkeypatch):
    monkeypatch.setattr(loading, "code_lists", lambda: small.CODES)


def place(code: str, more: str = "") -> str:
    return PLACE.format(code=code) + more


@pytest.mark.parametrize(
    ("code", "day", "value"),
    [
        ("", date(2021, 1, 1), 6000),
        ("", date(2022, 12, 31), 6000),
        ("", date(2023, 1, 1), 7000),
        ("530000000000", date(2023, 8, 1), 7000),
        ("520101001001", date(2023, 5, 31), 7000),
        ("520101001001", date(2023, 6, 1), 7300),
        ("520303001001", date(2023, 6, 30), 7300),
        ("520303001001", date(2023, 7, 1), 7500),
        ("520303001001", date(2023, 12, 31), 7500),
        ("520303001001", date(2024, 1, 1), 7300),  # the county's own has ended: the province's holds
    ],
)
def test_a_figure_is_that_of_the_smallest_region_with_a_value_on_the_day(tmp_path, code, day, value):
    assert book(tmp_path, figures=REGIONAL).figure("line", code, day) == Decimal(value)


def test_a_figure_that_nobody_has_said_is_an_error_that_names_figure_place_and_day(tmp_path):
    with pytest.raises(FigureUnknown) as unknown:
        book(tmp_path).figure("line", "520303", date(2020, 12, 31))
    assert unknown.value.message.startswith("缺少政策数值“监测线”（line）：没有适用于 520303、2020-12-31 的值。")


def test_a_value_that_has_ended_leaves_a_gap_and_not_the_value_before_it(tmp_path):
    figures = FIGURES.replace("{value: 7000, from: 2023-01-01,", "{value: 7000, from: 2023-01-01, to: 2023-06-30,")
    made = book(tmp_path, figures=figures)
    assert made.value_in_force("line", "", date(2023, 7, 1)) is None


@pytest.mark.req("B2")
def test_an_overlay_adds_a_value_and_replaces_a_rule_in_its_place_alone(tmp_path):
    own = FIGURES.replace("6000, from: 2021-01-01", "8000, from: 2023-01-01").split("      - {value: 7000")[0]
    made = book(tmp_path, at_5203__place=place("5203"), at_5203__figures=own, at_5203__rules=OWN_RULE)
    day = date(2023, 6, 1)
    assert made.figure("line", "520303001001", day) == 8000
    assert made.figure("line", "520400001001", day) == 7000
    assert [rule.id for rule in made.in_force(day, "520303")] == ["L5203-1"]
    assert [rule.id for rule in made.in_force(day, "5204")] == ["INC-01"]
    assert [rule.id for rule in made.in_force(day)] == ["INC-01"]
    assert made.regions == {"5203"}
    told = made.differences("520303")
    assert [(d.subject, d.region) for d in told] == [("line", "5203"), ("L5203-1", "5203")]
    assert told[1].replaced is made.rules["INC-01"]
    assert made.differences("5204") == ()


def test_with_a_draft_only_what_it_says_itself_is_read_and_checked(tmp_path, monkeypatch):
    """Whoever saves a draft waits for that draft, not for the whole nation's book once more."""
    monkeypatch.setattr(loading, "_former", deque(maxlen=4))
    before = book(tmp_path)
    checked, parsed = [], []
    check, loader = Checker._check, yamls._Loader
    monkeypatch.setattr(Checker, "_check", lambda self, sql, *more: checked.append(sql) or check(self, sql, *more))
    monkeypatch.setattr(yamls, "_Loader", lambda text: parsed.append(text) or loader(text))
    made = book(tmp_path, at_5203__place=place("5203"), at_5203__rules=OWN_RULE)
    assert len(parsed) == 2
    assert [sql for sql in checked if "dangerous_house" not in sql] == []
    assert checked
    assert made.sha256 != before.sha256


def test_a_file_that_was_changed_since_is_read_anew(tmp_path):
    day = date(2023, 6, 1)
    assert book(tmp_path).figure("line", "", day) == 7000
    assert book(tmp_path, figures=FIGURES.replace("7000", "7001")).figure("line", "", day) == 7001


def test_an_overlay_ends_a_figure_and_a_rule_from_a_day_on(tmp_path):
    ended = "ended:\n" + "".join(
        f"  - {{id: {id}, on: 2023-06-01, source: {{document: 某县文件}}}}\n" for id in ("line", "INC-01")
    )
    made = book(tmp_path, at_5203__place=place("5203", ended))
    assert made.figure("line", "5203", date(2023, 5, 31)) == 7000
    assert made.value_in_force("line", "520303", date(2023, 6, 1)) is None
    assert made.value_in_force("line", "5204", date(2023, 6, 1)) is not None
    assert made.in_force(date(2023, 6, 1), "520303") == ()
    assert len(made.in_force(date(2023, 5, 31), "520303")) == 1
    assert [d.ending.on for d in made.differences("5203") if d.ending] == [date(2023, 6, 1)] * 2


def test_an_overlay_stands_on_that_of_another_place(tmp_path):
    """A county newly split off keeps the figures of the one it came from."""
    own = FIGURES.replace("6000, from: 2021-01-01", "8000, from: 2023-01-01").split("      - {value: 7000")[0]
    made = book(
        tmp_path,
        at_520303__place=place("520303"),
        at_520303__figures=own,
        at_520304__place=place("520304", "extends: '520303'\n"),
    )
    assert made.figure("line", "520304001001", date(2023, 6, 1)) == 8000
    assert made.figure("line", "520305001001", date(2023, 6, 1)) == 7000


def test_overlays_that_stand_on_each_other_are_a_fault(tmp_path):
    file, line, _rule, reason, _proposal = told(
        tmp_path,
        at_520303__place=place("520303", "extends: '520304'\n"),
        at_520304__place=place("520304", "extends: '520303'\n"),
    )
    assert (file, line) == ("place.yaml", 3)
    assert reason == "本地文件绕成了圈：520303 → 520304 → 520303"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"place": place("5204")}, "文件夹叫“5203”，代码却是 5204"),
        ({"place": place("5203", "extends: '5299'\n")}, "没有 5299 的本地文件"),
        ({"place": place("5203"), "rules": OWN_RULE.replace("    grain:", "    region: '53'\n    grain:")}, "地区 53 不在 5203 之内"),
        ({"place": place("5203"), "rules": OWN_RULE.replace("L5203-1", "INC-01").replace("\n    replaces: INC-01", "")}, "“INC-01”已在 income.yaml 里"),
        ({"place": place("5203"), "rules": OWN_RULE.replace("replaces: INC-01", "replaces: INC-99")}, "要取代的规则 INC-99 不存在"),
        ({"place": place("5203"), "figures": FIGURES.replace("type: amount", "type: whole")}, "“line”的类型或单位与 line.yaml 里的不同"),
        ({"place": place("5203", "ended:\n  - {id: INC-99, on: 2023-06-01, source: {document: 甲}}\n")}, "没有名为 INC-99 的规则或数值"),
    ],
)  # fmt: skip
def test_a_fault_of_an_overlay_is_told(tmp_path, files, reason):
    assert told(tmp_path, **{f"at_5203__{name}": text for name, text in files.items()})[3] == reason


def test_rules_that_replace_each_other_are_a_fault(tmp_path):
    circle = OWN_RULE + "  - " + OWN_RULE.split("  - ")[1].replace("L5203-1", "L5203-2").replace("INC-01", "L5203-1")
    circle = circle.replace("replaces: INC-01", "replaces: L5203-2", 1)
    from tests.rulebook.test_loading import faults

    found = faults(tmp_path, at_5203__place=place("5203"), at_5203__rules=circle)
    assert any(f.facts["reason"].startswith("规则互相取代：") for f in found)


def test_a_rule_that_is_none_is_said_to_be_none(tmp_path):
    with pytest.raises(RuleUnknown):
        book(tmp_path).expression("Q999")
