"""Division lists come in whole or not at all, whatever their maker called the columns."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from bangfu.areas import errors, importing, reading, selectors, services
from bangfu.areas.models import Area, AreaVersion
from bangfu.audit.models import Entry
from bangfu.common.places import Level
from tests.areas.test_changes import assert_the_tree_is_sound

DAY = date(2023, 10, 31)

PROVINCES = 'code,name\n"98","云州省"\n'
CITIES = 'code,name,provinceCode\n"9801","青川市","98"\n"9802","无县市","98"\n'
AREAS = 'code,name,cityCode,provinceCode\n"980121","白石县","9801","98"\n'
STREETS = (
    'code,name,areaCode,provinceCode,cityCode\n"980121100","石桥镇","980121","98","9801"\n'
    '"980121200","柳坪乡","980121","98","9801"\n"980200100","直属镇","980200","98","9802"\n'
)
VILLAGES = (
    "code,name,streetCode,provinceCode,cityCode,areaCode\n"
    '"980121100001","中街社区居委会","980121100","98","9801","980121"\n'
    '"980121200200","上坪村委会","980121200","98","9801","980121"\n'
    '"980200100201","海边村委会","980200100","98","9802","980200"\n'
)
EDITION = {"provinces": PROVINCES, "cities": CITIES, "areas": AREAS, "streets": STREETS, "villages": VILLAGES}


def take(path: Path, content: str | bytes, *, on: date = DAY, commit: bool = True, take_good: bool = False):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return services.import_list(reading.read(path), on=on, commit=commit, take_good=take_good)


def take_edition(folder: Path, **other: str):
    return {name: take(folder / f"{name}.csv", other.get(name, text)) for name, text in EDITION.items()}


def codes(taken: importing.Taken) -> list[tuple[int, str]]:
    return [(r.row, r.error.code) for r in taken.refused]


@pytest.mark.req("A1")
@pytest.mark.databases
@pytest.mark.django_db
def test_the_five_lists_of_the_statistics_edition_make_a_tree_from_province_to_village(tmp_path):
    taken = take_edition(tmp_path)
    assert [t.added for t in taken.values()] == [1, 2, 1, 4, 3]
    assert not any(t.refused_count for t in taken.values())
    village = selectors.by_code("980121200200")
    assert [a.name for a in selectors.ancestors(village)] == ["云州省", "青川市", "白石县", "柳坪乡"]
    assert (village.initials, village.valid_from) == ("spcwh", DAY)
    assert_the_tree_is_sound()


@pytest.mark.django_db
def test_a_prefecture_without_counties_gets_one_of_its_own_name_for_its_townships(tmp_path):
    take_edition(tmp_path)
    village = selectors.by_code("980200100201")
    assert [(a.name, a.level) for a in selectors.ancestors(village)][1:3] == [("无县市", 2), ("无县市", 3)]


@pytest.mark.req("A1")
@pytest.mark.databases
@pytest.mark.django_db
def test_a_second_import_of_the_same_file_changes_nothing(tmp_path):
    take_edition(tmp_path)
    before = list(Area.objects.values()), list(AreaVersion.objects.values()), Entry.objects.count()
    taken = take_edition(tmp_path)
    assert [(t.added, t.changed, t.unchanged) for t in taken.values()] == [
        (0, 0, 1), (0, 0, 2), (0, 0, 1), (0, 0, 3), (0, 0, 3)
    ]  # fmt: skip
    assert (list(Area.objects.values()), list(AreaVersion.objects.values()), Entry.objects.count()) == before


@pytest.mark.req("A1")
@pytest.mark.databases
@pytest.mark.django_db
def test_a_new_edition_renames_with_history_adds_and_reports_what_is_gone_without_closing_it(tmp_path):
    take_edition(tmp_path)
    later = DAY + timedelta(days=20)
    edition = VILLAGES.replace("上坪村委会", "上坪社区居委会").replace(
        '"980121100001","中街社区居委会","980121100"', '"980121100002","南街社区居委会","980121100"'
    )
    taken = take(tmp_path / "villages.csv", edition, on=later)
    assert (taken.added, taken.changed, taken.unchanged, taken.missing) == (
        1, 1, 1, [("980121100001", "中街社区居委会")]
    )  # fmt: skip
    assert taken.renamed == [(3, "980121200200", "上坪村委会", "上坪社区居委会")]
    renamed = selectors.by_code("980121200200")
    assert selectors.area_on(renamed, later - timedelta(days=1)).name == "上坪村委会"
    assert selectors.area_on(renamed, later).name == renamed.name == "上坪社区居委会"
    assert selectors.by_code("980121100001").valid_to is None
    assert selectors.successions(renamed)[0].kind == "renamed"
    assert_the_tree_is_sound()


@pytest.mark.databases
@pytest.mark.django_db
def test_a_rehearsal_tells_the_same_and_writes_nothing(tmp_path):
    taken = take(tmp_path / "p.csv", PROVINCES, commit=False)
    assert (taken.added, taken.written) == (1, False)
    assert not Area.objects.exists() and not Entry.objects.exists()


@pytest.mark.databases
@pytest.mark.django_db
def test_a_plain_workbook_with_a_title_above_and_numbers_for_codes_is_read_down_to_the_groups(tmp_path):
    path = tmp_path / "名单.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        rows = [
            ["云州省区划名单"], [],
            ["区划代码", "名称", "上级代码", "城乡分类代码", "级别"],
            [98, "云州省", "", "", "省"],
            [9801, "青川市"],
            [980121, "白石县", "9801", "", "县"],
            [980121200, "柳坪乡", "980121"],
            [980121200200, "上坪村", "", 220],
            ["98012120020001", "一组", "980121200200", "", "村民小组"],
        ]  # fmt: skip
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    taken = services.import_list(reading.read(path), on=DAY, commit=True)
    assert codes(taken) == []
    assert taken.added_by_level == {1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1}
    group = selectors.by_code("98012120020001")
    assert group.level == Level.GROUP and group.parent.urban_rural_code == "220"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.django_db
def test_every_usual_encoding_gives_the_same_names(tmp_path, encoding):
    taken = take(tmp_path / "a.csv", "区划代码,名称\r\n980000000000,云州省\r\n".encode(encoding))
    assert taken.added == 1
    assert Area.objects.get().name == "云州省"


@pytest.mark.django_db
def test_a_list_without_parent_column_finds_parents_by_the_structure_of_the_code_in_any_order(tmp_path):
    lines = "980121200201,甲村\n980121200,柳坪乡\n980121,白石县\n9801,青川市\n98,云州省\n"
    assert take(tmp_path / "a.csv", "代码,名称\n" + lines).added == 5
    assert_the_tree_is_sound()


HEAD = "区划代码,名称,上级代码,级别,城乡分类代码\n"
TOP = "98,云州省,,,\n9801,青川市,,,\n980121,白石县,,,\n980121200,柳坪乡,,,\n"


@pytest.mark.databases
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("98012120020,短码村,,,\n", [(6, "ARE-001")]),
        ("98o121200201,错码村,,,\n", [(6, "ARE-001")]),
        ("9.80121E+11,科学村,,,\n", [(6, "ARE-031")]),
        ("980121200201,,,,\n", [(6, "ARE-008")]),
        ("980121200201,甲村,,街坊,\n", [(6, "ARE-036")]),
        ("980121200201,甲村,,乡,\n", [(6, "ARE-032")]),
        ("980121200201,甲村,,,999\n", [(6, "ARE-033")]),
        ("980121300201,孤村,,,\n", [(6, "ARE-027")]),
        ("980121200201,甲村,980121,,\n", [(6, "ARE-032")]),
        ("980121200201,甲村,,,\n980121200201,甲村,,,\n", [(7, "ARE-025")]),
        ("980121200201,甲村,,,\n980121200201,乙村,,,\n", [(6, "ARE-026"), (7, "ARE-026")]),
        ("980121300,甲乡,980121300201,,\n980121300201,乙村,980121300000,,\n", [(6, "ARE-028"), (7, "ARE-035")]),
        ("980121200201,甲村,980121200201,,\n", [(6, "ARE-028")]),
        ("980121200201,甲村,980121200202,,\n980121200202,乙村,,,\n", [(6, "ARE-032")]),
        ("9801213,坏码乡,,,\n980121200201,甲村,,,\n", [(6, "ARE-001")]),
        ("980121200201,甲村,,,,,\n", [(6, "ARE-034")]),
        ("\n,,,,\n980121200202,,,,\n", [(8, "ARE-008")]),
    ],
)
@pytest.mark.django_db
def test_a_bad_row_is_named_with_its_line_and_reason_and_nothing_is_written(tmp_path, lines, expected):
    taken = take(tmp_path / "a.csv", HEAD + TOP + lines)
    assert codes(taken) == expected
    assert all("{" not in r.error.message for r in taken.refused)
    assert not taken.written and not Area.objects.exists() and not Entry.objects.exists()


@pytest.mark.django_db
def test_good_rows_can_be_taken_and_the_bad_left_with_what_hangs_below_them(tmp_path):
    lines = "980121300,,,,\n980121300201,甲村,,,\n980121200201,乙村,,,\n"
    taken = take(tmp_path / "a.csv", HEAD + TOP + lines, take_good=True)
    assert codes(taken) == [(6, "ARE-008"), (7, "ARE-035")]
    assert taken.written and taken.added == 5


@pytest.mark.databases
@pytest.mark.django_db
def test_old_codes_moved_areas_and_days_before_the_last_change_are_refused_with_the_reason(tmp_path):
    take(tmp_path / "a.csv", HEAD + TOP + "980121200201,甲村,,,\n980121300,乙乡,,,\n")
    village, township = selectors.by_code("980121200201"), selectors.by_code("980121300000")
    on = DAY + timedelta(days=5)
    services.move(by=None, area=village, to=township, code="980121300201", on=on)
    before = take(tmp_path / "b.csv", HEAD + "980121200201,甲村,,,\n")
    assert codes(before) == [(2, "ARE-029")]
    moved = take(tmp_path / "c.csv", HEAD + "980121300201,甲村,980121200,,\n", on=on)
    assert codes(moved) == [(2, "ARE-030")]
    early = take(tmp_path / "d.csv", HEAD + "980121300201,丙村,,,\n")
    assert codes(early) == [(2, "ARE-003")]
    young = take(tmp_path / "e.csv", HEAD + "980121200202,丁村,,,\n", on=DAY - timedelta(days=1))
    assert codes(young) == [(2, "ARE-016")]


@pytest.mark.django_db
def test_an_import_never_gives_a_place_that_was_left_to_another_area(tmp_path):
    take(tmp_path / "a.csv", HEAD + TOP + "980121200201,甲村,,,\n980121300,乙乡,,,\n")
    village = selectors.by_code("980121200201")
    left = village.place
    services.move(by=None, area=village, to=selectors.by_code("980121300000"), code="980121300201", on=date.today())
    take(tmp_path / "b.csv", HEAD + "980121200202,丙村,,,\n", on=date.today())
    assert selectors.by_code("980121200202").place not in (left, 0)
    assert_the_tree_is_sound()


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.csv", b"", errors.FileEmpty),
        ("a.csv", b" \r\n ", errors.FileEmpty),
        ("a.csv", "姓名,电话\n张三,1\n".encode(), errors.ColumnsMissing),
        ("a.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\x00\x01", errors.FileUnknown),
        ("a.csv", b"code,name\n\xff\xfe\xff\x81", errors.FileUnknown),
        ("a.xlsx", b"PK\x03\x04 no workbook", errors.FileDamaged),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 nothing", errors.FileUnknown),
        (
            "a.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600,
            errors.FileEncrypted,
        ),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words(tmp_path, name, content, error):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error) as refusal:
        reading.read(path)
    assert name in refusal.value.message


def test_a_file_that_does_not_exist_is_refused_in_words(tmp_path):
    with pytest.raises(errors.FileUnknown):
        reading.read(tmp_path / "none.csv")


@pytest.mark.django_db
def test_an_empty_workbook_is_refused_in_words(tmp_path):
    path = tmp_path / "空.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet()
    with pytest.raises(errors.FileEmpty):
        reading.read(path)


@pytest.mark.django_db
def test_a_list_of_the_future_is_refused(tmp_path):
    with pytest.raises(errors.DayInFuture):
        take(tmp_path / "p.csv", PROVINCES, on=date(2999, 1, 1))


@pytest.mark.databases
@pytest.mark.django_db
def test_parents_are_checked_after_a_list_of_the_whole_country_as_before(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "MANY", 1)
    before = connection.introspection.get_constraints(connection.cursor(), "areas_areaversion")
    take_edition(tmp_path)
    assert connection.introspection.get_constraints(connection.cursor(), "areas_areaversion") == before
    with pytest.raises(IntegrityError), transaction.atomic():
        AreaVersion.objects.create(area_id=10**9, name="无主", valid_from=DAY)
        connection.check_constraints()
    assert_the_tree_is_sound()


@pytest.mark.databases
@pytest.mark.django_db
def test_the_number_of_statements_does_not_grow_with_the_rows(tmp_path, django_assert_max_num_queries):
    take_edition(tmp_path)
    rows = "".join(f'"9801212{n:05}","村{n}","980121200","98","9801","980121"\n' for n in range(200, 900))
    head = VILLAGES.splitlines()[0] + "\n"
    with django_assert_max_num_queries(60):
        taken = take(tmp_path / "v.csv", head + rows.replace("98012120", "98012120"))
    assert taken.added == 699
    assert_the_tree_is_sound()


@pytest.mark.django_db
def test_the_command_rehearses_reports_in_json_and_commits_on_request(tmp_path, capsys):
    from click.testing import CliRunner

    from bangfu.commands.areas import command

    file = tmp_path / "p.csv"
    file.write_text(PROVINCES + '"9x","坏省"\n')
    run = CliRunner().invoke(command, ["import", str(file), "--json", "--on", "2023-10-31"])
    answer = json.loads(run.stdout)
    assert run.exit_code == 1 and answer["refused_count"] == 1 and answer["refusals"][0]["error"] == "ARE-001"
    file.write_text(PROVINCES)
    rehearsal = CliRunner().invoke(command, ["import", str(file), "--on", "2023-10-31"])
    assert rehearsal.exit_code == 0 and "--commit" in rehearsal.stdout and not Area.objects.exists()
    done = CliRunner().invoke(command, ["import", str(file), "--on", "2023-10-31", "--commit"])
    assert done.exit_code == 0 and Area.objects.get().valid_from == DAY
    assert settings.DATABASES
