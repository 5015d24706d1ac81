"""Outside lists: any file with identity numbers, matched with our people; of everybody else nothing is kept."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from bangfu.common.identity import check_digit
from bangfu.rulebook.book import RuleBook
from bangfu.screening import lists
from bangfu.screening.engine import screen
from bangfu.screening.errors import ListHasNobody, ListIsThere, ListUnknown, ListUnreadable, NoIdColumn
from bangfu.screening.importing import Fault, Taken, import_list
from bangfu.snapshot.store import Snapshot
from tests.screening.conftest import AS_OF, COUNTIES

DAY = date(2020, 9, 1)


@pytest.fixture(scope="module")
def people(snapshot: Snapshot) -> list[str]:
    """Good identity numbers of people of the snapshot, born in the twentieth century."""
    rows = pq.read_table(snapshot.parts()[0].path("member"), columns=["id_no", "id_check_ok", "present"]).to_pylist()
    numbers = [r["id_no"] for r in rows if r["present"] and r["id_check_ok"] and len(r["id_no"]) == 18]
    return sorted({number for number in numbers if number[6:8] == "19"})[:40]


@pytest.fixture
def take(book: RuleBook, snapshot: Snapshot, tmp_path: Path):  # type: ignore[no-untyped-def]
    def taking(file: Path, list: str = "vehicle", **more: bool) -> Taken:
        return import_list(book, list, file, DAY, folder=tmp_path / "lists", snapshot=snapshot, **more)

    return taking


def csv_of(path: Path, numbers: list[str], encoding: str = "utf-8") -> Path:
    path.write_text(
        "序号,身份证号,车牌\n" + "".join(f"{n},{x},贵A{n}\n" for n, x in enumerate(numbers)), encoding=encoding
    )
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_only_people_of_the_snapshot_are_kept(take, people, tmp_path, encoding) -> None:
    stranger = "11010119900307" + "001"
    stranger += check_digit(stranger)
    taken = take(csv_of(tmp_path / "a.csv", [*people[:5], people[0], stranger], encoding))
    assert (taken.rows, taken.people, taken.refused) == (7, 5, 0)
    stored = pq.read_table(taken.path)
    assert len(stored) == 6
    assert stranger not in str(stored.to_pylist())
    assert people[0] not in str(stored.to_pylist())  # the number itself is not kept either


def test_a_workbook_and_a_parquet_file_are_read_as_well(take, people, tmp_path) -> None:
    workbook = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = workbook.add_worksheet()
    for row, cells in enumerate([["车辆登记名单"], ["号码", "证件号码"], *[["", number] for number in people[:3]]]):
        sheet.write_row(row, 0, cells)
    workbook.close()
    assert take(tmp_path / "a.xlsx").people == 3
    pq.write_table(pa.table({"ID_NO": people[:4]}), tmp_path / "b.parquet")
    assert take(tmp_path / "b.parquet", replace=True).people == 4


def test_old_numbers_are_converted_and_lower_case_and_blanks_do_not_matter(take, people, tmp_path) -> None:
    crossed = next(number for number in people if number.endswith("X"))
    given = [people[0][:6] + people[0][8:17], crossed.lower(), f" {people[1]} ", ""]
    taken = take(csv_of(tmp_path / "a.csv", given))
    assert (taken.rows, taken.converted, taken.refused, taken.people) == (3, 1, 0, 3)


def test_numbers_that_a_spreadsheet_has_spoilt_are_refused_row_by_row(take, people, tmp_path) -> None:
    given = [people[0], "5.20123E+17", people[1][:15] + "000", "12345", people[2][:17] + "?"]
    taken = take(csv_of(tmp_path / "a.csv", given))
    assert (taken.people, taken.refused) == (1, 4)
    assert [(s.row, s.fault) for s in taken.samples] == [
        (3, Fault.SCIENTIFIC),
        (4, Fault.LOST_DIGITS),
        (5, Fault.OTHER),
        (6, Fault.OTHER),
    ]
    assert all(people[2][6:14] not in s.value for s in taken.samples)


def test_a_second_list_of_the_same_day_is_refused_unless_it_replaces_the_first(take, people, tmp_path) -> None:
    take(csv_of(tmp_path / "a.csv", people[:2]))
    with pytest.raises(ListIsThere):
        take(csv_of(tmp_path / "b.csv", people[:3]))
    assert take(csv_of(tmp_path / "b.csv", people[:3]), replace=True).people == 3


def test_a_file_without_numbers_and_an_unknown_list_are_refused_and_nothing_is_stored(take, tmp_path) -> None:
    (tmp_path / "a.csv").write_text("姓名,车牌\n张三,贵A1\n", encoding="utf-8")
    with pytest.raises(NoIdColumn):
        take(tmp_path / "a.csv")
    with pytest.raises(ListHasNobody):
        take(csv_of(tmp_path / "b.csv", ["1.2E+17"]))
    with pytest.raises(ListUnknown):
        take(csv_of(tmp_path / "b.csv", ["1"]), list="horses")
    assert not (tmp_path / "lists").exists()


def test_a_parquet_file_of_shapes_that_are_no_text_is_refused_in_words(take, tmp_path) -> None:
    pq.write_table(pa.table({"id_no": [[1, 2]]}), tmp_path / "a.parquet")
    with pytest.raises(ListUnreadable):
        take(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(ListUnreadable):
        take(tmp_path / "b.parquet")
    assert not (tmp_path / "lists").exists()


def test_a_stored_list_says_how_it_came_in(take, people, tmp_path) -> None:
    take(csv_of(tmp_path / "车辆.csv", [*people[:3], "5.2E+17", "12345"]))
    (held,) = lists.stored(tmp_path / "lists", ["vehicle", "deaths"])
    assert (held.list, held.day, held.place) == ("vehicle", DAY, "")
    assert lists.named(tmp_path / "lists", held.name) == held
    about = held.about
    assert about is not None
    assert (about.file, about.rows, about.people) == ("车辆.csv", 5, 3)
    assert dict(about.refused) == {"scientific": 1, "other": 1}
    assert [tuple(each) for each in about.first] == [(5, "scientific"), (6, "other")]
    assert "12345" not in str(pq.read_schema(held.path).metadata)


@pytest.mark.parametrize("name", ["vehicle", "vehicle-", "vehicle-2020-13-01", "../vehicle-2020-09-01", "", "x-y-z"])
def test_a_name_that_is_none_names_no_list(tmp_path, name) -> None:
    assert lists.named(tmp_path / "lists", name) is None


# --- lists of places -------------------------------------------------------------------------------------------------


def people_of(snapshot: Snapshot, county: str) -> list[str]:
    rows = [
        row
        for part in snapshot.parts(county)
        for row in pq.read_table(part.path("member"), columns=["id_no", "id_check_ok", "village_code"]).to_pylist()
    ]
    good = {r["id_no"] for r in rows if r["id_check_ok"] and len(r["id_no"]) == 18 and r["village_code"][:6] == county}
    return sorted(good)[:20]


def keys_of(folder: Path, day: date = DAY) -> int:
    (held,) = lists.latest(folder, ["vehicle"], day).values()
    return len(held.keys())


@pytest.mark.req("H1")
def test_a_list_of_a_county_keeps_nobody_of_another_and_counts_there_alone(book, snapshot, tmp_path) -> None:
    one, other = COUNTIES[:2]
    mine, theirs = people_of(snapshot, one), people_of(snapshot, other)
    folder, file = tmp_path / "lists", csv_of(tmp_path / "a.csv", [*mine, *theirs])
    taken = import_list(book, "vehicle", file, DAY, folder=folder, snapshot=snapshot, place=one)
    assert taken.people == len(mine)
    with lists.for_run(folder, book.lists, snapshot, AS_OF, one) as found:
        assert keys_of(found) == len(mine)
    for place in (other, ""):
        with lists.for_run(folder, book.lists, snapshot, AS_OF, place) as found:
            assert lists.latest(found, book.lists, AS_OF) == {}


def test_of_every_county_the_latest_list_counts_and_of_one_day_that_of_the_smallest_place(
    book, snapshot, tmp_path
) -> None:
    one, other = COUNTIES[:2]
    mine, theirs = people_of(snapshot, one), people_of(snapshot, other)
    folder = tmp_path / "lists"

    def take(numbers: list[str], day: date, place: str = "") -> None:
        file = csv_of(tmp_path / "a.csv", numbers)
        import_list(book, "vehicle", file, day, folder=folder, snapshot=snapshot, place=place)

    def found(day: date, place: str = "") -> int:
        with lists.for_run(folder, book.lists, snapshot, day, place) as at:
            return keys_of(at, day)

    take([*mine[:5], *theirs[:5]], DAY)
    assert found(DAY) == 10
    take(mine[:2], DAY, one)
    assert (found(DAY), found(DAY, one), found(DAY, other)) == (7, 2, 5)
    later = DAY.replace(day=20)
    take([*mine[:9], *theirs[:9]], later)
    assert (found(later), found(DAY)) == (18, 7)


@pytest.mark.req("B5")
def test_rules_use_the_list_of_the_last_day_not_after_the_screening(take, book, snapshot, people, tmp_path) -> None:
    take(csv_of(tmp_path / "a.csv", people))
    folder = tmp_path / "lists"
    assert lists.latest(folder, book.lists, date(2020, 8, 31)) == {}
    found = screen(snapshot, book, as_of=AS_OF, out=tmp_path / "x", rules=["LIST-09", "Q181"], lists=folder)
    assert found.run.rules["Q181"].lists == {"vehicle": "2020-09-01"}
    assert found.run.rules["Q181"].not_run == {}
    assert found.run.rules["LIST-09"].not_run == {"": "list:deaths"}
    assert len(found.rows(rules=["Q181"])) == found.run.rules["Q181"].hits
