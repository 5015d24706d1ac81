"""What ODK Collect sends, read as a visit: XML in, a payload out. Whatever a form does not have stands in the payload
under its own name, so that the checker names it and nothing is lost."""

import hashlib
import uuid as uuids
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _

from bangfu.visits.checklists import Checklist, Kind
from bangfu.visits.odk.errors import XmlUnreadable
from bangfu.visits.odk.forms import PREFIX, photo_nodes
from bangfu.visits.payloads import LARGEST_ID, uuid_of

LONGEST = 1 << 20
# Nodes of the form itself that say nothing about the visit.
OF_THE_FORM = frozenset({"meta", "seen", "answers", "position"})


class _NoDoctype(ET.TreeBuilder):
    """A submission declares nothing: declarations are how XML is made to explode or to read files."""

    def doctype(self, *_given: Any) -> None:
        raise ET.ParseError("doctype")


def parse(content: bytes) -> ET.Element:
    """The XML of a submission. Raises XmlUnreadable."""
    if len(content) > LONGEST:
        raise XmlUnreadable(reason=_("内容太长"))
    parser = ET.XMLParser(target=_NoDoctype())
    try:
        parser.feed(content)
        root: ET.Element = parser.close()
    except (ET.ParseError, ValueError, LookupError):
        raise XmlUnreadable(reason=_("不是完整的 XML")) from None
    return root


def payload_of(root: ET.Element, checklist: Checklist | None, files: Mapping[str, Path]) -> dict[str, Any]:
    """The visit that a submission tells of. `checklist` is the version by which it was filled (None: not known, then
    all of it stays as it is); `files` are the photos that came along, by name."""
    given: dict[str, Any] = {"uuid": str(number_of(root)), "checklist": checklist_of(root), "version": version_of(root)}
    for node in root:
        name, text = _name(node), _said(node)
        if name not in OF_THE_FORM and not (name.endswith("_count") and _counts(checklist, name)) and text:
            given[name] = text
    given |= _position(_child(root, "position"))
    given |= {name: int(given[name]) for name in ("household", "village") if _is_id(given.get(name))}
    answers, seen, photos = _answers(root, checklist)
    seen |= {_name(node): _value(_said(node)) for node in _nodes(_child(root, "seen"))}
    number = given["uuid"]
    notes = [note for question, name in photos if (note := _note(number, question, name, files))]
    return {**given, "answers": answers, "seen": seen, "photos": notes}


def _answers(
    root: ET.Element, checklist: Checklist | None
) -> tuple[dict[str, Any], dict[str, Any], list[tuple[str, str]]]:
    """Answers by question, what was seen of people, and photos as (question, file name)."""
    uploads = {node: q.id for q in (checklist.photos if checklist else ()) for node in photo_nodes(q)}
    groups = {q.id for q in (checklist.questions if checklist else ()) if q.kind is Kind.MEMBERS}
    answers: dict[str, Any] = {}
    seen: dict[str, Any] = {}
    photos: list[tuple[str, str]] = []
    for node in _nodes(_child(root, "answers")):
        name = _name(node)
        if name in uploads:
            if text := _said(node):
                photos.append((uploads[name], text))
        elif name in groups or len(node):
            entry = {_name(inner): _said(inner) for inner in node}
            member = entry.get("member", "")
            seen |= {
                f"{member}.{each.removeprefix('seen_')}": _value(text)
                for each, text in entry.items()
                if each.startswith("seen_")
            }
            kept = {k: v for k, v in entry.items() if v and k not in ("who", "key") and not k.startswith("seen_")}
            if len(kept) > 1:
                answers.setdefault(name, []).append(kept)
        elif text := _said(node):
            answers[name] = text
    return answers, seen, photos


def number_of(root: ET.Element) -> uuids.UUID:
    """The instance's own number; without a usable one, that of its content."""
    text = _meta(root, "instanceID").removeprefix("uuid:")
    try:
        return uuids.UUID(text)
    except ValueError:
        return uuid_of(ET.tostring(root, encoding="unicode"))


def replaces(root: ET.Element) -> str:
    """The number of the instance that this one claims to correct; "" for none."""
    return _meta(root, "deprecatedID")[:60]


def checklist_of(root: ET.Element) -> str:
    return (root.get("id") or "").removeprefix(PREFIX)[:60]


def version_of(root: ET.Element) -> str:
    return (root.get("version") or "")[:16]


def named_files(root: ET.Element, checklist: Checklist | None) -> list[str]:
    """The names of the photos that the submission says it has."""
    return [name for _question, name in _answers(root, checklist)[2]]


def _meta(root: ET.Element, name: str) -> str:
    meta = _child(root, "meta")
    return next((_said(node) for node in _nodes(meta) if _name(node) == name), "")


def _child(root: ET.Element, name: str) -> ET.Element | None:
    return next((node for node in root if _name(node) == name), None)


def _nodes(parent: ET.Element | None) -> Iterator[ET.Element]:
    return iter(parent if parent is not None else ())


def _name(node: ET.Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _said(node: ET.Element) -> str:
    return (node.text or "").strip()


def _value(text: str) -> Any:
    """What a list said of a column: "" is unknown, true and false are no texts."""
    return {"": None, "true": True, "false": False}.get(text, text)


def _is_id(value: Any) -> bool:
    return (
        isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19 and int(value) < LARGEST_ID
    )


def _counts(checklist: Checklist | None, name: str) -> bool:
    return checklist is not None and checklist.question(name.removesuffix("_count")) is not None


def _position(node: ET.Element | None) -> dict[str, Any]:
    """A geopoint "latitude longitude altitude accuracy"."""
    if node is None or not _said(node):
        return {}
    parts = _said(node).split()
    found = {"latitude": parts[0], "longitude": parts[1] if len(parts) > 1 else ""}
    return {**found, "accuracy": parts[3]} if len(parts) > 3 else found


def _note(number: str, question: str, name: str, files: Mapping[str, Path]) -> dict[str, Any] | None:
    """The announcement of a photo that came along; None for one that did not."""
    file = files.get(name)
    if file is None:
        return None
    with file.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    photo = str(photo_number(number, name))
    return {"uuid": photo, "question": question, "sha256": sha256, "size": file.stat().st_size, "name": name[:120]}


def photo_number(number: str, name: str) -> uuids.UUID:
    """A photo's own number: the same each time the same submission comes."""
    return uuid_of(f"{number} {name}")
