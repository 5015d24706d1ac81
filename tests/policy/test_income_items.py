"""The lines of the income ledger, and where they count as stable income."""

from datetime import date

import pytest

from bangfu.common.errors import PolicyFileWrong
from bangfu.common.policy import code_list, read_yaml, traditional
from bangfu.registry.income_items import (
    Ledger,
    counted_for,
    counted_items,
    item,
    item_code,
    items,
    label_of,
    ledger,
)
from bangfu.registry.models import IncomeItem

DAY = date(2019, 9, 30)
GUANGXI, GUIZHOU = "451025200201", "520321105201"


def test_every_kind_has_lines_and_production_has_the_same_classes_on_both_sides():
    kinds = {each.kind for each in items().values()}
    assert kinds == {entry.code for entry in code_list("income_kind").codes}
    income = {code.partition(".")[2] for code in items() if code.startswith("production.")}
    expense = {code.partition(".")[2] for code in items() if code.startswith("production_expense.")}
    assert income == expense == {"crops", "forestry", "livestock", "other"}


@pytest.mark.parametrize(
    ("code", "field"),
    [
        ("transfer.family_planning_award", "AAC076"),
        ("transfer.dibao", "AAC077"),
        ("transfer.tekun", "AAC086"),
        ("transfer.pension", "AAC087"),
        ("transfer.ecological_compensation", "AAC078"),
        ("transfer.other", "AAC083"),
    ],
)
def test_lines_of_the_national_form_name_its_field(code, field):
    assert item(code).field == field


def test_codes_fit_the_column_and_labels_lead_back_in_every_language():
    length = IncomeItem._meta.get_field("code").max_length
    for each in items().values():
        assert len(each.code) <= length
        for text in (each.code, each.label.zh, traditional(each.label.zh), each.label.en, *each.aliases):
            assert item_code(text) == each.code, text


def test_an_unknown_line_is_nothing_and_is_shown_as_it_is():
    assert item("wage.lottery") is None
    assert item_code("彩票") is None
    assert label_of("wage.lottery") == "wage.lottery"
    assert label_of("wage.migrant") == "外出务工收入"
    with pytest.raises(KeyError):
        counted_for("wage.lottery", GUIZHOU, DAY)


def test_everything_counts_where_no_region_says_otherwise():
    assert all(counted_items(GUIZHOU, DAY).values())
    assert set(counted_items(GUIZHOU, DAY)) == set(items())


@pytest.mark.parametrize(
    "code",
    [
        "transfer.education_aid", "transfer.medical_aid", "transfer.housing_aid", "transfer.production_award",
        "transfer.finance_subsidy", "transfer.social_security_once", "transfer.disability_allowance",
        "transfer.temporary_relief", "transfer.donation", "transfer.bereavement_pension",
        "transfer.short_term_subsidy",
    ],
)  # fmt: skip
def test_guangxi_keeps_some_lines_in_the_ledger_without_counting_them(code):
    assert not counted_for(code, GUANGXI, DAY)
    assert counted_for(code, GUIZHOU, DAY)


@pytest.mark.parametrize("code", ["wage.migrant", "transfer.dibao", "transfer.pension", "property.land_rent"])
def test_guangxi_counts_ordinary_income_like_everybody(code):
    assert counted_for(code, GUANGXI, DAY)


def test_a_rule_of_a_region_holds_from_its_first_day():
    assert counted_for("transfer.donation", GUANGXI, date(2017, 12, 31))
    assert not counted_for("transfer.donation", GUANGXI, date(2018, 1, 1))


TWO_REGIONS = """
source: {document: 样文}
items:
  - {code: transfer.gift, label: {zh: 礼金, en: Gift}, counted: false}
regions:
  - {prefix: "45", name: 省, source: {document: 省文}, counted: {transfer.gift: true}}
  - {prefix: "4501", name: 市, end: 2020-12-31, source: {document: 市文}, counted: {transfer.gift: false}}
"""


def test_the_nearest_region_decides_while_its_rule_is_in_force(tmp_path, monkeypatch):
    (tmp_path / "items.yaml").write_text(TWO_REGIONS, encoding="utf-8")
    own = read_yaml(tmp_path / "items.yaml", Ledger)
    monkeypatch.setattr("bangfu.registry.income_items.ledger", lambda: own)
    from bangfu.registry.income_items import _counted

    _counted.cache_clear()
    try:
        assert not counted_for("transfer.gift", "520000000000", DAY)
        assert counted_for("transfer.gift", "450200000000", DAY)
        assert not counted_for("transfer.gift", "450100000000", DAY)
        assert counted_for("transfer.gift", "450100000000", date(2021, 1, 1))
    finally:
        _counted.cache_clear()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (TWO_REGIONS.replace("code: transfer.gift", "code: lottery.gift"), "does not begin with a kind"),
        (TWO_REGIONS.replace("counted: {transfer.gift: true}", "counted: {transfer.gifts: true}"), "unknown items"),
        (
            TWO_REGIONS.replace("regions:", "  - {code: transfer.b, label: {zh: 礼 金, en: B}}\nregions:"),
            "stands for both",
        ),
        (TWO_REGIONS.replace("counted: false}\n", "counted: maybe}\n"), "items.0.counted"),
    ],
)
def test_a_wrong_file_of_lines_is_refused(tmp_path, wrong, reason):
    (tmp_path / "items.yaml").write_text(wrong, encoding="utf-8")
    with pytest.raises(PolicyFileWrong, match=reason):
        read_yaml(tmp_path / "items.yaml", Ledger)


def test_the_file_names_its_sources():
    assert ledger().source.checked_on is not None
    assert all(rule.source.document and rule.source.checked_on for rule in ledger().regions)
