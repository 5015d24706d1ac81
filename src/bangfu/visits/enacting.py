"""Some months of visits acted out in the sample county, through the same verbs as any officer's: so that whoever starts
it sees visits with photos, corrections that wait or contradict each other, an entry in the tray, a doubt.

Nothing is written past the services; what the checker would refuse lies in the tray as it would for anybody.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.places import Level
from bangfu.registry.models import Household, Member
from bangfu.visits import services
from bangfu.visits.models import Channel, Visit
from bangfu.visits.payloads import uuid_of
from bangfu.visits.photographs import as_jpeg
from bangfu.visits.selectors import to_be_visited

HOUSEHOLDS, ROUNDS = 24, 2
DAYS_APART, FIRST_DAYS_AGO = 2, 110
# Somewhere in the hills: the county is invented.
LATITUDE, LONGITUDE = 27.93, 105.48
TOLD = (
    "老人身体还好，按时吃降压药，儿子下月回来。",
    "今年种了三亩辣椒，担心卖不出去，想请合作社统一收。",
    "孩子在镇上读书，住校，生活补助已经到账。",
    "房子去年翻修过，厨房还想硬化一下地面。",
    "在村里做保洁，工资按月发放，家里收入稳定。",
    "水管冬天会冻，开春要换一段。",
)


@transaction.atomic
def enact(officers: Iterable[str], today: date | None = None) -> int:
    """Visits in the village of the sample county's village officers; how many. Does nothing in a house where there are
    visits, or where these officers are not."""
    actors = list(Officer.objects.filter(username__in=list(officers)).order_by("pk"))
    day = today or timezone.localdate()
    village, visitors = _of_village(actors)
    if village is None or Visit.objects.exists():
        return 0
    homes = list(Household.objects.living().filter(to_be_visited(), village=village).order_by("pk")[:HOUSEHOLDS])
    for number, home in enumerate(homes * ROUNDS):
        _visited(visitors[number % len(visitors)], home, number, _day(day, number), homes)
    _walked(visitors[0], village, day)
    _to_tray(visitors[0], homes[:1])
    return int(Visit.objects.count())


def _of_village(actors: Sequence[Officer]) -> tuple[Area | None, list[Officer]]:
    """The village where the most of them record visits, and who does."""
    posts = [post for officer in actors for post in officer.posts_on() if services.RIGHT in post.rights]
    villages = [post.area for post in posts if post.area.level == Level.VILLAGE]
    if not villages:
        return None, []
    village = villages[0]
    return village, [o for o in actors if any(p.area == village for p in o.posts_on())]


def _day(today: date, number: int) -> date:
    return min(today - timedelta(days=FIRST_DAYS_AGO) + timedelta(days=number // DAYS_APART * DAYS_APART), today)


def _visited(by: Officer, home: Household, number: int, day: date, homes: Sequence[Household]) -> None:
    six = number >= len(homes)
    starts = timezone.make_aware(datetime.combine(day, time(9 + number % 2 * 3, 10 + number % 5 * 7)))
    content = _picture(number if number != 5 else 3) if number % 4 == 3 or number == 5 else b""
    given: dict[str, Any] = {
        "uuid": str(uuid_of(f"sample visit {number} {home.household_no}")),
        "checklist": "six_checks" if six else "four_ones",
        "household": home.pk,
        "started_at": starts.isoformat(),
        "ended_at": (starts + timedelta(minutes=35)).isoformat(),
        "met_with": home.head_name,
        "latitude": LATITUDE + number % 7 / 500,
        "longitude": LONGITUDE + number % 5 / 500,
        "accuracy": 12,
        "summary": _("当面核对，情况与手册一致。") if number % 3 else "",
        "answers": _six(home, number) if six else _four(home, number),
        "photos": [_note(content, "house_picture" if six else "picture", number)] if content else [],
    }
    done = services.record(by=by, payload=services.read_payload(given), channel=Channel.FIELD)
    for uuid in done.photos_wanted:
        services.take_whole(by=by, photo_uuid=uuid, upload=SimpleUploadedFile("p.jpg", content), look=True)


def _four(home: Household, number: int) -> dict[str, Any]:
    """The four ones; every sixth household tills another half mu than the file says."""
    found: dict[str, Any] = {"talked": True, "measures_sorted": number % 7 != 2, "data_checked": True, "tidied": True}
    found |= {"wishes": TOLD[number % len(TOLD)], "clean": ["windows", "kitchen", "orderly"][: 1 + number % 3]}
    if number % 6 == 1:
        found["land"] = f"{(home.cultivated_land_mu or 2) + 1:.2f}"
    return found


def _six(home: Household, number: int) -> dict[str, Any]:
    """The six checks, everybody answered for; now and then water, or land on the second look, is otherwise."""
    people = list(Member.objects.present().filter(household=home).order_by("pk"))
    found: dict[str, Any] = {
        "income_stable": number % 9 != 4, "food": True, "protein": True, "clothes": True,
        "house_safe": number % 11 != 3, "water_quality": number % 10 != 6, "pond": False,
        "water_minutes": number % 4 * 5,
        "insurance": [{"member": person.pk, "insured": True} for person in people],
    }  # fmt: skip
    if number % 9 == 4:
        found["income_risk"] = ["market"]
    if number % 11 == 3:
        found["house_trouble"] = _("西屋墙体有裂缝，雨天漏水。")
    return found


def _walked(by: Officer, village: Area, today: date) -> None:
    given = {
        "uuid": str(uuid_of(f"sample walk {village.pk}")),
        "checklist": "village_walk",
        "village": village.pk,
        "visited_on": (today - timedelta(days=3)).isoformat(),
        "answers": {"clean": ["houses", "roads", "public"], "road_passable": True, "households_seen": 12},
        "summary": _("三组路口有建筑垃圾，已请公益岗当天清理。"),
    }
    services.record(by=by, payload=services.read_payload(given), channel=Channel.WEB)


def _to_tray(by: Officer, homes: Sequence[Household]) -> None:
    """One visit from a phone whose date was a year ahead when it was filled in."""
    for home in homes:
        given = {
            "uuid": str(uuid_of(f"sample tray {home.household_no}")),
            "checklist": "four_ones",
            "household": home.pk,
            "visited_on": (timezone.localdate() + timedelta(days=365)).isoformat(),
            "answers": {"talked": True, "measures_sorted": True, "data_checked": True},
            "summary": _("手机日期不对，请按实际日期改正。"),
        }
        services.record(by=by, payload=services.read_payload(given), channel=Channel.FIELD)


def _note(content: bytes, question: str, number: int) -> dict[str, Any]:
    return {
        "uuid": str(uuid_of(f"sample photo {number}")),
        "question": question,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "name": f"{number}.jpg",
    }


def _picture(number: int) -> bytes:
    """A drawn house under a sky, different for each number."""
    image = Image.new("RGB", (960, 720), (170 + number % 60, 205, 235))
    draw = ImageDraw.Draw(image)
    for each, (x, y, side) in enumerate(_walls(number)):
        draw.rectangle((x, y, x + side, y + side), fill=(120 + each * 12 % 100, 90 + number * 5 % 90, 70))
        draw.polygon([(x - 20, y), (x + side // 2, y - side // 2), (x + side + 20, y)], fill=(150, 60 + each * 9, 50))
    draw.rectangle((0, 600, 960, 720), fill=(90, 130 + number % 40, 70))
    return as_jpeg(image).getvalue()


def _walls(number: int) -> Iterator[tuple[int, int, int]]:
    dice = number * 7919 + 17
    for _each in range(3 + number % 3):
        dice = (dice * 1103515245 + 12345) % 2**31
        yield dice % 700 + 60, 260 + dice // 7 % 220, 110 + dice // 11 % 150
