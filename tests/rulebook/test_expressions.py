"""What a condition may say, how it is refused, and what becomes of it in SQL."""
# ruff: noqa: E501 (tables are read line by line)

from datetime import date
from decimal import Decimal
from itertools import product

import duckdb
import pytest
from sqlglot import parse_one

from bangfu.common.facts import FactColumn, FactKind, FactTable, Schema
from bangfu.rulebook.errors import ConditionWrong, FigureOutOfRange
from bangfu.rulebook.expressions import Checker, both
from bangfu.rulebook.models import Feature
from bangfu.rulebook.nulls import may_be_null
from tests.rulebook import small

CHECKER = small.checker()


def sql(text: str, grain: str = "member", dialect: str = "duckdb") -> str:
    return CHECKER.check(text, grain).sql(dialect, bind=small.BIND)


def refusal(text: str, grain: str = "member", want: str = "flag") -> ConditionWrong:
    with pytest.raises(ConditionWrong) as refused:
        CHECKER.check(text, grain, want=want)
    return refused.value


def value(expression: str, **columns: object) -> object:
    """What an expression over `member` comes to; columns not given are NULL."""
    types = {c.name: small.sql_type(c.kind) for c in small.SCHEMA.table("member").columns if not c.computed}
    given = ", ".join(f"$v_{name}::{type} AS {name}" for name, type in types.items())
    row = {f"v_{name}": columns.get(name) for name in types}
    return duckdb.execute(f"SELECT {expression} FROM (SELECT {given}) member", row).fetchall()[0][0]


def test_a_column_that_does_not_exist_is_refused_with_the_one_that_was_meant():
    told = refusal("income_pc < 7000", "household")
    assert told.reason == "没有“income_pc”这一列"
    assert told.proposal == "是否应为“income_net_pc”"
    assert told.message == "条件写得不对：没有“income_pc”这一列。是否应为“income_net_pc”。"


@pytest.mark.parametrize(
    ("text", "reason", "proposal"),
    [
        ("heads > 1", "没有“heads”这一列", "是否应为“household.heads”"),
        ("household.dangerous > 1", "没有“household.dangerous”这一列", "是否应为“household.dangerous_house”"),
        ("Age > 16", "“Age”不是列名", "列名只用小写字母、数字和下划线"),
        ("age > $age_lo", "没有政策数值“$age_lo”", "是否应为“age_low”"),
        ("lenght(name) = 2", "不能用函数“lenght”", "是否应为“length”"),
        ("age < '16'", "“age”是整数，“'16'”是文字，不能比较", "文字用单引号，数不用引号，是非写 IS TRUE 或 IS FALSE"),
        ("age", "“age”应是是非，现为整数", "请写成比较，如 age = …"),
        ("relation = '1'", "“1”不是“与户主关系”的代码", "是否应为 '01'（户主）"),
        ("relation = '妻子'", "“妻子”不是“与户主关系”的代码", "是否应为 '02'（配偶）"),
        ("relation IN ('01', '09')", "“09”不是“与户主关系”的代码", "可用的代码：01 户主、02 配偶"),
        ("contains(illnesses, '99')", "“99”不是“健康状况”的代码", "可用的代码：03 大病"),
        ("CASE relation WHEN '77' THEN TRUE END", "“77”不是“与户主关系”的代码", "可用的代码：01 户主、02 配偶"),
        ("coalesce(relation, '88') = '01'", "“88”不是“与户主关系”的代码", "可用的代码：01 户主、02 配偶"),
        ("age = NULL", "与 NULL 比较永远没有结果", "请写 IS NULL 或 IS NOT NULL"),
        ("birth_ymd < 16", "“birth_ymd”是日期，不能与 16 比较", "日期写作八位数，如 20200930；年龄用 age 或 years_between"),
        ("wage / months > 3", "条件里不用除法 /", "请改写为乘法，如 收入 < 线 * 人数；整数可用 //"),
        ("name LIKE '张%'", "不能用 LIKE", "请用 starts_with、contains 或 regexp_matches"),
        ("name::INTEGER = 1", "条件里不能转换类型（::）", "请用类型相符的列"),
        ('"age" > 1', "双引号里的“age”", "列名不加引号；文字用单引号 'age'"),
        ("age ＞ 16", "“＞”是全角字符", "请改为半角“>”"),
        ("age > 16; DROP TABLE member", "条件里有分号", "请只写一个条件，去掉分号"),
        ("age > 16 -- 成年", "条件里有注释", "说明请写在规则的 note 里"),
        ("age > (SELECT 1)", "条件里不能查询（SELECT）", "要汇总其他行，请写成指标（features）"),
        ("household_id > 3", "“household_id”是编号，“3”是整数，不能比较", "文字用单引号，数不用引号，是非写 IS TRUE 或 IS FALSE"),
        ("(age = 1) > disabled", "是非“(age = 1)”没有大小", "只能用 = 或 <>"),
        ("age // months > 1", "// 和 % 的右边应是写明的正整数", "请改写为乘法"),
        ("months_between(age, birth_ymd) > 1", "months_between 要的是日期，“age”不是", None),
        ("age IN (months, 2)", "IN 的括号里只能写具体的值", "与列或政策数值比较请用 = 和 OR"),
        ("birth_ymd > age", "“birth_ymd”是日期，“age”是整数，不能比较", None),
        ("birth_ymd + joined_ymd > 1", "两个日期“birth_ymd”“joined_ymd”不能相加或相乘", None),
        ("disabled = NOT present", "“NOT present”与比较连在一起，先后不清", "请用括号分开"),
        ("substr(name, 0, 2) = 'a'", "substr 的起点和长度应是从1起的整数", "写作 substr(列, 1, 6)"),
        ("age BETWEEN symmetric 1 AND 9", "不能用“(age BETWEEN 1 AND 9 OR age BETWEEN 9 AND 1)”（symmetric）", None),
        ("main.member.age > 1", "不能用“main.member.age”（db）", None),
        ("", "条件是空的", "请写一个条件"),
        ("(" * 30 + "disabled" + ")" * 30, "条件的括号或函数套得太深", None),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_a_way_out(text, reason, proposal):
    told = refusal(text)
    assert reason is None or told.reason == reason
    assert proposal is None or told.proposal == proposal
    assert told.proposal


def test_a_condition_knows_what_it_needs():
    checked = CHECKER.check("age < $age_low AND household.heads > 1 AND village.people > 0", "member")
    assert checked.columns == {("member", "birth_ymd"), ("village", "people")}
    assert checked.named == {("member", "age"), ("household", "heads"), ("village", "people")}
    assert checked.features == {("household", "heads")}
    assert checked.figures == {"age_low"} and checked.days == {"as_of_ymd"}


def test_rows_below_are_not_to_be_had_from_a_household():
    assert refusal("member.age > 1", "household").reason == "没有“member.age”这一列"
    assert "一列" in refusal("start_ymd > 20200101", "member").reason


def test_computed_columns_and_macros_are_written_out():
    assert sql("age < 16") == "((20200930 - member.birth_ymd) // 10000) < 16"
    assert sql("years_between(birth_ymd, $as_of_ymd) < 16") == "((20200930 - member.birth_ymd) // 10000) < 16"


def test_the_same_condition_is_written_for_spark():
    assert sql("age < 16", dialect="spark") == "((20200930 - member.birth_ymd) DIV 10000) < 16"
    assert sql("regexp_matches(name, '^[0-9]{2}$')", dialect="spark") == r"member.name RLIKE '^[0-9]{2}\\z'"
    assert sql("name = '欧''阳'", dialect="spark") == r"member.name = '欧\'阳'"


def test_figures_are_bound_as_numbers_and_never_as_text():
    checked = CHECKER.check("household.income_net_pc < $line", "member")
    assert checked.sql(bind={"line": Decimal("7000.50")}).endswith("< CAST(7000.50 AS DECIMAL(14, 4))")
    assert checked.sql(bind={"line": -5}).endswith("< CAST((-5) AS DECIMAL(14, 4))")
    assert checked.sql().endswith("< CAST($line AS DECIMAL(14, 4))")
    for wrong in (Decimal("1e10"), Decimal("NaN"), Decimal("0.00001"), Decimal("Infinity"), "7000", "1; DROP", 1.5):
        with pytest.raises(FigureOutOfRange):
            checked.sql(bind={"line": wrong})
    with pytest.raises(KeyError):
        checked.sql(bind={})


def test_names_may_be_given_as_they_stand_in_a_query():
    checked = CHECKER.check("disabled AND household.heads > 1", "member")
    assert checked.sql(names=lambda table, name: f"{table[0]}.{name}") == "m.disabled AND h.heads > 1"
    assert checked.sql(names=lambda table, name: name) == "disabled AND heads > 1"
    with pytest.raises(ValueError, match="not a name"):
        checked.sql(names=lambda table, name: "x; DROP TABLE member")


@pytest.mark.parametrize(
    "text",
    [
        "months + 1 > 0",
        "-months > 0",
        "abs(months) > 0",
        "months * $age_low > 0",
        "months * months > 0",
        "wage * wage > 0",
        "wage * months > 0",
        "wage * 100 > household.income_net_pc * 50",
        "household.members_count * $line > wage",
        "household.income_net_pc * household.members_count + wage * 12 > $line * household.members_count",
        "birth_ymd + $age_low * 10000 > $as_of_ymd",
        "2147483647 + 1 > months",
        "coalesce(wage * wage, $line) > least(months * months, 3)",
        "CASE WHEN disabled THEN wage * 1.5 ELSE months END > 2",
        "abs(wage - household.income_net_pc) * 3 >= 0.0001",
    ],
)
def test_no_value_in_a_snapshot_can_stop_a_screening(text):
    from tests.rulebook.hostile import Judge

    Judge(CHECKER).judge(CHECKER.check(text, "member"))


def test_what_could_overflow_all_the_same_is_refused():
    for text in ("months * months * months > 1", "wage * wage * wage > 1", "months * 999999999999999 > 1"):
        assert "大得算不下" in refusal(text).reason


def full_months(earlier: date, later: date) -> int:
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    return months - (later.day < earlier.day)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (date(2020, 1, 31), date(2020, 2, 29)),
        (date(2020, 1, 31), date(2020, 3, 31)),
        (date(2019, 12, 15), date(2020, 1, 14)),
        (date(2019, 12, 15), date(2020, 1, 15)),
        (date(2000, 2, 29), date(2020, 2, 28)),
        (date(2020, 9, 30), date(2020, 9, 30)),
    ],
)
def test_months_and_years_between_two_days_are_the_full_ones(earlier, later):
    days = {"birth_ymd": int(f"{earlier:%Y%m%d}"), "joined_ymd": int(f"{later:%Y%m%d}")}
    for name, expected in (
        ("months_between", full_months(earlier, later)),
        ("years_between", later.year - earlier.year - ((later.month, later.day) < (earlier.month, earlier.day))),
    ):
        assert value(sql(f"{name}(birth_ymd, joined_ymd) = {expected}"), **days) is True
    assert value(sql("months_between(birth_ymd, joined_ymd) = 1"), birth_ymd=days["birth_ymd"]) is None


COLUMNS = {"disabled": (True, False, None), "present": (True, False), "months": (0, 5, None), "name": ("a", None)}
CONDITIONS = """
disabled
disabled IS NULL
disabled IS NOT TRUE
months IS NULL OR months > 3
months IS NOT NULL AND months > 3
months > 3 OR months IS NULL OR disabled
NOT (months IS NULL) AND NOT (months > 3)
(months IS NULL OR disabled IS NULL) OR (months > 3 AND disabled)
coalesce(disabled, months > 3)
coalesce(disabled, present)
CASE WHEN disabled THEN months > 3 ELSE present END
CASE WHEN months IS NULL THEN TRUE ELSE months > 3 END
CASE WHEN months > 3 THEN months > 4 ELSE TRUE END
CASE WHEN months IS NOT NULL AND name IS NOT NULL THEN months > length(name) ELSE FALSE END
CASE WHEN present THEN TRUE END
CASE WHEN disabled IS NULL THEN TRUE WHEN disabled THEN FALSE ELSE disabled END
least(months, 3) > 2
months IS DISTINCT FROM 3
(months > 3) IS NULL
months BETWEEN 1 AND 2 OR name IS NULL
NOT disabled OR disabled
present AND name IS NOT NULL AND (length(name) > 1 OR months IS NULL OR months > 2)
months IN (1, 2) AND months IS NOT NULL
(disabled IS NULL) = present
"""


@pytest.mark.parametrize("text", CONDITIONS.strip().splitlines())
def test_whether_a_condition_can_be_unknown_is_never_denied_wrongly(text):
    """Every row there can be is tried; known columns are those of `not_null`."""
    checked = CHECKER.check(text, "member")
    for not_null in (set(), {"months"}, {"disabled", "months"}):
        values = [
            [each for each in given if each is not None or name not in not_null] for name, given in COLUMNS.items()
        ]
        seen = {value(checked.sql(), **dict(zip(COLUMNS, row, strict=True))) for row in product(*values)}
        known = {("member", name) for name in not_null | {"present"}}
        if not checked.nullable(known):
            assert None not in seen


@pytest.mark.parametrize(
    "text",
    [
        "months IS NULL OR months > 3",
        "months IS NOT NULL AND months > 3",
        "disabled IS NOT TRUE",
        "coalesce(disabled, FALSE)",
        "CASE WHEN months IS NULL THEN TRUE ELSE months > 3 END",
        "(months IS NULL OR disabled IS NULL) OR (months > 3 AND disabled)",
    ],
)
def test_what_people_write_on_purpose_is_seen_never_to_be_unknown(text):
    assert not CHECKER.check(text, "member").nullable()


def test_what_derived_columns_are_made_of_tells_when_they_are_unknown():
    """`mobile_ok` is unknown only where `phone` is; a CASE without ELSE may be unknown in any row."""
    made = CHECKER.derivations
    phone = CHECKER.check("phone IS NULL OR NOT mobile_ok", "household").ast
    assert may_be_null(phone, frozenset()) and not may_be_null(phone, frozenset(), made)
    case = parse_one("CASE WHEN m.months IS NOT NULL THEN TRUE END", dialect="duckdb")
    assert may_be_null(case, frozenset())


def test_two_conditions_are_joined_to_one_outcome():
    joined = both(CHECKER.check("disabled OR present", "member"), CHECKER.check("age < $age_low", "member"))
    assert joined.sql(bind=small.BIND).startswith("(member.disabled OR member.present) AND (((20200930")
    assert joined.columns == {("member", "disabled"), ("member", "present"), ("member", "birth_ymd")}
    assert joined.figures == {"age_low"}


def test_features_that_rest_on_each_other_are_refused():
    features = [
        Feature.model_validate(
            {"name": name, "grain": "household", "aggregate": "max", "over": "member", "value": f"household.{other}",
             "meaning": {"zh": "甲", "en": "a"}}
        )
        for name, other in (("one", "two"), ("two", "one"))
    ]  # fmt: skip
    with pytest.raises(ConditionWrong, match="RUL-001") as refused:
        small.checker(features).check("household.one > 1", "member")
    assert "household.one → household.two → household.one" in refused.value.reason


def test_the_kind_of_a_feature_follows_from_what_it_sums_up():
    assert CHECKER.kind_of_feature("household", "heads") is FactKind.WHOLE
    assert CHECKER.kind_of_feature("household", "any_disabled") is FactKind.FLAG
    assert CHECKER.kind_of_feature("household", "eldest_ymd") is FactKind.DAY
    assert "birth_ymd" in sql("birth_ymd = household.eldest_ymd")


def test_every_declared_column_can_be_named_in_a_condition():
    """No column is called like a word of SQL that conditions may not use."""
    from bangfu.common.facts import schema
    from bangfu.common.policy import code_lists

    checker = Checker(schema(), [], {}, code_lists())
    for grain in ("village", "household", "member", "work_record"):
        for column in schema().table(grain).columns:
            assert checker.check(f"{column.name} IS NULL", grain).kind is FactKind.FLAG


def test_precedence_is_that_of_the_engine():
    """What the checker understood is what DuckDB would have: the same value for the text as for what was made of it."""
    texts = [
        "months + 2 * months - 7 > 3", "months // 2 * 2 = months", "months % 3 + 1 = 2", "-months // 2 = -2", "- months % 3 = -2",
        "NOT months > 3", "NOT months > 3 AND present", "present OR disabled AND FALSE", "NOT disabled IS NULL",
        "months BETWEEN 1 AND 9 AND disabled", "months - 2 - 3 = 0", "months NOT IN (1, 5) OR present",
    ]  # fmt: skip
    for text in texts:
        for row in ({"months": 5, "present": False, "disabled": True}, {"months": -7, "present": True}):
            assert value(text, **row) == value(sql(text), **row), text


def test_a_schema_without_codes_or_places_is_enough():
    lone = Schema({"member": FactTable("member", "", ("k",), (FactColumn("x", FactKind.WHOLE, "x"),), lambda day: "")})
    assert Checker(lone, [], {}, {}).check("x > 1", "member").sql() == "member.x > 1"
