"""A checklist as an XForm for ODK Collect.

    /data/visited_on, household, met_with, companions, position, summary, remarks     as every visit has them
    /data/answers/<question>            photos: <question>_1 … <question>_n
    /data/answers/<group>/…             of members: one repeat for each person whom it is about, brought by the list
    /data/seen/<column>                 what the list of households said when the form was filled

Lists lie beside the form: `households.csv`, and `members.csv` with a row for each person and group of questions.
"""

import hashlib
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _

from bangfu.visits.checklists import CHOSEN, Checklist, Condition, Kind, Question

PREFIX = "bangfu-"
PHOTOS = 4
TYPES = {
    Kind.TEXT: "string",
    Kind.WHOLE: "int",
    Kind.AMOUNT: "decimal",
    Kind.DAY: "date",
    Kind.CHOICE: "string",
    Kind.MANY: "string",
    Kind.FLAG: "string",
    Kind.PHOTO: "binary",
}
NAMESPACES = {
    "xmlns": "http://www.w3.org/2002/xforms",
    "xmlns:h": "http://www.w3.org/1999/xhtml",
    "xmlns:jr": "http://openrosa.org/javarosa",
    "xmlns:orx": "http://openrosa.org/xforms",
    "xmlns:odk": "http://www.opendatakit.org/xforms",
    "xmlns:xsd": "http://www.w3.org/2001/XMLSchema",
}
HEAD = ("met_with", "companions")
FOOT = ("summary", "remarks")


def form_id(checklist: Checklist) -> str:
    return f"{PREFIX}{checklist.id}"


def xform(checklist: Checklist) -> str:
    """The whole form, labels in the language now active."""
    return _Writer(checklist).written()


def md5(text: str) -> str:
    """The mark by which Collect sees that something has changed."""
    return "md5:" + hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def photo_nodes(question: Question) -> list[str]:
    """A node for each photo that may be taken: an upload holds one."""
    number = int(question.max) if question.max is not None else PHOTOS
    return [f"{question.id}_{each}" for each in range(1, number + 1)]


class _Writer:
    """Writes one form: instance, binds and body side by side."""

    def __init__(self, checklist: Checklist) -> None:
        self.checklist = checklist
        self.root = ET.Element("h:html", NAMESPACES)
        head = ET.SubElement(self.root, "h:head")
        ET.SubElement(head, "h:title").text = str(checklist.label)
        self.model = ET.SubElement(head, "model", {"odk:xforms-version": "1.0.0"})
        instance = ET.SubElement(self.model, "instance")
        self.data = ET.SubElement(instance, "data", {"id": form_id(checklist), "version": checklist.version})
        self.body = ET.SubElement(self.root, "h:body")
        self.about_homes = checklist.about == "household"
        self.changes: ET.Element | None = None

    def written(self) -> str:
        self._lists()
        self._head()
        answers = ET.SubElement(self.data, "answers")
        if self.about_homes:
            self._seen()
        group = self.body
        for question in self.checklist.questions:
            if question.section:
                group = ET.SubElement(self.body, "group")
                ET.SubElement(group, "label").text = str(question.section)
            if question.kind is Kind.MEMBERS:
                self._members(question, answers, group)
            else:
                self._question(question, answers, group, "/data/answers")
        for name, label in zip(FOOT, (_("小结"), _("备注")), strict=True):
            self._text(name, label, rows=True)
        meta = ET.SubElement(self.data, "orx:meta")
        ET.SubElement(meta, "orx:instanceID")
        self._bind("/data/orx:meta/orx:instanceID", type="string", preload="uid")
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(self.root, encoding="unicode")

    def _seen(self) -> None:
        """What the list says of the household, noted when the form is filled."""
        seen = ET.SubElement(self.data, "seen")
        for column in sorted(self.checklist.columns):
            ET.SubElement(seen, column)
            self._bind(f"/data/seen/{column}", type="string", calculate=self._home(column))

    def _lists(self) -> None:
        names = ["households", "members"] if self.about_homes else ["villages"]
        for name in names:
            ET.SubElement(self.model, "instance", {"id": name, "src": f"jr://file-csv/{name}.csv"})

    def _head(self) -> None:
        for name, when in (("started_at", "start"), ("ended_at", "end")):
            ET.SubElement(self.data, name)
            self._bind(f"/data/{name}", type="dateTime", preload="timestamp", preloadParams=when)
        ET.SubElement(self.data, "visited_on")
        self._bind(
            "/data/visited_on",
            type="date",
            required="true()",
            constraint=". <= today()",
            constraintMsg=_("走访日期不能晚于今天。"),
            preload="date",
            preloadParams="today",
        )
        self._input("/data/visited_on", _("走访日期"))
        name, label = ("household", _("走访的户")) if self.about_homes else ("village", _("走访的村"))
        ET.SubElement(self.data, name)
        self._bind(f"/data/{name}", type="string", required="true()")
        chosen = ET.SubElement(self.body, "select1", {"ref": f"/data/{name}", "appearance": "minimal autocomplete"})
        ET.SubElement(chosen, "label").text = label
        items = ET.SubElement(chosen, "itemset", {"nodeset": f"instance('{name}s')/root/item"})
        ET.SubElement(items, "value", {"ref": "name"})
        ET.SubElement(items, "label", {"ref": "label"})
        self.changes = chosen
        ET.SubElement(self.data, "position")
        self._bind("/data/position", type="geopoint")
        self._input("/data/position", _("现在的位置"))
        for each, text in zip(HEAD, (_("见到的人"), _("同行人")), strict=True):
            self._text(each, text)

    def _text(self, name: str, label: str, rows: bool = False) -> None:
        ET.SubElement(self.data, name)
        self._bind(f"/data/{name}", type="string")
        self._input(f"/data/{name}", label, **({"appearance": "multiline"} if rows else {}))

    def _input(self, path: str, label: str, **more: str) -> None:
        made = ET.SubElement(self.body, "input", {"ref": path, **more})
        ET.SubElement(made, "label").text = label

    def _bind(self, path: str, **given: str) -> None:
        of_javarosa = {"constraintMsg", "preload", "preloadParams"}
        attributes = {f"jr:{name}" if name in of_javarosa else name: value for name, value in given.items() if value}
        ET.SubElement(self.model, "bind", {"nodeset": path, **attributes})

    # Questions

    def _question(
        self, question: Question, instance: ET.Element, body: ET.Element, above: str, siblings: Sequence[Question] = ()
    ) -> None:
        if question.kind is Kind.PHOTO:
            self._photos(question, instance, body)
            return
        path = f"{above}/{question.id}"
        ET.SubElement(instance, question.id)
        rule, why = _constraint(question)
        self._bind(
            path,
            type=TYPES[question.kind],
            required="true()" if question.required else "",
            relevant=self._relevant(question, siblings),
            constraint=rule,
            constraintMsg=why,
        )
        self._control(question, body, path)
        if question.prefill and not siblings and self.changes is not None:
            ET.SubElement(
                self.changes,
                "setvalue",
                {"event": "xforms-value-changed", "ref": path, "value": self._home(question.prefill)},
            )

    def _control(self, question: Question, body: ET.Element, path: str) -> None:
        if question.kind is Kind.FLAG or question.kind in CHOSEN:
            tag = "select" if question.kind is Kind.MANY else "select1"
            made = ET.SubElement(body, tag, {"ref": path})
        else:
            long = question.kind is Kind.TEXT and (question.longest or 2000) > 120
            made = ET.SubElement(body, "input", {"ref": path, **({"appearance": "multiline"} if long else {})})
        unit = f" ({question.unit})" if question.unit else ""
        ET.SubElement(made, "label").text = f"{question.label}{unit}"
        if question.hint:
            ET.SubElement(made, "hint").text = str(question.hint)
        options = [("true", _("是")), ("false", _("否"))] if question.kind is Kind.FLAG else question.options
        for code, label in options if made.tag != "input" else ():
            item = ET.SubElement(made, "item")
            ET.SubElement(item, "label").text = label
            ET.SubElement(item, "value").text = code

    def _photos(self, question: Question, instance: ET.Element, body: ET.Element) -> None:
        for number, name in enumerate(photo_nodes(question), start=1):
            ET.SubElement(instance, name)
            wanted = question.min is not None and number <= question.min
            self._bind(
                f"/data/answers/{name}",
                type="binary",
                required="true()" if wanted else "",
                relevant=self._relevant(question, ()),
            )
            made = ET.SubElement(body, "upload", {"ref": f"/data/answers/{name}", "mediatype": "image/*"})
            ET.SubElement(made, "label").text = f"{question.label} {number}"

    def _members(self, question: Question, instance: ET.Element, body: ET.Element) -> None:
        """A repeat for each person of the list; it brings its own number, so that nobody is added or left out."""
        above = f"/data/answers/{question.id}"
        count = f"{question.id}_count"
        ET.SubElement(self.data, count)
        group = f"{self.checklist.id}.{question.id}"
        wanted = f"concat(/data/household, '-{group}')"
        self._bind(f"/data/{count}", type="int", calculate=f"count(instance('members')/root/item[of = {wanted}])")
        repeated = ET.SubElement(instance, question.id, {"jr:template": ""})
        outer = ET.SubElement(body, "group", {"ref": above})
        ET.SubElement(outer, "label").text = str(question.label)
        repeat = ET.SubElement(
            outer, "repeat", {"nodeset": above, "jr:count": f"/data/{count}", "jr:noAddRemove": "true()"}
        )
        ET.SubElement(repeated, "key")
        key = f"concat(/data/household, '-{group}-', position({{}}))"
        self._bind(f"{above}/key", type="string", calculate=key.format(".."))
        for name, column in (("member", "member"), ("who", "label")):
            ET.SubElement(repeated, name)
            self._bind(f"{above}/{name}", type="string", calculate=_of_member(column, "current()/../key"))
        self._bind_readonly(f"{above}/who", repeat)
        for inner in question.questions:
            self._question(inner, repeated, repeat, above, question.questions)
            if inner.prefill:
                # when a repeat is new its key is not computed yet
                value = _of_member(inner.prefill, key.format("current()/.."))
                ET.SubElement(
                    repeat, "setvalue", {"event": "odk-new-repeat", "ref": f"{above}/{inner.id}", "value": value}
                )
        for column in sorted(_columns(question)):
            ET.SubElement(repeated, f"seen_{column}")
            self._bind(f"{above}/seen_{column}", type="string", calculate=_of_member(column, "current()/../key"))

    def _bind_readonly(self, path: str, body: ET.Element) -> None:
        bind = next(each for each in self.model.findall("bind") if each.get("nodeset") == path)
        bind.set("readonly", "true()")
        made = ET.SubElement(body, "input", {"ref": path})
        ET.SubElement(made, "label").text = _("姓名")

    def _home(self, column: str) -> str:
        return f"instance('households')/root/item[name = /data/household]/{column}"

    def _relevant(self, question: Question, siblings: Sequence[Question]) -> str:
        others = {each.id: each for each in (siblings or self.checklist.questions)}
        paths = {id: f"../{id}" if siblings else f"/data/answers/{id}" for id in others}
        return " and ".join(
            f"({_condition(each, others[each.question], paths[each.question])})" for each in question.shown_when
        )


def _columns(question: Question) -> set[str]:
    """The columns of people that a question of members shows or corrects."""
    return {column for inner in question.questions for column in (inner.prefill, inner.corrects) if column}


def _of_member(column: str, key: str) -> str:
    return f"instance('members')/root/item[name = {key}]/{column}"


def _condition(condition: Condition, other: Question, path: str) -> str:
    """A condition in XPath; an unanswered question meets none."""
    many = other.kind is Kind.MANY

    def equals(value: Any) -> str:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return f"selected({path}, '{text}')" if many else f"{path} = '{text}'"

    match condition.operator:
        case "is_":
            return equals(condition.is_)
        case "is_not":
            return f"{path} != '' and not({equals(condition.is_not)})"
        case "at_least":
            return f"{path} != '' and {path} >= {condition.at_least}"
        case "at_most":
            return f"{path} != '' and {path} <= {condition.at_most}"
    return " or ".join(equals(value) for value in condition.one_of or ())


def _constraint(question: Question) -> tuple[str, str]:
    """What an answer must be, in XPath and in words; "" for anything."""
    if question.kind is Kind.TEXT:
        if question.longest is None:
            return "", ""
        return f"string-length(.) <= {question.longest}", _("最多 {limit} 个字。").format(limit=question.longest)
    if question.kind is Kind.DAY:
        return (". <= /data/visited_on", _("不能晚于走访日期。")) if question.past else ("", "")
    rules, words = [], []
    if question.min is not None:
        rules.append(f". >= {question.min}")
        words.append(_("不小于 {limit}。").format(limit=question.min))
    if question.max is not None:
        rules.append(f". <= {question.max}")
        words.append(_("不大于 {limit}。").format(limit=question.max))
    return " and ".join(rules), " ".join(words)
