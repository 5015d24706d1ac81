"""The registry's tables as `bangfu generate` writes them, shown to DuckDB under the names and columns of the live
database: so the fact tables of the rooms are read from files by the very SQL that reads them from the database.

What the registry's writer derives is derived here in the same way: the head's name, who is a member today, the latest
year, the sums and per-head figures of a year (`registry.ledger.income`), where a village's place is (from its code).

Files of the same name in the folders of the tables hold the same households, and are worked on one after another.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _

from bangfu.areas.codes import ENDS, WHOLE
from bangfu.areas.models import Area
from bangfu.common import duck
from bangfu.common.facts import FactTable, Schema
from bangfu.common.places import Level, span
from bangfu.common.policy import code_list
from bangfu.registry.columns import Column, Kind, tables
from bangfu.registry.intake.identities import read_column
from bangfu.registry.ledger import income
from bangfu.registry.ledger.sql import text_list
from bangfu.registry.models import Dwelling, Household, IncomeItem, IncomeYear, Member, WorkRecord
from bangfu.snapshot.asking import said_of_nobody
from bangfu.snapshot.drafting import sources
from bangfu.snapshot.errors import SourceColumnWrong, SourceRowsWrong, SourceTableMissing
from bangfu.snapshot.store import COUNTY_DIGITS

AREAS = "areas.parquet"
HEAD = "01"  # relation_to_head: the head
# Columns without which the rows of a table cannot be told apart or put in their place.
NEEDED = {
    "household": ("household_no", "village_code"),
    "member": ("person_no", "household_no", "name"),
    "work_record": ("person_no", "start_month"),
    "income_year": ("household_no", "year"),
    "income_item": ("household_no", "year", "code", "amount"),
}
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


class LiveTables:
    """The live tables of one file after another, on a connection that may read the folder."""

    def __init__(self, connection: duck.Connection, folder: Folder, schema: Schema, as_of: date) -> None:
        self.connection, self.folder, self.schema, self.as_of = connection, folder, schema, as_of
        self.whole = {
            column: self._all_whole(table, column)
            for table, column in (("household", "household_no"), ("member", "person_no"))
        }
        self.own = self._share_counties()
        self._added = {table.name: said_of_nobody(table, as_of) for table in schema.tables.values()}
        self._make_areas()
        self._make_empty_tables()

    def facts(self, table: FactTable, number: int) -> str:
        """A SELECT of what a fact table reads from live tables, from file `number`, which `show` has shown last. Of
        villages those of the file's own counties, also without a single household."""
        bare = table.own or table
        given = {**sources(bare), **self._added[table.name]}
        listed = ", ".join(f"{source} AS {name}" for name, source in given.items())
        select = f"SELECT {listed} FROM {bare.source(self.as_of)}"
        if table.get("household_id"):
            return select
        own = ", ".join(map(duck.text, self.own[number])) or "''"
        return f"SELECT * FROM ({select}) WHERE substr(village_code, 1, {COUNTY_DIGITS}) IN ({own})"

    def show(self, number: int, name: str) -> None:
        """Shows the households of file `name`, number `number` of the whole, with everything that belongs to them.

        Raises SourceColumnWrong, SourceRowsWrong.
        """
        for view, table in (
            ("raw_household", "household"),
            ("raw_member", "member"),
            ("raw_work_record", "work_record"),
            ("raw_income_year", "income_year"),
            ("raw_income_item", "income_item"),
        ):
            self._view(view, self._raw(table, name))
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

    def _make_empty_tables(self) -> None:
        """Live tables that fact tables mention and that no file brings: nobody reported anything there."""
        bare = [table.own or table for table in self.schema.tables.values()]
        asked = ((*sources(table).values(), table.source(self.as_of)) for table in bare)
        mentioned = " ".join(sql for table in asked for sql in table)
        shown = {model._meta.db_table for model in _SHOWN}
        for model in apps.get_models(include_auto_created=True):
            name = model._meta.db_table
            if name in mentioned and name not in shown:
                columns = ", ".join(f'"{f.column}" {_live_type(f)}' for f in model._meta.concrete_fields)
                self.connection.execute(f"CREATE TABLE {name} ({columns})")

    def _raw(self, table: str, name: str) -> str:
        """The known columns of a file in the live database's types; a column that it does not have is unknown."""
        present = self.folder.columns(table, name)
        known = {c.name: _SQL[c.kind] for c in tables()[table].columns.values()} | {"village_code": "VARCHAR"}
        listed = ", ".join(
            f"CAST({column if column in present else 'NULL'} AS {kind}) AS {column}" for column, kind in known.items()
        )
        return f"SELECT {listed} FROM read_parquet({duck.text(str(self.folder.file(table, name)))})"

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
        said = {
            "birth_date": read.birth_date,
            "sex": read.sex,
            "disability_category": read.category,
            "disability_grade": read.grade,
        }
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
            more = ", village_code" if column == "household_no" else ", household_no"
            self._table(ids, f"SELECT {column}, {id} AS id{more} FROM {raw}")

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
        self._view(
            Member._meta.db_table,
            "SELECT r.*, i.id, h.id AS household_id, a.place FROM raw_member r "
            "JOIN member_ids i USING (person_no) JOIN household_ids h ON h.household_no = r.household_no "
            f"JOIN {Area._meta.db_table} a ON a.code = h.village_code",
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
            "GROUP BY household_no",
        )
        self._table(
            "statement",
            "SELECT row_number() OVER (ORDER BY household_no, year) AS id, r.* "
            "REPLACE (coalesce(r.members_counted, p.members) AS members_counted) "
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
            f"""SELECT m.household_id, count(*) AS members,
                       arg_min(m.name, m.id) FILTER (WHERE m.relation_to_head = '{HEAD}') AS head_name
                FROM {Member._meta.db_table} m WHERE m.left_on IS NULL GROUP BY m.household_id""",
        )
        self._table("latest", "SELECT household_no, max(year) AS year FROM raw_income_year GROUP BY household_no")
        catalogue = tables()["household"].columns.values()
        own = ", ".join(f"r.{c.name}" for c in catalogue if c.model is Household and c.name != "village_id")
        self._view(
            Household._meta.db_table,
            f"SELECT {own}, i.id, a.id AS village_id, a.place, CAST(NULL AS DATE) AS ended_on, home.head_name, "
            "coalesce(home.members, 0) AS members_count, latest.year AS latest_income_year FROM raw_household r "
            f"JOIN household_ids i USING (household_no) JOIN {Area._meta.db_table} a ON a.code = r.village_code "
            "LEFT JOIN home ON home.household_id = i.id LEFT JOIN latest ON latest.household_no = r.household_no",
        )
        home = ", ".join(f"r.{c.name}" for c in catalogue if c.model is Dwelling)
        self._view(
            Dwelling._meta.db_table,
            f"SELECT {home}, i.id AS household_id FROM raw_household r JOIN household_ids i USING (household_no)",
        )

    def _view(self, name: str, select: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE VIEW {name} AS {select}")

    def _table(self, name: str, select: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS {select}")


_SHOWN = (Area, Household, Dwelling, Member, WorkRecord, IncomeYear, IncomeItem)


def _live_type(field: models.Field[Any, Any]) -> str:
    return next((sql for kind, sql in _LIVE_TYPES.items() if isinstance(field, kind)), "BIGINT")
