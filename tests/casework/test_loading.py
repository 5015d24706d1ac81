"""Procedure files: what holds where and when, and what is refused with file, line, step and a proposal."""

from datetime import date
from typing import Any

import pytest

from bangfu.casework import loading
from bangfu.casework.procedure_errors import ExitCheckUnknown, ProcedureUnknown, ProcedureWrong
from bangfu.casework.procedures import Procedure
from bangfu.common.policy import read_yaml
from bangfu.keeping.checks import policy_faults
from bangfu.rulebook.errors import PlaceUnknown
from tests.casework.files import EXIT, KNOWN, SMALL, read, written

DAY = date(2020, 9, 30)


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    loading.forget()


def only(faults: list[ProcedureWrong]) -> dict[str, Any]:
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0].facts


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_sound_file_is_read_as_it_is_written(tmp_path):
    shelf, faults = read(tmp_path)
    assert faults == []
    procedure = shelf.on(DAY)["small"].value
    assert [step.id for step in procedure.steps][:2] == ["visit", "meeting"]
    assert procedure.step("posting").posting is not None


# What is changed into what; a part of the reason, and of the proposal.
WRONG = [
    pytest.param(
        "kind: refuse}", "kind: refus}", "“kind”不能是 refus", "refuse", id="a kind of move that there is not"
    ),
    pytest.param("hands_in: true", "hand_in: true", "不认识“hand_in”", "hands_in", id="a misspelt key"),
    pytest.param("to: posting,", "to: postings,", "postings 不存在", "是否应为“posting”", id="a move to nowhere"),
    pytest.param("to: posting,", "to: meeting,", "通向它自己", "别的环节", id="a move to itself"),
    pytest.param("- id: sample", "- id: meeting", "“meeting”写了两次", "另起名称", id="two steps of one name"),
    pytest.param(
        "- {id: back, to: visit, label: {zh: 退回, en: Back}, kind: back}\n  - id: posting",
        "- {id: pass, to: visit, label: {zh: 退回, en: Back}, kind: back}\n  - id: posting",
        "“pass”写了两次",
        "另起名称",
        id="two moves of one name",
    ),
    pytest.param("id: form", "id: Form", "“id”不能写作 Form", "小写字母", id="a name in capitals"),
    pytest.param(
        "[county_office]", "[county_ofice]", "没有岗位 county_ofice", "是否应为“county_office”", id="no such role"
    ),
    pytest.param(
        "[county_office]",
        "[village_committee]",
        "village_committee 不设在第 3 级",
        "county_office",
        id="a role that is not held at that level",
    ),
    pytest.param(
        "roles: [village_committee]\n    questions",
        "roles: [helper]\n    questions",
        "没有办理案件的权限",
        "village_committee",
        id="a role without the right to act",
    ),
    pytest.param(
        "roles: [village_committee]\n    questions",
        "roles: []\n    questions",
        "没有写明由什么岗位办理",
        "roles",
        id="a step for nobody",
    ),
    pytest.param(
        "    sample: {share: {numerator: 5, denominator: 100}, minimum: 1}\n",
        "",
        "“sample”类的环节缺少 sample",
        "补上 sample",
        id="a sample without its share",
    ),
    pytest.param(
        "kind: decision", "kind: sample", "“sample”类的环节缺少 sample", "补上 sample", id="a block that lacks"
    ),
    pytest.param(
        "    checks: small_exit\n",
        "    checks: small_exits\n",
        "没有退出核查清单 small_exits",
        "是否应为“small_exit”",
        id="no such list of checks",
    ),
    pytest.param(
        "columns: [head_name, group]",
        "columns: [head_name, id_no]",
        "公示表没有“id_no”这一栏，也不许有",
        "head_name",
        id="a column that may never be posted",
    ),
    pytest.param(
        "columns: [head_name, group]",
        "columns: [head_name, head_name]",
        "“head_name”写了两次",
        "另起名称",
        id="a column twice",
    ),
    pytest.param(
        "columns: [head_name, group]", "columns: []", "公示表一栏也没有", "head_name", id="a list without columns"
    ),
    pytest.param(
        "en: Procedure}\n    moves",
        "en: Procedure}\n      photos: [far, selfie]\n    moves",
        "公示照片只有近景和远景",
        "near",
        id="a photo that is neither near nor far",
    ),
    pytest.param(
        "code_list: poverty_cause",
        "code_list: poverty_case",
        "没有代码表 poverty_case",
        "是否应为“poverty_cause”",
        id="no such code list",
    ),
    pytest.param(", code_list: poverty_cause", "", "必须写", "code_list", id="a code question without a list"),
    pytest.param(
        'must_be: "yes"', 'must_be: "perhaps"', "答案不可能是“perhaps”", "yes", id="an answer that cannot be given"
    ),
    pytest.param(
        'must_be: "yes"', 'must_be: "yes", required: false', "不能不答", "required", id="a needed answer that is free"
    ),
    pytest.param(
        "        choices: {fine: {zh: 好, en: Fine}, bad: {zh: 差, en: Bad}}\n",
        "",
        "choice 类的问题才写选项",
        "choices",
        id="a choice without choices",
    ),
    pytest.param(
        'must_be: "yes"}', "several: true}", "只有 code 类的问题可以多选", "several", id="several answers to yes or no"
    ),
    pytest.param(
        "effect: identify",
        "effect: village_exit",
        "结果 village_exit 与办理对象 household 不符",
        "watch",
        id="an effect of another subject",
    ),
    pytest.param(
        "effect: identify, granted: true",
        "effect: identify",
        "有结果的终点应写 granted",
        "granted",
        id="an effect that is not granted",
    ),
    pytest.param(
        "    kind: task\n",
        "    kind: task\n    granted: true\n",
        "只有终点才写结果",
        "移到终点",
        id="a result before the end",
    ),
    pytest.param(
        "kind: end}\n",
        "kind: end, questions: [{id: q, label: {zh: 问, en: Q}}]}\n",
        "终点不再有 questions",
        "删去",
        id="a question at the end",
    ),
    pytest.param(
        "rules: [EXI-01]\n  rule", "rules: [EXI-1]\n  rule", "规则库中没有 EXI-1", "是否应为“EXI-01”", id="no such rule"
    ),
    pytest.param(
        "stop_rules: [MON-11]", "stop_rules: [MON-1]", "规则库中没有 MON-1", "是否应为“MON-11”", id="no such stop"
    ),
    pytest.param(
        "rule_topics: [exit]", "rule_topics: [exits]", "没有规则类别 exits", "是否应为“exit”", id="no such topic"
    ),
    pytest.param(
        "round_of: [poor]", "round_of: [exited]", "“exited”不在可以开案的认定之内", "poor", id="a round of others"
    ),
    pytest.param(
        "channels: [application, round]", "channels: []", "没有写明案件从哪里来", "channels", id="no way to come"
    ),
    pytest.param(
        "since: meeting",
        "since: approval",
        "时限从 approval 起算，它不是前面的环节",
        "opened",
        id="a clock from itself",
    ),
    pytest.param(
        "since: opened", "since: sample", "时限从 sample 起算，它不是前面的环节", "opened", id="a clock from later on"
    ),
    pytest.param(
        "since: meeting", "since: meting", "时限从 meting 起算", "是否应为“meeting”", id="a clock from nowhere"
    ),
    pytest.param(
        "maximum: 15, to: approval",
        "maximum: 15, to: aproval",
        "终止环节 aproval 不存在",
        "是否应为“approval”",
        id="a whole time to nowhere",
    ),
    pytest.param(
        "maximum: 15, to: approval",
        "maximum: 15, to: identified",
        "或者是终点",
        "approval",
        id="a whole time to an end",
    ),
    pytest.param(
        "maximum: 15,", "maximum: 6,", "最快也要 7 天", "放宽全程时限", id="a whole time that nobody can keep"
    ),
    pytest.param(
        "{minimum: 7, since: meeting}",
        "{minimum: 7, maximum: 5, since: meeting}",
        "最短 7 天多于最长 5 天",
        "",
        id="more at least than at most",
    ),
    pytest.param(
        "{minimum: 7, since: meeting}", "{since: meeting}", "时限没有写天数", "", id="a clock that says nothing"
    ),
    pytest.param(
        "{minimum: 7, since: meeting}", "{minimum: -7, since: meeting}", "天数不能是负数", "", id="days below zero"
    ),
    pytest.param(
        "{minimum: 7, since: meeting}",
        "{maximum: 4, since: meeting}",
        "最快也要 5 天，超过 4 天",
        "公示天数",
        id="less time than the posting takes",
    ),
    pytest.param(
        "numerator: 2, denominator: 3", "numerator: 4, denominator: 3", "比例不能超过全体", "", id="more than all"
    ),
    pytest.param("days: 5", "days: 0", "“days”", "", id="no day of posting"),
    pytest.param("days: 5", "days: five", "“days”", "", id="days in words"),
    pytest.param('version: "1"', "version: 1", "“version”应是文字", "引号", id="a number for a text"),
    pytest.param("label: {zh: 小程序, en: Small}\n", "", "缺少“label”", "label", id="no label"),
    pytest.param("    level: 3\n", "", "不设在第 0 级", "", id="no level"),
    pytest.param(", hands_in: true", "", "批准之前没有提交", "hands_in", id="approval of what nobody handed in"),
    pytest.param(", approves: true", "", "不经批准就能走到“识别”", "approves", id="an effect that nobody approves"),
    pytest.param(
        "kind: refuse}",
        "kind: refuse, approves: true}",
        "只有通过类的动作才能提交或批准",
        "approves",
        id="a refusal that approves",
    ),
    pytest.param(
        "to: refused, label: {zh: 不符, en: Stop}, kind: refuse",
        "to: identified, label: {zh: 不符, en: Stop}, kind: refuse",
        "不能通向“同意”的终点",
        "未同意",
        id="a refusal that grants",
    ),
    pytest.param(
        "to: refused, label: {zh: 不符, en: Stop}, kind: refuse",
        "to: meeting, label: {zh: 不符, en: Stop}, kind: refuse",
        "应直接通向终点",
        "终点",
        id="a refusal that goes on",
    ),
    pytest.param(
        "to: visit, label: {zh: 退回, en: Back}, kind: back}\n  - {id: identified",
        "to: refused, label: {zh: 退回, en: Back}, kind: back}\n  - {id: identified",
        "退回不能通向终点",
        "前面的环节",
        id="a way back to the end",
    ),
    pytest.param(
        "to: visit, label: {zh: 退回, en: Back}, kind: back}\n  - id: posting",
        "to: approval, label: {zh: 退回, en: Back}, kind: back}\n  - id: posting",
        "不在这个环节之前",
        "visit",
        id="a way back that goes forward",
    ),
    pytest.param(
        "    moves:\n      - {id: pass, to: approval, label: {zh: 属实, en: Right}}\n",
        "",
        "到这里就走不下去了",
        "moves",
        id="a dead end",
    ),
    pytest.param(
        "{id: pass, to: approval, label: {zh: 属实, en: Right}}",
        "{id: pass, to: visit, label: {zh: 属实, en: Right}}",
        "绕成了圈",
        "kind: back",
        id="a circle",
    ),
    pytest.param(
        "{id: pass, to: posting, label: {zh: 通过, en: Pass}}",
        "{id: pass, to: sample, label: {zh: 通过, en: Pass}}",
        "走不到这里",
        "动作",
        id="a step that nothing leads to",
    ),
    pytest.param(
        "en: Valid}}\n      - {id: back, to: visit, label: {zh: 退回, en: Back}, kind: back}",
        "en: Valid}}",
        "公示有异议时没有退路",
        "退回",
        id="no way back from a posting",
    ),
]


@pytest.mark.req("B1")
@pytest.mark.parametrize(("old", "new", "reason", "proposal"), WRONG)
def test_a_wrong_file_is_refused_with_its_place_and_a_proposal(tmp_path, old, new, reason, proposal):
    assert old in SMALL
    _shelf, faults = read(tmp_path, SMALL.replace(old, new, 1))
    told = [fault for fault in faults if reason in fault.facts["reason"]]
    assert told, [str(fault) for fault in faults]
    assert proposal in told[0].facts["proposal"], told[0]
    assert told[0].facts["file"].endswith("small.yaml")
    with pytest.raises(ProcedureWrong):
        loading.load(written(tmp_path, {}) or [loading.Folder("", tmp_path / "china")], KNOWN)


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        (SMALL.replace("  roles: [village_committee]", "\troles: [village_committee]", 1), "制表符", 7),
        (SMALL.replace("id: small\n", "id: small\nid: other\n", 1), "“id”写了两次", 2),
        (SMALL.replace("opening:", "opening", 1), "不是正确的 YAML", 7),
        ("", "文件是空的", 1),
        ("- just\n- a list\n", "的写法不对", 1),
        ("just a word\n", "的写法不对", 1),
        ("id: &a [*a]\n", "", 1),
        (SMALL.replace("checked_on: 2026-11-22", "checked_on: 2026-02-30"), "不是日期", 5),
    ],
)
def test_what_is_no_procedure_at_all_is_refused_with_its_line(tmp_path, text, reason, line):
    _shelf, faults = read(tmp_path, text)
    assert reason in faults[0].facts["reason"]
    assert faults[0].facts["line"] == line


def test_what_is_no_text_is_refused(tmp_path):
    read(tmp_path)
    (tmp_path / "china" / "procedures" / "small.yaml").write_bytes(b"\xff\xfe\x00")
    _shelf, faults = loading.look([loading.Folder("", tmp_path / "china")], KNOWN)
    assert "UTF-8" in only(faults)["reason"]


def test_a_fault_names_the_line_and_the_step_where_it_stands(tmp_path):
    text = SMALL.replace("[county_office]", "[county_ofice]")
    facts = only(read(tmp_path, text)[1])
    assert (facts["line"], facts["where"]) == (line_of(text, "county_ofice"), "approval")


def test_several_faults_are_all_told(tmp_path):
    text = SMALL.replace("[county_office]", "[nobody]").replace("stop_rules: [MON-11]", "stop_rules: [X-1]")
    assert len(read(tmp_path, text)[1]) == 2


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("id: food", "id: income", "“income”写了两次"),
        ("answered_by: [visit], evidence", "evidence", "既没有规则也没有人回答"),
        ("rules: [EXI-01]", "rules: [EXI-99]", "规则库中没有 EXI-99"),
        ("answered_by: [visit], evidence", "answered_by: [neighbour], evidence", "“0”不能是 neighbour"),
        ("of: household", "of: village", "与办理对象 household 不符"),
        ('region: "51"', 'region: "5x"', "“region”不能写作 5x"),
    ],
)
def test_a_wrong_list_of_exit_checks_is_refused(tmp_path, old, new, reason):
    _shelf, faults = read(tmp_path, checks=EXIT.replace(old, new, 1))
    assert any(reason in fault.facts["reason"] for fault in faults), [str(f) for f in faults]


def test_a_place_may_not_ask_an_item_of_another_place(tmp_path):
    own = EXIT.replace('region: "51"', 'region: "45"')
    _shelf, faults = read(tmp_path, **{"51/exit_checks/small_exit.yaml": own})
    assert "地区 45 不在 51 之内" in only(faults)["reason"]


def test_items_are_asked_only_where_their_region_is(tmp_path):
    shelf, _faults = read(tmp_path)
    check = shelf.checks()["small_exit"].value
    assert [item.id for item in check.asked_in("510101").items] == ["income", "food", "tap"]
    assert [item.id for item in check.asked_in("45").items] == ["income", "food"]
    assert check.item("tap") is not None
    assert check.item("nothing") is None


# Several of one id


@pytest.mark.req("B1")
def test_the_nearest_place_says_how_it_goes_there(tmp_path):
    more = {
        "51/procedures/own.yaml": SMALL.replace("days: 5", "days: 6"),
        "510101/procedures/own.yaml": SMALL.replace("days: 5", "days: 7"),
    }
    shelf, faults = read(tmp_path, **more)
    assert faults == []
    kept = shelf.on(DAY)["small"]
    assert (kept.place, kept.value.step("posting").posting.days) == ("510101", 7)  # type: ignore[union-attr]


def test_where_the_nearer_one_is_not_in_force_the_wider_one_holds(tmp_path):
    own = SMALL.replace("opening:", "start: 2021-01-01\nopening:", 1).replace("days: 5", "days: 6")
    shelf, _faults = read(tmp_path, **{"51/procedures/own.yaml": own})
    assert shelf.on(date(2020, 12, 31))["small"].place == ""
    assert shelf.on(date(2021, 1, 1))["small"].place == "51"


def test_two_versions_of_a_folder_may_follow_each_other_but_not_overlap(tmp_path):
    until = SMALL.replace("opening:", "end: 2020-12-31\nopening:", 1)
    since = SMALL.replace("opening:", "start: 2021-01-01\nopening:", 1).replace('version: "1"', 'version: "2"')
    shelf, faults = read(tmp_path, until, **{"china/procedures/small_2021.yaml": since})
    assert faults == []
    assert [shelf.on(day)["small"].value.version for day in (DAY, date(2021, 6, 1))] == ["1", "2"]
    _shelf, faults = read(tmp_path, SMALL, **{"china/procedures/small_2021.yaml": since})
    assert "有效期重叠" in only(faults)["reason"]
    assert "small.yaml" in only(faults)["reason"]


def test_a_procedure_ends_on_the_day_it_says(tmp_path):
    shelf, _faults = read(tmp_path, SMALL.replace("opening:", "end: 2020-12-31\nopening:", 1))
    assert "small" in shelf.on(date(2020, 12, 31))
    assert "small" not in shelf.on(date(2021, 1, 1))


def test_a_period_that_ends_before_it_begins_is_refused(tmp_path):
    text = SMALL.replace("opening:", "start: 2021-01-01\nend: 2020-12-31\nopening:", 1)
    assert "起始日晚于截止日" in only(read(tmp_path, text)[1])["reason"]


# Those of the program


def test_the_files_of_the_program_and_of_its_places_are_sound():
    _shelf, faults = loading.look_everywhere()
    assert [str(fault) for fault in faults] == []


@pytest.mark.req("B1", "B3", "B6", "B7", "F4")
def test_the_program_ships_the_procedures_of_the_field():
    assert set(loading.procedures("97", DAY)) >= {
        "identification",
        "identification_two_postings",
        "recheck_round",
        "return_to_poverty",
        "household_exit",
        "village_exit",
        "monitoring_entry",
        "risk_removal",
        "natural_removal",
        "dibao_linkage",
    }


def test_a_county_has_its_own_days():
    def days(place: str) -> int:
        posting = loading.procedure("monitoring_entry", place, DAY).step("village_posting").posting
        assert posting is not None
        return posting.days

    assert (days("970101"), days("990121"), days("990121200201"), days("990122")) == (5, 7, 7, 5)


def test_what_a_county_approved_in_the_program_comes_before_what_the_program_brings(settings):
    own = settings.HOME / "policy" / "places" / "990121" / "procedures"
    text = (loading.rulebook.policy() / "places" / "990121" / "procedures" / "monitoring_entry.yaml").read_text("utf-8")
    (own.parent / "place.yaml").parent.mkdir(parents=True)
    (own.parent / "place.yaml").write_text('code: "990121"\nlabel: {zh: 云岭县, en: Yunling}\n', "utf-8")
    own.mkdir()
    (own / "monitoring_entry.yaml").write_text(text.replace("days: 7", "days: 9"), "utf-8")
    found = loading.procedure("monitoring_entry", "990121", DAY).step("village_posting").posting
    assert found is not None
    assert found.days == 9


def test_files_are_read_again_when_one_changes(settings, monkeypatch):
    own = settings.HOME / "policy" / "places" / "977001"
    (own / "procedures").mkdir(parents=True)
    (own / "place.yaml").write_text('code: "977001"\nlabel: {zh: 新县, en: New}\n', "utf-8")
    first = loading.procedures("977001", DAY)
    asked = []
    monkeypatch.setattr(loading, "load", lambda *given, real=loading.load: asked.append(given) or real(*given))
    assert loading.procedures("977001", DAY) == first
    assert asked == []
    file = own / "procedures" / "small.yaml"
    file.write_text(SMALL.replace("    checks: small_exit\n", ""), "utf-8")
    assert "small" in loading.procedures("977001", DAY)
    file.unlink()
    assert "small" not in loading.procedures("977001", DAY)
    assert len(asked) == 2


def test_a_file_that_goes_wrong_in_the_home_is_told_by_the_check_of_the_house(settings):
    own = settings.HOME / "policy" / "places" / "977001"
    (own / "procedures").mkdir(parents=True)
    (own / "place.yaml").write_text('code: "977001"\nlabel: {zh: 新县, en: New}\n', "utf-8")
    (own / "procedures" / "small.yaml").write_text(SMALL.replace("to: posting,", "to: nowhere,"), "utf-8")
    with pytest.raises(ProcedureWrong) as caught:
        loading.procedures("977001", DAY)
    assert caught.value.code == "CAS-201"
    assert any("nowhere 不存在" in fault for fault in policy_faults())
    assert "small" not in loading.procedures("977002", DAY)


def test_a_procedure_that_there_is_not_is_said():
    with pytest.raises(ProcedureUnknown):
        loading.procedure("identificaton", "990121")
    with pytest.raises(ExitCheckUnknown):
        loading.exit_check("household", "990121")
    with pytest.raises(PlaceUnknown):
        loading.procedures("云岭")


def test_exit_checks_hold_by_place():
    def items(place: str) -> set[str]:
        return {item.id for item in loading.exit_check("household_exit", place).items}

    assert items("51") - items("97") == {"power_and_tv"}
    assert items("520000000000") - items("97") == {"renovated_area"}
    assert items("97") >= {
        "income",
        "food",
        "clothing",
        "education",
        "medical",
        "housing",
        "water",
        "measures",
        "consent",
    }


def test_the_mark_of_a_procedure_changes_with_its_content_alone():
    file = loading.rulebook.policy() / "china" / "procedures" / "identification.yaml"
    one, other = (read_yaml(file, Procedure) for _ in range(2))
    assert loading.version_of(one) == loading.version_of(other)
    assert loading.version_of(one) != loading.version_of(one.model_copy(update={"version": "2"}))
    assert loading.check(one) == []


def test_reading_is_kept_within_bounds():
    for number in range(loading.MOST_KEPT + 4):
        loading.procedures(f"97{number:04d}", DAY)
    assert len(loading._kept) <= loading.MOST_KEPT


def test_unknown_keys_are_proposed_from_the_words_of_procedures(tmp_path):
    facts = only(read(tmp_path, SMALL.replace("recognised: [none, poor]", "recognized: [none, poor]"))[1])
    assert facts["proposal"] == "是否应为“recognised”"
