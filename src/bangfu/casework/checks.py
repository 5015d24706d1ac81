"""What an exit depends on, item by item: met, not met, or not known, by what source and with what evidence.

Rules decide as far as the files go, for the household as it stands now; what they leave open is answered on the visit,
by a department's list or by the signature. A rule's hit is never answered away, and what nobody knows is not met.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.audit.services import record
from bangfu.casework import check_errors as errors
from bangfu.casework import loading
from bangfu.casework.acting import require_post
from bangfu.casework.judging import ACROSS, CLEAR, FIGURE, HIT, Judged, judge
from bangfu.casework.models import Case, Check
from bangfu.casework.procedures import Answerer, ExitItem, Move, MoveKind, Step
from bangfu.casework.texts import plain
from bangfu.common.errors import BangfuError
from bangfu.common.facts import schema
from bangfu.common.policy import code_list

EVIDENCE_LIMIT = 400
BY_RULE = "rule"


@dataclass(frozen=True)
class Item:
    """One condition as it stands: `met` None is not known. `source` is BY_RULE or an Answerer, "" while open; `why`
    says in words what it rests on, or what is missing. `open_to`: from whom it may be answered."""

    item: ExitItem
    met: bool | None
    source: str
    why: str
    kept: Check | None
    open_to: tuple[Answerer, ...]


def source_label(source: str) -> str:
    return {
        BY_RULE: _("户档判定"),
        Answerer.VISIT: _("入户核实"),
        Answerer.DEPARTMENT: _("部门认定"),
        Answerer.SIGNATURE: _("本人签字"),
    }.get(source, "")


def items(case: Case, on: date | None = None) -> list[Item]:
    """The list of the step where a case stands, item by item, as of a day (today); nothing at a step without one."""
    step = case.version.read.step(case.step)
    return items_of([case], step, on or timezone.localdate())[case.pk] if step.checks else []


def items_of(cases: Sequence[Case], step: Step, on: date) -> dict[int, list[Item]]:
    """The same for many cases at one step."""
    listed = {case.pk: loading.exit_check(step.checks, case.village.code).items for case in cases}
    judged = judge(cases, [rule for each in listed.values() for item in each for rule in item.rules], on)
    kept: dict[tuple[int, str], Check] = {(row.case_id, row.item): row for row in Check.objects.filter(case__in=cases)}
    return {
        case.pk: [_item(item, judged[case.pk], kept.get((case.pk, item.id))) for item in listed[case.pk]]
        for case in cases
    }


def _item(item: ExitItem, judged: Mapping[str, Judged], kept: Check | None) -> Item:
    asked = [judged[rule] for rule in item.rules if rule in judged]
    hits = [each for each in asked if each.outcome == HIT]
    if hits:
        return Item(item, False, BY_RULE, "；".join(_titled(each) for each in hits), None, ())
    if asked and all(each.outcome == CLEAR for each in asked):
        return Item(item, True, BY_RULE, _("户档各项相符"), None, ())
    if kept is not None and kept.source != BY_RULE:
        return Item(item, kept.met, kept.source, str(kept.evidence.get("text", "")), kept, item.answered_by)
    return Item(item, None, "", _what_is_missing(asked, item), None, item.answered_by)


def in_words(judged: Judged) -> str:
    """The values that a rule's outcome rests on; "" when there are none."""
    return "，".join(_value(str(judged.rule.grain), name, value) for name, value in judged.values.items())


def _titled(judged: Judged) -> str:
    """A rule's title with the values it rests on."""
    values = in_words(judged)
    return f"{judged.rule.title}（{values}）" if values else str(judged.rule.title)


def _value(table: str, name: str, value: Any) -> str:
    column = schema().table(table).get(name)
    if column is None:
        return str(value)
    if column.codes:
        value = code_list(column.codes).label_of(str(value))
    elif isinstance(value, bool):
        value = _("是") if value else _("否")
    return f"{column.meaning} {value}{column.unit}"


def _what_is_missing(asked: Sequence[Judged], item: ExitItem) -> str:
    known = next((missing for each in asked if (missing := what_is_missing(each))), "")
    if known:
        return known
    return _("户档中没有登记") if asked else _("尚未登记，依据：{evidence}").format(evidence=item.evidence)


def what_is_missing(judged: Judged) -> str:
    """Why a rule could not be asked at all; "" when it could be."""
    if judged.why.startswith(FIGURE):
        return _("当年的标准还没有公布（{figure}）").format(figure=judged.why.removeprefix(FIGURE))
    return _("须由筛查判定") if judged.why == ACROSS else ""


# --- answering -------------------------------------------------------------------------------------------------------


@transaction.atomic
def answer_check(
    *, case: Case, item: str, by: Officer, met: bool, source: str, evidence: str, on: date | None = None
) -> Check:
    """What was seen, shown or signed for an item that the files leave open; a later answer replaces an earlier one.

    Raises CheckStepOver, CheckNotAsked, CheckByRule, CheckFromElsewhere, CheckWithoutEvidence, NotAllowed, TextTooLong.
    """
    held: Case = Case.objects.select_for_update(of=("self",)).select_related("version", "village").get(pk=case.pk)
    step = held.version.read.step(held.step)
    if not step.checks or not held.running:
        raise errors.CheckStepOver(step=step.label)
    require_post(by, step, held.place)
    found = next((each for each in items(held, on) if each.item.id == item), None)
    if found is None:
        raise errors.CheckNotAsked(item=item)
    if found.source == BY_RULE:
        raise errors.CheckByRule(item=found.item.label)
    if source not in found.open_to:
        allowed = "、".join(source_label(each) for each in found.open_to) or _("只由户档判定")
        raise errors.CheckFromElsewhere(item=found.item.label, sources=allowed)
    text = plain(evidence, EVIDENCE_LIMIT, str(found.item.label))
    if not text:
        raise errors.CheckWithoutEvidence(item=found.item.label, evidence=found.item.evidence)
    row, _new = Check.objects.update_or_create(
        case=held,
        item=item,
        defaults={
            "met": met,
            "source": source,
            "evidence": {"text": text},
            "by": by,
            "on": on or timezone.localdate(),
        },
    )
    record(actor=by, action="case.checked", subject=held, item=item, met=met, source=source)
    return row


def keep(cases: Sequence[Case], step: Step, on: date, by: Officer | None) -> None:
    """Freeze what the rules said when cases leave a step with a list forwards: afterwards it is read as it was then."""
    if not step.checks:
        return
    rows = [
        Check(
            case_id=pk,
            item=each.item.id,
            met=each.met,
            source=each.source,
            evidence={"text": each.why},
            by=by,
            on=on,
        )
        for pk, listed in items_of(cases, step, on).items()
        for each in listed
        if each.source == BY_RULE
    ]
    Check.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["case", "item"],
        update_fields=["met", "source", "evidence", "by", "on"],
    )


# --- what a move asks ------------------------------------------------------------------------------------------------


def obstacles(cases: Sequence[Case], step: Step, move: Move, on: date) -> dict[int, list[BangfuError]]:
    """What of checks stands against a forward move, by case: an item not met or not known at a step with a list, and a
    stop rule of the procedure that hits, or that nobody can answer, at an approval."""
    if move.kind is not MoveKind.FORWARD:
        return {}
    found: dict[int, list[BangfuError]] = {}
    if step.checks:
        for pk, listed in items_of(cases, step, on).items():
            found[pk] = [_against(each) for each in listed if not each.met]
    if move.approves:
        for pk, faults in _stopped(cases, on).items():
            found.setdefault(pk, []).extend(faults)
    return {pk: faults for pk, faults in found.items() if faults}


def _against(item: Item) -> BangfuError:
    wrong = errors.CheckNotMet if item.met is False else errors.CheckUnknown
    return wrong(item=item.item.label, why=item.why)


def _stopped(cases: Sequence[Case], on: date) -> dict[int, list[BangfuError]]:
    rules = cases[0].version.read.stop_rules if cases else ()
    if not rules:
        return {}
    found: dict[int, list[BangfuError]] = {}
    for pk, judged in judge(cases, rules, on).items():
        found[pk] = [
            errors.StopRuleHit(rule=each.rule.title, message=each.rule.message)
            if each.outcome == HIT
            else errors.StopRuleUnknown(rule=each.rule.title)
            for each in judged.values()
            if each.outcome != CLEAR
        ]
    return found
