"""What a snapshot tells of casework: recognitions, risks, signatures, postings; nothing where there were no cases."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from bangfu.casework.models import Case, CaseTransition, PostedLine, Posting, Recognition
from bangfu.casework.procedures import Effect
from bangfu.common.facts import schema
from bangfu.registry.models import Household
from bangfu.snapshot import services as snapshots
from bangfu.snapshot.store import Snapshot
from tests.casework.test_recognising import WATCH, come_to
from tests.conftest import House
from tests.registry.making import household, person

# A snapshot reads by a connection of its own, and so only what is committed.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
AS_OF = date(2022, 9, 30)


def rows(snapshot: Snapshot, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in snapshot.parts():
        found += pq.read_table(part.path(table)).to_pylist()
    return found


def sign(case: Case, *moves: tuple[int, str, date]) -> None:
    """Moves of a case: level, kind, day."""
    for number, (level, kind, on) in enumerate(moves, start=2):
        CaseTransition.objects.create(
            case=case, number=number, move="m", kind=kind, from_step="a", to_step="b", level=level, on=on,
            at=timezone.now(),
        )  # fmt: skip


@pytest.mark.req("B7")
def test_a_snapshot_knows_as_what_a_household_is_recognised_and_why_it_is_watched(
    home: Household, tmp_path: Path
) -> None:
    come_to(home, Effect.IDENTIFY, date(2014, 3, 10), {})
    come_to(home, Effect.EXIT, date(2016, 12, 1))
    come_to(home, Effect.WATCH, date(2021, 6, 1), {**WATCH, "class": "01", "risks": ["01", "04", "23"]})
    taken = snapshots.take(AS_OF, out=tmp_path / "now")
    [row] = rows(taken, "household")
    assert (row["recognised"], row["recognised_ymd"], row["watched_ymd"]) == ("exited", 20161201, 20210601)
    assert (row["risks_count"], row["risk_illness"], row["risk_disability"]) == (2, True, False)
    assert (row["risk_uninsured_signal"], row["risk_unexplained"], row["fully_supported"]) == (True, False, None)
    assert row["removed_ymd"] is None
    told = sorted((r["kind"], r["starts_ymd"], r["ends_ymd"]) for r in rows(taken, "recognition"))
    assert told == [("exited", 20161201, None), ("poor", 20140310, 20161130), ("watched", 20210601, None)]
    # On a day before it was watched nobody knew of any risk.
    [row] = rows(snapshots.take(date(2021, 5, 31), out=tmp_path / "before"), "household")
    assert (row["watched_ymd"], row["risks_count"], row["risk_illness"]) == (None, None, None)


@pytest.mark.req("B7")
def test_a_snapshot_knows_when_and_how_a_risk_was_removed(home: Household, tmp_path: Path) -> None:
    come_to(home, Effect.WATCH, date(2021, 6, 1), WATCH)
    case = come_to(home, Effect.UNWATCH, date(2022, 3, 1))
    Case.objects.filter(pk=case.pk).update(closed_on=date(2022, 3, 1))
    [row] = rows(snapshots.take(AS_OF, out=tmp_path / "now"), "household")
    assert (row["removed_watched_ymd"], row["removed_ymd"], row["removal_way"]) == (20210601, 20220301, "01")
    assert (row["watched_ymd"], row["risks_count"]) == (None, None)


@pytest.mark.req("B7")
def test_a_snapshot_knows_when_each_level_signed_and_how_long_the_list_hung(
    house: House, home: Household, tmp_path: Path
) -> None:
    case = come_to(home, Effect.IDENTIFY, date(2014, 3, 10), {})
    Case.objects.filter(pk=case.pk).update(granted=True, effect="identify", closed_on=date(2014, 3, 10))
    sign(
        case,
        (5, "forward", date(2014, 1, 2)),
        (4, "back", date(2014, 1, 20)),
        (5, "forward", date(2014, 2, 1)),
        (5, "forward", date(2014, 2, 9)),
        (4, "forward", date(2014, 2, 10)),
        (3, "forward", date(2014, 3, 10)),
    )
    posting = Posting.objects.create(
        area=house.village, place=house.village.place, procedure="p", step="s", title="名单", sheet={}, sheet_hash="",
        board="村务公开栏", hotline="12317", starts_on=date(2014, 2, 2), ends_on=date(2014, 2, 8),
    )  # fmt: skip
    posting.cases.add(case)
    PostedLine.objects.create(posting=posting, case=case, head_name=home.head_name, people=2)
    home.members.update(joined_on=None)
    taken = snapshots.take(AS_OF, out=tmp_path / "now")
    [row] = rows(taken, "household")
    signed = row["village_signed_ymd"], row["township_signed_ymd"], row["county_signed_ymd"]
    assert signed == (20140201, 20140210, 20140310)
    assert (row["days_to_township"], row["days_to_county"], row["posting_days"]) == (9, 28, 7)
    assert row["last_case_effect"] == "identify"
    assert len(rows(taken, "case_step")) == 7 and [r["on_ymd"] for r in rows(taken, "case_step")][-1] == 20140310
    [posted] = rows(taken, "posting")
    assert (posted["case_id"], posted["starts_ymd"], posted["announcement"]) == (case.pk, 20140202, False)
    assert (row["posted_people"], row["people_when_posted"]) == (2, 2)
    assert (row["posted_head_known"], row["posted_class_kept"], row["corrections_open"]) == (True, True, None)


@pytest.mark.req("B5")
def test_a_list_that_says_other_than_the_files_did_on_its_first_day_shows(
    house: House, home: Household, tmp_path: Path
) -> None:
    case = come_to(home, Effect.WATCH, date(2021, 6, 1), {**WATCH, "class": "02"})
    Case.objects.filter(pk=case.pk).update(granted=True, effect="watch", closed_on=date(2021, 6, 1))
    posting = Posting.objects.create(
        area=house.village, place=house.village.place, procedure="p", step="s", title="名单", sheet={}, sheet_hash="",
        board="村务公开栏", hotline="12317", starts_on=date(2021, 5, 2), ends_on=date(2021, 5, 8),
    )  # fmt: skip
    posting.cases.add(case)
    PostedLine.objects.create(posting=posting, case=case, head_name="别的人", people=3, monitor_category="01")
    older, younger = home.members.order_by("pk")
    type(older).objects.filter(pk=older.pk).update(left_on=date(2021, 5, 2))  # left on the very day: no longer there
    type(younger).objects.filter(pk=younger.pk).update(joined_on=date(2021, 5, 2))
    [row] = rows(snapshots.take(AS_OF, out=tmp_path / "now"), "household")
    assert (row["posted_people"], row["people_when_posted"]) == (3, 1)
    assert (row["posted_head_known"], row["posted_class_kept"]) == (False, False)


@pytest.mark.req("B5")
def test_whether_somebody_keeps_in_touch_is_unknown_until_the_village_keeps_contacts(
    house: House, home: Household, tmp_path: Path
) -> None:
    other = household(house.officer("county_office"), house.village, person(50))
    for each in (home, other):
        Recognition.objects.create(household=each, place=each.place, kind="watched", starts_on=date(2021, 6, 1))

    def known(name: str) -> list[bool | None]:
        return [row["watch_contact_known"] for row in rows(snapshots.take(AS_OF, out=tmp_path / name), "household")]

    assert known("none") == [None, None]
    Recognition.objects.filter(household=home).update(contact_name="王建国", contact_phone="13800001111")
    assert known("one") == [True, False]


def test_a_registry_without_cases_is_unknown_in_everything_that_cases_tell(home: Household, tmp_path: Path) -> None:
    taken = snapshots.take(AS_OF, out=tmp_path / "now")
    [row] = rows(taken, "household")
    added = [c.name for c in schema().table("household").columns if c.name.startswith(("risk", "watched", "removed"))]
    assert len(added) > 15 and all(row[name] is None for name in added)
    assert rows(taken, "recognition") == rows(taken, "posting") == []


def test_a_recognition_is_found_once_a_day(home: Household, tmp_path: Path) -> None:
    """Whatever the day, a household has one row."""
    come_to(home, Effect.IDENTIFY, date(2014, 3, 10), {})
    come_to(home, Effect.EXIT, date(2016, 12, 1))
    for number, day in enumerate((date(2016, 11, 30), date(2016, 12, 1), date(2014, 3, 9))):
        [row] = rows(snapshots.take(day, out=tmp_path / str(number)), "household")
        current = Recognition.objects.on(day).filter(void=False).values_list("kind", flat=True).first()
        assert row["recognised"] == current
