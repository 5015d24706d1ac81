"""What visits found to be otherwise than the registry says: proposed with the visit, confirmed or refused by a person.
Verbs of `visits.services` in a file of their own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.audit.services import record as note
from bangfu.common.errors import NotAllowed
from bangfu.registry import services as registry
from bangfu.registry.models import Household, Member
from bangfu.visits import errors, known
from bangfu.visits.checklists import Checklist, Kind, Question
from bangfu.visits.models import Correction, Visit

State = Correction.State
# A form that was filled without having seen what the registry says.
UNSEEN = object()


def propose(visit: Visit, checklist: Checklist, people: Sequence[Member], seen: Mapping[str, Any]) -> list[Correction]:
    """The corrections that a visit's answers amount to: those that differ from what the visitor saw, and from what the
    registry says by now. `seen` as in the payload; what it does not name counts as seen as it is now."""
    household = visit.household
    if household is None:
        return []
    found = []
    for question, member, column, answer in _answers(checklist, visit.answers, {each.pk: each for each in people}):
        now = value_now(household, member, column)
        before = seen.get(f"{member.pk}.{column}" if member else column, now)
        if known.same(column, answer, before) or known.same(column, answer, now):
            continue
        conflict = not known.same(column, before, now) or _contradicted(household, member, column, answer)
        found.append(
            Correction(
                visit=visit,
                household=household,
                member=member,
                place=visit.place,
                question=question,
                column=column,
                seen=_mask(column, before),
                found=answer,
                state=State.CONFLICT if conflict else State.WAITING,
            )
        )
    return Correction.objects.bulk_create(found)


def _answers(
    checklist: Checklist, answers: Mapping[str, Any], people: Mapping[int, Member]
) -> Iterator[tuple[str, Member | None, str, Any]]:
    for question in checklist.questions:
        answer = answers.get(question.id)
        if answer is None:
            continue
        if question.kind is not Kind.MEMBERS:
            if question.corrects:
                yield question.id, None, question.corrects, answer
            continue
        for entry in answer:
            for inner in _correcting(question):
                if inner.id in entry:
                    yield f"{question.id}.{inner.id}", people[entry["member"]], inner.corrects, entry[inner.id]


def _correcting(question: Question) -> Iterator[Question]:
    return (inner for inner in question.questions if inner.corrects)


def _mask(column: str, value: Any) -> Any:
    return known.MASKS[column](str(value)) if column in known.MASKS and value is not None else value


def _contradicted(household: Household, member: Member | None, column: str, answer: Any) -> bool:
    """Whether another visit found something else that nobody has decided on; then that one is a conflict, too."""
    others = Correction.objects.filter(
        household=household, member=member, column=column, state__in=[State.WAITING, State.CONFLICT]
    )
    against = [other.pk for other in others if not known.same(column, other.found, answer)]
    Correction.objects.filter(pk__in=against, state=State.WAITING).update(state=State.CONFLICT)
    return bool(against)


def value_now(household: Household, member: Member | None, column: str) -> Any:
    """What the registry says now, as an answer."""
    if member is not None:
        return known.of_member(member, [column])[column]
    return known.of_household(household, [column])[column]


def table_of(correction: Correction) -> str:
    return "member" if correction.member_id else "household"


def confirm(*, correction: Correction, by: Officer, now: Any = UNSEEN) -> Correction:
    """The registry takes over what the visit found, by its own verbs and with its own checks.

    `now` is what the registry said when the officer decided (`value_now`; by default what the visitor saw). When it
    says something else by then, the registry stays as it is, the correction is a conflict, and a person looks again.
    Raises NotAllowed, CorrectionDecided, CorrectionOvertaken, and what the registry raises (RowsRefused: the correction
    stays as it was)."""
    try:
        return _confirm(correction, by, now)
    except errors.CorrectionOvertaken:
        Correction.objects.filter(pk=correction.pk, state=State.WAITING).update(state=State.CONFLICT)
        raise


@transaction.atomic
def _confirm(correction: Correction, by: Officer, now: Any) -> Correction:
    held = _held(correction, by)
    value = value_now(held.household, held.member, held.column)
    there = known.same(held.column, value, held.found)
    if not there and not known.same(held.column, value, held.seen if now is UNSEEN else now):
        raise errors.CorrectionOvertaken(
            column=known.column_of(table_of(held), held.column).label,
            now=known.in_words(table_of(held), held.column, value) or _("未采集"),
        )
    if not there:
        _write(held, by)
    _decide(held, by, State.DONE, "")
    _settle_the_same(held, by)
    return held


@transaction.atomic
def refuse(*, correction: Correction, by: Officer, reason: str) -> Correction:
    """The registry stays as it is; why is kept. Raises NotAllowed, CorrectionDecided, ReasonMissing."""
    held = _held(correction, by)
    if not reason.strip():
        raise errors.ReasonMissing()
    _decide(held, by, State.REFUSED, reason.strip()[:200])
    return held


def _held(correction: Correction, by: Officer) -> Correction:
    """The correction, by whom it may be decided, not changing until the end."""
    held: Correction = (
        Correction.objects.select_for_update(of=("self",))
        .select_related("household__dwelling", "member", "visit", "decided_by")
        .get(pk=correction.pk)
    )
    if not by.may("visits.confirm", held.place):
        raise NotAllowed(right=rights()["visits.confirm"].label)
    if not held.is_open:
        name = held.decided_by.name if held.decided_by else ""
        raise errors.CorrectionDecided(name=name, state=held.get_state_display())
    return held


def _write(held: Correction, by: Officer) -> None:
    table = table_of(held)
    values = {held.column: known.unwritten(table, held.column, held.found)}
    reason = _("走访更正（{day} 走访 {number} 号）").format(day=held.visit.visited_on.isoformat(), number=held.visit_id)
    if held.member is not None:
        registry.save_member(by=by, household=held.household, member=held.member, values=values, reason=reason)
    else:
        registry.save_household(by=by, household=held.household, values=values, reason=reason)


def _decide(held: Correction, by: Officer, state: str, text: str) -> None:
    held.state, held.decided_by, held.decided_at, held.note = state, by, timezone.now(), text[:200]
    held.save(update_fields=["state", "decided_by", "decided_at", "note"])
    note(
        actor=by,
        action="visit.correction_done" if state == State.DONE else "visit.correction_refused",
        subject=held,
        household=held.household_id,
        field=held.column,
    )


def _settle_the_same(held: Correction, by: Officer) -> None:
    """Other visits that found the same are answered with this one."""
    others = Correction.objects.select_for_update().filter(
        household=held.household, member=held.member, column=held.column, state__in=[State.WAITING, State.CONFLICT]
    )
    for other in others:
        if known.same(other.column, other.found, held.found):
            _decide(other, by, State.DONE, _("与另一次走访的更正相同"))
        else:
            other.state = State.CONFLICT
            other.save(update_fields=["state"])
