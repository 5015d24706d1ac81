"""The form of a checklist as a page: fields made from its questions, what is typed handed on as a phone would send it.

Nothing is decided here: the checker of the room (`visits.answers`) says what is wrong, and its words go under the
fields. A question with a condition is on the page from the start, so that it works without a script; with one
(`visit_form.js`) it is in sight only while it is asked. What was not asked is not kept.
"""

import hashlib
import json
import uuid as uuids
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.registry.models import Household, Member
from bangfu.visits import known
from bangfu.visits.checklists import Checklist, Condition, Kind, Question, plain
from bangfu.visits.errors import Problem
from bangfu.web.field import code
from bangfu.web.forms import TablerForm, dress

FLAGS = (("", gettext_lazy("未问")), ("true", gettext_lazy("是")), ("false", gettext_lazy("否")))
LONG = 120
HEAD_FIELDS = ("visited_on", "officer", "met_with", "companions", "summary", "remarks")


class ManyFiles(forms.ClearableFileInput):
    """A file field that takes several."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__(attrs={"accept": "image/*", "multiple": True})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name)


class PhotosField(forms.Field):
    """Whatever was uploaded; what is no photo is said when it is taken in."""

    widget = ManyFiles


class VisitForm(TablerForm):
    """The fields of a visit and of its checklist. `people` are those whom questions of members are about."""

    uuid = forms.CharField(widget=forms.HiddenInput, max_length=36)
    about = forms.CharField(widget=forms.HiddenInput, max_length=60, required=False)
    version = forms.CharField(widget=forms.HiddenInput, max_length=16)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=20_000, required=False)
    visited_on = forms.DateField(label=gettext_lazy("走访日期"))
    officer = forms.ChoiceField(label=gettext_lazy("走访人"), required=False)
    met_with = forms.CharField(label=gettext_lazy("见到的人"), max_length=120, required=False)
    companions = forms.CharField(label=gettext_lazy("同行人"), max_length=200, required=False)
    summary = forms.CharField(
        label=gettext_lazy("小结"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "data_wide": True}),
    )
    remarks = forms.CharField(
        label=gettext_lazy("备注"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "data_wide": True}),
    )

    def __init__(
        self,
        *args: Any,
        checklist: Checklist,
        household: Household | None = None,
        people: Sequence[Member] = (),
        visitors: Sequence[tuple[str, str]] = (),
        day: date,
        **kwargs: Any,
    ) -> None:
        self.checklist, self.household, self.people, self.day = checklist, household, people, day
        super().__init__(*args, **kwargs)
        officer: Any = self.fields["officer"]
        officer.choices = visitors
        for name, question, member in self._asked():
            self.fields[name] = _field(question, self._hint(question), member)
        dress(self)

    def _asked(self) -> Iterator[tuple[str, Question, Member | None]]:
        """Every field of the form: its name, its question, and of whom it asks."""
        for question in self.checklist.questions:
            if question.kind is not Kind.MEMBERS:
                yield f"q-{question.id}", question, None
                continue
            for member in self.people:
                if question.among is None or question.among.holds(member.birth_date, self.day):
                    for inner in question.questions:
                        yield f"q-{question.id}-{member.pk}-{inner.id}", inner, member

    def _hint(self, question: Question) -> str:
        parts = [str(question.hint)] if question.hint else []
        parts += [_when(condition, self.checklist, question) for condition in question.shown_when]
        return " ".join(parts)

    @property
    def sections(self) -> list[dict[str, Any]]:
        """The fields as the checklist groups them: headings, and of members a group for each person."""
        found: list[dict[str, Any]] = []
        for question in self.checklist.questions:
            if question.section or not found:
                found.append({"title": question.section or self.checklist.label, "groups": []})
            if question.kind is Kind.MEMBERS:
                found[-1]["groups"] += self._groups(question)
            else:
                groups = found[-1]["groups"]
                if not groups or groups[-1]["title"]:
                    groups.append({"title": "", "fields": []})
                groups[-1]["fields"].append(self[f"q-{question.id}"])
        return found

    def _groups(self, question: Question) -> list[dict[str, Any]]:
        found = []
        for member in self.people:
            names = [f"q-{question.id}-{member.pk}-{inner.id}" for inner in question.questions]
            if names[0] in self.fields:
                found.append({"title": f"{question.label} · {member.name}", "fields": [self[name] for name in names]})
        return found or [{"title": _("{label}：本户没有").format(label=question.label), "fields": []}]

    @property
    def head(self) -> list[forms.BoundField]:
        return [self[name] for name in HEAD_FIELDS]

    @property
    def asking(self) -> dict[str, Any]:
        """For the script: the questions with their conditions, whose fields those of members are, and the module that
        tells what is asked."""
        return {
            "questions": plain(self.checklist)["questions"],
            "people": [member.pk for member in self.people],
            "conditions": f"{code.address()}conditions.js",
        }

    def payload(self) -> dict[str, Any]:
        """What was typed, as a phone would send it; `clean` has been called and found the fields of a visit good."""
        given = self.cleaned_data
        answers: dict[str, Any] = {}
        entries: dict[str, dict[int, dict[str, Any]]] = {}
        for name, question, member in self._asked():
            value = given.get(name)
            if question.kind is Kind.PHOTO or value in (None, "", []):
                continue
            if member is None:
                answers[question.id] = value
            else:
                group = name.split("-")[1]
                entry = entries.setdefault(group, {}).setdefault(member.pk, {"member": member.pk})
                entry[question.id] = value
        answers |= {group: list(people.values()) for group, people in entries.items()}
        plain = {
            "uuid": given["uuid"],
            "checklist": self.checklist.id,
            "version": given["version"],
            "about": given["about"],
            "household": self.household.pk if self.household else None,
            "visited_on": given["visited_on"].isoformat(),
            "officer": int(given["officer"]) if given["officer"] else None,
            "answers": answers,
            "seen": _seen(given["seen"]),
            "photos": [note for note, _upload in self.uploads()],
            **{name: given[name] for name in ("met_with", "companions", "summary", "remarks")},
        }
        return {name: value for name, value in plain.items() if value not in (None, "")}

    def uploads(self) -> list[tuple[dict[str, Any], Any]]:
        """The announced photos with their files. The number of a photo follows from the visit and its content, so that
        the same page sent twice brings it once."""
        found = []
        for question in self.checklist.photos:
            for upload in self.cleaned_data.get(f"q-{question.id}") or []:
                digest = hashlib.sha256()
                for piece in upload.chunks():
                    digest.update(piece)
                sha256 = digest.hexdigest()
                number = uuids.uuid5(_uuid(self.cleaned_data["uuid"]), f"{question.id} {sha256}")
                note = {"uuid": str(number), "question": question.id, "sha256": sha256, "size": upload.size}
                found.append(({**note, "name": str(upload.name)[:120]}, upload))
        return found

    def tell(self, problems: Sequence[Problem]) -> None:
        """Put the words of the checker under the fields that they are about."""
        for problem in problems:
            if problem.refuses:
                name = self._name_of(problem)
                self.add_error(name if name in self.fields else None, problem.message)

    def _name_of(self, problem: Problem) -> str:
        group, _dot, inner = problem.question.partition(".")
        if inner:
            return f"q-{group}-{problem.member}-{inner}"
        return problem.question if problem.question in HEAD_FIELDS else f"q-{problem.question}"

    @classmethod
    def first_values(
        cls, checklist: Checklist, household: Household | None, people: Sequence[Member]
    ) -> dict[str, Any]:
        """What the fields begin with: what the registry says, and a note of what was shown."""
        values: dict[str, Any] = {"uuid": str(uuids.uuid4()), "version": checklist.version}
        seen: dict[str, Any] = {}
        if household is not None:
            told = known.of_household(household, checklist.columns)
            seen |= told
            for question in checklist.questions:
                if question.prefill:
                    values[f"q-{question.id}"] = _shown(told[question.prefill])
        for member in people:
            told = known.of_member(member, checklist.member_columns)
            seen |= {f"{member.pk}.{column}": value for column, value in told.items()}
            for question in checklist.questions:
                for inner in question.questions:
                    if inner.prefill:
                        values[f"q-{question.id}-{member.pk}-{inner.id}"] = _shown(told[inner.prefill])
        return {**values, "seen": json.dumps(seen, ensure_ascii=False)}

    @staticmethod
    def values_of(payload: Mapping[str, Any]) -> dict[str, Any]:
        """The fields' values of a visit as it was sent, as far as they can be shown."""
        values = {name: payload[name] for name in HEAD_FIELDS if isinstance(payload.get(name), str | int)}
        answers = payload.get("answers")
        for id, answer in answers.items() if isinstance(answers, Mapping) else ():
            if isinstance(answer, list) and all(isinstance(each, Mapping) for each in answer):
                for entry in answer:
                    for inner, value in entry.items():
                        values[f"q-{id}-{entry.get('member')}-{inner}"] = _shown(value)
            else:
                values[f"q-{id}"] = _shown(answer)
        return values


def _shown(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _uuid(text: str) -> uuids.UUID:
    try:
        return uuids.UUID(text)
    except ValueError:
        return uuids.UUID(int=0)


def _seen(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _when(condition: Condition, checklist: Checklist, asker: Question) -> str:
    """When a question is to be answered, in words."""
    group = next((each for each in checklist.questions if asker in each.questions), None)
    siblings = group.questions if group else checklist.questions
    other = next(each for each in siblings if each.id == condition.question)
    label = str(other.label)
    match condition.operator:
        case "at_least":
            return _("“{question}”不小于 {value} 时填写。").format(question=label, value=condition.at_least)
        case "at_most":
            return _("“{question}”不大于 {value} 时填写。").format(question=label, value=condition.at_most)
        case "is_not":
            words = _("“{question}”不是“{value}”时填写。")
            return words.format(question=label, value=_value(other, condition.is_not))
    values = condition.one_of or (condition.is_,)
    shown = _("、").join(_value(other, value) for value in values)
    return _("“{question}”是“{value}”时填写。").format(question=label, value=shown)


def _value(question: Question, value: Any) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return question.label_of(str(value))


def _field(question: Question, hint: str, member: Member | None) -> forms.Field:
    """A field for one question; requiredness is the checker's, since it depends on other answers."""
    label = str(question.label)
    common: dict[str, Any] = {"label": label, "required": False, "help_text": hint}
    made: forms.Field
    match question.kind:
        case Kind.FLAG:
            made = forms.ChoiceField(choices=FLAGS, **common)
        case Kind.CHOICE:
            made = forms.ChoiceField(choices=[("", _("请选择")), *question.options], **common)
        case Kind.MANY:
            made = forms.MultipleChoiceField(
                choices=question.options, widget=forms.CheckboxSelectMultiple(attrs={"data_wide": True}), **common
            )
        case Kind.DAY:
            made = forms.CharField(widget=forms.DateInput(attrs={"type": "date"}), max_length=20, **common)
        case Kind.PHOTO:
            made = PhotosField(**common)
        case Kind.WHOLE | Kind.AMOUNT:
            mode = "numeric" if question.kind is Kind.WHOLE else "decimal"
            made = forms.CharField(widget=forms.TextInput(attrs={"inputmode": mode}), max_length=40, **common)
        case _:
            long = (question.longest or 2000) > LONG
            widget = forms.Textarea(attrs={"rows": 2, "data_wide": True}) if long else forms.TextInput()
            made = forms.CharField(widget=widget, max_length=4000, **common)
    if question.unit:
        setattr(made, "unit", str(question.unit))  # noqa: B010  (read by the template of a field)
    if member is not None:
        made.widget.attrs["aria-label"] = f"{member.name} {label}"
    return made
