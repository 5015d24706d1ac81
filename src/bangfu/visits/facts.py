"""What other rooms may know of visits: when a household was last visited, how often in twelve months, by how many
people. Counted is what is on file here: a house that has just begun to record visits knows of none."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext_lazy as _

from bangfu.common.facts import AddedColumns, FactColumn, FactKind, FactTable
from bangfu.visits.selectors import a_year_before


def _joins(day: date) -> str:
    """`vv` the visits to a household until the day."""
    year = a_year_before(day).isoformat()
    of_year = f"CASE WHEN x.visited_on >= '{year}' THEN"
    return (
        "LEFT JOIN (SELECT x.household_id, max(x.visited_on) AS last_on, "
        f"count({of_year} 1 END) AS in_year, count(DISTINCT {of_year} x.officer_id END) AS people "
        f"FROM visits_visit x WHERE x.household_id IS NOT NULL AND x.visited_on <= '{day.isoformat()}' "
        "GROUP BY x.household_id) vv ON vv.household_id = t.id"
    )


def _added() -> Iterator[FactColumn]:
    yield FactColumn("last_visit_ymd", FactKind.DAY, _("最近一次走访日期（系统中登记的）"), source="vv.last_on")
    yield FactColumn(
        "visits_in_year",
        FactKind.WHOLE,
        _("近12个月登记的走访次数"),
        required=True,
        source="coalesce(vv.in_year, 0)",
    )
    yield FactColumn(
        "visitors_in_year",
        FactKind.WHOLE,
        _("近12个月走访人数（按走访人）"),
        required=True,
        source="coalesce(vv.people, 0)",
    )


def ADDED() -> tuple[AddedColumns, ...]:
    return (AddedColumns("household", tuple(_added()), _joins),)


def _visit_columns() -> Iterator[FactColumn]:
    yield FactColumn("visit_id", FactKind.KEY, _("走访的内部编号"), required=True, source="t.id")
    yield FactColumn("household_id", FactKind.KEY, _("户的内部编号"), required=True, source="t.household_id")
    yield FactColumn("household_no", FactKind.TEXT, _("户编号"), required=True, source="h.household_no")
    yield FactColumn("village_code", FactKind.TEXT, _("村的区划代码（12位）"), source="v.code")
    yield FactColumn("place", FactKind.KEY, _("位置（内部编号）"), required=True, source="h.place")
    yield FactColumn("checklist", FactKind.TEXT, _("走访清单"), required=True)
    yield FactColumn("visited_ymd", FactKind.DAY, _("走访日期"), required=True, source="t.visited_on")
    yield FactColumn("officer_id", FactKind.KEY, _("走访人的内部编号"), source="t.officer_id")
    yield FactColumn("channel", FactKind.TEXT, _("方式"), required=True)


def _visits(day: date) -> str:
    return (
        "visits_visit t JOIN registry_household h ON h.id = t.household_id JOIN areas_area v ON v.id = h.village_id "
        f"WHERE h.ended_on IS NULL AND t.visited_on <= '{day.isoformat()}'"
    )


def TABLES() -> tuple[FactTable, ...]:
    return (FactTable("visit", _("走访"), ("visit_id",), tuple(_visit_columns()), _visits),)
