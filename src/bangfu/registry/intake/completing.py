"""Between reading and checking: villages by code or name, what is on file, the usual window of a year's statement."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
from django.db import connection, models, transaction

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.areas.selectors import by_code
from bangfu.common import duck
from bangfu.common.places import Level
from bangfu.common.staging import stage
from bangfu.registry.columns import tables
from bangfu.registry.errors import Problem, VillageAmbiguous, VillageUnknown
from bangfu.registry.intake.arrow import Values, pc
from bangfu.registry.intake.checking import CONTEXT, KEY
from bangfu.registry.intake.headers import PLACE_COLUMNS
from bangfu.registry.intake.limits import limits
from bangfu.registry.models import Household, IncomeYear, Member

_SUFFIXES = ("村民委员会", "居民委员会", "村委会", "居委会", "民委员会", "委员会")

# Codes that are looked up in one query.
AT_ONCE = 500

Named = tuple[str | None, ...]


def with_villages(given: Mapping[str, pa.Table], by: Officer | None) -> tuple[dict[str, pa.Table], list[Problem]]:
    """The tables with `village_id` in place of the columns that name a village; rows whose village cannot be found are
    problems. Each village named is looked up once. A village is looked for among those that the officer may see."""
    result = dict(given)
    households = result.get("household")
    named = [c for c in PLACE_COLUMNS if households is not None and c in households.column_names]
    if households is None or not named:
        return result, []
    given_rows = households.select(named)
    columns = [given_rows[c] if c in named else pa.nulls(len(households), pa.string()) for c in PLACE_COLUMNS]
    together = pa.table(dict(zip(PLACE_COLUMNS, columns, strict=True)))
    with duck.engine(t=together) as engine:
        listed = ", ".join(PLACE_COLUMNS)
        distinct: list[Named] = engine.sql(f"SELECT DISTINCT {listed} FROM t").fetchall()
        answers = _find_villages(distinct, by)
        faults = {each: answer for each, answer in answers.items() if not isinstance(answer, int | None)}
        lookup = pa.table(
            {c: pa.array([each[i] for each in distinct], pa.string()) for i, c in enumerate(PLACE_COLUMNS)}
            | {"village_id": pa.array([_id(answers[each]) for each in distinct], pa.int32())}
        )
        engine.register("lookup", lookup)
        engine.register("numbered", together.append_column("n", pa.array(range(len(together)), pa.int64())))
        on = " AND ".join(f"l.{c} IS NOT DISTINCT FROM n.{c}" for c in PLACE_COLUMNS)
        found = duck.arrow(engine, f"SELECT village_id FROM numbered n JOIN lookup l ON {on} ORDER BY n.n")
    problems = []
    if faults:
        named_rows = (together[c].to_pylist() for c in PLACE_COLUMNS)
        for row, *each in zip(households["row"].to_pylist(), *named_rows, strict=True):
            if tuple(each) in faults:
                problems.append(Problem("household", row, "village_id", faults[tuple(each)]))
    result["household"] = households.drop_columns(named).append_column("village_id", found["village_id"])
    return result, problems


def _id(answer: Any) -> int | None:
    return answer if isinstance(answer, int) else None


def _find_villages(distinct: list[Named], by: Officer | None) -> dict[Named, Any]:
    """For each (code, county, township, village) the id of the village, None when nothing is said, or the error."""
    names = {_short(each[3]) for each in distinct if each[3] and not each[0]}
    villages = Area.objects.current().of_level(Level.VILLAGE).select_related("parent", "parent__parent")
    if by is not None:
        villages = villages.visible_to(by)
    by_name: dict[str, list[Area]] = defaultdict(list)
    if names:
        for village in villages:
            if _short(village.name) in names:
                by_name[_short(village.name)].append(village)
    living = _living(sorted({each[0] for each in distinct if each[0]}))
    found: dict[Named, Any] = {}
    for each in distinct:
        code, county, township, name = each
        if code:
            area = living.get(code) or by_code(code)
            if area is not None and area.level == Level.GROUP:
                area = area.parent
            good = area is not None and area.level == Level.VILLAGE
            found[each] = area.pk if good and area else VillageUnknown(value=code)
        elif name:
            fitting = [
                v
                for v in by_name[_short(name)]
                if (not township or v.parent is None or _same(v.parent.name, township))
                and (not county or v.parent is None or v.parent.parent is None or _same(v.parent.parent.name, county))
            ]
            found[each] = (
                fitting[0].pk
                if len(fitting) == 1
                else VillageAmbiguous(value=name)
                if fitting
                else VillageUnknown(value="".join(filter(None, (county, township, name))))
            )
        else:
            found[each] = None
    return found


def _living(codes: list[str]) -> dict[str, Area]:
    """The areas that bear these codes today; every code is borne by one of them only."""
    found: dict[str, Area] = {}
    for start in range(0, len(codes), AT_ONCE):
        found |= {
            area.code: area for area in Area.objects.filter(valid_to=None, code__in=codes[start : start + AT_ONCE])
        }
    return found


def _short(name: str | None) -> str:
    """石桥村村民委员会, 石桥村委会, 石桥村 and 石桥 are one village."""
    text = "".join((name or "").split())
    for suffix in _SUFFIXES:
        text = text.removesuffix(suffix)
    return text.removesuffix("村") if len(text) > 2 else text


def _same(name: str, given: str) -> bool:
    """青禾乡 may be given as 青禾, 云岭县 as 云岭."""
    given = "".join(given.split())
    if name == given:
        return True
    return len(given) > 1 and name.startswith(given) and len(name) - len(given) <= 2


# --- what is on file -------------------------------------------------------------------------------------------------


def on_file(given: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """For the households and people given that exist: their key and the columns that rules look at together."""
    found: dict[str, pa.Table] = {}
    for name, model in (("household", Household), ("member", Member)):
        table = given.get(name)
        key = KEY[name]
        if table is None or key not in table.column_names or not model.objects.exists():
            continue
        found[name] = _present(model, key, table[key], list(CONTEXT[name]), name)
    years = given.get("income_year")
    if years is not None and IncomeYear.objects.exists():
        found["income_year"] = _statements(years)
    return found


def _present(model: type[models.Model], key: str, keys: Any, columns: list[str], name: str) -> pa.Table:
    wanted = pa.table({"k": pc.unique(keys).drop_null()})
    listed = ", ".join(f"l.{c}" for c in [key, *columns])
    with transaction.atomic(), stage("wanted_keys", wanted, index=[["k"]]) as staged, connection.cursor() as cursor:
        cursor.execute(f"SELECT {listed} FROM {model._meta.db_table} l JOIN {staged} w ON w.k = l.{key}")
        rows = cursor.fetchall()
    known = tables()[name].columns
    made = {}
    for position, column in enumerate([key, *columns]):
        values = [row[position] for row in rows]
        made[column] = _typed(values, known[column].arrow)
    return pa.table(made)


def _typed(values: list[Any], kind: pa.DataType) -> Values:
    """A column as the database gives it: SQLite keeps dates as text; "" is unknown."""
    if pa.types.is_date(kind):
        return pa.array([date.fromisoformat(v[:10]) if isinstance(v, str) else v for v in values], kind)
    return pa.array([None if v == "" else v for v in values], kind)


def _statements(years: pa.Table) -> pa.Table:
    wanted = pa.table({"k": pc.unique(years["household_no"]).drop_null()})
    with transaction.atomic(), stage("wanted_keys", wanted, index=[["k"]]) as staged, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT h.household_no, i.year FROM {IncomeYear._meta.db_table} i "
            f"JOIN {Household._meta.db_table} h ON h.id = i.household_id JOIN {staged} w ON w.k = h.household_no"
        )
        rows = cursor.fetchall()
    return pa.table(
        {
            "household_no": pa.array([r[0] for r in rows], pa.string()),
            "year": pa.array([r[1] for r in rows], pa.int32()),
        }
    )


def with_windows(given: Mapping[str, pa.Table], known: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """New statements without a window get that of the yearly collection; those on file keep theirs."""
    result = dict(given)
    years = result.get("income_year")
    if years is None or not len(years):
        return result
    for column in ("window_start", "window_end"):
        if column not in years.column_names:
            years = years.append_column(column, pa.nulls(len(years), pa.date32()))
    open_rows = pc.and_(pc.is_null(years["window_start"]), pc.is_null(years["window_end"]))
    if pc.any(open_rows).as_py():
        existing = known.get("income_year")
        if existing is not None and len(existing):
            with duck.engine(y=years.select(["household_no", "year"]), e=existing) as engine:
                engine.register(
                    "n",
                    years.select(["household_no", "year"]).append_column("n", pa.array(range(len(years)), pa.int64())),
                )
                new = duck.arrow(engine, "SELECT n.n FROM n ANTI JOIN e USING (household_no, year)")["n"]
            is_new = pc.is_in(pa.array(range(len(years)), pa.int64()), value_set=new.combine_chunks())
            open_rows = pc.and_(open_rows, is_new)
        windows = {y: limits().yearly_window.of(y) for y in pc.unique(years["year"]).to_pylist() if y and 1 < y < 9999}
        by_year = pa.array(sorted(windows), pa.int32())
        at = pc.index_in(years["year"], value_set=by_year)
        for side, column in enumerate(("window_start", "window_end")):
            usual = pa.array([windows[y][side] for y in sorted(windows)], pa.date32()).take(at.combine_chunks())
            filled = pc.if_else(open_rows, usual, years[column])
            years = years.set_column(years.column_names.index(column), column, filled)
    result["income_year"] = years
    return result
