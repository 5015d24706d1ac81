"""Before anything is written: which row is whose, which rows are new, and which contradict what is on file.

Every staged table gets a plan, `plan_<table>`: one row for each given row (`n`), with the id it has or will have,
whether it `is_new`, to whom it belongs, and the `trouble` that keeps it out (NULL: none). The statements are the same
for one row and for a million; rows with troubles are named to the user afterwards, the others are written.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import models

from bangfu.areas.models import Area
from bangfu.common.places import Level, PlaceRange
from bangfu.registry.columns import Column, Kind, tables
from bangfu.registry.ledger import bulk, sql
from bangfu.registry.models import Household, IncomeItem, IncomeYear, Member, WorkRecord

HEAD = "01"  # relation_to_head: the head
TEXTS = frozenset({Kind.TEXT, Kind.CODE, Kind.SET})

# What verbs may set besides the catalogue's columns; never read from a file or a form.
VERB_COLUMNS = {
    "household": (
        Column("ended_on", Kind.DAY, ""),
        Column("ended_reason", Kind.CODE, ""),
        Column("merged_into_id", Kind.WHOLE, ""),
    ),
    "member": (
        Column("name_initials", Kind.TEXT, ""),
        Column("id_key", Kind.TEXT, ""),
        Column("id_tail", Kind.TEXT, ""),
    ),
}
# As what a household is recognised: of households on file decided by casework, not by whoever fills in a form.
STATUS = ("poverty_status", "first_identified", "exited_on", "returned_on", "monitor_category")
# Without these a row is no row.
REQUIRED = {
    "member": ("name",),
    "income_year": ("window_start", "window_end"),
    "income_item": ("code", "amount"),
}


@dataclass(frozen=True)
class Move:
    """People may change households on this day, under a code of member_increase and one of member_decrease. How they
    first came into the registry stays as it was: moving house is no birth."""

    on: date
    joined_by: str
    left_by: str


@dataclass
class Job:
    """One call of the writer: what came in, under which rules, and the bench it works on."""

    bench: sql.Workbench
    given: dict[str, pa.Table]
    today: date
    blank_keeps: bool = False
    takeover: bool = False
    decided: bool = False  # the status of households on file may change: casework decided it
    moves: Move | None = None
    clear_items: bool = False  # statements given without lines lose those that they had
    within: tuple[PlaceRange, ...] | None = None
    counts_people: bool = False  # some statements do not say who is counted: `people_of` knows
    has_exceptions: bool = False  # some items do not count as stable income in some of the villages
    taken: dict[int, tuple[str, int]] = field(default_factory=dict)

    def has(self, table: str, column: str = "") -> bool:
        return table in self.given and (not column or column in self.given[table].column_names)

    def value(self, table: str, column: str, live: str, model_column: str = "") -> str:
        """What a cell will hold, as SQL over the staged row `s` and the row on file `live` (all NULL for a new row)."""
        model_column = model_column or column
        if not self.has(table, column):
            return f"{live}.{model_column}"
        given = f"s.{column}"
        if not self.blank_keeps or table == "income_item":  # lines replace each other whole
            return given
        kept = f"coalesce({given}, {live}.{model_column})"
        if self.has(table, f"clear_{column}"):
            return f"CASE WHEN s.clear_{column} THEN NULL ELSE {kept} END"
        return kept

    def columns(self, table: str) -> list[Column]:
        """The given columns that stand in the table's own row, keys and links apart."""
        known = {**tables()[table].columns, **{c.name: c for c in VERB_COLUMNS.get(table, ())}}
        return [known[name] for name in self.given[table].column_names if name in known]


def plan(job: Job) -> None:
    """Plans for every given table, in the order in which they will be written."""
    if job.has("household"):
        _plan_households(job)
    if job.has("member"):
        _plan_members(job)
        _find_missing(job, "member", Member)
        _find_taken_ids(job)
        if not job.takeover:
            _find_broken_heads(job)
    if job.has("work_record"):
        _plan_work(job)
    if job.has("income_year"):
        _plan_income_years(job)
        _find_missing(job, "income_year", IncomeYear)
    if job.has("income_item"):
        _plan_income_items(job)


def _whole(expression: str) -> str:
    """SQLite gives a computed column no type of its own, and then cannot find its values by an index."""
    return f"CAST({expression} AS bigint)"


def lock(job: Job) -> None:
    """PostgreSQL: hold the households on file that this write touches, so that counts drawn from their members and
    the check for somebody else's change stay true until the end. SQLite has one writer anyway."""
    if not sql.on_postgresql() or job.bench.aside:
        return
    household, member = sql.table(Household), sql.table(Member)
    numbers = [f"SELECT household_no FROM in_{t}" for t in job.given if job.has(t, "household_no")]
    people = [f"SELECT person_no FROM in_{t}" for t in ("member", "work_record") if job.has(t)]
    wanted = [f"SELECT id FROM {household} WHERE household_no IN ({' UNION '.join(numbers)})"] if numbers else []
    if people:
        wanted.append(f"SELECT household_id FROM {member} WHERE person_no IN ({' UNION '.join(people)})")
    if wanted:
        job.bench.run(
            f"SELECT count(*) FROM (SELECT id FROM {household} WHERE id IN ({' UNION '.join(wanted)}) "
            "ORDER BY id FOR NO KEY UPDATE) held"
        )


def _plan_households(job: Job) -> None:
    area, household = sql.table(Area), sql.table(Household)
    village = "coalesce(s.village_id, h.village_id)" if job.has("household", "village_id") else "h.village_id"
    moved = job.has("household", "village_id") or job.has("household", "group_name")
    group_name = job.value("household", "group_name", "h")
    # The group is looked up by its name in the village; a name that no group bears stays a name.
    if moved:
        given = "SELECT village_id FROM in_household UNION " if job.has("household", "village_id") else ""
        job.bench.make(
            "group_named",
            f"SELECT x.parent_id AS village_id, x.name AS name, min(x.id) AS id FROM {area} x WHERE x.parent_id IN ("
            f"{given}SELECT h.village_id FROM {household} h JOIN in_household s ON s.household_no = h.household_no) "
            f"AND x.level = {int(Level.GROUP)} AND x.valid_to IS NULL GROUP BY x.parent_id, x.name",
            key="village_id, name",
        )
    named = f"LEFT JOIN group_named o ON o.village_id = v.id AND o.name = {group_name}" if moved else ""
    group = f"{named} LEFT JOIN {area} g ON g.id = {'o.id' if moved else 'h.group_id'}"
    exists = f"v.level = {int(Level.VILLAGE)} AND (v.valid_to IS NULL OR v.valid_to > {sql.day_value(job.today)})"
    job.bench.make(
        "plan_household",
        f"""
        SELECT s.n AS n, {_whole(f"coalesce(h.id, {sql.new_id(Household, 's.n')})")} AS id, h.id IS NULL AS is_new,
               s.household_no AS household_no, h.village_id AS old_village_id, v.id AS village_id,
               {"g.id" if moved else "h.group_id"} AS group_id,
               {"coalesce(g.place, v.place)" if moved else "coalesce(h.place, v.place)"} AS place,
               CASE WHEN h.id IS NOT NULL AND NOT {sql.inside(job.within, "h.place")} THEN 'outside'
                    WHEN h.ended_on IS NOT NULL THEN 'ended'
                    WHEN v.id IS NULL AND h.id IS NULL THEN 'no_village'
                    WHEN {sql.differs("v.id", "h.village_id")} AND NOT ({exists}) THEN 'no_village'
                    WHEN NOT {sql.inside(job.within, "v.place")} THEN 'village_outside'
                    {_status_kept(job)}
               END AS trouble
        FROM in_household s LEFT JOIN {household} h ON h.household_no = s.household_no
        LEFT JOIN {area} v ON v.id = {village} {group}
        {_in_order(job, "household")}
        """,
        key="n",
        index="household_no",
    )


def _in_order(job: Job, table: str) -> str:
    """Few new rows get their ids in the order in which they were given. PostgreSQL joins few rows as it likes; very
    many it joins by hashing, which keeps their order, and to make sure of it would sort them."""
    return "ORDER BY s.n" if sql.on_postgresql() and len(job.given[table]) < bulk.BULK else ""


def _status_kept(job: Job) -> str:
    """Troubles of rows that would change the status of a household on file without a decision."""
    if job.takeover or job.decided:
        return ""
    troubles = []
    for column in STATUS:
        if job.has("household", column):
            value = job.value("household", column, "h")
            value = f"coalesce({value}, '')" if tables()["household"].columns[column].kind in TEXTS else value
            differs = sql.differs(value, f"h.{column}")
            troubles.append(f"WHEN h.id IS NOT NULL AND {differs} THEN 'status {column}'")
    return " ".join(troubles)


def _plan_members(job: Job) -> None:
    household, member = sql.table(Household), sql.table(Member)
    number = "s.household_no" if job.has("member", "household_no") else "CAST(NULL AS text)"
    new = job.has("household")
    planned = f"LEFT JOIN plan_household ph ON ph.household_no = {number}" if new else ""
    target = f"coalesce({'ph.id, ' if new else ''}h.id, CASE WHEN {number} IS NULL THEN m.household_id END)"
    place = f"coalesce({'ph.place, ' if new else ''}h.place, mh.place)"
    refused = "WHEN ph.is_new AND ph.trouble IS NOT NULL THEN 'household_refused'" if new else ""
    elsewhere = "" if job.moves else f"WHEN m.household_id <> {target} THEN 'elsewhere'"
    _recognise_by_id(job)
    job.bench.make(
        "plan_member",
        f"""
        SELECT s.n AS n, {_whole(f"coalesce(m.id, {sql.new_id(Member, 's.n')})")} AS id, m.id IS NULL AS is_new,
               s.person_no AS person_no, {_whole(target)} AS household_id,
               m.household_id AS was_household_id, {_whole(place)} AS place,
               m.left_on AS was_left_on, {job.value("member", "left_on", "m")} AS left_on,
               coalesce({job.value("member", "id_no", "m")}, '') AS id_no,
               coalesce({job.value("member", "relation_to_head", "m")}, '') AS relation_to_head,
               m.id IS NULL OR m.left_on IS NOT NULL OR {sql.differs(job.value("member", "id_no", "m"), "m.id_no")}
                   AS claims_id,
               CASE {refused}
                    WHEN {target} IS NULL AND {number} IS NULL THEN 'no_person'
                    WHEN {target} IS NULL THEN 'no_household'
                    WHEN NOT {sql.inside(job.within, place)} THEN 'outside'
                    WHEN mh.id IS NOT NULL AND NOT {sql.inside(job.within, "mh.place")} THEN 'elsewhere'
                    WHEN coalesce(h.ended_on, CASE WHEN {number} IS NULL THEN mh.ended_on END) IS NOT NULL THEN 'ended'
                    {elsewhere}
               END AS trouble
        FROM in_member s LEFT JOIN {member} m ON m.person_no = s.person_no
        LEFT JOIN {household} mh ON mh.id = m.household_id
        LEFT JOIN {household} h ON h.household_no = {number} {planned}
        {_in_order(job, "member")}
        """,
        key="n",
        index="id",
    )
    if job.has("work_record") or job.has("income_item", "person_no"):
        job.bench.index("plan_member", "person_no")


def _recognise_by_id(job: Job) -> None:
    """A row without a person number is the person of its household who has its ID number; else a new person."""
    numbers = job.given["member"]["person_no"]
    if job.bench.aside:
        return  # nobody is on file
    if not numbers.null_count or not (job.has("member", "id_no") and job.has("member", "household_no")):
        return
    job.bench.run(
        f"""
        UPDATE in_member AS s SET person_no = m.person_no FROM {sql.table(Member)} m JOIN {sql.table(Household)} h
        ON h.id = m.household_id AND m.left_on IS NULL
        WHERE s.person_no IS NULL AND m.id_key = substr(s.id_no, 1, 18) AND m.id_no = s.id_no
          AND h.household_no = s.household_no
        """
    )


def _find_missing(job: Job, table: str, model: type[models.Model]) -> None:
    """Rows that would stand without what makes them a row: a person without a name, a statement without its window."""
    for column in REQUIRED[table]:
        if job.has(table, column) and not job.given[table][column].null_count:
            continue
        job.bench.run(
            f"UPDATE plan_{table} SET trouble = 'missing {column}' WHERE trouble IS NULL AND n IN ("
            f"SELECT s.n FROM in_{table} s JOIN plan_{table} p ON p.n = s.n "
            f"LEFT JOIN {sql.table(model)} l ON l.id = p.id "
            f"WHERE {job.value(table, column, 'l')} IS NULL)"
        )


def _find_taken_ids(job: Job) -> None:
    """A living person's number stands once. It is free when its bearer leaves or gives it up in this same write and
    the claimant is new (rows on file are changed before new ones come)."""
    if not (job.has("member", "id_no") or job.has("member", "left_on")):
        return
    household, member = sql.table(Household), sql.table(Member)
    job.bench.make(
        "taken",
        f"""
        SELECT p.n AS n, min(h.household_no) AS household_no, min(h.place) AS place
        FROM plan_member p
        JOIN {member} m ON m.id_key = substr(p.id_no, 1, 18) AND m.id_no = p.id_no AND m.left_on IS NULL
              AND m.id <> p.id
        JOIN {household} h ON h.id = m.household_id
        WHERE p.claims_id AND p.id_no <> '' AND p.left_on IS NULL AND p.trouble IS NULL
          AND NOT (p.is_new AND EXISTS (SELECT 1 FROM plan_member q WHERE q.id = m.id AND q.trouble IS NULL
                                        AND (q.left_on IS NOT NULL OR q.id_no <> p.id_no)))
        GROUP BY p.n
        """,
        key="n",
    )
    _find_ids_given_twice(job)
    job.taken = {n: (household_no, place) for n, household_no, place in job.bench.rows("SELECT * FROM taken")}
    if job.taken:
        job.bench.run("UPDATE plan_member SET trouble = 'id_taken' WHERE n IN (SELECT n FROM taken)")


def _find_ids_given_twice(job: Job) -> None:
    """The same number on two living people of one write (taken-over data may have them): the first row keeps it."""
    numbers = job.given["member"]["id_no"].drop_null() if job.has("member", "id_no") else pa.array([], pa.string())
    if pc.count_distinct(numbers).as_py() == len(numbers):
        return
    household = sql.table(Household)
    known = "coalesce(ph.household_no, h.household_no)" if job.has("household") else "h.household_no"
    place = f"coalesce({'ph.place, ' if job.has('household') else ''}h.place)" if job.has("household") else "h.place"
    planned = "LEFT JOIN plan_household ph ON ph.id = o.household_id" if job.has("household") else ""
    job.bench.run(
        f"""
        INSERT INTO taken SELECT t.n, {known}, {place}
        FROM (SELECT p.n AS n, min(p.n) OVER (PARTITION BY p.id_no) AS first FROM plan_member p
              WHERE p.id_no <> '' AND p.left_on IS NULL AND p.trouble IS NULL AND p.n NOT IN (SELECT n FROM taken)) t
        JOIN plan_member o ON o.n = t.first {planned} LEFT JOIN {household} h ON h.id = o.household_id
        WHERE t.n <> t.first
        """
    )


def _find_broken_heads(job: Job) -> None:
    """A household with people has one head. A household that was already without (as taken over) may still be mended
    bit by bit; one that was in order may not be put out of order."""
    member = sql.table(Member)
    job.bench.make(
        "broken_head",
        f"""
        SELECT household_id, sum(heads) AS heads FROM (
            SELECT p.household_id AS household_id, 0 AS people_before, 0 AS heads_before,
                   CASE WHEN p.left_on IS NULL THEN 1 ELSE 0 END AS people,
                   CASE WHEN p.left_on IS NULL AND p.relation_to_head = '{HEAD}' THEN 1 ELSE 0 END AS heads
            FROM plan_member p WHERE p.trouble IS NULL
            UNION ALL
            SELECT m.household_id, 1, CASE WHEN m.relation_to_head = '{HEAD}' THEN 1 ELSE 0 END,
                   CASE WHEN q.id IS NULL THEN 1 ELSE 0 END,
                   CASE WHEN q.id IS NULL AND m.relation_to_head = '{HEAD}' THEN 1 ELSE 0 END
            FROM (SELECT household_id FROM plan_member UNION SELECT was_household_id FROM plan_member) t
            JOIN {member} m ON m.household_id = t.household_id AND m.left_on IS NULL
            LEFT JOIN plan_member q ON q.id = m.id AND q.trouble IS NULL
        ) everybody
        GROUP BY household_id
        HAVING sum(people) > 0 AND sum(heads) <> 1 AND (sum(people_before) = 0 OR sum(heads_before) = 1)
        """,
        key="household_id",
    )
    if not job.bench.value("SELECT count(*) FROM broken_head"):
        return
    broken = "SELECT household_id FROM broken_head"
    if job.has("household"):
        job.bench.run(
            f"UPDATE plan_household SET trouble = 'heads' WHERE is_new AND trouble IS NULL AND id IN ({broken})"
        )
    # The rows of the household that could stand by themselves still wait for the one that cannot.
    job.bench.run(
        "UPDATE plan_member SET trouble = CASE WHEN (SELECT heads FROM broken_head b WHERE b.household_id = "
        "plan_member.household_id) = 0 THEN 'no_head' ELSE 'two_heads' END "
        f"WHERE trouble IS NULL AND (household_id IN ({broken}) OR was_household_id IN ({broken}))"
    )


def _plan_work(job: Job) -> None:
    member, work = sql.table(Member), sql.table(WorkRecord)
    planned = job.has("member")
    owner = f"coalesce({'pm.id, ' if planned else ''}m.id)" if planned else "m.id"
    place = "coalesce(m.place, pm.place)" if planned else "m.place"
    refused = "WHEN pm.trouble IS NOT NULL AND pm.is_new THEN 'person_refused'" if planned else ""
    employer = "coalesce(s.employer, '')" if job.has("work_record", "employer") else "''"
    job.bench.make(
        "plan_work_record",
        f"""
        SELECT s.n AS n, {_whole(f"coalesce(w.id, {sql.new_id(WorkRecord, 's.n')})")} AS id, w.id IS NULL AS is_new,
               {_whole(owner)} AS member_id, CASE {refused}
                    WHEN {owner} IS NULL THEN 'no_person'
                    WHEN NOT {sql.inside(job.within, place)} THEN 'outside'
                    END AS trouble
        FROM in_work_record s LEFT JOIN {member} m ON m.person_no = s.person_no
        {"LEFT JOIN plan_member pm ON pm.person_no = s.person_no" if planned else ""}
        LEFT JOIN {work} w ON w.member_id = m.id AND w.start_month = s.start_month AND w.employer = {employer}
        {_in_order(job, "work_record")}
        """,
        key="n",
        index="id",
    )


def _plan_income_years(job: Job) -> None:
    household, statement = sql.table(Household), sql.table(IncomeYear)
    planned = job.has("household")
    owner = "coalesce(ph.id, h.id)" if planned else "h.id"
    place = "coalesce(h.place, ph.place)" if planned else "h.place"
    refused = "WHEN ph.trouble IS NOT NULL AND ph.is_new THEN 'household_refused'" if planned else ""
    job.bench.make(
        "plan_income_year",
        f"""
        SELECT s.n AS n, {_whole(f"coalesce(i.id, {sql.new_id(IncomeYear, 's.n')})")} AS id, i.id IS NULL AS is_new,
               s.household_no AS household_no, s.year AS year, {_whole(owner)} AS household_id,
               {_whole(place)} AS place,
               {_whole("coalesce(h.village_id, ph.village_id)" if planned else "h.village_id")} AS village_id,
               CASE {refused}
                    WHEN {owner} IS NULL THEN 'no_household'
                    WHEN NOT {sql.inside(job.within, place)} THEN 'outside'
                    WHEN h.ended_on IS NOT NULL THEN 'ended'
                    {"WHEN s.members_counted < 1 THEN 'nobody'" if job.has("income_year", "members_counted") else ""}
               END AS trouble
        FROM in_income_year s LEFT JOIN {household} h ON h.household_no = s.household_no
        {"LEFT JOIN plan_household ph ON ph.household_no = s.household_no" if planned else ""}
        LEFT JOIN {statement} i ON i.household_id = h.id AND i.year = s.year
        {_in_order(job, "income_year")}
        """,
        key="n",
        index="household_no, year",
    )


def _plan_income_items(job: Job) -> None:
    """A line belongs to the statement of its year, given in the same write or on file. One bad line keeps all lines of
    its household and year out, with the statement: a ledger of which half arrived would be a wrong ledger."""
    household, member = sql.table(Household), sql.table(Member)
    statement, item = sql.table(IncomeYear), sql.table(IncomeItem)
    years, people = job.has("income_year"), job.has("member")
    owner = "coalesce(py.id, i.id)" if years else "i.id"
    named = job.has("income_item", "person_no")
    whose = ("coalesce(m.id, pm.id)" if people else "m.id") if named else "CAST(NULL AS bigint)"
    belongs = "coalesce(m.household_id, pm.household_id)" if people else "m.household_id"
    job.bench.make(
        "plan_income_item",
        f"""
        SELECT s.n AS n, {_whole(f"coalesce(k.id, {sql.new_id(IncomeItem, 's.n')})")} AS id, k.id IS NULL AS is_new,
               {_whole(owner)} AS income_year_id, s.line AS line, {_whole(whose)} AS member_id,
               {_whole("coalesce(h.village_id, py.village_id)" if years else "h.village_id")} AS village_id,
               CASE {"WHEN py.trouble IS NOT NULL THEN 'year_refused'" if years else ""}
                    WHEN {owner} IS NULL THEN 'no_year'
                    WHEN NOT {
            sql.inside(job.within, f"coalesce(h.place, {'py.place' if years else 'NULL'})")
        } THEN 'outside'
                    WHEN h.ended_on IS NOT NULL THEN 'ended'
                    {f"WHEN s.person_no IS NOT NULL AND {whose} IS NULL THEN 'no_person'" if named else ""}
                    {
            f"WHEN {belongs} <> coalesce(h.id, {'py.household_id' if years else 'NULL'}) THEN 'not_of_household'"
            if named
            else ""
        }
               END AS trouble
        FROM in_income_item s LEFT JOIN {household} h ON h.household_no = s.household_no
        LEFT JOIN {statement} i ON i.household_id = h.id AND i.year = s.year
        {"LEFT JOIN plan_income_year py ON py.household_no = s.household_no AND py.year = s.year" if years else ""}
        {f"LEFT JOIN {member} m ON m.person_no = s.person_no" if named else ""}
        {"LEFT JOIN plan_member pm ON pm.person_no = s.person_no AND pm.trouble IS NULL" if named and people else ""}
        LEFT JOIN {item} k ON k.income_year_id = i.id AND k.line = s.line
        {_in_order(job, "income_item")}
        """,
        key="n",
        index="income_year_id, line",
    )
    _find_missing(job, "income_item", IncomeItem)
    if job.bench.value("SELECT count(*) FROM plan_income_item WHERE trouble IS NOT NULL"):
        bad = "SELECT income_year_id FROM plan_income_item WHERE trouble IS NOT NULL AND income_year_id IS NOT NULL"
        job.bench.run(
            f"UPDATE plan_income_item SET trouble = 'line_refused' WHERE trouble IS NULL AND income_year_id IN ({bad})"
        )
        if years:
            job.bench.run(
                f"UPDATE plan_income_year SET trouble = 'line_refused' WHERE trouble IS NULL AND id IN ({bad})"
            )


def allot_numbers(given: pa.Table) -> pa.Table:
    """Households without a number get one: the village's 12-digit code and a running number of five digits. Numbers
    once used, also by households since undone, are never used again."""
    if "household_no" in given.column_names and not given["household_no"].null_count:
        return given
    numbers: list[Any] = (
        given["household_no"].to_pylist() if "household_no" in given.column_names else [None] * len(given)
    )
    villages = given["village_id"].to_pylist() if "village_id" in given.column_names else [None] * len(given)
    wanted = sorted({v for v, number in zip(villages, numbers, strict=True) if v is not None and not number})
    last = _last_numbers(wanted)
    taken = {number for number in numbers if number}
    for position, (village, number) in enumerate(zip(villages, numbers, strict=True)):
        if number or village not in last:
            continue
        prefix, running = last[village]
        while (allotted := f"{prefix}{running + 1:05d}") in taken:
            running += 1
        last[village] = (prefix, running + 1)
        numbers[position] = allotted
    column = pa.array(numbers, pa.string())
    if "household_no" in given.column_names:
        return given.set_column(given.column_names.index("household_no"), "household_no", column)
    return given.append_column("household_no", column)


def _last_numbers(villages: list[int]) -> dict[int, tuple[str, int]]:
    """For each village the prefix of its numbers and the highest running number ever used."""
    found: dict[int, tuple[str, int]] = {}
    history = Household.history.model
    for start in range(0, len(villages), 500):
        areas = Area.objects.filter(pk__in=villages[start : start + 500]).order_by("pk")
        if sql.on_postgresql():
            areas = areas.select_for_update(no_key=True)  # two officers must not be allotted the same number
        for area in areas:
            prefix = area.code or f"V{area.pk:011d}"
            used = history.objects.filter(household_no__gte=f"{prefix}00000", household_no__lte=f"{prefix}99999")
            running = [
                n[len(prefix) :] for n in used.order_by("-household_no").values_list("household_no", flat=True)[:50]
            ]
            good = [int(r) for r in running if len(r) == 5 and r.isdigit()]
            found[area.pk] = (prefix, max(good, default=0))
    return found
