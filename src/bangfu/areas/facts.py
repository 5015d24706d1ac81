"""What other rooms may know of villages: the figures they report of themselves, the latest year of each."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext_lazy as _

from bangfu.areas.profile import indicators
from bangfu.common.facts import FactColumn, FactKind, FactTable
from bangfu.common.places import Level


def _source(day: date) -> str:
    """Villages that exist on the day; `f_<indicator>` is the row of the latest year reported by then."""
    joins = " ".join(
        f"LEFT JOIN areas_profilefigure f_{name} ON f_{name}.area_id = t.id AND f_{name}.indicator = '{name}' "
        f"AND f_{name}.year = (SELECT max(x.year) FROM areas_profilefigure x WHERE x.area_id = t.id "
        f"AND x.indicator = '{name}' AND x.year <= {day.year})"
        for name in indicators()
    )
    return (
        f"areas_area t {joins} WHERE t.level = {int(Level.VILLAGE)} AND t.valid_from <= '{day.isoformat()}' "
        f"AND (t.valid_to IS NULL OR t.valid_to > '{day.isoformat()}')"
    )


def _columns() -> Iterator[FactColumn]:
    yield FactColumn("village_id", FactKind.KEY, _("村的内部编号"), required=True, source="t.id")
    yield FactColumn("village_code", FactKind.TEXT, _("村的区划代码（12位）"), source="t.code")
    yield FactColumn("place", FactKind.KEY, _("位置（内部编号）"), required=True, source="t.place")
    yield FactColumn("village_name", FactKind.TEXT, _("村名"), required=True, source="t.name")
    for name, indicator in indicators().items():
        yield FactColumn(
            f"reported_{name}",
            FactKind.AMOUNT,
            indicator.label,
            unit=str(indicator.unit.zh),
            source=f"f_{name}.value",
        )


def TABLES() -> tuple[FactTable, ...]:
    return (FactTable("village", _("村"), ("village_id",), tuple(_columns()), _source),)
