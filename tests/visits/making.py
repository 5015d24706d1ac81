"""Visits as phones and pages would send them."""

import hashlib
import io
import uuid
from datetime import date
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from bangfu.accounts.models import Officer
from bangfu.registry.models import Household
from bangfu.visits import services
from bangfu.visits.models import Channel

# Answers that satisfy each checklist for a household of grown-ups.
FOUR_ONES: dict[str, Any] = {"talked": True, "measures_sorted": True, "data_checked": True, "tidied": True}
SIX: dict[str, Any] = {
    "income_stable": True, "food": True, "protein": True, "clothes": True, "house_safe": True, "water_quality": True,
    "pond": False,
}  # fmt: skip
DAY = date(2020, 9, 20)


def six(household: Household, **answers: Any) -> dict[str, Any]:
    """Answers to the six checks: everybody insured unless said otherwise."""
    people = [{"member": m.pk, "insured": True} for m in household.members.filter(left_on=None).order_by("pk")]
    return {**SIX, "insurance": people, **answers}


def payload(household: Household | None = None, **changes: Any) -> dict[str, Any]:
    """A visit of the four ones as a phone sends it; `changes` replace what they name, None takes away."""
    given: dict[str, Any] = {
        "uuid": str(uuid.uuid4()),
        "checklist": "four_ones",
        "household": household.pk if household else None,
        "visited_on": DAY.isoformat(),
        "met_with": "户主",
        "answers": dict(FOUR_ONES),
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def sent(by: Officer, given: Any, channel: Channel = Channel.FIELD) -> Any:
    return services.record(by=by, payload=services.read_payload(given), channel=channel)


def recorded(by: Officer, home: Household | None, channel: Channel = Channel.FIELD, **changes: Any) -> Any:
    return sent(by, {**payload(home), **changes} if changes else payload(home), channel)


def picture(seed: int = 1, size: tuple[int, int] = (320, 240), kind: str = "JPEG", **more: Any) -> bytes:
    """A picture that is told apart from those of other seeds."""
    image, dice = Image.new("RGB", size, (200, 200, 190)), seed * 2654435761
    draw = ImageDraw.Draw(image)
    for each in range(24):
        dice = (dice * 1103515245 + 12345) % 2**31
        x, y, shade = dice % 1000 * size[0] // 1000, dice // 7 % 1000 * size[1] // 1000, dice // 13 % 256
        draw.rectangle((x, y, x + size[0] // 5, y + size[1] // 5), fill=(shade, shade, each * 10))
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def note(content: bytes, question: str = "", name: str = "a.jpg", **more: Any) -> dict[str, Any]:
    """The announcement of a photo."""
    sha256 = hashlib.sha256(content).hexdigest()
    return {
        "uuid": str(uuid.uuid4()), "question": question, "sha256": sha256, "size": len(content), "name": name, **more,
    }  # fmt: skip


def upload(content: bytes, name: str = "a.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)
