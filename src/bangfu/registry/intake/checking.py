"""What may not stand in the registry, judged by the column: the same for one row of a form and a million of a file.

No database is asked here. What is on file comes, where it matters, as `on_file`: then a cell that is left blank counts
with its present value, as it will stand after writing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from bangfu.common import duck
from bangfu.common.errors import BangfuError
from bangfu.common.identity import IdFault
from bangfu.common.names import is_name
from bangfu.common.policy import code_list
from bangfu.registry import errors, income_items
from bangfu.registry.columns import Column, Kind, tables
from bangfu.registry.errors import Problem, Severity
from bangfu.registry.intake import identities
from bangfu.registry.intake.arrow import pc
from bangfu.registry.intake.cells import Choices
from bangfu.registry.intake.limits import limits
from bangfu.registry.intake.rules import RULES

# Of one kind of fault in one column so many are described one by one; rows beyond are refused just the same.
DESCRIBED = 20_000

# What a rule needs to know of the present row when the file leaves it blank.
CONTEXT: Mapping[str, tuple[str, ...]] = {
    "household": (
        "household_type", "household_class", "main_cause", "other_cause_1", "other_cause_2",
        "first_identified", "exited_on", "returned_on",
    ),
    "member": (
        "sex", "id_type", "id_no", "birth_date", "relation_to_head", "education_level", "student_status",
        "dropout_reason", "disability_category", "disability_grade", "joined_on", "left_on", "left_by",
    ),
}  # fmt: skip
KEY: Mapping[str, str] = {"household": "household_no", "member": "person_no"}


@dataclass
class Checked:
    """The good rows of every table, and everything found wrong. `more` counts the faults beyond `DESCRIBED`."""

    tables: dict[str, pa.Table] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    more: int = 0

    @property
    def refused(self) -> bool:
        return any(p.refuses for p in self.problems)


def check(
    given: Mapping[str, pa.Table],
    *,
    takeover: bool = False,
    found: Iterable[Problem] = (),
    on_file: Mapping[str, pa.Table] | None = None,
) -> Checked:
    """Judge `tables` (as `registry.columns` describes them; `row` is added when missing).

    `found` are problems known already (cells that could not be read): their rows are left out as well. `on_file` holds
    for households and members that exist their key and the columns of `CONTEXT`. With `takeover` the faults listed in
    the policy are recorded and taken in. Birth date, sex and disability left blank are filled from the ID number.
    """
    return _Check(dict(given), takeover, list(found), on_file or {}).run()


def _code_fault(column: Column, code: str, day: date) -> BangfuError | None:
    """CodeUnknown or CodeNotInForce for a code, None when it may be used on that day."""
    entry = code_list(column.codes).get(code)
    if entry is None:
        return errors.CodeUnknown(label=column.label, value=code, choices=Choices(column.codes))
    if not entry.in_force(day):
        period = f"{entry.start or ''}—{entry.end or ''}"
        return errors.CodeNotInForce(label=column.label, value=entry.label, period=period)
    return None


class _Check:
    def __init__(
        self, given: dict[str, pa.Table], takeover: bool, found: list[Problem], on_file: Mapping[str, pa.Table]
    ) -> None:
        self.takeover = takeover
        self.on_file = on_file
        self.result = Checked(problems=found)
        self.today = date.today()
        # Rows that stay out, by table. Faults of reading first.
        self.bad: dict[str, set[int]] = {name: set() for name in given}
        for problem in found:
            if problem.refuses and problem.row is not None and problem.table in self.bad:
                self.bad[problem.table].add(problem.row)
        self.given = {name: _with_rows(table) for name, table in given.items()}

    def run(self) -> Checked:
        for name, table in self.given.items():
            if not len(table):
                continue
            if name == "member" and "id_no" in table.column_names:
                table = self._identities(table)
            self.given[name] = table
            view = self._complete(name, table)
            for column in self._columns(name, table):
                self._column(name, column, view)
            with duck.engine(t=view) as engine:
                self._rules(engine, name, view.column_names)
                self._twice(engine, name)
                if name == "member" and self.takeover:
                    self._heads(engine)
        self._half_ledgers()
        for name, table in self.given.items():
            bad = self.bad[name]
            if bad:
                table = table.filter(pc.invert(pc.is_in(table["row"], value_set=pa.array(sorted(bad), pa.int32()))))
            self.result.tables[name] = table
        return self.result

    # --- noting ---

    def _severity(self, error: type[BangfuError]) -> Severity:
        lenient = self.takeover and error.code in limits().taken_over
        return Severity.WARN if lenient or error is errors.CodeNotInForce else Severity.REFUSE

    def _note(self, table: str, column: str, faults: Sequence[tuple[int, BangfuError]]) -> None:
        """Enter faults of one kind in one column, at most `DESCRIBED` of them in words."""
        if not faults:
            return
        severity = self._severity(type(faults[0][1]))
        if severity is Severity.REFUSE:
            self.bad[table].update(row for row, _ in faults)
        self.result.problems += [Problem(table, row, column, error, severity) for row, error in faults[:DESCRIBED]]
        self.result.more += max(len(faults) - DESCRIBED, 0)

    # --- the steps ---

    def _complete(self, name: str, table: pa.Table) -> pa.Table:
        """The rows as they will stand: blanks of `CONTEXT` filled with what is on file (`is_new`: nothing is)."""
        existing = self.on_file.get(name)
        key = KEY.get(name)
        if existing is None or key is None or key not in table.column_names:
            return table.append_column("is_new", pa.array([True] * len(table), pa.bool_()))
        names = [c for c in CONTEXT[name] if c in existing.column_names]
        kept = ", ".join(f't."{c}"' for c in table.column_names if c not in names)
        filled = "".join(
            f', coalesce(t."{c}", f."{c}") AS "{c}"' if c in table.column_names else f', f."{c}" AS "{c}"'
            for c in names
        )
        with duck.engine(t=table, f=existing) as engine:
            return duck.arrow(
                engine, f"SELECT {kept}{filled}, f.{key} IS NULL AS is_new FROM t LEFT JOIN f ON t.{key} = f.{key}"
            )

    def _columns(self, name: str, table: pa.Table) -> list[Column]:
        known = tables()[name].columns
        return [known[c] for c in table.column_names if c in known]

    def _identities(self, table: pa.Table) -> pa.Table:
        """Judge ID numbers, compare birth date, sex and disability with them, and fill these where blank. A document
        that is no identity card (`id_type` without lengths) is kept as written."""
        numbers, rows = table["id_no"], table["row"]
        kinds = table["id_type"] if "id_type" in table.column_names else pa.nulls(len(table), pa.string())
        others = pa.array([c.code for c in code_list("id_type").codes if not c.attributes.get("lengths")], pa.string())
        judged = pc.if_else(pc.is_in(kinds, value_set=others), pa.scalar(None, pa.string()), numbers)
        read = identities.read_column(judged)
        by_error: dict[type[BangfuError], list[tuple[int, BangfuError]]] = {}
        for position, fault in read.faults.items():
            error = _id_error(fault, numbers[position].as_py())
            by_error.setdefault(type(error), []).append((rows[position].as_py(), error))
        for each in by_error.values():
            self._note("member", "id_no", each)
        self._id_types(rows, kinds, judged, read.faults)
        known = tables()["member"].columns
        for column, said, kind in (
            ("birth_date", read.birth_date, errors.BirthDiffers),
            ("sex", read.sex, errors.SexDiffers),
            ("disability_category", read.category, errors.DisabilityDiffers),
            ("disability_grade", read.grade, errors.DisabilityDiffers),
        ):
            if column not in table.column_names:
                if said.null_count < len(said):
                    table = table.append_column(column, said)
                continue
            given = table[column]
            if column == "sex":  # 9 未说明 says nothing that could differ
                given = pc.if_else(pc.equal(given, "9"), pa.scalar(None, pa.string()), given)
            differs = pc.indices_nonzero(pc.fill_null(pc.not_equal(given, said), False)).to_pylist()
            faults = [
                (
                    rows[p].as_py(),
                    kind(
                        label=known[column].label,
                        value=_label(column, given[p].as_py()),
                        in_id=_label(column, said[p].as_py()),
                    ),
                )
                for p in differs
            ]
            self._note("member", column, faults)
            filled = pc.coalesce(given, said)
            table = table.set_column(table.column_names.index(column), column, filled)
        return table

    def _id_types(self, rows: Any, kinds: Any, numbers: Any, faults: Mapping[int, IdFault]) -> None:
        """A number of a length that its document does not have."""
        found = []
        for entry in code_list("id_type").codes:
            lengths = entry.attributes.get("lengths")
            if not lengths:
                continue
            odd = pc.and_(
                pc.equal(kinds, entry.code),
                pc.invert(pc.is_in(pc.utf8_length(numbers), value_set=pa.array(lengths, pa.int32()))),
            )
            for position in pc.indices_nonzero(pc.fill_null(pc.and_(odd, pc.is_valid(numbers)), False)).to_pylist():
                if position not in faults:
                    length = len(numbers[position].as_py())
                    fault = errors.IdTypeDiffers(value=entry.label, length=length)
                    found.append((rows[position].as_py(), fault))
        self._note("member", "id_type", found)

    def _column(self, name: str, column: Column, view: pa.Table) -> None:
        """What holds for a column by itself: length, code list, range, no day that has not come."""
        values: Any = view[column.name]
        rows: Any = view["row"]

        def at(mask: Any) -> list[tuple[int, Any]]:
            chosen = pc.fill_null(mask, False)
            return list(zip(rows.filter(chosen).to_pylist(), values.filter(chosen).to_pylist(), strict=True))

        if values.null_count == len(values):
            return
        if column.kind in (Kind.TEXT, Kind.SET) and column.length:
            lengths = pc.utf8_length(values)
            if (pc.max(lengths).as_py() or 0) > column.length:
                long = at(pc.greater(lengths, column.length))
                faults = [
                    (row, errors.TextTooLong(label=column.label, length=len(text), limit=column.length))
                    for row, text in long
                ]
                self._note(name, column.name, faults)
        if column.name == "name":
            # Han characters by the column; only the rest is held against the full rule.
            odd = at(pc.invert(pc.match_substring_regex(values, r"^\p{Han}{2,60}$")))
            self._note(name, "name", [(r, errors.NameWrong(value=t[:30])) for r, t in odd if not is_name(t)])
        elif column.codes or (column.name == "code" and name == "income_item"):
            self._codes(name, column, values, at)
        elif column.kind in (Kind.DAY, Kind.MONTH):
            if column.name not in limits().may_lie_ahead.get(name, ()) and pc.max(values).as_py() > self.today:
                late = at(pc.greater(values, pa.scalar(self.today)))
                self._note(name, column.name, [(r, errors.DateInFuture(label=column.label, value=d)) for r, d in late])
        elif column.kind in (Kind.WHOLE, Kind.HUNDREDTHS):
            self._range(name, column, values, at)

    def _codes(self, name: str, column: Column, values: Any, at: Callable[[Any], list[tuple[int, Any]]]) -> None:
        """Each code that occurs is judged once."""
        wrong: dict[str, BangfuError] = {}
        for value in pc.unique(values).to_pylist():
            if not value:
                continue
            if not column.codes:
                if income_items.item(value) is None:
                    wrong[value] = errors.ItemUnknown(value=value)
                continue
            parts = value.split(",") if column.kind is Kind.SET else [value]
            faults = [f for part in parts if (f := _code_fault(column, part, self.today))]
            if self.takeover:
                # Data of an older system speak of their own time: its codes were in use then.
                faults = [f for f in faults if not isinstance(f, errors.CodeNotInForce)]
            alone = [p for p in parts if (e := code_list(column.codes).get(p)) and e.attributes.get("alone")]
            if faults:
                wrong[value] = min(faults, key=lambda f: f.code)  # unknown weighs more than out of use
            elif alone and len(parts) > 1:
                wrong[value] = errors.HealthyAndIll()
        by_error: dict[type[BangfuError], list[tuple[int, BangfuError]]] = {}
        if wrong:
            for row, value in at(pc.is_in(values, value_set=pa.array(list(wrong), pa.string()))):
                by_error.setdefault(type(wrong[value]), []).append((row, wrong[value]))
        for found in by_error.values():
            self._note(name, column.name, found)

    def _range(self, name: str, column: Column, values: Any, at: Callable[[Any], list[tuple[int, Any]]]) -> None:
        span = limits().ranges.get(name, {}).get(column.name)
        if span is None:
            return
        scale = 100 if column.kind is Kind.HUNDREDTHS else 1
        low, high = span.low * scale, span.high * scale
        ends = pc.min_max(values).as_py()
        if low <= ends["min"] and ends["max"] <= high:
            return
        outside: list[tuple[int, BangfuError]] = []
        negative: list[tuple[int, BangfuError]] = []
        for row, value in at(pc.or_(pc.less(values, low), pc.greater(values, high))):
            text = f"{value / 100:.2f}" if scale == 100 else str(value)
            if value < 0 and column.unit == "CNY":
                negative.append((row, errors.AmountNegative(label=column.label, value=text)))
            else:
                unit = column.unit or column.label
                fault = errors.OutOfRange(label=column.label, value=text, low=span.low, high=span.high, unit=unit)
                outside.append((row, fault))
        self._note(name, column.name, outside)
        self._note(name, column.name, negative)

    def _rules(self, engine: duck.Connection, name: str, present: Sequence[str]) -> None:
        """All rules between columns in one pass; only those that somebody breaks are asked for their rows."""
        asked = [
            rule
            for rule in RULES[name]
            if set(rule.needs) <= set(present) and (not rule.any_of or set(rule.any_of) & set(present))
        ]
        if not asked:
            return
        absent = sorted({c for rule in asked for c in rule.any_of if c not in present})
        source = f"(SELECT *{''.join(f', NULL::VARCHAR AS {c}' for c in absent)} FROM t) AS t"
        counts = ", ".join(f"count(*) FILTER ({rule.when()})" for rule in asked)
        broken = engine.execute(f"SELECT {counts} FROM {source}").fetchall()[0]
        known = tables()[name].columns
        for rule, count in zip(asked, broken, strict=True):
            if not count:
                continue
            facts = "".join(f", {sql}" for sql in rule.facts.values())
            found: list[tuple[int, BangfuError]] = []
            for row, *values in engine.execute(f"SELECT row{facts} FROM {source} WHERE {rule.when()}").fetchall():
                said = dict(zip(rule.facts, values, strict=True))
                for fact, column in rule.labelled.items():
                    said[fact] = _label(column, said[fact])
                said |= {fact: known[column].label for fact, column in rule.labels.items()} | dict(rule.constants())
                found.append((row, rule.error(**said)))
            self._note(name, rule.column, found)

    def _twice(self, engine: duck.Connection, name: str) -> None:
        """Keys that stand twice, and people who do: the first stays, the later rows are refused."""
        given = self.given[name]
        if len(given) == 1:
            return  # one row, as from a form, is no twin of itself
        table = tables()[name]
        present = set(given.column_names)
        keys = [c for c in table.key if c in present]
        whole = len(keys) == len(table.key) or (name == "work_record" and len(keys) >= 2)
        if whole and _stand_twice(given.select(keys)):
            listed = ", ".join(f'"{c}"' if c != "employer" else "coalesce(employer, '')" for c in keys)
            filled = " AND ".join(f'"{c}" IS NOT NULL' for c in keys if c != "employer")
            home = (
                ", household_no, first_value(household_no) OVER w"
                if name == "member" and "household_no" in present
                else ""
            )
            found: list[tuple[int, BangfuError]] = []
            elsewhere: list[tuple[int, BangfuError]] = []
            for row, value, first_row, *homes in engine.execute(
                f"""SELECT row, "{keys[0]}", first_value(row) OVER w{home} FROM t WHERE {filled}
                    AND ({listed}) IN (SELECT ({listed}) FROM t WHERE {filled} GROUP BY {listed} HAVING count(*) > 1)
                    WINDOW w AS (PARTITION BY {listed} ORDER BY row) QUALIFY first_value(row) OVER w <> row"""
            ).fetchall():
                if homes and homes[0] != homes[1]:
                    elsewhere.append((row, errors.PersonElsewhere(person_no=value, first=homes[1], second=homes[0])))
                else:
                    label = table.columns[keys[0]].label
                    found.append((row, errors.KeyTwice(label=label, value=value, first_row=first_row)))
            self._note(name, keys[0], found)
            self._note(name, "household_no", elsewhere)
        if name == "member" and "id_no" in present and _stand_twice(_people(given["id_no"])):
            living = "AND left_on IS NULL" if "left_on" in present else ""
            person = "person_no" if "person_no" in present else "NULL"
            same = f"AND first_value({person}) OVER w IS DISTINCT FROM {person}" if "person_no" in present else ""
            found = [
                (row, errors.IdTwice(first_row=first_row, first=first or ""))
                for row, first_row, first in engine.execute(
                    f"""SELECT row, first_value(row) OVER w, first_value({person}) OVER w FROM t
                        WHERE length(id_no) >= 18 {living} AND substr(id_no, 1, 18) IN (
                            SELECT substr(id_no, 1, 18) FROM t WHERE length(id_no) >= 18 {living}
                            GROUP BY 1 HAVING count(*) > 1)
                        WINDOW w AS (PARTITION BY substr(id_no, 1, 18) ORDER BY row)
                        QUALIFY first_value(row) OVER w <> row {same}"""
                ).fetchall()
            ]
            self._note("member", "id_no", found)

    def _heads(self, engine: duck.Connection) -> None:
        """Taking over: households without a head, or with several, come in and are named. (Otherwise the writer
        judges heads, who knows the people on file.)"""
        present = set(self.given["member"].column_names)
        if not {"household_no", "relation_to_head"} <= present:
            return
        living = "WHERE left_on IS NULL" if "left_on" in present else ""
        missing: list[tuple[int, BangfuError]] = []
        several: list[tuple[int, BangfuError]] = []
        for row, number, heads in engine.execute(
            f"""SELECT min(row), household_no, count(*) FILTER (relation_to_head = '01') AS heads
                FROM t {living} GROUP BY household_no HAVING heads <> 1 ORDER BY 1"""
        ).fetchall():
            if heads:
                several.append((row, errors.HeadTwice(household_no=number, count=heads)))
            else:
                missing.append((row, errors.HeadMissing(household_no=number)))
        self._note("member", "relation_to_head", missing)
        self._note("member", "relation_to_head", several)

    def _half_ledgers(self) -> None:
        """One bad line keeps all lines of its household's year out, and the statement: they replace each other."""
        items, years = self.given.get("income_item"), self.given.get("income_year")
        bad_years = self.bad.get("income_year", set())
        if items is None or not (self.bad["income_item"] or bad_years):
            return
        bad = pa.table({"row": pa.array(sorted(self.bad["income_item"]), pa.int32())})
        statements = pa.table({"row": pa.array(sorted(bad_years), pa.int32())})
        with duck.engine(i=items, b=bad, s=statements) as engine:
            keys = "SELECT household_no, year FROM i SEMI JOIN b USING (row)"
            if years is not None:
                engine.register("y", years)
                keys += " UNION SELECT household_no, year FROM y SEMI JOIN s USING (row)"
            engine.execute(f"CREATE TEMP TABLE k AS {keys}")
            more = engine.execute(
                "SELECT row, household_no, year FROM i SEMI JOIN k USING (household_no, year) ANTI JOIN b USING (row)"
            ).fetchall()
            self._note("income_item", "", [(r, errors.PartlyRefused(household_no=h, year=y)) for r, h, y in more])
            if years is not None:
                rows = engine.execute("SELECT row FROM y SEMI JOIN k USING (household_no, year)").fetchall()
                self.bad["income_year"].update(row for (row,) in rows)


def _with_rows(table: pa.Table) -> pa.Table:
    if "row" in table.column_names:
        return table
    return table.add_column(0, "row", pa.array(range(1, len(table) + 1), pa.int32()))


def _stand_twice(values: pa.Table) -> bool:
    """Whether any of these rows may be the same as another: hardly ever so, and quicker told than where."""
    return values.group_by(values.column_names).aggregate([]).num_rows < len(values)


def _people(id_no: "pa.ChunkedArray[Any]") -> pa.Table:
    """Whose numbers these are: a disability card begins with the number of its person."""
    return pa.table({"person": pc.utf8_slice_codeunits(id_no.drop_null(), 0, 18)})


def _label(column: str, value: Any) -> Any:
    """A code as its label, which is said in the language of whoever reads it."""
    found = next((t.columns[column] for t in tables().values() if column in t.columns), None)
    entry = code_list(found.codes).get(value) if found and found.codes and value else None
    return entry.label if entry else ("" if value is None else value)


def _id_error(fault: IdFault, number: str) -> BangfuError:
    match fault:
        case IdFault.OLD_15:
            return errors.IdOld15()
        case IdFault.SCIENTIFIC:
            return errors.NumberNotText(label=tables()["member"].columns["id_no"].label, value=number[:30])
        case IdFault.LENGTH:
            return errors.IdLength(length=len(number))
        case IdFault.BIRTH:
            return errors.IdBirth(value=number[6:14])
        case IdFault.CHECK_DIGIT:
            return errors.IdCheckDigit()
        case IdFault.DISABILITY:
            return errors.IdDisability(value=number[18:20])
        case _:
            return errors.IdCharacters()
