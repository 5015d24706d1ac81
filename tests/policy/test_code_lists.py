"""The code lists of `policy/china/codes`: complete, sourced, clear in three languages, fitting their columns."""

from datetime import date

import pytest

from bangfu.common.policy import code_list, code_lists, traditional
from bangfu.registry import columns
from bangfu.registry.models import Household, IncomeYear, Member, MemberEvent, Paper

OTHERS = {"income_kind", "paper_kind", "member_increase", "member_decrease", "household_end"}
WANTED = {columns.CODE_LISTS.get(name, name) for name in columns.CODES | columns.SETS} | OTHERS


def test_every_coded_column_has_its_list():
    assert WANTED - set(code_lists()) == set()


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_list_names_its_source_and_when_it_was_compared_with_it(name):
    source = code_list(name).source
    assert source.document
    assert source.checked_on is not None


@pytest.mark.parametrize("name", sorted(WANTED))
def test_every_label_in_every_language_leads_back_to_its_code(name):
    listed = code_list(name)
    for entry in listed.codes:
        for text in (entry.code, entry.label.zh, traditional(entry.label.zh), entry.label.en, *entry.aliases):
            assert listed.code_of(text) == entry.code, text


@pytest.mark.parametrize("name", sorted(WANTED))
def test_labels_are_short_enough_for_a_form(name):
    for entry in code_list(name).codes:
        assert len(entry.label.zh) <= 16, entry.label.zh
        assert len(entry.label.en) <= 50, entry.label.en


def test_codes_fit_the_columns_that_hold_them():
    for table in columns.tables().values():
        for column in table.columns.values():
            if column.codes and column.kind is columns.Kind.CODE:
                assert all(len(entry.code) <= column.length for entry in code_list(column.codes).codes), column.name
    for model, field, name in (
        (Paper, "kind", "paper_kind"),
        (Household, "ended_reason", "household_end"),
        (MemberEvent, "kind", "member_increase"),
        (MemberEvent, "kind", "member_decrease"),
    ):
        length = model._meta.get_field(field).max_length
        assert all(len(entry.code) <= length for entry in code_list(name).codes), name


def test_a_set_of_codes_at_most_once_each_fits_its_column():
    codes = [entry.code for entry in code_list("health_status").codes]
    assert len(",".join(codes)) <= Member._meta.get_field("health_status").max_length


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("relation_to_head", [f"{n:02d}" for n in range(1, 28)] + ["99"]),
        ("poverty_cause", [f"{n:02d}" for n in range(1, 16)] + ["99"]),
        ("ethnicity", [f"{n:02d}" for n in range(1, 57)] + ["97", "98"]),
        ("political_status", [f"{n:02d}" for n in range(1, 14)]),
        ("identification_standard", ["1", "2", "3"]),
        ("sex", ["1", "2", "9"]),
        ("house_grade", ["A", "B", "C", "D"]),
        ("disability_category", list("1234567")),
        ("disability_grade", list("1234")),
    ],
)
def test_lists_with_codes_of_their_own_keep_them(name, codes):
    assert [entry.code for entry in code_list(name).codes] == codes


@pytest.mark.parametrize(
    ("code", "label", "sex"),
    [
        ("01", "户主", None),
        ("02", "配偶", None),
        ("06", "之女婿", "1"),
        ("05", "之儿媳", "2"),
        ("21", "之兄弟姐妹", None),
    ],
)
def test_a_relation_says_the_sex_where_it_implies_one(code, label, sex):
    entry = code_list("relation_to_head").get(code)
    assert entry.label.zh == label
    assert entry.attributes.get("sex") == sex


def test_every_relation_but_four_implies_a_sex():
    either = [entry.code for entry in code_list("relation_to_head").codes if "sex" not in entry.attributes]
    assert either == ["01", "02", "21", "99"]


def test_ethnic_groups_are_read_with_and_without_the_last_character():
    groups = code_list("ethnicity")
    assert groups.code_of("苗") == groups.code_of("苗族") == groups.code_of("Miao") == "06"
    assert groups.code_of("土") == "30" and groups.code_of("土家") == "15"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("monitor_category", "脱贫监测户", "01"),
        ("monitor_category", "边缘户", "02"),
        ("household_type", "建档立卡贫困户", "03"),
        ("household_class", "特困供养(五保)贫困户", "06"),
        ("poverty_status", "已脱贫(享受政策)", "1"),
        ("poverty_status", "脱贫不享受政策", "4"),
        ("student_status", "高中一年级", "07"),
        ("student_status", "初二", "05"),
        ("labor_capacity", "弱劳动力", "05"),
        ("relation_to_head", "长子", "03"),
        ("id_type", "身份证", "01"),
    ],
)
def test_names_used_in_older_forms_are_read(name, text, code):
    assert code_list(name).code_of(text) == code


@pytest.mark.parametrize(
    ("name", "code", "last", "next_day"),
    [
        ("household_type", "03", date(2020, 12, 31), date(2021, 1, 1)),
        ("household_class", "02", date(2015, 12, 31), date(2016, 1, 1)),
        ("education_level", "05", date(2018, 12, 31), date(2019, 1, 1)),
        ("student_status", "16", date(2018, 12, 31), date(2019, 1, 1)),
    ],
)
def test_a_code_that_went_out_of_use_is_offered_no_more_but_still_read(name, code, last, next_day):
    listed = code_list(name)
    assert code in dict(listed.choices(last))
    assert code not in dict(listed.choices(next_day))
    assert listed.label_of(code) != code


@pytest.mark.parametrize(
    "day", [date(2014, 6, 1), date(2017, 6, 1), date(2019, 6, 1), date(2021, 6, 1), date(2026, 11, 21)]
)
@pytest.mark.parametrize("name", sorted(WANTED))
def test_on_any_day_every_list_has_something_to_choose(name, day):
    assert code_list(name).choices(day)


def test_attributes_hold_for_every_entry_that_a_rule_asks():
    for entry in code_list("labor_capacity").codes:
        assert {"able", "full"} <= set(entry.attributes)
        assert entry.attributes["able"] or not entry.attributes["full"]
    for entry in code_list("student_status").codes:
        assert isinstance(entry.attributes["in_school"], bool)
        assert entry.attributes.get("compulsory", False) is (entry.attributes.get("stage") in ("primary", "junior"))
    for name, attribute in (
        ("household_type", "registered"),
        ("poverty_status", "poor"),
        ("house_grade", "safe"),
        ("dibao_status", "enjoys"),
        ("tekun_status", "enjoys"),
        ("disability_grade", "severe"),
        ("access_road_type", "hardened"),
    ):
        assert all(isinstance(entry.attributes[attribute], bool) for entry in code_list(name).codes), name


def test_the_sums_that_kinds_of_income_name_are_those_of_a_households_year():
    sums = {field.name for field in IncomeYear._meta.concrete_fields}
    for entry in code_list("income_kind").codes:
        assert entry.attributes["total"] in sums
        assert entry.attributes["sign"] == (-1 if "expense" in entry.code else 1)
