"""Measures: verbs of `support.services` in a file of their own. One measure and thousands go the same way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.audit.services import record_many
from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.registry.models import Household, Member, Paper
from bangfu.support import measure_errors as errors
from bangfu.support.catalogue import CLASS_DIGITS, catalogue
from bangfu.support.errors import ReasonNeeded
from bangfu.support.measure_checks import (
    CONTENT_LIMIT,
    ENTRY_FIELDS,
    MAY_GO,
    OWNER_LIMIT,
    RIGHT,
    WANTS_REASON,
    Entry,
    entry_of,
    faults,
    move_faults,
)
from bangfu.support.models import Measure, MeasureChange, State
from bangfu.support.texts import REASON_LIMIT, plain, reason_of

BATCH = 500


@dataclass
class Done:
    """Measures that were written, and of which entry (by its place in the list) nothing was, with the reason."""

    measures: list[Measure] = field(default_factory=list)
    refused: list[tuple[int, BangfuError]] = field(default_factory=list)


@transaction.atomic
def plan_measures(*, by: Officer | None, entries: Sequence[Entry], reason: str = "") -> Done:
    """Enter measures for households: planned, or already under way or done. Those at fault are left out with the
    reason. `by` None is the house itself.

    Raises TooManyTogether, TextTooLong.
    """
    today, why = timezone.localdate(), plain(reason, REASON_LIMIT, _("原因"))
    most = catalogue().limits.together_most
    if len(entries) > most:
        raise errors.TooManyTogether(count=len(entries), most=most)
    now = _as_they_are(entries)
    done, made = Done(), []
    for number, (entry, fault) in enumerate(zip(now, _with_rights(by, now, faults(now, today)), strict=True)):
        if fault is None:
            made.append(_measure(entry, by))
        else:
            done.refused.append((number, fault))
    done.measures = Measure.objects.bulk_create(made, batch_size=BATCH)
    _remember(done.measures, by, why, [{}] * len(done.measures))
    _audit(by, "measure.planned", done.measures)
    return done


def plan_measure(*, by: Officer | None, entry: Entry, reason: str = "") -> Measure:
    """Enter one measure. Raises NotAllowed, and what is wrong with it."""
    return _the_one(plan_measures(by=by, entries=[entry], reason=reason))


@transaction.atomic
def change_measures(*, by: Officer | None, changes: Sequence[tuple[Measure, Mapping[str, Any]]], reason: str) -> Done:
    """Change values of measures (fields of an Entry but household and state); each `Measure` says how many changes the
    officer had seen. What does not change stays out of the trail.

    Raises ReasonNeeded, TextTooLong.
    """
    why = reason_of(reason)
    done, now = Done(), _held([measure.pk for measure, _values in changes])
    wanted, numbers = [], []
    for number, (seen, values) in enumerate(changes):
        assert set(values) <= set(ENTRY_FIELDS), "a measure keeps its household; its state is moved"
        measure = now[seen.pk]
        if measure.changes != seen.changes:
            done.refused.append((number, errors.MeasureChanged(who=_last_actor(measure))))
        else:
            wanted.append((measure, replace(entry_of(measure), **values)))
            numbers.append(number)
    entries = _tidied([entry for _measure, entry in wanted])
    judged = faults(entries, timezone.localdate(), [measure.pk for measure, _entry in wanted], anew=False)
    differences: list[dict[str, Any]] = []
    for (measure, _old), entry, number, fault in zip(
        wanted, entries, numbers, _with_rights(by, entries, judged), strict=True
    ):
        if fault is not None:
            done.refused.append((number, fault))
        elif different := _apply(measure, entry):
            done.measures.append(measure)
            differences.append(different)
    _keep(done.measures, by, why, differences, "measure.changed")
    return done


def change_measure(*, by: Officer | None, measure: Measure, values: Mapping[str, Any], reason: str) -> Measure | None:
    """Change one; None when nothing differed. Raises NotAllowed, MeasureChanged, and what is wrong with it."""
    done = change_measures(by=by, changes=[(measure, values)], reason=reason)
    for _number, fault in done.refused:
        raise fault
    return done.measures[0] if done.measures else None


@transaction.atomic
def move_measures(
    *,
    by: Officer | None,
    measures: Sequence[Measure],
    to: State,
    on: date | None = None,
    result: str = "",
    reason: str = "",
    proof: Paper | None = None,
) -> Done:
    """Take measures on to another state. `on` is the day on which they were done (the planned end, else today, when it
    is not given); `result` says what came of them, `proof` is a paper of the household.

    Raises ReasonNeeded, TextTooLong.
    """
    why = plain(reason, REASON_LIMIT, _("原因"))
    said = plain(result, catalogue().limits.text_most, _("帮扶成效"))
    if to is State.GIVEN_UP and not why:
        raise ReasonNeeded()
    today, done, now = timezone.localdate(), Done(), _held([measure.pk for measure in measures])
    going: list[tuple[int, Measure, Entry]] = []
    for number, seen in enumerate(measures):
        measure = now[seen.pk]
        if fault := _in_the_way(measure, seen, to, why):
            done.refused.append((number, fault))
        else:
            going.append((number, measure, _moved(measure, to, on, said, proof, today)))
    entries = [entry for _number, _measure, entry in going]
    own = [measure.pk for _number, measure, _entry in going]
    judged = faults(entries, today, own) if to is State.PLANNED else move_faults(entries, today)
    differences = []
    for (number, measure, entry), fault in zip(going, _with_rights(by, entries, judged), strict=True):
        if fault is not None:
            done.refused.append((number, fault))
        else:
            different = _apply(measure, entry)
            measure.state = to
            done.measures.append(measure)
            differences.append(different)
    _keep(done.measures, by, why, differences, "measure.moved")
    return done


def move_measure(*, by: Officer | None, measure: Measure, to: State, **how: Any) -> Measure:
    """Take one measure on. Raises NotAllowed, StateUnfit, MeasureChanged, and what stands in the way."""
    return _the_one(move_measures(by=by, measures=[measure], to=to, **how))


# --- parts -----------------------------------------------------------------------------------------------------------


def _the_one(done: Done) -> Measure:
    for _number, fault in done.refused:
        raise fault
    return done.measures[0]


def _as_they_are(entries: Sequence[Entry]) -> list[Entry]:
    """The entries with households, people and papers as they are now; the households do not change until the end."""
    houses = {
        house.pk: house
        for house in Household.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in={entry.household.pk for entry in entries})
        .select_related("village")
        .order_by("pk")
    }
    people = Member.objects.in_bulk({entry.member.pk for entry in entries if entry.member})
    return _tidied(
        [
            replace(
                entry,
                household=houses[entry.household.pk],
                member=people[entry.member.pk] if entry.member else None,
            )
            for entry in entries
        ]
    )


def _tidied(entries: Iterable[Entry]) -> list[Entry]:
    """Texts without blanks around them; a unit only beside a quantity. Raises TextTooLong."""
    most = catalogue().limits.text_most
    return [
        replace(
            entry,
            content=plain(entry.content, CONTENT_LIMIT, _("具体内容")),
            owner=plain(entry.owner, OWNER_LIMIT, _("责任人或责任单位")),
            result=plain(entry.result, most, _("帮扶成效")),
            unit="" if entry.quantity is None else entry.unit,
        )
        for entry in entries
    ]


def _with_rights(
    by: Officer | None, entries: Sequence[Entry], judged: Iterable[BangfuError | None]
) -> Iterable[BangfuError | None]:
    for entry, fault in zip(entries, judged, strict=True):
        refused = by is not None and not by.may(RIGHT, entry.household.place)
        yield NotAllowed(right=rights()[RIGHT].label) if refused else fault


def _measure(entry: Entry, by: Officer | None) -> Measure:
    return Measure(
        household=entry.household,
        state=entry.state,
        measure_class=entry.kind[:CLASS_DIGITS],
        entered_by=by,
        **{name: getattr(entry, name) for name in ENTRY_FIELDS} | {"owner": entry.who},
    )


def _held(ids: Iterable[int]) -> dict[int, Measure]:
    """The measures, with all that their entries name, not changing until the end."""
    rows = Measure.objects.select_for_update(of=("self",)).filter(pk__in=set(ids)).order_by("pk")
    return {m.pk: m for m in rows.select_related("household__village", "member", "helper", "officer", "proof")}


def _last_actor(measure: Measure) -> str:
    last = measure.history.select_related("actor").order_by("-number").first()
    return last.actor.name if last and last.actor else _("系统")


def _in_the_way(measure: Measure, seen: Measure, to: State, why: str) -> BangfuError | None:
    state = State(measure.state)
    if measure.changes != seen.changes:
        return errors.MeasureChanged(who=_last_actor(measure))
    if to not in MAY_GO[state]:
        possible = "、".join(str(each.label) for each in MAY_GO[state])
        return errors.StateUnfit(state=state.label, to=to.label, possible=possible)
    return ReasonNeeded() if (state, to) in WANTS_REASON and not why else None


def _moved(measure: Measure, to: State, on: date | None, result: str, proof: Paper | None, today: date) -> Entry:
    entry = replace(entry_of(measure), state=to, result=result or measure.result, proof=proof or measure.proof)
    return replace(entry, ends_on=on or entry.ends_on or today) if to is State.DONE else entry


def _apply(measure: Measure, entry: Entry) -> dict[str, Any]:
    """Gives a measure the values of an entry; which differ, before and after."""
    different = {}
    for name in ENTRY_FIELDS:
        new = entry.who if name == "owner" else getattr(entry, name)
        old = getattr(measure, name)
        if new != old:
            different[name] = [_plain(old), _plain(new)]
            setattr(measure, name, new)
    measure.measure_class = measure.kind[:CLASS_DIGITS]
    return different


def _plain(value: Any) -> Any:
    """A value for the history: days and amounts as texts, people and papers by name."""
    if value is None or isinstance(value, str | int):
        return value
    return value.isoformat() if isinstance(value, date) else str(getattr(value, "name", value))


def _keep(
    measures: Sequence[Measure], by: Officer | None, why: str, differences: Sequence[dict[str, Any]], action: str
) -> None:
    for measure in measures:
        measure.changes += 1
    columns = [*ENTRY_FIELDS, "measure_class", "state", "changes"]
    Measure.objects.bulk_update(measures, columns, batch_size=BATCH)
    _remember(measures, by, why, differences)
    _audit(by, action, measures)


def _remember(measures: Sequence[Measure], by: Officer | None, why: str, differences: Sequence[dict[str, Any]]) -> None:
    at = timezone.now()
    MeasureChange.objects.bulk_create(
        [
            MeasureChange(
                measure=measure, number=measure.changes, at=at, actor=by, state=measure.state, values=values, reason=why
            )
            for measure, values in zip(measures, differences, strict=True)
        ],
        batch_size=BATCH,
    )


def _audit(by: Officer | None, action: str, measures: Sequence[Measure]) -> None:
    if measures:
        deeds = [(m, {"household": m.household_id, "kind": m.kind, "state": m.state}) for m in measures]
        record_many(actor=by, action=action, deeds=deeds)
