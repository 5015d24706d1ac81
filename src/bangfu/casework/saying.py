"""What was answered in cases, as recognitions need it: class, risks, kind of disaster, way of removal, cause, contact.

Questions are known by the code list that they speak (whatever a place calls them), those without one by their id.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from bangfu.casework import recognition_errors as errors
from bangfu.casework.models import Case, CaseTransition
from bangfu.casework.procedures import Procedure
from bangfu.common.errors import BangfuError
from bangfu.common.policy import Code, Label, code_list

CATEGORY, RISK, DISASTER = "monitor_category", "monitor_risk", "disaster_kind"
WAY, CAUSE = "risk_removal_way", "poverty_cause"
LISTS = (CATEGORY, RISK, DISASTER, WAY, CAUSE)
# Questions that no code list tells apart.
NOTE, FULLY_SUPPORTED, MERGE_INTO = "risk_note", "fully_supported", "merge_into"
CONTACT, CONTACT_PHONE = "contact_name", "contact_phone"
YES = "yes"


@dataclass(frozen=True)
class Said:
    """The answers of a case; "" and nothing where the question was not asked or not answered."""

    category: str = ""
    risks: tuple[str, ...] = ()
    disaster: str = ""
    note: str = ""
    way: str = ""
    cause: str = ""
    fully_supported: bool | None = None
    merge_into: str = ""
    contact_name: str = ""
    contact_phone: str = ""

    def against_risks(self, name: str) -> Iterable[BangfuError]:
        """A watched household has a risk, and what a risk needs beside its code is said."""
        entries = [entry for code in self.risks if (entry := code_list(RISK).get(code))]
        if all(entry.attributes.get("signal") for entry in entries):
            yield errors.RiskMissing(name=name)
        for entry in entries:
            if wanted := needed(entry, self.disaster, self.note):
                yield errors.RiskUnexplained(name=name, risk=entry.label, wanted=wanted)

    def risk_row(self, entry: Code) -> dict[str, str]:
        """What is kept of a risk."""
        needs = entry.attributes.get("needs")
        return {
            "code": entry.code,
            "disaster": self.disaster if needs == "disaster" else "",
            "note": self.note[:200] if needs == "note" else "",
        }


def needed(entry: Code, disaster: str, note: str) -> str | Label:
    """What a risk wants said beside its code and is not said; "" when nothing is lacking."""
    needs = entry.attributes.get("needs")
    if needs == "disaster" and not disaster:
        return code_list(DISASTER).label
    return _("说明") if needs == "note" and not note else ""


def asked(procedure: Procedure) -> Mapping[str, str]:
    """By the id of each question that matters here the code list it speaks, or its own id."""
    known = {NOTE, FULLY_SUPPORTED, MERGE_INTO, CONTACT, CONTACT_PHONE}
    return {
        question.id: question.code_list or question.id
        for step in procedure.steps
        for question in step.questions
        if question.code_list in LISTS or question.id in known
    }


def said(cases: Sequence[Case]) -> Mapping[int, Said]:
    """What was answered in each of these cases so far; of a question answered again the last answer."""
    answers: dict[int, dict[str, Any]] = defaultdict(dict)
    rows = CaseTransition.objects.filter(case__in=[case.pk for case in cases]).order_by("case_id", "number")
    names = {case.pk: asked(case.version.read) for case in cases}
    for case_id, given in rows.values_list("case_id", "answers"):
        for question, answer in (given or {}).items():
            if question in names[case_id]:
                answers[case_id][names[case_id][question]] = answer
    return {case.pk: _said(answers[case.pk]) for case in cases}


def _said(answers: Mapping[str, Any]) -> Said:
    supported = answers.get(FULLY_SUPPORTED)
    return Said(
        category=_one(answers.get(CATEGORY)),
        risks=tuple(_many(answers.get(RISK))),
        disaster=_one(answers.get(DISASTER)),
        note=_one(answers.get(NOTE)),
        way=_one(answers.get(WAY)),
        cause=_one(answers.get(CAUSE)),
        fully_supported=None if supported is None else supported == YES,
        merge_into=_one(answers.get(MERGE_INTO)),
        contact_name=_one(answers.get(CONTACT))[:60],
        contact_phone=_one(answers.get(CONTACT_PHONE)),
    )


def _many(answer: Any) -> list[str]:
    if isinstance(answer, list):
        return [str(each) for each in answer]
    return [part for part in str(answer or "").split(",") if part]


def _one(answer: Any) -> str:
    return str((answer[0] if answer else "") if isinstance(answer, list) else answer or "")
