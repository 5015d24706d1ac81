"""Counts of a village for every year, drawn from the registry as it stands (`YearCount`).

All are states of 31 December, or what happened within the year to those who were still there on that day:

    household, person   on file, not ended or left by then; a person not before `joined_on`,
                        unless that is the day of first registration
    registered          first_identified by then
    poor                registered by then and not exited by then, or returned by then after the exit
    in, out, returned   first_identified, exited_on, returned_on within the year; of a household that left poverty
                        more than once every exit and return (`FormerExit`)
    dibao               people who enjoy the minimum living allowance, and households with such people. The registry
                        knows the present state only: earlier years keep what was counted then.

The incidence of poverty is poor people / people, computed where it is shown, never kept.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from bangfu.areas.models import Area
from bangfu.common.policy import code_list
from bangfu.registry.ledger import sql
from bangfu.registry.models import FormerExit, Household, Member, YearCount

FIGURES = tuple(
    f"{what}_{who}" if what else who
    for what in ("", "registered", "poor", "in", "out", "returned", "dibao")
    for who in ("households", "people")
)


KEPT = ", ".join(("village_id", "place", "year", *FIGURES))

Counts = Sequence[tuple[Any, ...]]


def recount(bench: sql.Workbench, villages: str, today: date, counts: Counts | None = None) -> None:
    """Count the villages of the SELECT `villages` (one column, area ids) anew, from the first year of which their
    files say anything to the present one. `counts` are theirs, if they were counted beside the database."""
    area, kept = sql.table(Area), sql.table(YearCount)
    bench.make("recounted_village", f"SELECT id FROM {area} WHERE id IN ({villages})", key="id")
    if sql.on_postgresql():
        # Two officers changing one village count one after the other; the second sees what the first has changed.
        bench.run(
            f"SELECT count(*) FROM (SELECT id FROM {area} WHERE id IN (SELECT id FROM recounted_village) "
            "ORDER BY id FOR NO KEY UPDATE) held"
        )
    if counts is None:
        count_villages(bench, "recounted_village", today)
    else:
        bench.make("counted_year", f"SELECT {KEPT} FROM {kept} WHERE 1 = 0", key="village_id, year")
        bench.add("counted_year", counts)
    bench.run(
        f"UPDATE counted_year AS c SET dibao_households = k.dibao_households, dibao_people = k.dibao_people "
        f"FROM {kept} k WHERE k.village_id = c.village_id AND k.year = c.year AND c.year < {today.year}"
    )
    bench.run(f"DELETE FROM {kept} WHERE village_id IN (SELECT id FROM recounted_village)")
    bench.run(f"INSERT INTO {kept} ({KEPT}) SELECT {KEPT} FROM counted_year ORDER BY village_id, year")


def counted_aside(made: sql.Workbench, villages: str, today: date) -> Counts:
    """The counts of the villages of a first filling, from what was worked out beside the database."""
    made.make("recounted_village", f"SELECT id FROM {sql.table(Area)} WHERE id IN ({villages})", key="id")
    count_villages(made, "recounted_village", today)
    return made.rows(f"SELECT {KEPT} FROM counted_year ORDER BY village_id, year")


def count_villages(bench: sql.Workbench, villages: str, today: date) -> None:
    """`counted_year`: village_id, place, year and FIGURES for the villages in the table `villages` (id)."""
    household, member, area = sql.table(Household), sql.table(Member), sql.table(Area)
    enjoys = sql.text_list(c.code for c in code_list("dibao_status").codes if c.attributes.get("enjoys"))
    # Who was entered when the file was begun had been there before.
    first = sql.text_list(c.code for c in code_list("member_increase").codes if c.attributes.get("event") == "first")
    # Households and people are first reduced to the years that matter: a few dozen kinds in a village.
    years = f"""
        h.village_id AS village_id, {sql.year_of("h.first_identified")} AS first_year,
        {sql.year_of("h.exited_on")} AS exit_year, {sql.year_of("h.returned_on")} AS return_year,
        CASE WHEN h.exited_on IS NULL OR h.returned_on >= h.exited_on
             THEN {sql.year_of("h.returned_on")} END AS poor_again,
        {sql.year_of("h.ended_on")} AS end_year"""
    keys = "village_id, first_year, exit_year, return_year, poor_again, end_year"
    bench.make(
        "kind_of_household",
        f"""
        SELECT {keys}, dibao, count(*) AS households, sum(members_count) AS members FROM (
            SELECT {years}, h.anyone_on_dibao AS dibao, h.members_count AS members_count
            FROM {villages} v JOIN {household} h ON h.village_id = v.id) x
        GROUP BY {keys}, dibao
        """,
    )
    # Most people are at home, have been from the start, and enjoy no dibao: of these the households know the number.
    # Only who is different is looked at one by one, and taken out of that number if at home.
    joined = f"CASE WHEN m.joined_by NOT IN ({first}) THEN {sql.year_of('m.joined_on')} END"
    bench.make(
        "person_apart",
        f"""
        SELECT {keys}, join_year, left_year, dibao, here, count(*) AS people FROM (
            SELECT {years}, {joined} AS join_year, {sql.year_of("m.left_on")} AS left_year,
                   m.left_on IS NULL AND m.dibao_status IN ({enjoys}) AS dibao, m.left_on IS NULL AS here
            FROM {villages} v JOIN {household} h ON h.village_id = v.id JOIN {member} m ON m.household_id = h.id
            WHERE m.left_on IS NOT NULL OR m.dibao_status IN ({enjoys})
               OR m.joined_on IS NOT NULL AND m.joined_by NOT IN ({first})) x
        GROUP BY {keys}, join_year, left_year, dibao, here
        """,
    )
    bench.make(
        "kind_of_person",
        f"""
        SELECT {keys}, join_year, left_year, dibao, people FROM person_apart
        UNION ALL SELECT {keys}, CAST(NULL AS integer), CAST(NULL AS integer), FALSE, -people
                  FROM person_apart WHERE here
        UNION ALL SELECT {keys}, CAST(NULL AS integer), CAST(NULL AS integer), FALSE, members FROM kind_of_household
        """,
    )
    earliest = bench.value(
        "SELECT min(y) FROM (SELECT min(first_year) AS y FROM kind_of_household UNION ALL "
        "SELECT min(exit_year) FROM kind_of_household UNION ALL SELECT min(return_year) FROM kind_of_household) years"
    )
    span = range(min(earliest or today.year, today.year), today.year + 1)
    series = " UNION ALL ".join(f"SELECT {year} AS year" for year in span)
    bench.make(
        "counted_year",
        f"""
        SELECT v.id AS village_id, a.place AS place, y.year AS year, {_figures()}
        FROM {villages} v JOIN {area} a ON a.id = v.id
        JOIN (SELECT w.id AS id, coalesce(min(k.first_year), min(k.exit_year), min(k.return_year),
                     {today.year}) AS since
              FROM {villages} w LEFT JOIN kind_of_household k ON k.village_id = w.id
              GROUP BY w.id) begun ON begun.id = v.id
        JOIN ({series}) y ON y.year >= begun.since OR y.year = {today.year}
        LEFT JOIN (SELECT {keys}, dibao, CAST(NULL AS integer) AS join_year, CAST(NULL AS integer) AS left_year,
                          households, 0 AS people
                   FROM kind_of_household
                   UNION ALL SELECT {keys}, dibao, join_year, left_year, 0, people FROM kind_of_person) k
               ON k.village_id = v.id AND (k.end_year IS NULL OR k.end_year > y.year)
              AND (k.join_year IS NULL OR k.join_year <= y.year) AND (k.left_year IS NULL OR k.left_year > y.year)
        GROUP BY v.id, a.place, y.year
        """,
        key="village_id, year",
    )
    bench.run(f"UPDATE counted_year SET dibao_households = 0, dibao_people = 0 WHERE year < {today.year}")
    if not bench.aside:  # no household on file: none has left poverty before
        _add_former_exits(bench, villages, joined)


def _add_former_exits(bench: sql.Workbench, villages: str, joined: str) -> None:
    """Exits before the latest, which few households have: out in the year of the exit, back in that of the return, and
    at the ends of the years between not poor. `joined` is the year in which a person `m` came."""
    household, member, former = sql.table(Household), sql.table(Member), sql.table(FormerExit)
    of_villages = f"{former} f JOIN {household} h ON h.id = f.household_id JOIN {villages} v ON v.id = h.village_id"
    if not bench.value(f"SELECT count(*) FROM {of_villages}"):
        return
    there = f"(h.ended_on IS NULL OR {sql.year_of('h.ended_on')} > y.year)"
    at_home = f"(m.left_on IS NULL OR {sql.year_of('m.left_on')} > y.year) AND ({joined} IS NULL OR {joined} <= y.year)"
    out, back = sql.year_of("f.exited_on"), sql.year_of("f.returned_on")
    times = {
        "out": f"CASE WHEN {out} = y.year THEN 1 ELSE 0 END",
        "returned": f"CASE WHEN {back} = y.year THEN 1 ELSE 0 END",
        "poor": f"CASE WHEN {out} <= y.year AND {back} > y.year THEN -1 ELSE 0 END",
    }
    bench.make(
        "former_year",
        f"""
        SELECT village_id, year, {
            ", ".join(f"sum({what}) AS {what}_households, sum({what} * people) AS {what}_people" for what in times)
        } FROM (
            SELECT h.village_id AS village_id, y.year AS year, (SELECT count(*) FROM {member} m
                       WHERE m.household_id = h.id AND {at_home}) AS people,
                   {", ".join(f"{value} AS {what}" for what, value in times.items())}
            FROM {of_villages} JOIN (SELECT DISTINCT year FROM counted_year) y
                 ON y.year BETWEEN {out} AND {back} AND {there}) x
        GROUP BY village_id, year
        """,
        key="village_id, year",
    )
    added = ", ".join(
        f"{figure} = c.{figure} + CAST(t.{figure} AS bigint)"
        for what in times
        for figure in (f"{what}_households", f"{what}_people")
    )
    bench.run(
        f"UPDATE counted_year AS c SET {added} FROM former_year t WHERE t.village_id = c.village_id AND t.year = c.year"
    )


def _figures() -> str:
    registered = "k.first_year <= y.year"
    conditions: Sequence[tuple[str, str]] = (
        ("", "1 = 1"),
        ("registered_", registered),
        ("poor_", f"{registered} AND (k.exit_year IS NULL OR k.exit_year > y.year OR k.poor_again <= y.year)"),
        ("in_", "k.first_year = y.year"),
        ("out_", "k.exit_year = y.year"),
        ("returned_", "k.return_year = y.year"),
        ("dibao_", "k.dibao"),
    )
    return ", ".join(
        f"CAST(coalesce(sum(CASE WHEN {condition} THEN k.{who} ELSE 0 END), 0) AS bigint) AS {prefix}{who}"
        for prefix, condition in conditions
        for who in ("households", "people")
    )
