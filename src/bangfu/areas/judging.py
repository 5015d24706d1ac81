"""What a division list says, row by row, beside what is registered: new, changed, the same, or refused with a reason.

Leaves these tables in DuckDB, for `importing` to report and write:

    rows     row, code, name, level, parent_code, urban_rural_code; fate (new, changed, same, bad); for new rows
             place and parent_place; for known ones id, old_name, old_urban_rural_code
    faults   row, code (as written), name, fault (class of the error), facts (JSON)
    missing  code, name of living areas that the list passes over, below parents that it lists children of
    steps    level, step: by how much the places of neighbours differ
"""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa
from django.db import connection

from bangfu.areas.models import Area
from bangfu.areas.reading import Listing, headers
from bangfu.common.duck import Connection
from bangfu.common.places import Level, room_below, span
from bangfu.common.staging import stage

_CODE = "[1-9][0-9]([0-9]{2}|[0-9]{4}|[0-9]{7}|[0-9]{10}|[0-9]{12}|[0-9]{13})?"


def judge(duck: Connection, listing: Listing, *, on: date) -> None:
    _read_rows(duck, listing)
    _faults_of_rows(duck, listing)
    _faults_between_rows(duck)
    _look_up(duck)
    _fate_of_known(duck, on)
    _stand_ins(duck)
    for level in Level:
        _fate_of_new(duck, level, on)


def _plain(column: str) -> str:
    """Digits in half width, no blanks, no apostrophe before and no ".0" behind, which spreadsheets add."""
    half = f"translate(coalesce({column}, ''), '０１２３４５６７８９', '0123456789')"
    return f"regexp_replace(regexp_replace({half}, '[\\s　]+|^''', '', 'g'), '\\.0+$', '')"


def _read_rows(duck: Connection, listing: Listing) -> None:
    words = {str(level): level for level in headers().levels}
    words |= {word: level for level, named in headers().levels.items() for word in named}
    _table(duck, "level_words", [("word", pa.string()), ("level", pa.int32())], list(words.items()))
    _table(
        duck,
        "steps",
        [("level", pa.int32()), ("step", pa.int64()), ("room", pa.int64())],
        [(int(level), span(level), room_below(level - 1)) for level in Level],
    )
    forced = f"{int(listing.level)}" if listing.level else "NULL"
    duck.register("listing", listing.rows)
    duck.execute(f"""
        CREATE TABLE rows AS
        WITH texts AS (
            SELECT row, {_plain("code")} AS given, regexp_replace(coalesce(name, ''), '[\\s　]+', '', 'g') AS name,
                   {_plain("parent_code")} AS above, nullif({_plain("urban_rural_code")}, '') AS urban_rural_code,
                   nullif({_plain("listing.level")}, '') AS level_text
            FROM listing
        ), levelled AS (
            SELECT t.*, w.level AS level_said, rpad(given, 12, '0') AS whole,
                   CASE WHEN length(given) > 12 THEN 6 WHEN whole[3:] = '0000000000' THEN 1
                        WHEN whole[5:] = '00000000' THEN 2 WHEN whole[7:] = '000000' THEN 3
                        WHEN whole[10:] = '000' THEN 4 ELSE 5 END AS level_of_code
            FROM texts t LEFT JOIN level_words w ON w.word = t.level_text
            WHERE given <> '' OR name <> ''
        ), coded AS (
            SELECT *, coalesce(level_said, {forced}, level_of_code)::INTEGER AS level,
                   -- a "county" of a prefecture without counties: padded, its code would be the prefecture's
                   level = 3 AND level_of_code = 2 AND length(given) = 6 AS stands_in,
                   CASE WHEN stands_in OR length(given) > 12 THEN given ELSE whole END AS code
            FROM levelled
        )
        SELECT row, given, code, name, level, level_of_code, stands_in, level_said, level_text, urban_rural_code,
               CASE WHEN level = 1 THEN NULL
                    WHEN above <> '' AND level = 4 AND length(above) = 6 AND above[5:] = '00' THEN above
                    WHEN above <> '' THEN rpad(above, 12, '0')
                    WHEN level = 6 THEN code[:12]
                    WHEN level = 4 AND code[5:6] = '00' THEN code[:6]
                    ELSE rpad(left(code, CASE level WHEN 2 THEN 2 WHEN 3 THEN 4 WHEN 4 THEN 6 ELSE 9 END), 12, '0')
               END AS parent_code,
               NULL::VARCHAR AS fate, NULL::BIGINT AS id, NULL::VARCHAR AS old_name,
               NULL::VARCHAR AS old_urban_rural_code, NULL::BIGINT AS place, NULL::BIGINT AS parent_place
        FROM coded
    """)
    duck.execute("CREATE TABLE faults (row INTEGER, code VARCHAR, name VARCHAR, fault VARCHAR, facts VARCHAR)")


def _refuse(duck: Connection, fault: str, facts: str, where: str, tables: str = "") -> None:
    """Rows `r` with that fault are out; a row keeps the first fault found."""
    before = _count(duck, "faults")
    duck.execute(
        f"INSERT INTO faults SELECT r.row, any_value(r.given), any_value(r.name), '{fault}',"
        f" any_value(to_json({facts})::VARCHAR) FROM rows r {tables} WHERE r.fate IS NULL AND ({where}) GROUP BY r.row"
    )
    if _count(duck, "faults") > before:
        duck.execute("UPDATE rows SET fate = 'bad' WHERE fate IS NULL AND row IN (SELECT row FROM faults)")


def _count(duck: Connection, table: str) -> int:
    [[count]] = duck.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(count)


def _faults_of_rows(duck: Connection, listing: Listing) -> None:
    broken = [(row, "", "", "RowBroken", json.dumps({"found": f, "expected": e})) for row, f, e in listing.broken]
    if broken:
        duck.executemany("INSERT INTO faults VALUES (?, ?, ?, ?, ?)", broken)
    classes = ", ".join(f"'{code}'" for code in headers().urban_rural)
    _refuse(duck, "CodeScientific", "{'value': given}", r"regexp_full_match(given, '[0-9](\.[0-9]+)?[eE]\+?[0-9]+')")
    _refuse(duck, "CodeWrong", "{'value': given, 'level': 0}", f"NOT regexp_full_match(given, '{_CODE}')")
    _refuse(duck, "NameWrong", "{'value': left(name, 80)}", "length(name) NOT BETWEEN 1 AND 60")
    _refuse(duck, "LevelUnknown", "{'value': level_text}", "level_text IS NOT NULL AND level_said IS NULL")
    _refuse(
        duck, "LevelDisagrees", "{'value': given, 'level': level_of_code}", "level <> level_of_code AND NOT stands_in"
    )
    _refuse(duck, "UrbanRuralWrong", "{'value': urban_rural_code}", f"urban_rural_code NOT IN ({classes})")


def _faults_between_rows(duck: Connection) -> None:
    duck.execute(
        "CREATE TABLE doubles AS SELECT code, min(row) AS first, min_by(name, row) AS first_name, max(row) AS last,"
        " max_by(name, row) AS last_name, count(DISTINCT name) AS names FROM rows WHERE fate IS NULL GROUP BY code"
        " HAVING count(*) > 1"
    )
    if not _count(duck, "doubles"):
        return
    join = "JOIN doubles d ON d.code = r.code"
    other = "CASE WHEN r.row = d.first THEN d.last ELSE d.first END"
    named = "CASE WHEN r.row = d.first THEN d.last_name ELSE d.first_name END"
    _refuse(duck, "CodeTwoNames", f"{{'value': given, 'first': {other}, 'other': {named}}}", "d.names > 1", join)
    _refuse(duck, "CodeTwice", "{'value': given, 'first': d.first}", "r.row > d.first", join)


def _look_up(duck: Connection) -> None:
    """What the database holds of the codes in the list and of their parents."""
    known: list[tuple[Any, ...]] = []
    retired: list[tuple[Any, ...]] = []
    used: list[tuple[Any, ...]] = []
    missing: list[tuple[Any, ...]] = []
    codes = duck.sql(
        "SELECT code FROM rows UNION SELECT parent_code FROM rows WHERE parent_code IS NOT NULL"
        " UNION SELECT rpad(parent_code[:4], 12, '0') FROM rows WHERE length(parent_code) = 6"
    ).to_arrow_table()
    pairs = duck.sql(
        "SELECT parent_code AS code, level, 0::BIGINT AS place FROM rows WHERE parent_code IS NOT NULL GROUP BY ALL"
    ).to_arrow_table()
    listed = duck.sql("SELECT DISTINCT code FROM rows").to_arrow_table()
    living = "a.valid_to IS NULL"
    if Area.objects.exists():
        with (
            stage("list_codes", codes, index=[("code",)]) as staged,
            stage("list_pairs", pairs) as staged_pairs,
            stage("list_listed", listed, index=[("code",)]) as staged_listed,
        ):
            known = _fetch(
                "SELECT a.id, a.code, a.name, a.level, a.urban_rural_code, a.place, a.valid_from, a.last_child,"
                " coalesce(p.code, ''), v.valid_from"
                f" FROM {staged} s JOIN areas_area a ON a.code = s.code AND {living}"
                " LEFT JOIN areas_area p ON p.id = a.parent_id"
                " JOIN areas_areaversion v ON v.area_id = a.id AND v.valid_to IS NULL"
            )
            retired = _fetch(
                "SELECT v.code, max(v.name), max(v.valid_to)"
                f" FROM {staged} s JOIN areas_areaversion v ON v.code = s.code AND v.valid_to IS NOT NULL"
                f" LEFT JOIN areas_area a ON a.code = s.code AND {living} WHERE a.id IS NULL GROUP BY v.code"
            )
            used = _fetch(
                f"SELECT a.code, max(c.place) FROM {staged_pairs} s JOIN areas_area a ON a.code = s.code AND {living}"
                " JOIN areas_area c ON c.parent_id = a.id GROUP BY a.code"
            )
            missing = _fetch(
                f"SELECT c.code, c.name FROM {staged_pairs} s JOIN areas_area a ON a.code = s.code AND {living}"
                " JOIN areas_area c ON c.parent_id = a.id AND c.level = s.level AND c.valid_to IS NULL AND c.code <> ''"
                f" LEFT JOIN {staged_listed} l ON l.code = c.code WHERE l.code IS NULL"
            )
    text: pa.DataType = pa.string()
    whole: pa.DataType = pa.int64()
    fields_of_known = [("id", whole), ("code", text), ("name", text), ("level", whole), ("urban_rural_code", text)]
    fields_of_known += [("place", whole), ("valid_from", text), ("last_child", whole)]
    fields_of_known += [("parent_code", text), ("since", text)]
    _table(duck, "known", fields_of_known, known)
    _table(duck, "retired", [("code", text), ("name", text), ("day", text)], retired)
    _table(duck, "used", [("code", text), ("highest", whole)], used)
    _table(duck, "missing", [("code", text), ("name", text)], missing)


def _fetch(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _table(duck: Connection, name: str, fields: Sequence[tuple[str, pa.DataType]], rows: list[tuple[Any, ...]]) -> None:
    """Rows of Python values as a table; days become ISO text."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(fields)
    arrays = [
        pa.array([None if v is None else str(v) for v in column] if kind == pa.string() else column, kind)
        for column, (_name, kind) in zip(columns, fields, strict=True)
    ]
    given = pa.table(arrays, names=[field for field, _kind in fields])
    duck.register("given_rows", given)
    duck.execute(f"CREATE TABLE {name} AS SELECT * FROM given_rows")
    duck.unregister("given_rows")


def _fate_of_known(duck: Connection, on: date) -> None:
    _refuse(
        duck,
        "CodeRetired",
        "{'value': r.given, 'name': x.name, 'day': x.day}",
        "TRUE",
        "JOIN retired x ON x.code = r.code",
    )
    if not _count(duck, "known"):
        return
    join = "JOIN known k ON k.code = r.code"
    _refuse(duck, "LevelDisagrees", "{'value': r.given, 'level': k.level}", "k.level <> r.level", join)
    _refuse(
        duck,
        "ParentChanged",
        "{'name': k.name, 'old': k.parent_code, 'value': r.parent_code}",
        "k.parent_code <> '' AND k.parent_code <> r.parent_code",
        join,
    )
    differs = "(k.name <> r.name OR k.urban_rural_code <> coalesce(r.urban_rural_code, k.urban_rural_code))"
    _refuse(
        duck,
        "DayTooEarly",
        f"{{'day': '{on}', 'name': k.name, 'last': k.since}}",
        f"{differs} AND k.since > '{on}'",
        join,
    )
    duck.execute(
        f"UPDATE rows AS r SET fate = CASE WHEN {differs} THEN 'changed' ELSE 'same' END, id = k.id, old_name = k.name,"
        " old_urban_rural_code = k.urban_rural_code FROM known k WHERE k.code = r.code AND r.fate IS NULL"
    )


def _stand_ins(duck: Connection) -> None:
    """A prefecture without counties (东莞) gets one county of its own name, under which its townships hang."""
    duck.execute("""
        INSERT INTO rows BY NAME
        SELECT -row_number() OVER (ORDER BY wanted.code) AS row, wanted.code, wanted.code AS given, above.name,
               3 AS level, above.code AS parent_code, TRUE AS stands_in
        FROM (SELECT DISTINCT parent_code AS code FROM rows WHERE length(parent_code) = 6 AND fate IS NULL) wanted
        JOIN (SELECT code, name FROM rows WHERE level = 2 AND coalesce(fate, '') <> 'bad'
              UNION SELECT code, name FROM known WHERE level = 2) above ON above.code = rpad(wanted.code[:4], 12, '0')
        WHERE wanted.code NOT IN (SELECT code FROM rows) AND wanted.code NOT IN (SELECT code FROM known)
    """)


def _fate_of_new(duck: Connection, level: Level, on: date) -> None:
    """New rows of a level find their parents, registered or in the list, and get their places below them."""
    mine = f"r.level = {int(level)}"
    if level is not Level.PROVINCE:
        # A code may stand in the list twice, once refused: one good row is enough to be a parent.
        duck.execute(
            "CREATE OR REPLACE TABLE listed AS SELECT code, min(row) AS row, min(level) AS level,"
            " bool_and(coalesce(fate, '') = 'bad') AS bad FROM rows WHERE code IN (SELECT parent_code FROM rows"
            f" WHERE level = {int(level)}) GROUP BY code"
        )
        join = "LEFT JOIN known k ON k.code = r.parent_code LEFT JOIN listed p ON p.code = r.parent_code"
        _refuse(
            duck,
            "ParentTooYoung",
            f"{{'name': k.name, 'since': k.valid_from, 'day': '{on}'}}",
            f"{mine} AND k.level = {level - 1} AND k.valid_from > '{on}'",
            "JOIN known k ON k.code = r.parent_code",
        )
        wrong = f"{mine} AND coalesce(k.level, p.level) <> {level - 1}"
        _refuse_circles(duck, wrong, join)
        _refuse(duck, "LevelDisagrees", "{'value': r.given, 'level': r.level_of_code}", wrong, join)
        _refuse(
            duck,
            "ParentRefused",
            "{'value': r.parent_code, 'first': p.row}",
            f"{mine} AND k.code IS NULL AND p.bad",
            join,
        )
        missing = f"{mine} AND k.code IS NULL AND p.code IS NULL"
        _refuse(duck, "ParentMissing", "{'value': r.parent_code}", missing, join)
    duck.execute(f"""
        CREATE OR REPLACE TABLE placed AS
        SELECT r.row, coalesce(p.place, 0) AS parent_place, p.name AS parent_name, s.room,
               coalesce(greatest(p.last_child, (u.highest - p.place) // s.step), u.highest // s.step, 0)
                   + row_number() OVER (PARTITION BY r.parent_code ORDER BY r.code) AS ordinal, s.step
        FROM rows r JOIN steps s USING (level)
        LEFT JOIN (SELECT code, place, name, last_child FROM known
                   UNION ALL SELECT code, place, name, 0 FROM rows WHERE fate = 'new') p ON p.code = r.parent_code
        LEFT JOIN {_highest(level)} u ON {"u.code = r.parent_code" if level > 1 else "TRUE"}
        WHERE r.fate IS NULL AND {mine}
    """)
    _refuse(
        duck,
        "NoRoom",
        "{'name': coalesce(x.parent_name, '全国'), 'limit': x.room}",
        "x.ordinal > x.room",
        "JOIN placed x ON x.row = r.row",
    )
    duck.execute(
        "UPDATE rows AS r SET fate = 'new', parent_place = x.parent_place, place = x.parent_place + x.ordinal * x.step"
        " FROM placed x WHERE x.row = r.row AND r.fate IS NULL"
    )


def _highest(level: Level) -> str:
    """The highest place taken below each parent; of provinces, below nobody."""
    if level > Level.PROVINCE:
        return "used"
    top = Area.objects.filter(level=Level.PROVINCE).order_by("-place").values_list("place", flat=True).first() or 0
    return f"(SELECT {top}::BIGINT AS highest)"


def _refuse_circles(duck: Connection, wrong: str, join: str) -> None:
    """Rows whose parents lead back to themselves. Only rows under a parent of a wrong level can, and they are few."""
    suspects = duck.execute(f"SELECT r.row, r.code FROM rows r {join} WHERE r.fate IS NULL AND {wrong}").fetchall()
    if not suspects:
        return
    above = dict(duck.execute("SELECT code, parent_code FROM rows WHERE parent_code IS NOT NULL").fetchall())
    circling = []
    for row, code in suspects:
        step, seen = above.get(code), set()
        while step is not None and step != code and step not in seen:
            seen.add(step)
            step = above.get(step)
        if step == code:
            circling.append(str(row))
    if circling:
        _refuse(duck, "ParentCircle", "{'value': r.given}", f"r.row IN ({', '.join(circling)})")
