"""What other rooms may know of households, their people, their work and their incomes.

Columns that people fill in are taken from the registry's own catalogue (`columns`); what rules would otherwise work out
a hundred times over is derived here once. Ended households and those who left stay in: `present` says who is there.
"""

from collections.abc import Callable, Iterator
from datetime import date

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bangfu.common.facts import FactColumn, FactKind, FactTable, Repeated
from bangfu.common.policy import code_list
from bangfu.registry.columns import Kind, tables
from bangfu.registry.models import Dwelling

KINDS = {
    Kind.TEXT: FactKind.TEXT,
    Kind.CODE: FactKind.CODE,
    Kind.SET: FactKind.TEXT,
    Kind.FLAG: FactKind.FLAG,
    Kind.WHOLE: FactKind.WHOLE,
    Kind.HUNDREDTHS: FactKind.AMOUNT,
    Kind.DAY: FactKind.DAY,
    Kind.MONTH: FactKind.DAY,
}
# A day is called by what it is in a snapshot: a whole number like 20200930.
DAY_NAMES = {
    "birth_date": "birth_ymd",
    "joined_on": "joined_ymd",
    "left_on": "left_ymd",
    "first_identified": "first_identified_ymd",
    "exited_on": "exited_ymd",
    "returned_on": "returned_ymd",
    "start_month": "start_ymd",
    "end_month": "end_ymd",
    "window_start": "window_start_ymd",
    "window_end": "window_end_ymd",
}
LEFT_OUT = frozenset({"remark", "village_id", "household_no", "person_no", "year"})
ID_PATTERN = "'^[0-9]{17}[0-9Xx]'"
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
SUMS = (
    ("wage_income", _("工资性收入")),
    ("production_income", _("生产经营性收入")),
    ("production_expense", _("生产经营性支出")),
    ("property_income", _("财产性收入")),
    ("transfer_income", _("转移性收入")),
    ("transfer_expense", _("转移性支出")),
    ("net_income", _("家庭纯收入")),
    ("per_capita_net_income", _("人均纯收入")),
    ("disposable_income", _("可支配收入")),
    ("per_capita_disposable_income", _("人均可支配收入")),
    ("per_capita_counted_income", _("人均计入收入")),
    ("insurance_payout", _("理赔收入")),
    ("out_of_pocket_expense", _("合规自付支出")),
)


def _place(village: str) -> tuple[FactColumn, ...]:
    return (
        FactColumn("village_code", FactKind.TEXT, _("村的区划代码（12位）"), source="v.code"),
        FactColumn("place", FactKind.KEY, _("位置（内部编号）"), required=True, source=village),
    )


def _given(table: str, alias: str = "t") -> Iterator[FactColumn]:
    """The columns of the catalogue that people fill in."""
    for column in tables()[table].columns.values():
        if column.name in LEFT_OUT:
            continue
        owner = "d" if column.model is Dwelling else alias
        yield FactColumn(
            DAY_NAMES.get(column.name, column.name),
            KINDS[column.kind],
            column.label,
            unit=column.unit,
            codes=column.codes,
            sensitive=column.sensitive,
            source=f"{owner}.{column.name}",
        )


def _codes_with(codes: str, attribute: str) -> str:
    """The codes of a list whose attribute is true, for SQL."""
    return ", ".join(f"'{c.code}'" for c in code_list(codes).codes if c.attributes.get(attribute))


def _sex_of_relation() -> str:
    relations = code_list("relation_to_head").codes
    of_sex = {
        sex: ", ".join(f"'{c.code}'" for c in relations if str(c.attributes.get("sex", "")) == sex)
        for sex in ("1", "2")
    }
    return " ".join(
        ["CASE", *(f"WHEN relation_to_head IN ({codes}) THEN '{sex}'" for sex, codes in of_sex.items()), "END"]
    )


def _check_digit(number: str) -> str:
    """GB 11643: what the eighteenth character should be (10 for X), from the first seventeen as one number.

    The digit at place j from the right is n_j - 10 n_(j+1), where n_j is the number without its last j digits; and -10
    is 1 modulo 11. So the sum of weights times digits is, modulo 11, that of n_j times the two weights that meet there:
    seventeen divisions of whole numbers instead of seventeen cuts through a text.
    """
    weights = (0, *reversed(ID_WEIGHTS))
    total = " + ".join(f"{(weights[j] + weights[j + 1]) % 11} * ({number} // {10**j})" for j in range(len(ID_WEIGHTS)))
    return f"(12 - ({total}) % 11) % 11"


def _derived_of_person() -> Iterator[FactColumn]:
    well_formed = f"regexp_matches(id_no, {ID_PATTERN})"
    key = "CAST(substr(id_no, 1, 17) AS BIGINT) * 11 + (CASE WHEN upper(substr(id_no, 18, 1)) = 'X' THEN 10 ELSE CAST(substr(id_no, 18, 1) AS BIGINT) END)"  # noqa: E501
    flag, whole, text = FactKind.FLAG, FactKind.WHOLE, FactKind.TEXT
    yield FactColumn("id_length", whole, _("证件号码位数"), derived="length(id_no)")
    yield FactColumn(
        "id_key",
        FactKind.KEY,
        _("证件号码前18位的数值，供查重和比对；不成形为空"),
        derived=f"CASE WHEN {well_formed} THEN {key} END",
    )
    yield FactColumn(
        "id_check_ok",
        flag,
        _("前18位校验码正确（GB 11643）；不成形为空"),
        derived=f"{_check_digit('(id_key // 11)')} = id_key % 11",
    )
    yield FactColumn("id_placeholder", flag, _("号码为占位号（999999开头）"), derived="starts_with(id_no, '999999')")
    yield FactColumn(
        "id_birth_ymd",
        FactKind.DAY,
        _("号码第7至14位"),
        derived="id_key // 11 // 1000 % 100000000",
    )
    yield FactColumn(
        "id_birth_real",
        flag,
        _("号码第7至14位是真实存在的日期"),
        derived="CASE WHEN id_key IS NOT NULL THEN try_strptime(substr(id_no, 7, 8), '%Y%m%d') IS NOT NULL END",
    )
    yield FactColumn(
        "id_sex",
        FactKind.CODE,
        _("号码第17位所示性别"),
        codes="sex",
        derived="CASE id_key // 11 % 2 WHEN 1 THEN '1' WHEN 0 THEN '2' END",
    )
    yield FactColumn(
        "id_disability",
        text,
        _("残疾人证号第19、20位（类别、等级）"),
        derived="CASE WHEN length(id_no) >= 20 THEN substr(id_no, 19, 2) END",
    )
    known = "health_status IS NOT NULL"
    for name, code, meaning in (
        ("healthy", "01", _("健康")),
        ("chronically_ill", "02", _("有长期慢性病")),
        ("seriously_ill", "03", _("患有大病")),
        ("disabled", "04", _("残疾")),
    ):
        yield FactColumn(name, flag, meaning, derived=f"CASE WHEN {known} THEN contains(health_status, '{code}') END")
    schooled = _codes_with("student_status", "in_school")
    yield FactColumn(
        "in_school",
        flag,
        _("在校（含学前教育，不含学龄前儿童）；在校状况、文化程度、失学原因全空为未知"),
        derived=f"CASE WHEN student_status IN ({schooled}) THEN TRUE "
        "WHEN coalesce(student_status, education_level, dropout_reason) IS NOT NULL THEN FALSE END",
    )
    yield FactColumn("sex_by_relation", FactKind.CODE, _("关系所含性别"), codes="sex", derived=_sex_of_relation())
    for name, attribute, meaning in (
        ("able_to_work", "able", _("有劳动能力（含弱、半劳动力）")),
        ("full_labour", "full", _("普通或技能劳动力")),
    ):
        able = _codes_with("labor_capacity", attribute)
        yield FactColumn(
            name, flag, meaning, derived=f"CASE WHEN labor_capacity IS NOT NULL THEN labor_capacity IN ({able}) END"
        )
    for name, codes, meaning in (
        ("on_dibao", "dibao_status", _("享受低保")),
        ("on_tekun", "tekun_status", _("享受特困供养")),
    ):
        enjoys = _codes_with(codes, "enjoys")
        yield FactColumn(name, flag, meaning, derived=f"CASE WHEN {codes} IS NOT NULL THEN {codes} IN ({enjoys}) END")
    death = ", ".join(f"'{c.code}'" for c in code_list("member_decrease").codes if c.attributes.get("event") == "death")
    yield FactColumn(
        "died",
        flag,
        _("因死亡离开本户"),
        required=True,
        derived=f"left_ymd IS NOT NULL AND left_by IS NOT NULL AND left_by IN ({death})",
    )
    yield FactColumn("mobile_ok", flag, _("手机号为11位有效号码"), derived="regexp_matches(phone, '^1[3-9][0-9]{9}$')")
    yield FactColumn("age", whole, _("筛查日周岁"), unit="岁", computed="($as_of_ymd - birth_ymd) // 10000")
    yield FactColumn(
        "school_age",
        whole,
        _("学年开始日（9月1日）周岁"),
        unit="岁",
        computed="($school_day_ymd - birth_ymd) // 10000",
    )


# The live tables from which each table of facts is read, and what is only joined to say again what another one says.
HOUSEHOLDS = (
    "registry_household t JOIN areas_area v ON v.id = t.village_id "
    "LEFT JOIN registry_dwelling d ON d.household_id = t.id"
)
LATEST_YEARS = (
    "LEFT JOIN registry_incomeyear y ON y.household_id = t.id AND y.year = t.latest_income_year "
    "LEFT JOIN registry_incomeyear z ON z.household_id = t.id AND z.year = t.latest_income_year - 1"
)
MEMBERS = "registry_member t"
WORK = "registry_workrecord t"
INCOME_YEARS = "registry_incomeyear t"
MEMBER_OF = "JOIN registry_member m ON m.id = t.member_id"
HOUSEHOLD_OF = "JOIN registry_household h ON h.id = {}"
VILLAGE = "JOIN areas_area v ON v.id = h.village_id"
LASTING = "WHERE h.ended_on IS NULL"
ALL = "WHERE 1 = 1"


def _always(*live: str) -> Callable[[date], str]:
    """A source that does not depend on the day."""
    source = " ".join(live)
    return lambda day: source


def _incomes(alias: str, prefix: str = "") -> Iterator[FactColumn]:
    for name, label in SUMS:
        meaning = format_lazy(_("上年{sum}"), sum=label) if prefix else label
        yield FactColumn(f"{prefix}{name}", FactKind.AMOUNT, meaning, unit="CNY", source=f"{alias}.{name}")


def _repeated_incomes() -> tuple[Repeated, ...]:
    """A household's latest year and the one before stand among the years."""

    def of(year: str, columns: dict[str, str], prefix: str = "") -> Repeated:
        sums = {f"{prefix}{name}": name for name, _label in SUMS}
        return Repeated("income_year", {"household_id": "t.id", "year": year}, columns | sums)

    return (
        of("t.latest_income_year", {"income_year": "year", "members_counted": "members_counted"}),
        of("t.latest_income_year - 1", {"previous_income_year": "year"}, "previous_"),
    )


def _repeated_home(table: str, key: str, *more: str) -> tuple[Repeated, ...]:
    """What a household is called and where it is, for rows of a household that has not ended."""
    columns = (*more, "household_no", "village_code", "place")
    return (Repeated(table, {key: f"t.{key}"}, {name: name for name in columns}, needed=True),)


def _household_columns() -> Iterator[FactColumn]:
    yield FactColumn("household_id", FactKind.KEY, _("户的内部编号"), required=True, source="t.id")
    yield FactColumn("household_no", FactKind.TEXT, _("户编号"), required=True, source="t.household_no")
    yield from _place("t.place")
    yield FactColumn("head_name", FactKind.TEXT, _("户主姓名"), source="t.head_name")
    yield FactColumn("members_count", FactKind.WHOLE, _("家庭人口"), required=True, source="t.members_count")
    yield from _given("household")
    registered = _codes_with("household_type", "registered")
    yield FactColumn(
        "registered",
        FactKind.FLAG,
        _("建档立卡户（现在或曾经）"),
        derived=f"CASE WHEN household_type IS NOT NULL THEN household_type IN ({registered}) END",
    )
    yield FactColumn("monitored", FactKind.FLAG, _("监测对象"), required=True, derived="monitor_category IS NOT NULL")
    yield FactColumn(
        "mobile_ok", FactKind.FLAG, _("手机号为11位有效号码"), derived="regexp_matches(phone, '^1[3-9][0-9]{9}$')"
    )
    yield FactColumn(
        "bank_key",
        FactKind.KEY,
        _("银行账号的数值，供查重；不足8位或超过18位为空"),
        derived="CASE WHEN regexp_matches(bank_account, '^[0-9]{8,18}$') THEN CAST(bank_account AS BIGINT) END",
    )
    yield FactColumn("income_year", FactKind.WHOLE, _("最近收入年度"), source="y.year")
    yield FactColumn("members_counted", FactKind.WHOLE, _("计算人口"), source="y.members_counted")
    yield from _incomes("y")
    yield FactColumn("previous_income_year", FactKind.WHOLE, _("上一收入年度"), source="z.year")
    yield from _incomes("z", "previous_")


def _member_columns() -> Iterator[FactColumn]:
    yield FactColumn("member_id", FactKind.KEY, _("人的内部编号"), required=True, source="t.id")
    yield FactColumn("household_id", FactKind.KEY, _("户的内部编号"), required=True, source="t.household_id")
    yield FactColumn("household_no", FactKind.TEXT, _("户编号"), required=True, source="h.household_no")
    yield FactColumn("person_no", FactKind.TEXT, _("人编号"), required=True, source="t.person_no")
    yield from _place("t.place")
    yield from _given("member")
    yield FactColumn("present", FactKind.FLAG, _("现为本户成员"), required=True, derived="left_ymd IS NULL")
    yield from _derived_of_person()


def _work_columns() -> Iterator[FactColumn]:
    yield FactColumn("record_id", FactKind.KEY, _("务工记录的内部编号"), required=True, source="t.id")
    yield FactColumn("member_id", FactKind.KEY, _("人的内部编号"), required=True, source="t.member_id")
    yield FactColumn("household_id", FactKind.KEY, _("户的内部编号"), required=True, source="m.household_id")
    yield FactColumn("household_no", FactKind.TEXT, _("户编号"), required=True, source="h.household_no")
    yield FactColumn("person_no", FactKind.TEXT, _("人编号"), required=True, source="m.person_no")
    yield from _place("m.place")
    yield from _given("work_record")
    yield FactColumn("ongoing", FactKind.FLAG, _("正在务工（无结束年月）"), required=True, derived="end_ymd IS NULL")


def _year_columns() -> Iterator[FactColumn]:
    yield FactColumn("household_id", FactKind.KEY, _("户的内部编号"), required=True, source="t.household_id")
    yield FactColumn("household_no", FactKind.TEXT, _("户编号"), required=True, source="h.household_no")
    yield from _place("h.place")
    yield FactColumn("year", FactKind.WHOLE, _("年度"), required=True, source="t.year")
    yield FactColumn("window_start_ymd", FactKind.DAY, _("核算期起"), source="t.window_start")
    yield FactColumn("window_end_ymd", FactKind.DAY, _("核算期止"), source="t.window_end")
    yield FactColumn("members_counted", FactKind.WHOLE, _("计算人口"), source="t.members_counted")
    yield from _incomes("t")


def TABLES() -> tuple[FactTable, ...]:
    """Built when first asked for: they follow from the code lists."""
    standing = "WHERE t.ended_on IS NULL"
    return (
        FactTable(
            "household", _("户"), ("household_id",), tuple(_household_columns()),
            source=_always(HOUSEHOLDS, LATEST_YEARS, standing),
            repeated=_repeated_incomes(),
            rest=_always(HOUSEHOLDS, standing),
        ),
        FactTable(
            "member", _("家庭成员"), ("member_id",), tuple(_member_columns()),
            source=_always(MEMBERS, HOUSEHOLD_OF.format("t.household_id"), VILLAGE, LASTING),
            repeated=_repeated_home("household", "household_id"),
            rest=_always(MEMBERS, ALL),
        ),
        FactTable(
            "work_record", _("务工记录"), ("record_id",), tuple(_work_columns()),
            source=_always(WORK, MEMBER_OF, HOUSEHOLD_OF.format("m.household_id"), VILLAGE, LASTING),
            repeated=_repeated_home("member", "member_id", "household_id", "person_no"),
            rest=_always(WORK, ALL),
        ),
        FactTable(
            "income_year", _("年度收入"), ("household_id", "year"), tuple(_year_columns()),
            source=_always(INCOME_YEARS, HOUSEHOLD_OF.format("t.household_id"), VILLAGE, LASTING),
            repeated=_repeated_home("household", "household_id"),
            rest=_always(INCOME_YEARS, ALL),
        ),
    )  # fmt: skip
