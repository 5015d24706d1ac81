"""What other rooms may know of support: what is done for the households that are watched, and since when.

Rules ask of a household's row. What stands there of measures is of the time in which the household is watched (or was,
the last time): measures that were not given up, had not ended before, and had not begun after. Where nobody in the
village has entered a measure yet, all of it is unknown: an empty ledger is no proof that nothing was done.
"""

from collections.abc import Callable, Iterator
from datetime import date

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bangfu.common.facts import AddedColumns, FactColumn, FactKind, FactTable
from bangfu.common.policy import Code, code_list
from bangfu.support.models import State

IN_EFFECT = f"m.state IN ('{State.UNDER_WAY.value}', '{State.DONE.value}')"
STANDING = f"m.state <> '{State.GIVEN_UP.value}'"


def _joins(day: date) -> str:
    """`sl` the village keeps measures; `sw` the watch in force, else the last one."""
    until = day.isoformat()
    latest = (
        "SELECT max(x.id) FROM casework_recognition x WHERE x.household_id = t.id AND x.kind = 'watched' "
        f"AND NOT x.void AND (x.starts_on IS NULL OR x.starts_on <= '{until}')"
    )
    return (
        "LEFT JOIN (SELECT DISTINCT g.village_id FROM support_measure e JOIN registry_household g "
        "ON g.id = e.household_id) sl ON sl.village_id = t.village_id "
        f"LEFT JOIN casework_recognition sw ON sw.id = ({latest})"
    )


def _of_watch(value: str, condition: str = "TRUE", otherwise: str = "") -> str:
    """An aggregate over the measures of the watch; unknown where there is none, or nobody keeps measures."""
    asked = (
        f"SELECT {value} FROM support_measure m WHERE m.household_id = t.id AND {STANDING} AND ({condition}) "
        "AND (sw.starts_on IS NULL OR m.ends_on IS NULL OR m.ends_on >= sw.starts_on) "
        "AND (sw.ends_on IS NULL OR m.starts_on <= sw.ends_on)"
    )
    found = f"coalesce(({asked}), {otherwise})" if otherwise else f"({asked})"
    return f"CASE WHEN sl.village_id IS NOT NULL AND sw.id IS NOT NULL THEN {found} END"


def _bits(codes: list[Code], column: str) -> str:
    """The sum of different bits: one for each code that occurs."""
    cases = " ".join(f"WHEN '{entry.code}' THEN {2**bit}" for bit, entry in enumerate(codes))
    return f"CAST(sum(DISTINCT CASE m.{column} {cases} ELSE 0 END) AS INTEGER)"


def _flags(codes: list[Code], mask: str) -> Iterator[FactColumn]:
    for bit, entry in enumerate(codes):
        yield FactColumn(
            f"measure_{entry.attributes['fact']}",
            FactKind.FLAG,
            format_lazy(_("监测期间的措施：{measure}"), measure=entry.label.zh),
            derived=f"({mask} // {2**bit}) % 2 = 1",
        )


def _in(codes: list[str]) -> str:
    return ", ".join(f"'{code}'" for code in codes) or "''"


def _with(list_id: str, asked: Callable[[Code], object]) -> list[Code]:
    return [entry for entry in code_list(list_id).codes if asked(entry)]


def _columns() -> Iterator[FactColumn]:
    classes = _with("measure_class", lambda entry: entry.attributes.get("fact"))
    kinds = _with("measure_kind", lambda entry: entry.attributes.get("fact"))
    development = [entry.code for entry in classes if entry.attributes.get("development")]
    vague = [entry.code for entry in _with("measure_kind", lambda entry: entry.attributes.get("vague"))]
    travel = [entry.code for entry in kinds if entry.attributes["fact"] == "travel_subsidy"]
    effective = f"{IN_EFFECT} AND m.measure_class IN ({_in(development)})"
    yield FactColumn("measures_count", FactKind.WHOLE, _("监测期间登记的帮扶措施数"), source=_of_watch("count(*)"))
    yield FactColumn(
        "measure_classes",
        FactKind.WHOLE,
        _("监测期间的措施类别（按位合计）"),
        source=_of_watch(_bits(classes, "measure_class"), otherwise="0"),
    )
    yield FactColumn(
        "measure_kinds",
        FactKind.WHOLE,
        _("监测期间的措施种类（按位合计）"),
        source=_of_watch(_bits(kinds, "kind"), otherwise="0"),
    )
    yield from _flags(classes, "measure_classes")
    yield from _flags(kinds, "measure_kinds")
    yield FactColumn(
        "measure_development",
        FactKind.FLAG,
        _("监测期间有开发式帮扶措施"),
        derived=" OR ".join(
            f"measure_{entry.attributes['fact']}" for entry in classes if entry.attributes.get("development")
        ),
    )
    yield FactColumn(
        "development_in_effect",
        FactKind.WHOLE,
        _("已实施的开发式帮扶措施数"),
        source=_of_watch("count(*)", effective),
    )
    yield FactColumn(
        "development_solid",
        FactKind.WHOLE,
        _("已实施的开发式帮扶措施中不是“其他”或仅培训的"),
        source=_of_watch("count(*)", f"{effective} AND m.kind NOT IN ({_in(vague)})"),
    )
    yield FactColumn(
        "travel_subsidy_yuan",
        FactKind.AMOUNT,
        _("监测期间外出务工交通补助金额"),
        unit="CNY",
        source=_of_watch("sum(m.money)", f"m.kind IN ({_in(travel)})"),
    )
    received = f"SELECT count(*) FROM support_measure m WHERE m.household_id = t.id AND {IN_EFFECT}"
    yield FactColumn(
        "measures_received",
        FactKind.WHOLE,
        _("已享受的帮扶措施数（不限监测期间）"),
        source=f"CASE WHEN sl.village_id IS NOT NULL THEN ({received}) END",
    )


def ADDED() -> tuple[AddedColumns, ...]:
    return (AddedColumns("household", tuple(_columns()), _joins),)


def _measure_columns() -> Iterator[FactColumn]:
    yield FactColumn("measure_id", FactKind.KEY, _("措施的内部编号"), required=True, source="t.id")
    yield FactColumn("household_id", FactKind.KEY, _("户的内部编号"), required=True, source="h.id")
    yield FactColumn("household_no", FactKind.TEXT, _("户编号"), required=True, source="h.household_no")
    yield FactColumn("village_code", FactKind.TEXT, _("村的区划代码（12位）"), source="v.code")
    yield FactColumn("place", FactKind.KEY, _("位置（内部编号）"), required=True, source="h.place")
    yield FactColumn("person_no", FactKind.TEXT, _("受益成员的人编号"), source="p.person_no")
    yield FactColumn("kind", FactKind.CODE, _("措施种类"), codes="measure_kind", required=True)
    yield FactColumn("measure_class", FactKind.CODE, _("措施类别"), codes="measure_class", required=True)
    yield FactColumn("quantity", FactKind.AMOUNT, _("数量"))
    yield FactColumn("unit", FactKind.CODE, _("计量单位"), codes="measure_unit")
    yield FactColumn("money", FactKind.AMOUNT, _("金额"), unit="CNY")
    yield FactColumn("starts_ymd", FactKind.DAY, _("开始日期"), required=True, source="t.starts_on")
    yield FactColumn("ends_ymd", FactKind.DAY, _("结束日期"), source="t.ends_on")
    yield FactColumn("state", FactKind.TEXT, _("进展"), required=True)


def _measures(day: date) -> str:
    return (
        "support_measure t JOIN registry_household h ON h.id = t.household_id JOIN areas_area v ON v.id = h.village_id "
        "LEFT JOIN registry_member p ON p.id = t.member_id WHERE h.ended_on IS NULL"
    )


def TABLES() -> tuple[FactTable, ...]:
    return (FactTable("measure", _("帮扶措施"), ("measure_id",), tuple(_measure_columns()), _measures),)
