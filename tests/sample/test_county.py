"""The county as tables: what the papers print stands in it, its people are possible, a seed makes it anew."""

import hashlib
import json

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from bangfu.registry import columns
from bangfu.sample import county_draft, services
from bangfu.sample.services import SampleCounty

SQL = """
SELECT count(*), sum(n), count(*) FILTER (poor), sum(n) FILTER (poor), count(*) FILTER (dibao > 0), sum(dibao)
FROM (SELECT household_no, h.household_type IN ('01', '03') AS poor, count(*) AS n,
             count(*) FILTER (dibao_status = '02') AS dibao
      FROM household h JOIN member m USING (household_no)
      WHERE m.left_on IS NULL AND list_contains($villages, village_id) GROUP BY ALL)
"""


def ask(county: SampleCounty, sql: str, **values: object) -> list[tuple[object, ...]]:
    connection = duckdb.connect()
    for name, table in county.tables.items():
        connection.register(name, table)
    return connection.execute(sql, values or None).fetchall()


def inside(county: SampleCounty, name: str) -> list[int]:
    """Numbers of the villages of that name, or of the township of that name."""
    top = [i for i, area in enumerate(county.areas) if area.name == name]
    return [i for i, a in enumerate(county.areas) if a.level == 5 and (i in top or a.parent in top)]


@pytest.mark.req("A2")
def test_the_village_of_paper_001_has_its_455_households_and_everything_counted_in_them(county: SampleCounty) -> None:
    villages = inside(county, "盘石村")
    assert ask(county, SQL, villages=villages) == [(455, 2552, 143, 482, 53, 105)]
    assert len([a for a in county.areas if a.level == 6 and a.parent == villages[0]]) == 12
    groups = ask(county, "SELECT count(DISTINCT group_name) FROM household WHERE village_id = $v", v=villages[0])
    assert groups == [(12,)]
    reported = {f.indicator: f.value for f in county.figures if f.village_code == county.areas[villages[0]].code}
    assert (reported["area_km2"], reported["poverty_incidence"]) == ("8.6", "17.8")


@pytest.mark.req("A2")
def test_the_second_village_has_its_1105_households_with_dibao_and_poor(county: SampleCounty) -> None:
    assert ask(county, SQL, villages=inside(county, "五星村")) == [(1105, 5140, 105, 248, 86, 188)]


@pytest.mark.req("B7")
def test_the_watched_township_has_330_households_on_its_list_in_14_villages(county: SampleCounty) -> None:
    villages = inside(county, "青禾乡")
    assert len(villages) == 14
    counted = ask(
        county,
        """SELECT household_type || coalesce(monitor_category, '') AS kind, count(DISTINCT household_no), count(*)
        FROM household JOIN member USING (household_no) WHERE left_on IS NULL AND list_contains($villages, village_id)
        GROUP BY kind HAVING kind <> '02' ORDER BY kind""",
        villages=villages,
    )
    assert counted == [("01", 299, 816), ("0101", 4, 10), ("0202", 9, 27), ("03", 18, 44)]
    households, people = (sum(row[i] for row in counted) for i in (1, 2))  # type: ignore[misc]
    assert (households, people) == (330, 897)


@pytest.mark.req("A7")
def test_the_other_township_left_poverty_year_by_year_as_paper_000_plans(county: SampleCounty) -> None:
    years = ask(
        county,
        """SELECT year(exited_on), count(*) FROM household JOIN member USING (household_no)
        WHERE left_on IS NULL AND list_contains($villages, village_id) AND exited_on IS NOT NULL
        GROUP BY 1 ORDER BY 1""",
        villages=inside(county, "高坪乡"),
    )
    assert years == [(2014, 400), (2015, 600), (2016, 320), (2017, 480), (2018, 600), (2019, 100)]
    returned = ask(
        county,
        "SELECT count(DISTINCT household_no), count(*), min(year(returned_on)) FROM household JOIN member "
        "USING (household_no) WHERE returned_on IS NOT NULL AND left_on IS NULL",
    )
    assert returned == [(5, 20, 2018)]


def test_the_county_has_20000_households_of_whom_3304_with_15431_people_are_registered(county: SampleCounty) -> None:
    everywhere = [i for i, a in enumerate(county.areas) if a.level == 5]
    [found] = ask(county, SQL, villages=everywhere)
    assert found[:4] == (20000, 80000, 3304, 15431)
    [out] = ask(
        county,
        "SELECT count(DISTINCT household_no), count(*) FROM household JOIN member USING (household_no) "
        "WHERE household_type = '01' AND left_on IS NULL",
    )
    assert out == (3194, 14959)


def test_every_size_keeps_four_people_a_household_and_the_published_places_when_they_fit() -> None:
    for households, published in ((1, False), (57, False), (300, False), (9000, True)):
        made = services.county_tables(households=households)
        assert len(made.tables["household"]) == households
        present = ask(made, "SELECT count(*) FROM member WHERE left_on IS NULL")
        assert present == [(households * 4,)]
        assert bool(inside(made, "盘石村")) == published
        if published:
            assert ask(made, SQL, villages=inside(made, "盘石村")) == [(455, 2552, 143, 482, 53, 105)]


def test_the_tables_have_the_columns_of_the_registry_in_their_types(small_county: SampleCounty) -> None:
    for name, table in small_county.tables.items():
        assert table.schema == columns.tables()[name].schema
    for name in columns.tables():
        keys = list(columns.tables()[name].key)
        table = small_county.tables[name]
        assert table.select(keys).group_by(keys).aggregate([]).num_rows == len(table), name


def digest(county: SampleCounty) -> str:
    """Of the values, not of any file format."""
    text = json.dumps({n: t.to_pylist() for n, t in county.tables.items()}, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_seed_makes_the_same_county_on_every_machine(small_county: SampleCounty) -> None:
    """When the generator is changed on purpose, put the new digest here: it must be the same on any machine."""
    assert digest(small_county) == digest(services.county_tables(households=300))
    assert digest(small_county) != digest(services.county_tables(households=300, seed=7))
    assert digest(small_county)[:16] == "6953365290180e85"


def test_ages_are_those_of_a_county(county: SampleCounty) -> None:
    [(young, old, men, oldest)] = ask(
        county,
        """SELECT avg((age < 16)::INT), avg((age >= 60)::INT), avg((sex = '1')::INT), max(age) FROM (
        SELECT sex, date_sub('year', birth_date, DATE '2020-09-30') AS age FROM member WHERE left_on IS NULL)""",
    )
    assert 0.17 < young < 0.28  # type: ignore[operator]
    assert 0.12 < old < 0.25  # type: ignore[operator]
    assert 0.48 < men < 0.54  # type: ignore[operator]
    assert oldest < 100  # type: ignore[operator]


def test_children_carry_the_surname_of_their_father() -> None:
    plain = services.county_tables(households=2000, faults_per_10000=0)
    [(children, named)] = ask(
        plain,
        """SELECT count(*), count(*) FILTER (substr(c.name, 1, 1) = substr(f.name, 1, 1)) FROM member c
        JOIN member f ON f.household_no = c.household_no AND f.relation_to_head = '01' AND f.sex = '1'
        WHERE c.relation_to_head IN ('03', '04', '07', '08', '11') AND c.left_on IS NULL""",
    )
    assert children == named
    assert children > 1000  # type: ignore[operator]


def test_nobody_has_the_number_of_somebody_else_unless_planted(county: SampleCounty) -> None:
    living = "SELECT id_no FROM member WHERE left_on IS NULL AND id_no IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
    assert ask(county, living) == []
    assert ask(county, "SELECT count(*) FROM member WHERE id_no NOT LIKE '99%'") == [(0,)]
    assert ask(county, "SELECT count(*) FROM member WHERE phone IS NOT NULL AND phone NOT LIKE '154%'") == [(0,)]


def test_nobody_has_the_telephone_of_somebody_in_another_county_however_many_there_are() -> None:
    drafts = [county_draft.draw(7, n, "990199", "样县", 200, 0, published=False)[0] for n in (0, 1, 250, 500, 1500)]
    phones = np.concatenate([draft.people["phone"] for draft in drafts])
    known = phones[phones > 0]
    assert len(known) > 1000
    assert len(np.unique(known)) == len(known)


def test_a_table_stays_whole_without_any_household_of_a_kind() -> None:
    assert all(
        isinstance(t, pa.Table) for t in services.county_tables(households=2, faults_per_10000=0).tables.values()
    )
