"""Units, helpers, teams, visits and papers for the tests of duties. Rows of other rooms are written as they are: how
these rooms come to them is theirs to prove."""

import io
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from bangfu.accounts.models import Officer, Post
from bangfu.areas.models import Area
from bangfu.registry.models import Household
from bangfu.support.models import Charge, DayInVillage, Helper, Pairing, Team, TeamMember, Unit
from bangfu.visits.models import ChecklistVersion, Suspicion, Visit

LONG_AGO = date(2024, 1, 1)
COUNTY_UNIT, TOWNSHIP_UNIT = "04", "05"


def unit(area: Area, name: str = "县农业农村局", level: str = COUNTY_UNIT) -> Unit:
    made: Unit = Unit.objects.create(name=name, area=area, level=level)
    return made


def officer(username: str, role: str, area: Area) -> Officer:
    made = Officer.objects.create(username=username, name=username)
    Post.objects.create(officer=made, role_id=role, area=area, starts_on=LONG_AGO)
    return made


def helper(of: Unit, name: str, rank: str = "clerk", account: Officer | None = None) -> Helper:
    made: Helper = Helper.objects.create(name=name, unit=of, rank=rank, area=of.area, officer=account)
    return made


def household(village: Area, number: str = "1") -> Household:
    made = Household(
        household_no=f"H{village.pk}-{number}", village=village, place=village.place, head_name=f"户主{number}",
        household_type="02",
    )  # fmt: skip
    Household.objects.bulk_create([made])  # as it stands, without the history that the registry's own verbs write
    return made


def pair(who: Helper, home: Household, since: date = LONG_AGO, until: date | None = None) -> Pairing:
    made: Pairing = Pairing.objects.create(helper=who, household=home, starts_on=since, ended_on=until)
    return made


def charge(of: Unit, village: Area, since: date = LONG_AGO) -> Charge:
    made: Charge = Charge.objects.create(unit=of, village=village, starts_on=since)
    return made


def team(village: Area, *people: Helper, since: date = LONG_AGO) -> Team:
    made: Team = Team.objects.create(village=village, starts_on=since)
    for person in people:
        TeamMember.objects.create(team=made, helper=person, starts_on=since, term_ends_on=since + timedelta(days=2000))
    return made


def present(who: Helper, *days: date) -> None:
    member = TeamMember.objects.get(helper=who)
    DayInVillage.objects.bulk_create(DayInVillage(member=member, day=day) for day in days)


def visit(who: Officer | None, home: Household, on: date, doubtful: bool = False) -> Visit:
    form, _new = ChecklistVersion.objects.get_or_create(checklist="four_ones", version="1", defaults={"content": {}})
    made: Visit = Visit.objects.create(
        uuid=uuid.uuid4(), household=home, village=home.village, place=home.place, checklist="four_ones", form=form,
        officer=who, visited_on=on, received_at=datetime(on.year, on.month, on.day, tzinfo=UTC), channel="web",
    )  # fmt: skip
    if doubtful:
        Suspicion.objects.create(visit=made, kind="photo")
    return made


def picture(colour: int = 0) -> Any:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), (200, colour % 256, 90)).save(content, "PNG")
    return SimpleUploadedFile("photo.png", content.getvalue(), "image/png")
