"""As what households are recognised: written by the ends of cases alone, set-based, and told for any day.

The registry's status columns and yearly counts follow in the same transaction (`registry.services.record_status`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.casework import recognition_errors as errors
from bangfu.casework.models import Case, Recognition, Risk
from bangfu.casework.procedures import Effect, Move, MoveKind, Procedure, Recognised, Step
from bangfu.casework.recognition_policy import policy
from bangfu.casework.saying import CATEGORY, RISK, WAY, Said, asked, said
from bangfu.casework.timeline import WATCHED, Given, Spell, Timeline, taken_over
from bangfu.casework.words import effect_label
from bangfu.common.errors import BangfuError
from bangfu.common.policy import code_list
from bangfu.registry import services as registry
from bangfu.registry.models import Household, HouseholdQuerySet, Member

# What these ends do to a recognition; the others leave it as it is.
DECIDING = frozenset(
    {Effect.IDENTIFY, Effect.EXIT, Effect.RETURN, Effect.WATCH, Effect.UNWATCH, Effect.CANCEL, Effect.MERGE}
)
# What already the handing in of a case runs against: the end could never be reached.
HOPELESS = (errors.NotNow, errors.WatchedAlready, errors.NotWatched)
HEAD, OTHER = "01", "99"  # relation_to_head: the head; somebody else
BATCH = 500
AT_ONCE = 5_000
# What a file says of its status, besides its key and place.
FILED = ("pk", "place", "first_identified", "exited_on", "returned_on", "poverty_status", "monitor_category")

Kind = Recognition.Kind
Found = Mapping[int, list[BangfuError]]


# --- as what ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class As:
    """As what a household is recognised on a day, and since when (None: unknown). `category` of a watched one."""

    recognised: Recognised = Recognised.NONE
    since: date | None = None
    watched: bool = False
    category: str = ""
    watched_since: date | None = None


def as_recognised(household_ids: Iterable[int], day: date) -> Mapping[int, As]:
    """Each of these households as it is recognised on a day."""
    ids = list(household_ids)
    found = dict.fromkeys(ids, As())
    for pk, timeline in timelines(ids).items():
        main = next((s for s in timeline.on(day) if s.kind != WATCHED), None)
        watched = next((s for s in timeline.on(day) if s.kind == WATCHED), None)
        found[pk] = As(
            Recognised(main.kind) if main else Recognised.NONE,
            main.starts_on if main else None,
            watched is not None,
            watched.category if watched else "",
            watched.starts_on if watched else None,
        )
    return found


def recognised_on(day: date) -> HouseholdQuerySet:
    """Every household, with `recognised` (a Recognition.Kind, None: never registered) and `watched_as` (its class,
    None: not watched) on that day. Start from `.visible_to` before showing any."""
    valid = Recognition.objects.on(day).filter(household=OuterRef("pk"), void=False)
    return Household.objects.annotate(
        recognised=Subquery(valid.exclude(kind=Kind.WATCHED).values("kind")[:1]),
        watched_as=Subquery(valid.filter(kind=Kind.WATCHED).values("monitor_category")[:1]),
    )


def timelines(household_ids: Iterable[int]) -> dict[int, Timeline]:
    """Everything that these households were ever recognised as."""
    spells: dict[int, list[Spell]] = {pk: [] for pk in household_ids}
    rows = Recognition.objects.filter(household__in=list(spells)).order_by("household_id", "starts_on", "pk")
    for pk, kind, starts, ends, category, void, row in rows.values_list(
        "household_id", "kind", "starts_on", "ends_on", "monitor_category", "void", "pk"
    ):
        spells[pk].append(Spell(kind, starts, ends, category, void, row))
    return {pk: Timeline(tuple(found)) for pk, found in spells.items()}


# --- what stands against an end --------------------------------------------------------------------------------------


def obstacles(cases: Sequence[Case], step: Step, move: Move, on: date) -> Found:
    """What the households are recognised as, against a forward move. The move into an end is asked whether the end can
    be made on that day; handing in and approving, whether it can be reached at all."""
    if move.kind is not MoveKind.FORWARD:
        return {}
    going: dict[int, list[tuple[Case, Effect]]] = defaultdict(list)
    at_end = True
    for case in cases:
        effect, at_end = _effect_ahead(case.version.read, move)
        if case.household_id and effect in DECIDING:
            going[case.version_id].append((case, effect))
    work = [each for some in going.values() for each in some]
    if not work:
        return {}
    faults = _against(work, on)
    if at_end:
        here = {question.code_list for question in step.questions}
        unsaid = {CATEGORY: errors.ClassMissing, RISK: errors.RiskMissing, WAY: errors.WayMissing}
        later = tuple(error for name, error in unsaid.items() if name in here)  # answered with this very move
        return {pk: [f for f in found if not isinstance(f, later)] for pk, found in faults.items()}
    return {pk: [f for f in found if isinstance(f, HOPELESS)] for pk, found in faults.items()}


def _effect_ahead(procedure: Procedure, move: Move) -> tuple[Effect, bool]:
    """The effect of the end that a move leads to, or of the only one that can be granted; and whether it is reached."""
    target = procedure.step(move.to)
    if target.is_end:
        return target.effect, True
    granted = {end.effect for end in procedure.steps if end.granted}
    if len(granted) == 1 and (move.hands_in or move.approves):
        return granted.pop(), False
    return Effect.NONE, False


def _against(work: Sequence[tuple[Case, Effect]], on: date) -> Found:
    told = timelines(case.household_id for case, _effect in work if case.household_id)
    answers = said([case for case, _effect in work])
    into = _merge_targets(answers.values())
    found: dict[int, list[BangfuError]] = {}
    for case, effect in work:
        answer, name = answers[case.pk], case.subject_name
        faults = told[case.household_id or 0].against(
            effect, on, Given(name, answer.category), policy().exit_years_after
        )
        lists = asked(case.version.read).values()
        if effect is Effect.WATCH and RISK in lists:
            faults += answer.against_risks(name)
        if effect is Effect.UNWATCH and WAY in lists and not answer.way and not _one_way(case.version.read):
            faults.append(errors.WayMissing(name=name))
        if effect is Effect.MERGE and into.get(answer.merge_into, case.household_id) == case.household_id:
            faults.append(errors.MergeUnknown(name=name, number=answer.merge_into))
        found[case.pk] = faults
    return found


def _one_way(procedure: Procedure) -> bool:
    """Whether the way of removal is asked on one branch only: who went another way was removed by help."""
    asking = [s for s in procedure.steps if any(q.code_list == WAY for q in s.questions)]
    return all(any(q.must_be for q in s.questions if q.code_list == WAY) for s in asking)


def _merge_targets(answers: Iterable[Said]) -> Mapping[str, int]:
    numbers = {answer.merge_into for answer in answers if answer.merge_into}
    if not numbers:
        return {}
    return dict(
        Household.objects.living().filter(household_no__in=numbers).order_by("pk").values_list("household_no", "pk")
    )


# --- making ends true ------------------------------------------------------------------------------------------------


@transaction.atomic
def apply_effects(ended: Sequence[tuple[Case, Step]], *, on: date, by: Officer | None) -> None:
    """What the ends to which these cases came make of their households, from `on`; the answers of the last move are on
    file. All or nothing: raises the first thing that stands against one of them (which `obstacles` would have said)."""
    work = [(case, step.effect) for case, step in ended if step.effect in DECIDING and case.household_id]
    if not work:
        return
    for faults in _against(work, on).values():
        for fault in faults:
            raise fault
    answers = said([case for case, _effect in work])
    before = timelines(case.household_id for case, _effect in work if case.household_id)
    after: dict[int, Timeline] = {}
    for case, effect in work:
        household = case.household_id or 0
        after[household] = before[household].after(effect, on, Given(case.subject_name, answers[case.pk].category))
    _write(work, before, after, answers, on)
    _record(work, after, answers, on, by)
    for case, effect in work:
        if effect is Effect.MERGE and by is not None:
            _merge(case, answers[case.pk].merge_into, on, by)


def _write(
    work: Sequence[tuple[Case, Effect]],
    before: Mapping[int, Timeline],
    after: Mapping[int, Timeline],
    answers: Mapping[int, Said],
    on: date,
) -> None:
    """The rows of the recognitions: what ended is ended first, so that nothing ever stands beside what follows it."""
    changed, begun, watched = [], [], []
    for case, effect in work:
        household, answer = case.household_id or 0, answers[case.pk]
        former = {spell.row: spell for spell in before[household].spells}
        for spell in after[household].spells:
            if spell.row is None:
                row = _begun(case, spell, answer)
                begun.append(row)
                if spell.kind == WATCHED:
                    watched.append((row, answer))
            elif spell != former[spell.row]:
                way = (answer.way or _by_help()) if effect is Effect.UNWATCH and spell.kind == WATCHED else ""
                ended = former[spell.row].ends_on is None
                changed.append((case, spell, way, ended))
    rows = Recognition.objects.in_bulk([spell.row for _case, spell, _way, _ended in changed])
    for case, spell, way, ended in changed:
        row = rows[spell.row or 0]
        row.ends_on, row.void = spell.ends_on, spell.void
        if ended:
            row.ended_by, row.removal_way = case, way or row.removal_way
    Recognition.objects.bulk_update(rows.values(), ["ends_on", "void", "ended_by", "removal_way"], batch_size=BATCH)
    Recognition.objects.bulk_create(begun, batch_size=BATCH)
    Risk.objects.bulk_create(
        [
            Risk(recognition=row, found_on=on, **answer.risk_row(entry))
            for row, answer in watched
            for code in dict.fromkeys(answer.risks)
            if (entry := code_list(RISK).get(code))
        ],
        batch_size=BATCH,
    )
    over = [spell.row for _case, spell, _way, ended in changed if spell.kind == WATCHED and ended]
    for start in range(0, len(over), BATCH):
        Risk.objects.filter(recognition__in=over[start : start + BATCH], cleared_on=None).update(cleared_on=on)


def _begun(case: Case, spell: Spell, answer: Said) -> Recognition:
    return Recognition(
        household_id=case.household_id or 0,
        place=case.place,
        kind=spell.kind,
        monitor_category=spell.category,
        starts_on=spell.starts_on,
        case=case,
        fully_supported=answer.fully_supported if spell.kind == WATCHED else None,
        contact_name=answer.contact_name if spell.kind == WATCHED else "",
        contact_phone=answer.contact_phone if spell.kind == WATCHED else "",
    )


def _by_help() -> str:
    """The way of removal where the procedure does not ask: by help."""
    return next((c.code for c in code_list(WAY).codes if not c.attributes.get("natural")), "")


def _record(
    work: Sequence[tuple[Case, Effect]],
    after: Mapping[int, Timeline],
    answers: Mapping[int, Said],
    on: date,
    by: Officer | None,
) -> None:
    """The registry's columns, a change for each kind of effect so that each row of history says why."""
    numbers = dict(
        Household.objects.filter(pk__in=[case.household_id for case, _effect in work]).values_list("pk", "household_no")
    )
    rows: dict[Effect, list[registry.Standing]] = defaultdict(list)
    for case, effect in work:
        if effect is Effect.MERGE:
            continue  # the household ends as it was
        household = case.household_id or 0
        former = after[household].former_exits()
        values = _columns(effect, on, answers[case.pk], bool(former))
        rows[effect].append(registry.Standing(household, numbers[household], values, former))
    for effect, some in rows.items():
        registry.record_status(some, by=by, reason=_("案件办结：{effect}").format(effect=effect_label(effect)))


def _columns(effect: Effect, on: date, answer: Said, exited_before: bool) -> dict[str, Any]:
    """What an effect writes into the household's own row. The return that a former exit ended is told by that exit."""
    values: dict[str, Any] = dict(policy().status.get(effect, {}))
    if effect is Effect.IDENTIFY:
        values |= {"first_identified": on, "exited_on": None, "returned_on": None}
        values |= {"main_cause": answer.cause} if answer.cause else {}
    elif effect is Effect.EXIT:
        values |= {"exited_on": on} | ({"returned_on": None} if exited_before else {})
    elif effect is Effect.RETURN:
        values |= {"returned_on": on} | ({"return_cause": answer.cause} if answer.cause else {})
    elif effect is Effect.CANCEL:
        values |= {"first_identified": None, "exited_on": None, "returned_on": None}
    elif effect is Effect.WATCH:
        values["monitor_category"] = answer.category
    elif effect is Effect.UNWATCH:
        values["monitor_category"] = None
    return values


def _merge(case: Case, number: str, on: date, by: Officer) -> None:
    """Two files of one household become one. Everybody keeps the relation on file; the head of the file that ends
    becomes 其他 until the officers who know the family say more."""
    other = Household.objects.get(pk=case.household_id or 0)
    people = Member.objects.present().filter(household=other).values_list("pk", "relation_to_head")
    registry.merge_households(
        by=by,
        into=Household.objects.get(household_no=number),
        other=other,
        relations={pk: OTHER if relation in ("", HEAD) else relation for pk, relation in people},
        on=on,
        reason=_("案件 {case_no}：重复建档，合并").format(case_no=case.case_no),
    )


# --- from older files ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OldRisk:
    """A line of a list of risks that an older system gives: whose, which, with what is said of it. Codes or the words
    for them, as they stand in the list."""

    household_no: str
    risk: str
    disaster: str = ""
    note: str = ""
    found_on: date | None = None


@transaction.atomic
def take_over(
    *,
    village_ids: Iterable[int] | None = None,
    household_ids: Iterable[int] | None = None,
    risks: Sequence[OldRisk] = (),
) -> int:
    """Recognitions of the households whose files came with a status (an older system's, a household that split off)
    and which have none yet; the number that was written. Safe to run again. `risks` are those of watched households.

    Raises TakenOverUnknown, TakenOverCodeWrong for a line of the list of risks; then nothing is written.
    """
    waiting = Household.objects.living().filter(
        ~Exists(Recognition.objects.filter(household=OuterRef("pk"))),
        ~Q(poverty_status="", monitor_category="", first_identified=None, exited_on=None, returned_on=None),
    )
    if village_ids is not None:
        waiting = waiting.filter(village__in=list(village_ids))
    if household_ids is not None:
        waiting = waiting.filter(pk__in=list(household_ids))
    written, last = 0, 0
    while some := list(waiting.filter(pk__gt=last).order_by("pk").values_list(*FILED)[:AT_ONCE]):
        rows = [row for filed in some for row in _filed(*filed)]
        Recognition.objects.bulk_create(rows, batch_size=BATCH)
        written, last = written + len(rows), some[-1][0]
    _take_risks(risks)
    return written


def _filed(
    pk: int, place: int, first: date | None, out: date | None, back: date | None, status: str, category: str
) -> list[Recognition]:
    entry = code_list("poverty_status").get(status)
    poor = bool(entry.attributes.get("poor")) if entry else None
    return [
        Recognition(
            household_id=pk,
            place=place,
            kind=spell.kind,
            monitor_category=spell.category,
            starts_on=spell.starts_on,
            ends_on=spell.ends_on,
        )
        for spell in taken_over(first, out, back, poor, category).spells
    ]


def _take_risks(risks: Sequence[OldRisk]) -> None:
    if not risks:
        return
    watched = dict(
        Recognition.objects.filter(kind=Kind.WATCHED, void=False, ends_on=None).values_list(
            "household__household_no", "pk"
        )
    )
    rows = {}
    for number, line in enumerate(risks, start=1):
        if line.household_no not in watched:
            raise errors.TakenOverUnknown(row=number, number=line.household_no)
        code = _coded(RISK, line.risk, number)
        rows[watched[line.household_no], code] = Risk(
            recognition_id=watched[line.household_no],
            code=code,
            disaster=_coded("disaster_kind", line.disaster, number) if line.disaster else "",
            note=line.note[:200],
            found_on=line.found_on,
        )
    Risk.objects.bulk_create(rows.values(), batch_size=BATCH, ignore_conflicts=True)


def _coded(name: str, text: str, row: int) -> str:
    found = code_list(name).code_of(text)
    if found is None:
        raise errors.TakenOverCodeWrong(row=row, value=text[:40], list=code_list(name).label)
    return found
