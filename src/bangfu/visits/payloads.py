"""A visit as it is sent: read field by field, so that one wrong field never loses the others.

    {"uuid", "checklist", "version", "household" | "village", "about", "officer", "companions", "met_with",
     "visited_on", "started_at", "ended_at", "sent_at", "latitude", "longitude", "accuracy", "summary", "remarks",
     "answers": {question: answer | [{"member": id, question: answer}]},
     "seen": {column: value, "<member>.<column>": value},
     "photos": [{"uuid", "question", "sha256", "size", "taken_at", "name"}]}

Days are 2020-04-05, moments ISO 8601 with their offset (without one: the house's own time). `sent_at` is the sender's
clock at the moment of sending. Keys that nobody knows are named as problems.
"""

import json
import math
import re
import uuid as uuids
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from bangfu.common.errors import BangfuError
from bangfu.visits import errors
from bangfu.visits.answers import plain_text
from bangfu.visits.errors import Problem

T = TypeVar("T")
NAMESPACE = uuids.UUID("6a0c2d6e-3d0b-5d7b-9d5c-2f7f0c1b8a11")
LARGEST_ID = 2**62
PHOTOS_AT_MOST = 60
LENGTHS = {"about": 60, "companions": 200, "met_with": 120, "summary": 2000, "remarks": 1000}
LABELS = {
    "companions": _("同行人"),
    "met_with": _("见到的人"),
    "summary": _("小结"),
    "remarks": _("备注"),
    "about": _("事由"),
}
KNOWN = frozenset(
    "uuid checklist version household village about officer companions met_with visited_on started_at ended_at "
    "sent_at latitude longitude accuracy summary remarks answers seen photos".split()
)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ABOUT = re.compile(r"[a-z_]{1,20}:[0-9]{1,18}")


@dataclass(frozen=True)
class PhotoNote:
    """A photo that will follow: SHA-256 and size in bytes of its content, the question it answers ("": none)."""

    uuid: uuids.UUID
    sha256: str
    size: int
    question: str = ""
    name: str = ""
    taken_at: datetime | None = None


@dataclass(frozen=True)
class VisitPayload:
    """A visit as it was sent, as far as it could be read; `problems` are what could not, `plain` all of it as sent."""

    uuid: uuids.UUID
    checklist: str = ""
    version: str = ""
    household: int | None = None
    village: int | None = None
    about: str = ""
    officer: int | None = None
    companions: str = ""
    met_with: str = ""
    visited_on: date | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    sent_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    accuracy: float | None = None
    summary: str = ""
    remarks: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    seen: Mapping[str, Any] = field(default_factory=dict)
    photos: tuple[PhotoNote, ...] = ()
    problems: tuple[Problem, ...] = ()
    plain: Mapping[str, Any] = field(default_factory=dict)
    raw: str = ""

    @property
    def photos_by_question(self) -> dict[str, int]:
        return dict(Counter(photo.question for photo in self.photos))


def read_payload(given: Any, raw: str = "") -> VisitPayload:
    """Reads what was sent. Raises PayloadUnreadable for what is no JSON object at all.

    Without a usable uuid the content gives one, so that the same content sent twice is still the same."""
    if not isinstance(given, Mapping):
        raise errors.PayloadUnreadable(reason=_("不是一份走访记录"))
    given = storable(given)
    reader = _Reader(given)
    values: dict[str, Any] = {name: reader.text(name, length) for name, length in LENGTHS.items()}
    if values["about"] and not _ABOUT.fullmatch(values["about"]):
        reader.wrong("about", values["about"])
        values["about"] = ""
    return VisitPayload(
        uuid=reader.uuid(),
        checklist=reader.text("checklist", 60),
        version=reader.text("version", 16),
        household=reader.id("household"),
        village=reader.id("village"),
        officer=reader.id("officer"),
        visited_on=reader.take("visited_on", _day),
        started_at=reader.take("started_at", moment),
        ended_at=reader.take("ended_at", moment),
        sent_at=reader.take("sent_at", moment),
        latitude=reader.take("latitude", _float),
        longitude=reader.take("longitude", _float),
        accuracy=reader.take("accuracy", _float),
        answers=reader.mapping("answers"),
        seen=reader.mapping("seen"),
        photos=reader.photos(),
        problems=tuple(reader.all_problems()),
        plain=given,
        raw=storable(raw),
        **values,
    )


class _Reader:
    """Takes the fields out of a payload one by one, gathering what is wrong with them."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.problems: list[Problem] = []

    def wrong(self, name: str, value: Any) -> None:
        self.problems.append(Problem(errors.FieldWrong(field=name, value=_short(value))))

    def take(self, name: str, read: Callable[[Any], T]) -> T | None:
        value = self.given.get(name)
        if value is None or value == "":
            return None
        try:
            return read(value)
        except (ValueError, TypeError, OverflowError):
            self.wrong(name, value)
            return None

    def text(self, name: str, length: int) -> str:
        value = self.given.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.wrong(name, value)
            return ""
        try:
            return plain_text(value, length, LABELS.get(name, name))
        except BangfuError as error:
            self.problems.append(Problem(error, name))
            return ""

    def id(self, name: str) -> int | None:
        return self.take(name, _id)

    def mapping(self, name: str) -> Mapping[str, Any]:
        value = self.given.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong(name, value)
            return {}
        return value

    def uuid(self) -> uuids.UUID:
        value = self.given.get("uuid")
        try:
            return uuids.UUID(value) if isinstance(value, str) else uuids.UUID("")
        except ValueError:
            self.wrong("uuid", value)
            return uuid_of(json.dumps(self.given, ensure_ascii=True, sort_keys=True, default=str))

    def photos(self) -> tuple[PhotoNote, ...]:
        value = self.given.get("photos")
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > PHOTOS_AT_MOST:
            self.wrong("photos", len(value) if isinstance(value, list) else value)
            return ()
        found: dict[uuids.UUID, PhotoNote] = {}
        for each in value:
            note = _note(each)
            if note is None:
                self.wrong("photos", each)
            else:
                found.setdefault(note.uuid, note)
        return tuple(found.values())

    def all_problems(self) -> list[Problem]:
        unknown = sorted(str(name) for name in self.given if name not in KNOWN)
        return [*self.problems, *(Problem(errors.AnswerUnasked(question=_short(name))) for name in unknown)]


def storable(value: Any) -> Any:
    """The same content without what no database keeps in JSON: zero characters, halves of characters, infinity."""
    if isinstance(value, str):
        return "".join(c for c in value if c != "\0" and not "\ud800" <= c <= "\udfff")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {storable(str(name)): storable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable(each) for each in value]
    return value


def uuid_of(content: str) -> uuids.UUID:
    """A number for what came without one: the same content has the same."""
    return uuids.uuid5(NAMESPACE, content)


def _note(given: Any) -> PhotoNote | None:
    """A photo's announcement; None when it says too little to be taken."""
    if not isinstance(given, Mapping):
        return None
    size, sha256, question = given.get("size"), given.get("sha256"), given.get("question") or ""
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < LARGEST_ID:
        return None
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256) or not isinstance(question, str):
        return None
    name = given.get("name") or ""
    try:
        taken = moment(given["taken_at"]) if given.get("taken_at") else None
        return PhotoNote(
            uuids.UUID(str(given.get("uuid"))), sha256, size, question[:60], plain_text(str(name)[:120], 120, ""), taken
        )
    except (ValueError, TypeError, OverflowError):
        return None


def _day(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError(value)
    return date.fromisoformat(value)


def moment(value: Any) -> datetime:
    """A moment with its offset; one without is the house's own time. Raises ValueError."""
    found = parse_datetime(value) if isinstance(value, str) else None
    if found is None or not 1990 <= found.year <= 2200:
        raise ValueError(value)
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(value)
    found = float(value)
    if not math.isfinite(found) or abs(found) > 1e9:
        raise ValueError(value)
    return found


def _id(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < LARGEST_ID:
        raise ValueError(value)
    return int(value)


def _short(value: Any) -> str:
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return text if len(text) <= 60 else f"{text[:60]}…"
