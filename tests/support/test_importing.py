"""Pairings from a file: every row is judged, all are taken in or none."""

import io
from pathlib import Path

import openpyxl
import pytest
from django.utils import timezone

from bangfu.registry.file_errors import ListColumnsMissing, ListTooLong, NothingToImport
from bangfu.registry.intake import list_imports
from bangfu.registry.intake.list_imports import refused_rows, report
from bangfu.support import errors, importing, selectors, services
from bangfu.support.models import Handover, Helper, Pairing, PairingImport
from tests.support import making
from tests.support.making import days_ago

pytestmark = pytest.mark.django_db
HEAD = "户编号,户主姓名,帮扶干部姓名,帮扶单位,职级,帮扶干部电话,类别,结对日期"


def checked(by, tmp_path: Path, *lines: str, head: str = HEAD, **more) -> PairingImport:
    path = tmp_path / "结对.csv"
    path.write_text("\n".join(("某县结对帮扶台账", head, *lines)), encoding="utf-8")
    return services.check_file(by=by, path=path, name=path.name, sha256="0" * 64, **more)


@pytest.mark.req("C1")
def test_a_clean_file_is_written_as_a_whole_and_brings_helpers_along(township, tmp_path, homes, house):
    bureau = making.unit(house.township, "青禾乡人民政府", level="05")
    some = homes(3)
    lines = [
        f"{some[0].household_no},{some[0].head_name},王建国,青禾乡人民政府,科级干部,13800001111,主要,2026/3/1",
        f"{some[1].household_no},,王建国,青禾乡人民政府,,13800001111,,",
        f"{some[2].household_no},{some[2].head_name},李红梅,青禾乡 人民政府,一般干部,,,",
        f"{some[2].household_no},,王建国,青禾乡人民政府,,,其他,",
    ]
    made = checked(township, tmp_path, *lines)
    assert made.state == PairingImport.State.CHECKED
    assert {k: made.counts[k] for k in ("rows", "made", "helpers", "refused")} == {
        "rows": 4, "made": 4, "helpers": 2, "refused": 0,
    }  # fmt: skip
    assert not Pairing.objects.exists() and not Helper.objects.exists()  # so far nothing is written
    done = services.write_import(by=township, batch=made)
    assert done.state == PairingImport.State.DONE and done.rows == []
    today = timezone.localdate()
    names = {pk: [h.name for h in hs] for pk, hs in selectors.helpers_of([h.pk for h in some], today).items()}
    assert names == {some[0].pk: ["王建国"], some[1].pk: ["王建国"], some[2].pk: ["李红梅", "王建国"]}
    assert Pairing.objects.get(household=some[0]).starts_on.isoformat() == "2026-03-01"
    again = checked(township, tmp_path, *lines)
    assert (again.counts["made"], again.counts["unchanged"], again.counts["refused"]) == (0, 4, 0)
    assert Helper.objects.get(name="李红梅").unit == bureau


@pytest.mark.req("C1")
def test_every_refused_row_is_reported_and_nothing_is_half_imported(township, tmp_path, homes, bureau, helper, house):
    some, [elsewhere] = homes(6), homes(1, house.neighbour_village)
    services.pair(by=None, household=some[5], helper=making.helper(bureau, "周平"), starts_on=days_ago(9))
    unit = bureau.name
    services.put_in_charge(by=None, unit=bureau, village=house.village, on=days_ago(3))  # so the township sees the unit
    made = checked(
        township, tmp_path,
        f"{some[0].household_no},,王建国,{unit},,,,",
        f"{some[1].household_no},别人,王建国,{unit},,,,",
        f"{elsewhere.household_no},,王建国,{unit},,,,",
        f"{some[2].household_no},,王建国,没有的局,,,,",
        f"{some[2].household_no},,新来的,{unit},,,,",
        f"{some[2].household_no},,王建国,{unit},,,领导,",
        f"{some[2].household_no},,王建国,{unit},,,,三月初",
        f"{some[0].household_no},,王建国,{unit},,,,",
        f"{some[0].household_no},,周平,{unit},,,,",
        f"{some[5].household_no},,王建国,{unit},,,,",
        f",,王建国,{unit},,,,",
        f"{some[3].household_no},,王建国,{unit},,,,2999-01-01",
    )  # fmt: skip
    assert made.state == PairingImport.State.REFUSED
    told = {each.row.number: each.code for each in refused_rows(made)}
    assert told == {
        4: "SUP-054", 5: "SUP-053", 6: "SUP-055", 7: "SUP-058", 8: "SUP-019", 9: "SUP-059", 10: "SUP-061",
        11: "SUP-060", 12: "SUP-001", 13: "SUP-018", 14: "SUP-006",
    }  # fmt: skip
    assert Pairing.objects.count() == 1
    with pytest.raises(errors.ImportOver):
        services.write_import(by=township, batch=made)
    sheet = openpyxl.load_workbook(io.BytesIO(report(made, importing.LABELS))).active
    assert sheet.max_row == 12 and "别人" in sheet["J2"].value
    services.drop_import(by=township, batch=made)
    made.refresh_from_db()
    assert (made.state, made.rows) == (PairingImport.State.DROPPED, [])


def test_what_changed_between_check_and_writing_stops_the_whole_file(township, tmp_path, homes, bureau, helper, house):
    services.put_in_charge(by=None, unit=bureau, village=house.village, on=days_ago(3))
    some = homes(2)
    made = checked(township, tmp_path, *(f"{h.household_no},,王建国,{bureau.name},,,," for h in some))
    assert made.state == PairingImport.State.CHECKED, refused_rows(made)
    services.pair(by=township, household=some[1], helper=making.helper(bureau, "李红梅"))
    done = services.write_import(by=township, batch=made)
    assert done.state == PairingImport.State.REFUSED
    assert [each.code for each in refused_rows(done)] == ["SUP-001"]
    assert not Pairing.objects.filter(helper=helper).exists()


def test_an_older_list_may_be_taken_over_with_helpers_above_their_limit(township, tmp_path, homes, bureau, house):
    services.put_in_charge(by=None, unit=bureau, village=house.village, on=days_ago(3))
    lines = [f"{h.household_no},,张小兵,{bureau.name},一般干部,,," for h in homes(2)]
    making.helper(bureau, "张小兵", "clerk")
    assert [e.code for e in refused_rows(checked(township, tmp_path, *lines))] == ["SUP-003"]
    made = checked(township, tmp_path, *lines, beyond_limits=True)
    services.write_import(by=township, batch=made)
    assert [each.load for each in selectors.over_limit(township, timezone.localdate())] == [2]


@pytest.mark.parametrize(
    ("head", "lines", "fault"),
    [
        ("户编号,帮扶单位", ["1,2"], ListColumnsMissing),
        (HEAD, [], NothingToImport),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_at_once(head, lines, fault, township, tmp_path):
    with pytest.raises(fault):
        checked(township, tmp_path, *lines, head=head)


def test_a_list_longer_than_one_transaction_takes_is_refused_with_its_length(township, tmp_path, monkeypatch):
    monkeypatch.setattr(list_imports.read_rows, "__defaults__", (1,))
    with pytest.raises(ListTooLong) as told:
        checked(township, tmp_path, "1,,张小兵,甲,,,,", "2,,张小兵,甲,,,,")
    assert (told.value.facts["rows"], told.value.facts["limit"]) == (2, 1)


def test_the_template_is_read_back_as_our_columns(tmp_path):
    book = openpyxl.load_workbook(io.BytesIO(importing.template()))
    book.active.append(["990121000001", "张三", "王建国", "县农业农村局"])
    book.save(tmp_path / "a.xlsx")
    [row] = importing.read_rows(tmp_path / "a.xlsx", "a.xlsx")
    assert (row.number, *map(row.text, ("household_no", "helper_name", "unit_name", "rank"))) == (
        2, "990121000001", "王建国", "县农业农村局", "",
    )  # fmt: skip


@pytest.mark.req("C2")
def test_another_main_helper_in_the_file_takes_over_when_that_is_asked_for(township, tmp_path, homes, house):
    unit = making.unit(house.township, "青禾乡人民政府", level="05")
    old, new = making.helper(unit, "王建国", phone="13800001111"), making.helper(unit, "李红梅")
    some = homes(4)
    for home in some[:3]:
        services.pair(by=None, household=home, helper=old, starts_on=days_ago(60))
    services.pair(by=None, household=some[0], helper=new, starts_on=days_ago(50), kind="further")
    services.pair(by=None, household=some[3], helper=new, starts_on=days_ago(60))
    on = days_ago(10)
    lines = [
        f"{some[0].household_no},,李红梅,{unit.name},,,主要,{on}",
        f"{some[0].household_no},,王建国,{unit.name},,,其他,{on}",
        f"{some[1].household_no},,李红梅,{unit.name},,,主要,{on}",
        f"{some[2].household_no},,王建国,{unit.name},,,主要,",
        f"{some[3].household_no},,王建国,{unit.name},,,主要,{on}",
    ]
    plain = checked(township, tmp_path, *lines)
    assert plain.state == PairingImport.State.REFUSED
    assert {each["code"] for each in plain.problems} == {errors.MainHelperThere.code, errors.PairedTwice.code}
    made = checked(township, tmp_path, *lines, hand_over=True)
    counts = {name: made.counts[name] for name in ("made", "handed_over", "unchanged", "refused")}
    assert counts == {"made": 1, "handed_over": 3, "unchanged": 1, "refused": 0}
    assert not Handover.objects.exists(), "so far nothing is written"
    assert services.write_import(by=township, batch=made).state == PairingImport.State.DONE
    today = timezone.localdate()
    names = {pk: [h.name for h in hs] for pk, hs in selectors.helpers_of([h.pk for h in some], today).items()}
    assert names == {
        some[0].pk: ["李红梅", "王建国"], some[1].pk: ["李红梅"], some[2].pk: ["王建国"], some[3].pk: ["王建国"],
    }  # fmt: skip
    ended = Pairing.objects.get(household=some[1], helper=old)
    assert (ended.ended_on, ended.ended_by.successor, ended.ended_by.on) == (on, new, on)
    assert "结对.csv" in ended.ended_why and {h.households for h in Handover.objects.all()} == {1, 2}
    again = checked(township, tmp_path, *lines, hand_over=True)
    assert (again.counts["unchanged"], again.counts["handed_over"], again.counts["refused"]) == (5, 0, 0)


def test_a_hand_over_by_file_is_refused_row_by_row_and_by_the_limit(township, tmp_path, homes, house, monkeypatch):
    unit = making.unit(house.township, "青禾乡人民政府", level="05")
    old, new = making.helper(unit, "王建国"), making.helper(unit, "李红梅")
    some = homes(3)
    for home, day in zip(some, (60, 60, 5), strict=True):
        services.pair(by=None, household=home, helper=old, starts_on=days_ago(day))
    lines = [f"{home.household_no},,李红梅,{unit.name},,,主要,{days_ago(10)}" for home in some]
    made = checked(township, tmp_path, *lines, hand_over=True)
    assert [(each["row"], each["code"]) for each in made.problems] == [(5, errors.DayTooEarly.code)]
    monkeypatch.setattr("bangfu.support.policy.PairingPolicy.most_households", lambda _self, _rank: 1)
    made = checked(township, tmp_path, *lines[:2], hand_over=True)
    assert {(each["row"], each["code"]) for each in made.problems} == {(n, errors.LimitReached.code) for n in (3, 4)}
    assert checked(township, tmp_path, *lines[:2], hand_over=True, beyond_limits=True).counts["handed_over"] == 2
    assert new.pk and not Handover.objects.exists()
