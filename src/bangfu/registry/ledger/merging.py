"""The rows themselves: what the plans say is changed, what is new is added, ledger lines no longer given are removed.

For each table `changed_<table>` keeps the ids of the rows on file that were touched; the plans know the new ones;
removed ledger lines wait in `gone_income_item` with their old content. The trail is written from these afterwards.
"""

from typing import Any

from django.db import models

from bangfu.areas.models import Area
from bangfu.registry.columns import tables
from bangfu.registry.ledger import bulk, income, sql
from bangfu.registry.ledger.planning import TEXTS, Job
from bangfu.registry.models import Dwelling, Household, IncomeItem, IncomeYear, Member, WorkRecord

# Columns that the plan knows better than the staged row: who owns the row, and where it lies.
LINKS: dict[type[models.Model], dict[str, str]] = {
    Household: {"village_id": "p.village_id", "group_id": "p.group_id", "place": "p.place"},
    Dwelling: {},
    Member: {"household_id": "p.household_id", "place": "p.place"},
    WorkRecord: {"member_id": "p.member_id"},
    IncomeYear: {"household_id": "p.household_id"},
    IncomeItem: {"income_year_id": "p.income_year_id", "member_id": "p.member_id"},
}
# What a new row is known by.
KEYS: dict[type[models.Model], dict[str, str]] = {
    Household: {"id": "p.id", "household_no": "p.household_no"},
    Dwelling: {"household_id": "p.id"},
    # A person without a number is known by ours, which no other person ever has.
    Member: {"id": "p.id", "person_no": "coalesce(p.person_no, 'R' || p.id)"},
    WorkRecord: {"id": "p.id", "start_month": "s.start_month"},
    IncomeYear: {"id": "p.id", "year": "p.year"},
    IncomeItem: {"id": "p.id", "line": "p.line"},
}
MODELS: dict[str, type[models.Model]] = {
    "household": Household,
    "dwelling": Dwelling,
    "member": Member,
    "work_record": WorkRecord,
    "income_year": IncomeYear,
    "income_item": IncomeItem,
}


def merge(job: Job) -> None:
    """Write what the plans hold, members first: a household's own row is written last (`deriving`), with what follows
    from its members and statements, so that it is written once. Foreign keys are checked when the transaction ends."""
    for name in MODELS:
        job.bench.note(f"changed_{name}")
    if job.has("member"):
        change_rows(job, "member", Member)
        add_rows(job, "member", Member)
    if job.has("work_record"):
        change_rows(job, "work_record", WorkRecord)
        add_rows(job, "work_record", WorkRecord)
    if job.has("income_year"):
        _count_members(job)
    if job.has("income_item") or (job.clear_items and job.has("income_year")):
        _replace_items(job)
    if job.has("income_year") or job.has("income_item"):
        _write_statements(job)


def change_rows(job: Job, table: str, model: type[models.Model]) -> None:
    """Update the rows on file that would differ, and only those; they are noted in `changed_<model>`."""
    name, pk, noted = sql.table(model), model._meta.pk.column, _changed(model)
    source = f"in_{table} s JOIN plan_{table} p ON p.n = s.n AND NOT p.is_new AND p.trouble IS NULL"
    values = {column: value for column, value in _values(job, table, model, "l").items() if value != f"l.{column}"}
    if not values:
        return
    different = " OR ".join(sql.differs(f"l.{sql.quote(column)}", f"({value})") for column, value in values.items())
    changed = job.bench.run(
        f"INSERT INTO {noted} SELECT l.{pk} FROM {source} JOIN {name} l ON l.{pk} = p.id WHERE {different}"
    )
    if changed:
        # Columns in which no row differs are left alone: setting them would rewrite their indexes for nothing.
        theirs = f"{source} JOIN {noted} d ON d.id = p.id"
        flags = ", ".join(
            f"max(CASE WHEN {sql.differs(f'l.{sql.quote(column)}', f'({value})')} THEN 1 ELSE 0 END)"
            for column, value in values.items()
        )
        moved = job.bench.rows(f"SELECT {flags} FROM {theirs} JOIN {name} l ON l.{pk} = p.id")[0]
        values = {column: value for (column, value), differs in zip(values.items(), moved, strict=True) if differs}
        assignments = ", ".join(f"{sql.quote(column)} = {value}" for column, value in values.items())
        job.bench.run(f"UPDATE {name} AS l SET {assignments} FROM {theirs} WHERE l.{pk} = p.id")


def add_rows(
    job: Job, table: str, model: type[models.Model], more: dict[str, str] | None = None, join: str = ""
) -> None:
    """Insert the new rows in the order in which they were given; `more` sets derived columns, from tables in `join`."""
    values = KEYS[model] | _values(job, table, model, None) | (more or {})
    for field in model._meta.concrete_fields:
        values.setdefault(field.attname, _blank(field))
    columns, selected = ", ".join(map(sql.quote, values)), ", ".join(values.values())
    new = f"FROM in_{table} s JOIN plan_{table} p ON p.n = s.n AND p.is_new AND p.trouble IS NULL"
    rows = len(job.given[table])
    # As where they were given their ids.
    in_order = "" if sql.on_postgresql() and rows >= bulk.BULK else " ORDER BY p.n"
    if rows >= bulk.BULK:
        rows = job.bench.value(f"SELECT count(*) FROM plan_{table} WHERE is_new AND trouble IS NULL")
    with bulk.indexes_afterwards(job.bench, model, rows):
        added = job.bench.run(f"INSERT INTO {sql.table(model)} ({columns}) SELECT {selected} {new} {join}{in_order}")
    if added >= bulk.BULK:
        # Or PostgreSQL plans the rest for the table as it was before. Keys are enough to join by, and a table has fifty
        # columns; it looks at the others by itself afterwards.
        keys = [str(f.column) for f in model._meta.concrete_fields if f.primary_key or f.is_relation]
        asked = ["left_on"] if model is Member else []
        job.bench.analyze(f"{sql.table(model)} ({', '.join(map(sql.quote, [*keys, *asked]))})")
    job.bench.finished(model)


def _changed(model: type[models.Model]) -> str:
    return next(f"changed_{name}" for name, each in MODELS.items() if each is model)


def _values(job: Job, table: str, model: type[models.Model], live: str | None) -> dict[str, str]:
    """For every column of `model` that this write sets: its value as SQL over the staged row `s`, the plan `p` and the
    row on file `live`, None for new rows. Texts and codes have no NULL: unknown is the empty text."""
    names = {field.attname for field in model._meta.concrete_fields}
    found: dict[str, str] = {}
    for column in job.columns(table):
        if column.name not in names or (column.name in tables()[table].key and column.name != "employer"):
            continue
        value = job.value(table, column.name, live) if live else f"s.{column.name}"
        if model is IncomeItem and column.name == "counted":
            value = f"coalesce(s.counted, {_counted(job)})"
        found[column.name] = f"coalesce({value}, '')" if column.kind in TEXTS else value
    if model is IncomeItem and "counted" not in found:
        found["counted"] = _counted(job)
    if model is IncomeYear:
        given = found.get("members_counted") or (f"{live}.members_counted" if live else "NULL")
        found["members_counted"] = f"coalesce({given}, {_people(job)})"
    return found | LINKS[model]


def _blank(field: models.Field[Any, Any]) -> str:
    """What a new row holds in a column that was not given."""
    if field.has_default():
        default = field.get_default()
        return str(default).upper() if isinstance(default, bool) else str(int(default))
    return "''" if isinstance(field, models.CharField) else "NULL"


def _count_members(job: Job) -> None:
    """Who is counted where a new statement does not say; a statement of nobody is refused, with its lines."""
    if job.has("income_year", "members_counted") and not job.given["income_year"]["members_counted"].null_count:
        return
    given = "s.members_counted" if job.has("income_year", "members_counted") else "NULL"
    job.bench.make(
        "people_of",
        "SELECT t.id AS id, count(m.id) AS people FROM ("
        "SELECT DISTINCT p.household_id AS id FROM plan_income_year p JOIN in_income_year s ON s.n = p.n "
        f"WHERE p.trouble IS NULL AND {given} IS NULL) t "
        f"LEFT JOIN {sql.table(Member)} m ON m.household_id = t.id AND {income.members_counted_sql('m')} GROUP BY t.id",
        key="id",
    )
    job.counts_people = True
    refused = job.bench.run(
        "UPDATE plan_income_year SET trouble = 'nobody' WHERE trouble IS NULL AND household_id IN "
        f"(SELECT id FROM people_of WHERE people = 0) AND n IN (SELECT s.n FROM in_income_year s WHERE {given} IS NULL)"
        + (" AND is_new" if job.blank_keeps else "")
    )
    if refused and job.has("income_item"):
        job.bench.run(
            "UPDATE plan_income_item SET trouble = 'year_refused' WHERE trouble IS NULL AND income_year_id IN "
            "(SELECT id FROM plan_income_year WHERE trouble = 'nobody')"
        )


def _people(job: Job) -> str:
    """Who is counted in the household of the statement planned as `p`."""
    return "(SELECT c.people FROM people_of c WHERE c.id = p.household_id)" if job.counts_people else "NULL"


def _counted(job: Job) -> str:
    """Whether a line counts as stable income where its form does not say, by the rule of the village's region."""
    return (
        "NOT EXISTS (SELECT 1 FROM not_counted x WHERE x.village_id = p.village_id AND x.code = s.code)"
        if job.has_exceptions
        else "TRUE"
    )


def _replace_items(job: Job) -> None:
    """The lines given for a household's year take the place of those it had: same number, same line; the rest goes."""
    item = sql.table(IncomeItem)
    years, kept = [], ""
    if job.has("income_item"):
        years.append("SELECT income_year_id FROM plan_income_item WHERE trouble IS NULL")
        kept = (
            "AND NOT EXISTS (SELECT 1 FROM plan_income_item p WHERE p.income_year_id = k.income_year_id "
            "AND p.line = k.line AND p.trouble IS NULL)"
        )
        _find_exceptions(job)
    if job.clear_items:
        years.append("SELECT id FROM plan_income_year WHERE trouble IS NULL")
    job.bench.make(
        "gone_income_item",
        f"SELECT k.* FROM {item} k WHERE k.income_year_id IN ({' UNION '.join(years)}) {kept}",
        key="id",
    )
    job.bench.run(f"DELETE FROM {item} WHERE id IN (SELECT id FROM gone_income_item)")
    if job.has("income_item"):
        change_rows(job, "income_item", IncomeItem)
        add_rows(job, "income_item", IncomeItem)


def _find_exceptions(job: Job) -> None:
    """`not_counted`: which items do not count as stable income in which of the villages that this write touches."""
    if job.has("income_item", "counted") and not job.given["income_item"]["counted"].null_count:
        return
    area = sql.table(Area)
    villages = job.bench.rows(
        f"SELECT v.id, v.code FROM {area} v WHERE v.id IN "
        "(SELECT village_id FROM plan_income_item WHERE trouble IS NULL)"
    )
    codes = [code for (code,) in job.bench.rows("SELECT DISTINCT code FROM in_income_item WHERE code IS NOT NULL")]
    exceptions = [
        (village, item)
        for village, code in villages
        for item in codes
        if not income.counts_by_default(item, code, job.today)
    ]
    if exceptions:
        job.bench.make(
            "not_counted",
            "SELECT CAST(0 AS bigint) AS village_id, CAST('' AS text) AS code WHERE 1 = 0",
            index="village_id, code",
        )
        job.bench.add("not_counted", exceptions)
        job.has_exceptions = True


def _write_statements(job: Job) -> None:
    """Statements with the sums of their lines: those changed, those of which only the lines changed, the new ones."""
    statement = sql.table(IncomeYear)
    given, lines = job.has("income_year"), job.has("income_item")
    if given:
        change_rows(job, "income_year", IncomeYear)
    members = _people(job)
    if job.has("income_year", "members_counted"):
        members = f"coalesce(s.members_counted, {members})"
    years = []
    if given:
        years.append(
            f"SELECT p.id AS id, {members} AS members FROM plan_income_year p JOIN in_income_year s ON s.n = p.n "
            "WHERE p.is_new AND p.trouble IS NULL"
        )
        years.append(
            f"SELECT i.id AS id, i.members_counted AS members FROM {statement} i WHERE i.id IN "
            "(SELECT id FROM plan_income_year WHERE NOT is_new AND trouble IS NULL)"
        )
    if lines:
        years.append(
            f"SELECT i.id AS id, i.members_counted AS members FROM {statement} i WHERE i.id IN "
            "(SELECT income_year_id FROM plan_income_item WHERE trouble IS NULL)"
        )
    job.bench.make(
        "summed_year", f"SELECT CAST(id AS bigint) AS id, members FROM ({' UNION '.join(years)}) found", key="id"
    )
    job.bench.make("kind_of_item", income.kinds_sql(), index="code")
    job.bench.make("total", income.totals_sql("summed_year", "kind_of_item"), key="id")
    update_derived(job, IncomeYear, "total", income.TOTALS)
    if given:
        add_rows(
            job,
            "income_year",
            IncomeYear,
            {column: f"t.{column}" for column in income.TOTALS},
            "JOIN total t ON t.id = p.id",
        )


def update_derived(job: Job, model: type[models.Model], derived: str, columns: tuple[str, ...]) -> None:
    """Bring columns of rows on file in line with `derived` (id and those columns), where they differ."""
    name, noted = sql.table(model), _changed(model)
    different = " OR ".join(sql.differs(f"l.{column}", f"t.{column}") for column in columns)
    job.bench.make(
        "moved", f"SELECT l.id AS id FROM {derived} t JOIN {name} l ON l.id = t.id WHERE {different}", key="id"
    )
    if not job.bench.value("SELECT count(*) FROM moved"):
        return
    assignments = ", ".join(f"{column} = t.{column}" for column in columns)
    job.bench.run(
        f"UPDATE {name} AS l SET {assignments} FROM {derived} t WHERE t.id = l.id AND l.id IN (SELECT id FROM moved)"
    )
    job.bench.run(f"INSERT INTO {noted} SELECT id FROM moved WHERE id NOT IN (SELECT id FROM {noted})")
