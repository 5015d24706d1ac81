"""The registry's tables as `bangfu generate` writes them, shown to DuckDB under the names and columns of the live
database: so the fact tables of the rooms are read from files by the very SQL that reads them from the database.

What the registry's writer derives is derived here in the same way: the head's name, who is a member today, the latest
year, the sums and per-head figures of a year (`registry.ledger.income`), where a village's place is (from its code).

Files of the same name in the folders of the tables hold the same households, and are worked on one after another.

DuckDB works out which rows belong together and what is made of several; a column that is nothing but one of a file is
then fetched from that file by Arrow, by the number of its row there. Most columns are, and to have texts go through
joins, to be told apart again afterwards, took most of the time.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _

from bangfu.areas.codes import ENDS, WHOLE
from bangfu.areas.models import Area
from bangfu.common import duck
from bangfu.common.facts import FactColumn, FactKind, FactTable, Schema
from bangfu.common.places import Level, span
from bangfu.common.policy import code_list
from bangfu.registry.columns import Column, Kind, tables
from bangfu.registry.intake.identities import read_column
from bangfu.registry.ledger import income
from bangfu.registry.ledger.sql import text_list
from bangfu.registry.models import Dwelling, Household, IncomeItem, IncomeYear, Member, WorkRecord
from bangfu.snapshot.asking import same_for_all
from bangfu.snapshot.drafting import derived_sql, given_sql, sources, table_order
from bangfu.snapshot.errors import SourceColumnWrong, SourceRowsWrong, SourceTableMissing
from bangfu.snapshot.orders import ColumnOrder, TableOrder
from bangfu.snapshot.store import COUNTY_DIGITS
from bangfu.snapshot.texts import CODES, LIVE_TYPES, Values
from bangfu.snapshot.values import fact, without_blanks
from bangfu.snapshot.writing import FACT_TYPES

AREAS = "areas.parquet"
HEAD = "01"  # relation_to_head: the head
ROW = "at_row"  # the number of a row in its file, from 0
# Columns without which the rows of a table cannot be told apart or put in their place.
NEEDED = {
    "household": ("household_no", "village_code"),
    "member": ("person_no", "household_no", "name"),
    "work_record": ("person_no", "start_month"),
    "income_year": ("household_no", "year"),
    "income_item": ("household_no", "year", "code", "amount"),
}
# What a good ID number says.
FILLED = ("birth_date", "sex", "disability_category", "disability_grade")
# A number that can serve as the id itself: then the id is the same in every snapshot.
_WHOLE = "regexp_full_match({0}, '[1-9][0-9]{{0,17}}')"
_SQL = {
    Kind.TEXT: "VARCHAR",
    Kind.CODE: "VARCHAR",
    Kind.SET: "VARCHAR",
    Kind.FLAG: "BOOLEAN",
    Kind.WHOLE: "INTEGER",
    Kind.HUNDREDTHS: "BIGINT",
    Kind.DAY: "DATE",
    Kind.MONTH: "DATE",
}
_LIVE_TYPES = {
    models.CharField: "VARCHAR",
    models.TextField: "VARCHAR",
    models.BooleanField: "BOOLEAN",
    models.DateTimeField: "TIMESTAMP",
    models.DateField: "DATE",
}


@dataclass(frozen=True)
class Folder:
    """A folder of the registry's tables. Raises SourceTableMissing, SourceColumnWrong when it is looked at."""

    path: Path

    @cached_property
    def files(self) -> list[str]:
        """The names of the files, which are the same in every table."""
        found = {table: {f.name for f in (self.path / table).glob("*.parquet")} for table in NEEDED}
        names = sorted(set().union(*found.values())) or ["0000.parquet"]
        for name in names:
            for table in NEEDED:
                if name not in found[table]:
                    raise SourceTableMissing(folder=self.path, file=f"{table}/{name}", tables="、".join(NEEDED))
        return names

    def file(self, table: str, name: str) -> Path:
        return (self.path / table / name).resolve()

    def all_of(self, table: str) -> str:
        """Every file of a table, for read_parquet."""
        return ", ".join(duck.text(str(self.file(table, name))) for name in self.files)

    def columns(self, table: str, name: str) -> set[str]:
        """The columns of a file that are known to the registry, each of a type that it can be read from."""
        file = self.file(table, name)
        label = f"{table}/{name}"
        try:
            schema = pq.read_schema(file)
        except (pa.ArrowException, OSError) as error:
            reason = str(error).splitlines()[0]
            raise SourceColumnWrong(file=label, column="*", reason=reason) from error
        known = {**tables()[table].columns, "village_code": Column("village_code", Kind.TEXT, "")}
        for column in NEEDED[table]:
            if column not in schema.names:
                raise SourceColumnWrong(file=label, column=column, reason=_("不存在"))
        found = set()
        for field in schema:
            if field.name in known:
                if not _readable(field.type, known[field.name].kind):
                    expected = known[field.name].arrow
                    raise SourceColumnWrong(file=label, column=field.name, reason=f"{field.type} ≠ {expected}")
                found.add(field.name)
        return found


def _readable(found: pa.DataType, kind: Kind) -> bool:
    if pa.types.is_dictionary(found):
        found = found.value_type
    if pa.types.is_null(found):
        return True
    if _SQL[kind] == "VARCHAR":
        return pa.types.is_string(found) or pa.types.is_large_string(found)
    if _SQL[kind] == "DATE":
        return pa.types.is_date(found)
    return pa.types.is_boolean(found) if kind is Kind.FLAG else pa.types.is_integer(found)


@dataclass(frozen=True)
class _Standing:
    """Where a column of facts stands as it is: in `column` of the file of `raw`, in the row of the table `alias`."""

    alias: str
    raw: str
    column: str


class LiveTables:
    """The live tables of one file after another, on a connection that may read the folder."""

    def __init__(self, connection: duck.Connection, folder: Folder, schema: Schema, as_of: date) -> None:
        self.connection, self.folder, self.schema, self.as_of = connection, folder, schema, as_of
        self.whole = {
            column: self._all_whole(table, column)
            for table, column in (("household", "household_no"), ("member", "person_no"))
        }
        self.own = self._share_counties()
        self._stands = _standing_columns()
        self.orders = {table.name: self._order(table) for table in schema.tables.values()}
        self._make_areas()
        self._empty = self._make_empty_tables()
        self._make_villages()

    def _order(self, table: FactTable) -> TableOrder:
        """What it takes to write a table of which rooms above say nothing."""
        order = table_order(table)
        if not table.added:
            return order
        same = same_for_all(table, self.as_of)
        rest = {c.name for c in table.columns if c.derived} - same.keys()
        return replace(order, same=same, derived=derived_sql(table, "given", rest))

    def given(self, table: FactTable, number: int) -> pa.Table:
        """What a fact table reads from live tables, as facts, from file `number`, which `show` has shown last. Of
        villages those of the file's own counties, also without a single household."""
        columns = self.orders[table.name].read
        source = (table.own or table).source(self.as_of)
        if source.split(" ", 1)[0] in self._empty:
            return pa.table({column.name: pa.array([], FACT_TYPES[column.kind]) for column in columns})
        if not table.get("household_id"):
            own = ", ".join(map(duck.text, self.own[number])) or "''"
            inside = f"substr(village_code, 1, {COUNTY_DIGITS}) IN ({own})"
            return self._asked(table, columns, f"(SELECT * FROM {_once(table)} WHERE {inside}) live")
        expressions = sources(table)
        expressions = {column.name: expressions[column.name] for column in columns}
        standing = self._standing(expressions, source)
        live = {name: expression for name, expression in expressions.items() if name not in standing}
        rows = {_row(stands.alias): f"{stands.alias}.{ROW}" for stands in standing.values()}
        listed = ", ".join(f"{expression} AS {name}" for name, expression in {**live, **rows}.items())
        in_order = f" ORDER BY {_row('t')}" if _row("t") in rows else ""
        worked_out = [column for column in columns if column.name in live]
        asked = self._asked(table, worked_out, f"(SELECT {listed} FROM {source}) live{in_order}", rows)
        fetched = self._fetched(standing, [column for column in columns if column.name in standing], asked)
        return pa.table({c.name: fetched[c.name] if c.name in standing else asked[c.name] for c in columns})

    def _asked(
        self, table: FactTable, columns: Iterable[ColumnOrder], relation: str, rows: Iterable[str] = ()
    ) -> pa.Table:
        """Columns of a table, and numbers of rows, as DuckDB makes facts of them."""
        names = {column.name for column in columns}
        numbers = (FactColumn(name, FactKind.KEY, "") for name in rows)
        asked = replace(table, columns=(*(c for c in table.columns if c.name in names), *numbers))
        return duck.arrow(self.connection, given_sql(asked, relation)).combine_chunks()

    def _standing(self, expressions: Mapping[str, str], source: str) -> dict[str, "_Standing"]:
        """Those of the expressions over the live tables of a FROM clause that stand in a file as they are."""
        found = {}
        for name, expression in expressions.items():
            alias, _dot, column = expression.partition(".")
            live = set(re.findall(rf"\b(\w+) {alias}\b(?!\.)", source)) if alias.isidentifier() else set()
            raw, columns = self._stands.get(live.pop(), ("", set())) if len(live) == 1 else ("", set())
            if column in columns:
                found[name] = _Standing(alias, raw, column)
        return found

    def _fetched(
        self, standing: Mapping[str, "_Standing"], columns: Sequence[ColumnOrder], asked: pa.Table
    ) -> dict[str, Values]:
        """Columns from their files, for the rows that were asked; unknown where there is no row."""
        fetched: dict[str, Values] = {}
        for alias, raw in dict.fromkeys((stands.alias, stands.raw) for stands in standing.values()):
            wanted = [(c, standing[c.name].column) for c in columns if standing[c.name].alias == alias]
            rows: Values = asked[_row(alias)].combine_chunks()
            read = self._read(raw, wanted)
            in_turn = _counts_up(rows, len(read))
            for column, name in wanted:
                values = fact(without_blanks(read[name].combine_chunks()), column)
                fetched[column.name] = values if in_turn else values.take(rows)
        return fetched

    def _read(self, raw: str, wanted: Sequence[tuple[ColumnOrder, str]]) -> pa.Table:
        """Columns of the file that is shown, as live values; one that it does not have is unknown."""
        present = self.folder.columns(raw, self._name)
        coded = [name for column, name in wanted if column.coded and name in present]
        file = pq.ParquetFile(self.folder.file(raw, self._name), read_dictionary=coded)
        read = file.read([name for _column, name in wanted if name in present]).unify_dictionaries()
        read.validate(full=True)
        for column, name in wanted:
            if name not in present:
                kind: Any = CODES if column.coded else LIVE_TYPES[column.kind]
                read = read.append_column(name, pa.nulls(file.metadata.num_rows, kind))
        return read

    def show(self, number: int, name: str) -> None:
        """Shows the households of file `name`, number `number` of the whole, with everything that belongs to them.

        Raises SourceColumnWrong, SourceRowsWrong.
        """
        self._name = name
        for table in NEEDED:
            self._view(f"raw_{table}", self._raw(table, name))
        self._fill_from_numbers(name)
        self._make_ids(number)
        self._refuse_wrong_rows(name)
        self._show_people(number)
        self._show_incomes()
        self._show_households()

    def _all_whole(self, table: str, column: str) -> bool:
        for name in self.folder.files:
            self.folder.columns(table, name)
        sql = f"SELECT bool_and({_WHOLE.format(column)}) FROM read_parquet([{self.folder.all_of(table)}])"
        ((whole,),) = self.connection.execute(sql).fetchall()
        return whole is not False

    def _share_counties(self) -> list[list[str]]:
        """Which file's counties a village belongs to; counties without households go with the first file."""
        county = f"substr(village_code, 1, {COUNTY_DIGITS})"
        shares, seen = [], set[str]()
        for name in self.folder.files:
            at = duck.text(str(self.folder.file("household", name)))
            found = self.connection.execute(f"SELECT DISTINCT {county} FROM read_parquet({at})").fetchall()
            shares.append(sorted({code for (code,) in found if code} - seen))
            seen.update(shares[-1])
        if self._areas_file:
            villages = f"{self._areas_file} WHERE level = {int(Level.VILLAGE)}"
            found = self.connection.execute(
                f"SELECT DISTINCT substr(code, 1, {COUNTY_DIGITS}) FROM {villages}"
            ).fetchall()
            shares[0] += sorted({code for (code,) in found} - seen)
        return shares

    @property
    def _areas_file(self) -> str:
        """The list of areas, for a FROM clause; "" when there is none."""
        file = (self.folder.path / AREAS).resolve()
        return f"read_parquet({duck.text(str(file))})" if file.is_file() else ""

    def _make_areas(self) -> None:
        """Villages of the list and of the households; the place is the one that a tree made from codes would have."""
        villages = f"SELECT DISTINCT village_code AS code FROM read_parquet([{self.folder.all_of('household')}])"
        named = "SELECT CAST(NULL AS VARCHAR) AS code, CAST(NULL AS VARCHAR) AS name WHERE FALSE"
        if self._areas_file:
            named = f"SELECT code, name FROM {self._areas_file} WHERE level = {int(Level.VILLAGE)}"
        begins = (0, *ENDS.values())
        place = " + ".join(
            f"CAST(substr(code, {begin + 1}, {end - begin}) AS BIGINT) * {span(level)}"
            for begin, (level, end) in zip(begins, ENDS.items(), strict=False)
        )
        self._table(
            Area._meta.db_table,
            f"SELECT place AS id, place, code, name, {int(Level.VILLAGE)} AS level, DATE '0001-01-01' AS valid_from, "
            f"CAST(NULL AS DATE) AS valid_to FROM (SELECT {place} AS place, code, coalesce(max(name), code) AS name "
            f"FROM (SELECT code, name FROM ({named}) UNION ALL SELECT code, NULL FROM ({villages})) "
            f"WHERE regexp_full_match(code, '[0-9]{{{WHOLE}}}') GROUP BY code)",
        )

    def _make_empty_tables(self) -> set[str]:
        """Live tables that fact tables mention and that no file brings: nobody reported anything there."""
        bare = [table.own or table for table in self.schema.tables.values()]
        asked = ((*sources(table).values(), table.source(self.as_of)) for table in bare)
        mentioned = " ".join(sql for table in asked for sql in table)
        shown = {model._meta.db_table for model in _SHOWN}
        made = set()
        for model in apps.get_models(include_auto_created=True):
            name = model._meta.db_table
            if name in mentioned and name not in shown:
                columns = ", ".join(f'"{f.column}" {_live_type(f)}' for f in model._meta.concrete_fields)
                self.connection.execute(f"CREATE TABLE {name} ({columns})")
                made.add(name)
        return made

    def _make_villages(self) -> None:
        """What is said of villages is the same for every file, and takes long to plan."""
        for table in self.schema.tables.values():
            bare = table.own or table
            if not table.get("household_id"):
                listed = ", ".join(f"{source} AS {name}" for name, source in sources(bare).items())
                self._table(_once(table), f"SELECT {listed} FROM {bare.source(self.as_of)}")

    def _raw(self, table: str, name: str) -> str:
        """The known columns of a file in the live database's types; a column that it does not have is unknown."""
        present = self.folder.columns(table, name)
        known = {c.name: _SQL[c.kind] for c in tables()[table].columns.values()} | {"village_code": "VARCHAR"}
        listed = ", ".join(
            f"CAST({column if column in present else 'NULL'} AS {kind}) AS {column}" for column, kind in known.items()
        )
        file = duck.text(str(self.folder.file(table, name)))
        return f"SELECT {listed}, file_row_number AS {ROW} FROM read_parquet({file}, file_row_number = true)"

    def _fill_from_numbers(self, name: str) -> None:
        """What a good ID number says of birth, sex and disability fills what was left blank, as when people are taken
        into the registry."""
        others = text_list(c.code for c in code_list("id_type").codes if not c.attributes.get("lengths"))
        blank = duck.arrow(
            self.connection,
            "SELECT person_no, id_no FROM raw_member WHERE id_no IS NOT NULL AND "
            f"coalesce(id_type, '') NOT IN ({others}) AND "
            "(birth_date IS NULL OR sex IS NULL OR "
            "length(id_no) > 18 AND (disability_category IS NULL OR disability_grade IS NULL))",
        )
        if not len(blank):
            return
        read = read_column(blank["id_no"])
        said = dict(zip(FILLED, (read.birth_date, read.sex, read.category, read.grade), strict=True))
        self.connection.register("read_numbers", pa.table({"person_no": blank["person_no"], **said}))
        self._table("said", "SELECT * FROM read_numbers")
        self.connection.unregister("read_numbers")
        filled = ", ".join(f"coalesce(r.{column}, s.{column}) AS {column}" for column in said)
        raw = self._raw("member", name)
        self._view("raw_member", f"SELECT r.* REPLACE ({filled}) FROM ({raw}) r LEFT JOIN said s USING (person_no)")

    def _make_ids(self, number: int) -> None:
        """Ids of households and people: their own numbers where all of them can be, else running numbers."""
        for ids, raw, column, prefix in (
            ("household_ids", "raw_household", "household_no", 10**9),
            ("member_ids", "raw_member", "person_no", 10**10),
        ):
            running = f"{(number + 1) * prefix} + row_number() OVER (ORDER BY {column})"
            id = f"CAST({column} AS BIGINT)" if self.whole[column] else running
            more = "village_code" if column == "household_no" else "household_no"
            self._table(ids, f"SELECT {column}, {id} AS id, {more}, {ROW} FROM {raw}")

    def _refuse_wrong_rows(self, name: str) -> None:
        for table, reason, sql in self._doubts():
            ((rows,),) = self.connection.execute(f"SELECT count(*) FROM ({sql})").fetchall()
            if rows:
                raise SourceRowsWrong(file=f"{table}/{name}", rows=rows, reason=reason)

    @staticmethod
    def _doubts() -> Iterator[tuple[str, Any, str]]:
        """Rows that would be lost or counted twice: table, what is wrong, and a SELECT of them."""
        twice = "SELECT {0} FROM {1} GROUP BY {0} HAVING count(*) > 1"
        alone = "SELECT 1 FROM {0} r ANTI JOIN {1} i USING ({2})"
        yield (
            "household",
            _("村代码不是 12 位数字"),
            (f"SELECT 1 FROM raw_household r ANTI JOIN {Area._meta.db_table} a ON a.code = r.village_code"),
        )
        for table, key in (
            ("household", "household_no"),
            ("member", "person_no"),
            ("income_year", "household_no, year"),
        ):
            first = key.partition(",")[0]
            yield table, _("编号空缺"), f"SELECT 1 FROM raw_{table} WHERE {first} IS NULL"
            yield table, _("编号重复"), twice.format(key, f"raw_{table}")
        yield "member", _("所属的户不在同名的户文件里"), alone.format("raw_member", "household_ids", "household_no")
        yield (
            "work_record",
            _("所属的人不在同名的成员文件里"),
            alone.format("raw_work_record", "member_ids", "person_no"),
        )
        yield (
            "income_year",
            _("所属的户不在同名的户文件里"),
            alone.format("raw_income_year", "household_ids", "household_no"),
        )
        yield (
            "income_item",
            _("没有同户同年的年度收入"),
            alone.format("raw_income_item", "raw_income_year", "household_no, year"),
        )

    def _show_people(self, number: int) -> None:
        self._table(
            "person",
            f"SELECT i.{ROW}, i.id, h.id AS household_id, a.place FROM member_ids i "
            f"JOIN household_ids h USING (household_no) JOIN {Area._meta.db_table} a ON a.code = h.village_code",
        )
        self._view(
            Member._meta.db_table,
            f"SELECT r.*, p.id, p.household_id, p.place FROM raw_member r JOIN person p USING ({ROW})",
        )
        self._view(
            WorkRecord._meta.db_table,
            f"SELECT r.*, i.id AS member_id, {(number + 1) * 10**10} + row_number() OVER "
            "(ORDER BY person_no, start_month, employer, end_month) AS id "
            "FROM raw_work_record r JOIN member_ids i USING (person_no)",
        )

    def _show_incomes(self) -> None:
        """Statements with the sums of their lines, by the ledger's own SQL."""
        self._table(
            "people",
            f"SELECT household_no, count(*) AS members FROM raw_member m WHERE {income.members_counted_sql('m')} "
            "AND household_no IN (SELECT household_no FROM raw_income_year WHERE members_counted IS NULL) "
            "GROUP BY household_no",
        )
        self._table(
            "statement",
            f"SELECT {ROW} AS id, r.* REPLACE (coalesce(r.members_counted, p.members) AS members_counted) "
            "FROM raw_income_year r LEFT JOIN people p USING (household_no)",
        )
        ((nobody,),) = self.connection.execute(
            "SELECT count(*) FROM statement WHERE members_counted IS NULL OR members_counted < 1"
        ).fetchall()
        if nobody:
            raise SourceRowsWrong(file="income_year", rows=nobody, reason=_("计算人口不足 1 人"))
        self._view(
            IncomeItem._meta.db_table,
            f"SELECT y.id AS income_year_id, r.code, r.amount, coalesce(r.counted, {self._counted()}) AS counted "
            "FROM raw_income_item r JOIN statement y USING (household_no, year) "
            "JOIN household_ids h USING (household_no)",
        )
        self._table("total", income.totals_sql("(SELECT id, members_counted AS members FROM statement)"))
        self._view(
            IncomeYear._meta.db_table,
            "SELECT y.*, t.* EXCLUDE (id), h.id AS household_id FROM statement y JOIN total t ON t.id = y.id "
            "JOIN household_ids h USING (household_no)",
        )

    def _counted(self) -> str:
        """Whether a line counts as stable income where its file does not say, by the rule of the village's region."""
        villages = self.connection.execute("SELECT DISTINCT village_code FROM household_ids").fetchall()
        lines = self.connection.execute("SELECT DISTINCT code FROM raw_income_item WHERE code IS NOT NULL").fetchall()
        exceptions = [
            f"({duck.text(village)}, {duck.text(line)})"
            for (village,) in villages
            for (line,) in lines
            if not income.counts_by_default(line, village, self.as_of)
        ]
        return f"(h.village_code, r.code) NOT IN (VALUES {', '.join(exceptions)})" if exceptions else "TRUE"

    def _show_households(self) -> None:
        """Of two heads the one with the lower number gives the name, as it came first in the registry."""
        self._table(
            "home",
            f"""SELECT i.{ROW}, i.id, a.id AS village_id, a.place, m.head_name,
                       coalesce(m.members, 0) AS members_count, y.year AS latest_income_year
                FROM household_ids i JOIN {Area._meta.db_table} a ON a.code = i.village_code
                LEFT JOIN (SELECT household_id, count(*) AS members,
                                  arg_min(name, id) FILTER (WHERE relation_to_head = '{HEAD}') AS head_name
                           FROM {Member._meta.db_table} WHERE left_on IS NULL GROUP BY household_id) m
                     ON m.household_id = i.id
                LEFT JOIN (SELECT household_no, max(year) AS year FROM raw_income_year GROUP BY household_no) y
                     USING (household_no)""",
        )
        catalogue = tables()["household"].columns.values()
        own = ", ".join(f"r.{c.name}" for c in catalogue if c.model is Household and c.name != "village_id")
        self._view(
            Household._meta.db_table,
            f"SELECT {own}, CAST(NULL AS DATE) AS ended_on, h.* FROM raw_household r JOIN home h USING ({ROW})",
        )
        home = ", ".join(f"r.{c.name}" for c in catalogue if c.model is Dwelling)
        self._view(
            Dwelling._meta.db_table,
            f"SELECT {home}, r.{ROW}, i.id AS household_id FROM raw_household r JOIN household_ids i USING ({ROW})",
        )

    def _view(self, name: str, select: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE VIEW {name} AS {select}")

    def _table(self, name: str, select: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS {select}")


def _standing_columns() -> dict[str, tuple[str, set[str]]]:
    """The columns of live tables that are shown as they stand in a file: the table of the folder, and which."""
    others = {Member: {*FILLED, "household_no"}, IncomeYear: {"members_counted"}, Household: {"village_id"}}
    shown = {Household: "household", Dwelling: "household", Member: "member", WorkRecord: "work_record"}
    stands = {}
    for model, raw in {**shown, IncomeYear: "income_year"}.items():
        columns = {c.name for c in tables()[raw].columns.values() if c.model is model}
        stands[model._meta.db_table] = (raw, columns - others.get(model, set()))
    return stands


def _once(table: FactTable) -> str:
    return f"once_{table.name}"


def _row(alias: str) -> str:
    return f"{ROW}_{alias}"


def _counts_up(rows: Values, to: int) -> bool:
    """Whether these are all the numbers from 0, in their order."""
    return len(rows) == to and not rows.null_count and bool((rows.to_numpy() == np.arange(to)).all())


_SHOWN = (Area, Household, Dwelling, Member, WorkRecord, IncomeYear, IncomeItem)


def _live_type(field: models.Field[Any, Any]) -> str:
    return next((sql for kind, sql in _LIVE_TYPES.items() if isinstance(field, kind)), "BIGINT")
