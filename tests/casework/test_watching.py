"""Watched households between two cases: who keeps in touch, new reasons to watch, and lists of older systems."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bangfu.audit.models import Entry
from bangfu.casework import errors as case_errors
from bangfu.casework import recognition_errors as errors
from bangfu.casework import services, watch_lists
from bangfu.casework.models import Recognition, Risk, WatchImport
from bangfu.common.errors import NotAllowed
from bangfu.registry.file_errors import ListColumnsMissing, NothingToImport
from bangfu.registry.intake.list_imports import report
from bangfu.registry.models import Household
from tests.casework.making import days_ago
from tests.registry.making import household, person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
HEAD = "户编号,户主姓名,返（致）贫风险1,返（致）贫风险2,灾种,风险说明,识别监测时间,监测联系人,联系人电话"


def watch(home: Household, **more: Any) -> Recognition:
    made: Recognition = Recognition.objects.create(
        household=home, place=home.place, kind="watched", monitor_category="02", starts_on=days_ago(200), **more
    )
    return made


@pytest.fixture
def watched(homes: Any) -> list[Recognition]:
    return [watch(home) for home in homes(3)]


def checked(by: Any, tmp_path: Path, *lines: str, head: str = HEAD) -> WatchImport:
    path = tmp_path / "监测.csv"
    path.write_text("\n".join(("某县防返贫监测对象台账", head, *lines)), encoding="utf-8")
    return services.check_watch_list(by=by, path=path, name=path.name, sha256="0" * 64)


def codes(batch: WatchImport) -> list[tuple[int, str, str]]:
    return [(each["row"], each["column"], each["code"]) for each in batch.problems]


class TestOneHousehold:
    def test_a_contact_is_entered_and_may_be_replaced(self, people, watched):
        services.name_contact(by=people.village, watched=watched[0], name=" 王建国 ", number="０８５１-8123456")
        watched[0].refresh_from_db()
        assert (watched[0].contact_name, watched[0].contact_phone) == ("王建国", "0851-8123456")
        services.name_contact(by=people.township, watched=watched[0], name="李红", number="13800001111")
        watched[0].refresh_from_db()
        assert watched[0].contact_name == "李红"
        assert Entry.objects.filter(action="cases.contact_named").count() == 2

    def test_half_a_contact_is_none(self, people, watched):
        with pytest.raises(errors.WatchContactHalf):
            services.name_contact(by=people.village, watched=watched[0], name="王建国", number="")
        with pytest.raises(case_errors.PhoneWrong):
            services.name_contact(by=people.village, watched=watched[0], name="王建国", number="电话没有")

    def test_a_new_risk_stands_beside_the_others_and_only_once(self, people, watched):
        Risk.objects.create(recognition=watched[0], code="01")
        services.add_risk(by=people.village, watched=watched[0], risk="04", disaster="01", found_on=days_ago(1))
        assert set(watched[0].risks.values_list("code", "disaster")) == {("01", ""), ("04", "01")}
        with pytest.raises(errors.RiskOnFile):
            services.add_risk(by=people.village, watched=watched[0], risk="01", found_on=None)

    def test_a_risk_that_wants_more_than_its_code_is_refused_without(self, people, watched):
        for given, wanted in (
            ({"risk": "04"}, errors.WatchNeeds),
            ({"risk": "99"}, errors.WatchNeeds),
            ({"risk": "77"}, errors.WatchCodeWrong),
            ({"risk": "04", "disaster": "77"}, errors.WatchCodeWrong),
            ({"risk": "01", "found_on": days_ago(-1)}, case_errors.DayInFuture),
        ):
            with pytest.raises(wanted):
                services.add_risk(by=people.village, watched=watched[0], **{"found_on": None, **given})
        assert not Risk.objects.exists()

    def test_a_neighbour_may_do_neither_and_nobody_after_the_end(self, people, watched):
        with pytest.raises(NotAllowed):
            services.name_contact(by=people.neighbour, watched=watched[0], name="王", number="13800001111")
        Recognition.objects.filter(pk=watched[0].pk).update(ends_on=days_ago(1))
        with pytest.raises(errors.WatchOver):
            services.add_risk(by=people.village, watched=watched[0], risk="01", found_on=None)


class TestList:
    @pytest.mark.req("B7")
    def test_an_older_systems_list_is_written_as_a_whole(self, people, watched, tmp_path):
        one, two, three = (each.household for each in watched)
        lines = [
            f"{one.household_no},{one.head_name},因病,因残,,,2023/5/1,王建国,13800001111",
            f"{two.household_no},,因自然灾害,,洪涝,,,,",
            f"{two.household_no},,“缺劳动力、因学”,,,,,,".replace("“", "").replace("”", ""),
            f"{three.household_no},,,,,,,李红,0851-8123456",
        ]
        made = checked(people.county, tmp_path, *lines)
        assert (made.state, made.problems) == (WatchImport.State.CHECKED, [])
        assert {k: made.counts[k] for k in ("rows", "risks", "contacts")} == {"rows": 4, "risks": 5, "contacts": 2}
        assert not Risk.objects.exists()  # so far nothing is written
        done = services.write_watch_list(by=people.county, batch=made)
        assert (done.state, done.rows) == (WatchImport.State.DONE, [])
        told = {each.pk: set(each.risks.values_list("code", flat=True)) for each in watched}
        assert list(told.values()) == [{"01", "02"}, {"04", "08", "03"}, set()]
        assert str(watched[0].risks.get(code="01").found_on) == "2023-05-01"
        assert watched[1].risks.get(code="04").disaster
        assert list(Recognition.objects.order_by("pk").values_list("contact_name", flat=True)) == ["王建国", "", "李红"]
        again = checked(people.county, tmp_path, *lines)
        assert (again.counts["risks"], again.counts["contacts"], again.counts["unchanged"]) == (0, 0, 4)
        with pytest.raises(errors.WatchListOver):
            services.write_watch_list(by=people.county, batch=done)

    def test_every_refused_row_says_why_and_nothing_is_half_written(self, people, house, watched, tmp_path):
        numbers = [each.household.household_no for each in watched]
        plain = household(house.officer("county_office"), house.village, person(500))
        elsewhere = watch(household(house.officer("county_office"), house.neighbour_village, person(300)))
        lines = [
            f"{numbers[0]},,因病,,,,,,",
            ",,因病,,,,,,",
            f"{plain.household_no},,因病,,,,,,",
            f"{elsewhere.household.household_no},,因病,,,,,,",
            f"{numbers[0]},别人,因病,,,,,,",
            f"{numbers[0]},,因懒,,,,,,",
            f"{numbers[0]},,因自然灾害,,,,,,",
            f"{numbers[0]},,其他,,,,,,",
            f"{numbers[0]},,因病,,,,去年冬天,,",
            f"{numbers[0]},,因病,,,,2099-01-01,,",
            f"{numbers[1]},,,,,,,王建国,",
            f"{numbers[1]},,,,,,,王建国,没有",
            f"{numbers[1]},,,,,,,王建国,13800001111",
            f"{numbers[1]},,,,,,,李红,13800001111",
            f"{numbers[2]},,,,,只有说明,,,",
        ]
        made = checked(people.township, tmp_path, *lines)
        assert made.state == WatchImport.State.REFUSED
        assert codes(made) == [
            (4, "household_no", "CAS-318"),
            (5, "household_no", "CAS-319"),
            (6, "household_no", "CAS-319"),
            (7, "household_no", "CAS-320"),
            (8, "risk", "CAS-321"),
            (9, "disaster", "CAS-322"),
            (10, "note", "CAS-322"),
            (11, "found_on", "CAS-323"),
            (12, "found_on", "CAS-323"),
            (13, "contact_phone", "CAS-326"),
            (14, "contact_phone", "CAS-033"),
            (16, "contact_phone", "CAS-325"),
            (17, "household_no", "CAS-324"),
        ]
        with pytest.raises(errors.WatchListOver):
            services.write_watch_list(by=people.township, batch=made)
        assert not Risk.objects.exists()
        sheet = openpyxl.load_workbook(io.BytesIO(report(made, watch_lists.LABELS))).active
        assert sheet.max_row == 1 + len(made.problems)
        assert "因懒" in [cell.value for cell in sheet["C"]]
        dropped = services.drop_watch_list(by=people.township, batch=made)
        assert (dropped.state, dropped.rows) == (WatchImport.State.DROPPED, [])

    def test_what_changed_since_the_check_is_found_at_the_writing(self, people, watched, tmp_path):
        made = checked(people.county, tmp_path, f"{watched[0].household.household_no},,因病,,,,,,")
        Recognition.objects.filter(pk=watched[0].pk).update(ends_on=days_ago(1))
        done = services.write_watch_list(by=people.county, batch=made)
        assert (done.state, codes(done)) == (WatchImport.State.REFUSED, [(3, "household_no", "CAS-319")])
        assert not Risk.objects.exists()

    def test_a_file_without_our_columns_or_rows_and_an_officer_without_the_right(self, people, watched, tmp_path):
        with pytest.raises(ListColumnsMissing, match="户编号"):
            checked(people.county, tmp_path, "1,2", head="甲,乙")
        with pytest.raises(NothingToImport):
            checked(people.county, tmp_path)
        with pytest.raises(NotAllowed):
            checked(people.village, tmp_path, f"{watched[0].household.household_no},,因病,,,,,,")

    def test_the_template_is_read_back(self, people, watched, tmp_path):
        book = openpyxl.load_workbook(io.BytesIO(watch_lists.template()))
        book.active.append([watched[0].household.household_no, None, "因病", None, None, None, "王建国", "13800001111"])
        book.save(tmp_path / "模板.xlsx")
        made = services.check_watch_list(
            by=people.county, path=tmp_path / "模板.xlsx", name="模板.xlsx", sha256="0" * 64
        )
        assert (made.problems, made.counts["risks"], made.counts["contacts"]) == ([], 1, 1)
