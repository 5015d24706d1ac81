"""Proposals of a reading: verbs of `plans.services` in a file of their own. A person accepts, mends or refuses each;
nothing is tracked without their yes.

    open -> accepted     (a target begins to be tracked; a duty and a standard are told where they belong in policy)
         -> refused
    accepted, refused -> open     (as long as nothing is tracked)
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.casework.texts import plain
from bangfu.plans.documents import errors
from bangfu.plans.documents.receiving import REASON_LIMIT, locked
from bangfu.plans.duties.loading import Regimes
from bangfu.plans.models import Document, Proposal, Target
from bangfu.plans.models.documents import BY_HAND, MENDED, NUMBERS, TEXTS, label_of, read_value
from bangfu.plans.reading.found import Comparison, Kind
from bangfu.plans.targets import setting as targets
from bangfu.rulebook.services import book
from bangfu.support.models import Unit

State = Proposal.State
# Ids asked for at once: fewer than any database allows.
PART = 500
TITLE_LIMIT = 200
_DEADLINE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)


def deadline_of(text: str) -> date | None:
    """The last day of a deadline as it was read: that of a year or a month; None when there is none.
    Raises DeadlineWrong."""
    day = targets.last_day(text)
    if text and (day is None or not _DEADLINE.fullmatch(text)):
        raise errors.DeadlineWrong(value=text)
    return day


def _open(pk: int, by: Officer | None) -> Proposal:
    """The proposal, still to be decided, not moving until the end of the transaction."""
    now = _locked(pk, by)
    if now.state != State.OPEN:
        raise errors.ProposalDecided(
            number=now.number_in_text, name=_name(now.decided_by), state=State(now.state).label
        )
    return now


def _locked(pk: int, by: Officer | None) -> Proposal:
    document = locked(Proposal.objects.values_list("document_id", flat=True).get(pk=pk), by)
    now: Proposal = (
        Proposal.objects.select_for_update(of=("self",)).defer("document__text").select_related("decided_by").get(pk=pk)
    )
    now.document = document
    return now


def _name(officer: Officer | None) -> str:
    return officer.name if officer else _("系统")


# --- mending ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def mend(*, by: Officer | None, proposal: Proposal, values: Mapping[str, Any]) -> Proposal:
    """Put right what the reader had wrong; `values` are those of MENDED that are to be other than they are. What was
    read stays with the proposal.

    Raises NotAllowed, DocumentWithdrawn, ProposalDecided, NothingMended, RangeWrong, DeadlineWrong, TextTooLong."""
    now = _open(proposal.pk, by)
    wanted = {name: cleaned(name, value) for name, value in values.items() if name in MENDED}
    changed = {name: value for name, value in wanted.items() if value != getattr(now, name)}
    if not changed:
        raise errors.NothingMended()
    before = {name: getattr(now, name) for name in changed}
    for name, value in changed.items():
        setattr(now, name, value)
    fits(now)
    if now.pattern != BY_HAND:  # of which nothing was read
        as_read = {**before, **{name: read_value(name, value) for name, value in now.as_read.items()}}
        now.as_read = {name: _kept(value) for name, value in as_read.items() if value != getattr(now, name)}
    now.save(update_fields=[*changed, "as_read"])
    record(
        actor=by,
        action="plan.proposal_mended",
        subject=now.document,
        item=now.number_in_text,
        columns=sorted(changed),
    )
    return now


def _kept(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def cleaned(name: str, value: Any) -> Any:
    """A value of MENDED as it is kept. Raises TextTooLong."""
    if name in TEXTS:
        return plain(value or "", TEXTS[name], label_of(name))
    if name in NUMBERS:
        return None if value is None else Decimal(str(value))
    if name == "kind":
        return Kind(value).value
    return Comparison(value).value if name == "comparison" else (value or "")


def fits(now: Proposal) -> None:
    """A range has an upper end that is no lower, anything else has none; a deadline is a day, a month or a year."""
    ranged = now.comparison == Comparison.RANGE
    if ranged != (now.number_to is not None) or (now.number_to is not None and now.number_to < now.number):
        raise errors.RangeWrong(low=now.number, high="—" if now.number_to is None else now.number_to)
    deadline_of(now.deadline)


# --- deciding --------------------------------------------------------------------------------------------------------


@transaction.atomic
def accept(
    *,
    by: Officer | None,
    proposal: Proposal,
    area: Area | None = None,
    measure: str = "",
    owner_unit: Unit | None = None,
    owner: Officer | None = None,
    starts_on: date | None = None,
    base: Decimal | None = None,
    answer: str = "",
) -> Target | None:
    """Say yes. A target is tracked from now on, in the document's area or in `area` inside it, by a `measure` of the
    catalogue or by what its owner reports, from `base` on (None: a measured state from what it is today, anything else
    from zero); it is given back. Of a duty `answer` is the duty of policy that it is
    another word for, of a standard the figure of policy that it is a value of ("": none, a local one is to be written).

    Raises NotAllowed, DocumentWithdrawn, ProposalDecided, AreaOutside, AmountTooFine, DutyNotKnown, FigureNotKnown, and
    what `targets.track` raises; then nothing has happened."""
    now = _open(proposal.pk, by)
    kind, document = Kind(now.kind), now.document
    now.answer = _answer(now, answer)
    target = None
    if kind is Kind.TARGET:
        where = area or document.area
        if not document.area.reach.holds(where.place):
            raise errors.AreaOutside(area=where.name, place=document.area.name)
        target = _tracked(by, now, where, measure, owner_unit, owner, starts_on, base)
    _decide(now, by, State.ACCEPTED, "")
    became: dict[str, Any] = {"target": target.pk} if target else {"answer": now.answer} if now.answer else {}
    record(
        actor=by,
        action="plan.proposal_accepted",
        subject=document,
        item=now.number_in_text,
        kind=kind.value,
        **became,
    )
    return target


def _answer(now: Proposal, answer: str) -> str:
    """Where a duty or a standard belongs in policy, if it is there."""
    if not answer or now.kind not in (Kind.DUTY, Kind.STANDARD):
        return ""
    area = now.document.area
    if now.kind == Kind.DUTY and answer not in Regimes.now().at(area.place, timezone.localdate()):
        raise errors.DutyNotKnown(area=area.name, duty=answer)
    if now.kind == Kind.STANDARD and answer not in book().figures:
        raise errors.FigureNotKnown(figure=answer)
    return answer


def _tracked(
    by: Officer | None,
    now: Proposal,
    area: Area,
    measure: str,
    owner_unit: Unit | None,
    owner: Officer | None,
    starts_on: date | None,
    base: Decimal | None,
) -> Target:
    _fine_enough(now)
    return targets.track(
        by=by,
        area=area,
        title=title_of(now),
        amount=now.number,
        amount_to=now.number_to,
        base=base,
        unit=now.unit,
        comparison=now.comparison,
        deadline=deadline_of(now.deadline),
        starts_on=starts_on,
        measure=measure,
        owner_unit=owner_unit,
        owner=owner,
        owner_name=now.owner,
        source_text=now.quote,
        proposal=now,
    )


def title_of(proposal: Proposal) -> str:
    """What a target of it is called: what is measured, else the document's own words."""
    words = " ".join((proposal.subject or proposal.quote).split())
    return words if len(words) <= TITLE_LIMIT else f"{words[: TITLE_LIMIT - 1]}…"


def _fine_enough(now: Proposal) -> None:
    """A target is kept to two decimals. Raises AmountTooFine: rounding silently would change what was promised."""
    for number in (now.number, now.number_to):
        if number is not None and round(number, 2) != number:
            raise errors.AmountTooFine(item=now.number_in_text, number=f"{number:f}", unit=now.unit)


@transaction.atomic
def refuse(*, by: Officer | None, proposal: Proposal, reason: str = "") -> None:
    """Say no. Raises NotAllowed, DocumentWithdrawn, ProposalDecided, TextTooLong."""
    now = _open(proposal.pk, by)
    _decide(now, by, State.REFUSED, plain(reason, REASON_LIMIT, _("理由")))
    record(actor=by, action="plan.proposal_refused", subject=now.document, item=now.number_in_text, reason=now.reason)


@transaction.atomic
def refuse_many(*, by: Officer | None, document: Document, proposals: Iterable[int], reason: str = "") -> int:
    """Say no to many of a document at once; how many of them were still open. Raises NotAllowed, DocumentWithdrawn,
    TextTooLong."""
    now = locked(document.pk, by)
    why = plain(reason, REASON_LIMIT, _("理由"))
    wanted = list(proposals)
    number = sum(
        Proposal.objects.filter(document=now, state=State.OPEN, pk__in=wanted[first : first + PART]).update(
            state=State.REFUSED, reason=why, decided_by=by, decided_at=timezone.now()
        )
        for first in range(0, len(wanted), PART)
    )
    if number:
        record(actor=by, action="plan.proposals_refused", subject=now, count=number, reason=why)
    return number


@transaction.atomic
def reopen(*, by: Officer | None, proposal: Proposal) -> None:
    """Take a yes or no back. Raises NotAllowed, DocumentWithdrawn, ProposalTracked."""
    now = _locked(proposal.pk, by)
    if now.state == State.OPEN:
        return
    tracked = Target.objects.filter(proposal=now, withdrawn_at=None).first()
    if tracked is not None:
        raise errors.ProposalTracked(number=now.number_in_text, title=tracked.title)
    now.state, now.reason, now.answer, now.decided_by, now.decided_at = State.OPEN, "", "", None, None
    now.save(update_fields=["state", "reason", "answer", "decided_by", "decided_at"])
    record(actor=by, action="plan.proposal_reopened", subject=now.document, item=now.number_in_text)


def _decide(now: Proposal, by: Officer | None, state: State, reason: str) -> None:
    now.state, now.reason, now.decided_by, now.decided_at = state, reason, by, timezone.now()
    now.save(update_fields=["state", "reason", "answer", "decided_by", "decided_at"])
