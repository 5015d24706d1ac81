"""Files of duties: what they may say, and how a wrong one is refused."""

from datetime import date

import pytest
import yaml

from bangfu.common.errors import PolicyFileWrong
from bangfu.plans.duties import loading as duty_loading
from bangfu.plans.duties.periods import period_of
from bangfu.plans.duties.shapes import RECORDED, Terms
from bangfu.plans.duties.words import often_label, period_label, what_label

GOOD = {
    "id": "look_in", "title": {"zh": "看望", "en": "Look in"}, "what": "visit", "who": {"ranks": ["clerk"]},
    "often": {"at_least": 1, "every": "month", "counted": "days"}, "source": {"document": "某县方案"},
}  # fmt: skip
RECORD = {**GOOD, "what": "report", "who": {"unit_levels": ["04"]}, "often": {**GOOD["often"], "counted": "items"}}


def loaded(tmp_path, *duties, code="", **more):
    folder = tmp_path / (code or "china")
    folder.mkdir(exist_ok=True)
    text = yaml.safe_dump({"label": {"zh": "甲", "en": "a"}, "duties": list(duties), **more}, allow_unicode=True)
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    return duty_loading.load([("", tmp_path / "china"), (code, folder)] if code else [("", folder)])


@pytest.mark.parametrize(
    "fault",
    [
        {"who": {}},
        {"who": {"ranks": ["clerk"], "teams": True}},
        {"who": {"ranks": ["emperor"]}},
        {"who": {"roles": ["emperor"]}},
        {"who": {"ranks": ["clerk"], "named": ["局"]}},
        {"who": {"teams": True}},
        {"what": "picnic"},
        {"what": "meeting"},
        {"often": {"at_least": 0, "every": "month", "counted": "days"}},
        {"often": {"at_least": 1, "every": "fortnight", "counted": "days"}},
        {"often": {"at_least": 1, "every": "month", "counted": "items"}},
        {"who": {"unit_levels": ["04"]}, "often": {**GOOD["often"], "counted": "each_household"}},
        {"who": {"unit_levels": ["04"]}, "often": {**GOOD["often"], "counted": "households"}},
        {"who": {"unit_levels": ["04"]}, "what": "village_day"},
        {"who": {"unit_levels": ["99"]}},
        {"evidence": [{"id": "photo", "label": {"zh": "照片", "en": "Photo"}}]},
        {"handed_in_days": 5},
        {"named_after": 0},
        {"region": "guizhou"},
        {"source": None},
        {"how_often": 3},
    ],
)
def test_a_duty_that_means_nothing_is_refused(tmp_path, fault):
    with pytest.raises(PolicyFileWrong):
        loaded(tmp_path, {**GOOD, **fault})


def test_a_record_is_a_duty_of_units_and_teams_and_names_each_paper_once(tmp_path):
    assert loaded(tmp_path, RECORD).nation["look_in"][0].recorded
    photo = {"id": "photo", "label": {"zh": "照片", "en": "Photo"}}
    for fault in ({"who": {"ranks": ["clerk"]}}, {"evidence": [photo, photo]}):
        with pytest.raises(PolicyFileWrong):
            loaded(tmp_path, {**RECORD, **fault})


def test_a_new_year_is_a_new_entry_and_periods_that_overlap_are_refused(tmp_path):
    until = {**GOOD, "in_force": {"to": date(2025, 12, 31)}}
    since = {**GOOD, "often": {**GOOD["often"], "at_least": 2}, "in_force": {"from": date(2026, 1, 1)}}
    shelf = loaded(tmp_path, until, since)
    assert shelf.on([], date(2025, 12, 31))["look_in"].often.at_least == 1
    assert shelf.on([], date(2026, 1, 1))["look_in"].often.at_least == 2
    assert shelf.everywhere()["look_in"].often.at_least == 2
    with pytest.raises(PolicyFileWrong, match="look_in"):
        loaded(tmp_path, GOOD, since)


def test_a_region_holds_inside_it_only_and_a_place_says_nothing_about_elsewhere(tmp_path):
    shelf = loaded(tmp_path, {**GOOD, "region": "52"})
    assert shelf.on([], date(2026, 1, 1)) == {}
    assert "look_in" in shelf.on(["52"], date(2026, 1, 1))
    loaded(tmp_path, GOOD)
    with pytest.raises(PolicyFileWrong):
        loaded(tmp_path, {**GOOD, "region": "53"}, code="52")
    with pytest.raises(PolicyFileWrong, match="absent"):
        loaded(tmp_path, code="52", takes_up=["absent"])
    with pytest.raises(PolicyFileWrong):
        loaded(tmp_path, code="52", takes_up=["look_in"], drops=["look_in"])
    with pytest.raises(PolicyFileWrong):
        loaded(tmp_path, GOOD, takes_up=["look_in"])


def test_levels_are_told_one_after_the_other():
    wrong = {"source": {"document": "x"}, "due_soon_days": 1, "listed_days": 9}
    for rises in ([[4, 5], [3, 2]], [[4, 5], [4, 6]]):
        with pytest.raises(ValueError, match="level"):
            Terms.model_validate({**wrong, "rises": [{"level": a, "after_days": b} for a, b in rises]})
    told = Terms.model_validate({**wrong, "rises": [{"level": 4, "after_days": 3}, {"level": 2, "after_days": 30}]})
    assert [told.rises_after(level) for level in (5, 4, 3, 2, 1)] == [0, 3, 3, 30, 30]


@pytest.mark.req("C3")
@pytest.mark.req("F6")
def test_the_rhythms_of_the_documents_are_all_there():
    asked = {(d.what.value, d.often.at_least, d.often.every.value, d.often.counted.value) for d in duty_loading.shelf()}
    assert {
        ("visit", 3, "month", "days"), ("village_day", 1, "month", "days"), ("village_day", 2, "month", "days"),
        ("visit", 1, "two_months", "each_household"), ("visit", 1, "month", "each_household"),
        ("village_day", 2, "quarter", "days"), ("village_day", 20, "month", "days"),
        ("meeting", 1, "two_months", "items"), ("meeting", 1, "quarter", "items"), ("study", 2, "year", "items"),
        ("inspection", 1, "week", "items"), ("meeting", 1, "half_month", "items"),
        ("inspection", 1, "month", "items"), ("inspection", 1, "two_months", "items"),
        ("inspection", 1, "quarter", "items"), ("report", 1, "month", "items"), ("news", 4, "month", "items"),
        ("news", 2, "month", "items"), ("news", 3, "month", "items"), ("news", 2, "week", "items"),
    } <= asked  # fmt: skip


def test_every_duty_of_the_files_can_be_said_in_words():
    for duty in duty_loading.shelf():
        assert what_label(duty.what) and often_label(duty)
        assert period_label(period_of(duty.often.every, date(2026, 11, 22)))
        assert duty.recorded == (duty.what in RECORDED)
        assert duty.source.checked_on is not None
