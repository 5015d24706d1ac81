"""The verbs of findings: the only writer of their tables (the set-based half is `writing`). Each leaves a step where a
state changed, and one entry in the trail. No verb ever touches what the registry says of a household: a correction is
made there, by people, and the next run no longer finds it.

`by` is the officer who acts; None is the house itself (the day's work, a command on the server).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.common.facts import schema
from bangfu.common.places import PLACE_DIGITS, PlaceRange
from bangfu.findings import errors, reading, writing
from bangfu.findings.models import Finding, FindingStep, Run, Verification
from bangfu.findings.policy import DAYS_FIGURE
from bangfu.registry import services as registry
from bangfu.registry.errors import HouseholdEnded
from bangfu.registry.intake.remembering import pack
from bangfu.registry.ledger import sql
from bangfu.registry.models import Paper
from bangfu.rulebook import services as rulebook
from bangfu.rulebook.book import RuleBook
from bangfu.screening.outcomes import Outcomes

State, Kind, Result = Finding.State, FindingStep.Kind, Verification.Result
# Everywhere: from the first place to the last there can be.
EVERYWHERE = PlaceRange(0, 10 ** sum(PLACE_DIGITS) - 1)
# What a verification makes of a finding.
BECOMES: Mapping[str, str] = {
    Result.MENDED: State.MENDED,
    Result.AS_RECORDED: State.EXEMPT,
    Result.RULE_WRONG: State.RULE_WRONG,
}
MAY_GO: Mapping[str, frozenset[str]] = {
    State.OPEN: frozenset({State.MENDED, State.EXEMPT, State.RULE_WRONG, State.RESOLVED}),
    State.MENDED: frozenset({State.OPEN, State.EXEMPT, State.RULE_WRONG, State.RESOLVED}),
    State.EXEMPT: frozenset({State.OPEN, State.RESOLVED}),
    State.RULE_WRONG: frozenset({State.OPEN, State.RESOLVED}),
    State.RESOLVED: frozenset({State.OPEN}),
}
PROGRESS = {
    Run.State.WAITING: 0,
    Run.State.SNAPSHOT: 10,
    Run.State.SCREENING: 40,
    Run.State.ABSORBING: 75,
    Run.State.DONE: 100,
    Run.State.FAILED: 100,
}
BUSY = (Run.State.WAITING, Run.State.SNAPSHOT, Run.State.SCREENING, Run.State.ABSORBING)


def _require(by: Officer | None, right: str, place: int) -> None:
    if by is not None and not by.may(right, place):
        raise NotAllowed(right=rights()[right].label)


# --- runs ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_run(*, by: Officer | None, area: Area | None, as_of: date) -> Run:
    """A run of an area (None: of the whole house), waiting to be worked on. Raises NotAllowed, DayInFuture, RunBusy."""
    reach = area.reach if area else EVERYWHERE
    if by is not None and not any(
        r.first <= reach.first and reach.last <= r.last for r in by.places_for("screening.run")
    ):
        raise NotAllowed(right=rights()["screening.run"].label)
    if as_of > timezone.localdate():
        raise errors.DayInFuture(day=as_of)
    if sql.on_postgresql():
        writing.lock()  # two clicks on 开始 would otherwise both find nothing running
    same = Run.objects.filter(state__in=BUSY, place__lte=reach.last, last_place__gte=reach.first)
    if same.exists():
        raise errors.RunBusy(area=area.name if area else _("全部区域"))
    run: Run = Run.objects.create(as_of=as_of, area=area, place=reach.first, last_place=reach.last, started_by=by)
    record(actor=by, action="findings.run_started", subject=run, as_of=as_of, area=area.name if area else "")
    return run


def move_run(run: Run, to: str, **values: Any) -> None:
    """A run goes on to its next stage; `values` are columns learnt meanwhile. The only code that writes its state."""
    run.state, run.progress = to, PROGRESS[Run.State(to)]
    if to in (Run.State.DONE, Run.State.FAILED):
        run.finished_at = timezone.now()
    for name, value in values.items():
        setattr(run, name, value)
    run.save(update_fields=["state", "progress", "finished_at", *values])


@transaction.atomic
def fail_run(run: Run, error: BangfuError) -> None:
    """The run says why it ended without findings."""
    move_run(run, Run.State.FAILED, error_code=error.code, error_facts=pack(error.facts))
    record(actor=None, action="findings.run_failed", subject=run, code=error.code)


# --- outcomes become findings ----------------------------------------------------------------------------------------


def absorb(
    outcomes: Outcomes,
    *,
    by: Officer | None = None,
    run: Run | None = None,
    area: Area | None = None,
    taken_at: datetime | None = None,
    book: RuleBook | None = None,
) -> Run:
    """Bring the findings in line with the outcomes of a screening, all in one transaction or not at all.

    `area` is what was screened (None: everything), unless `run` says so; `taken_at` when the snapshot was taken, now
    when it is not known. Outcomes of an older snapshot than the findings rest on already are refused. Nothing outside
    the area is touched; a rule that was not run and a subject that could not be judged resolve nothing.
    Raises OutcomesOlder, and FigureUnknown when the days for verifying are not known for a place.
    """
    area = run.area if run else area
    told = reading.told_by(outcomes)
    reach = area.reach if area else EVERYWHERE
    book = book or rulebook.book(reading.code_of(area))
    given = reading.read(outcomes, book, schema(), reach)
    at, today = timezone.now(), timezone.localdate()
    with transaction.atomic():
        writing.lock()
        if run is None:
            run = Run.objects.create(
                as_of=told.as_of, area=area, place=reach.first, last_place=reach.last, started_by=by
            )
        run.taken_at = taken_at or run.taken_at or at
        _not_older(run)
        for name, value in told.columns.items():
            setattr(run, name, value)
        done = writing.absorb(run, given, at=at, today=today, due=due_days(book, today))
        counts = {name: getattr(done, name) for name in done.__dataclass_fields__}
        move_run(run, Run.State.DONE, taken_at=run.taken_at, counts=counts, rules=told.rules, **told.columns)
        record(actor=by, action="findings.absorbed", subject=run, as_of=run.as_of, **counts)
    return run


def _not_older(run: Run) -> None:
    assert run.taken_at is not None
    newest = (
        Run.objects.done()
        .filter(place__lte=run.last_place, last_place__gte=run.place, taken_at__gt=run.taken_at)
        .order_by("-taken_at")
        .first()
    )
    if newest:
        raise errors.OutcomesOlder(taken=_clock(run.taken_at), run=newest.pk, newer=_clock(newest.taken_at))


def _clock(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"


def due_days(book: RuleBook, day: date) -> Callable[[str, int], date]:
    """Until when something found on `day` in a village (by code) is to be verified, by severity: calendar days as the
    figures of that place and day say. Raises FigureUnknown."""

    @cache
    def due(code: str, severity: int) -> date:
        return day + timedelta(days=int(book.figure(DAYS_FIGURE[Finding.Severity(severity)], code, day)))

    return due


@transaction.atomic
def follow_posts(*, day: date | None = None) -> int:
    """After posts began or ended: live findings whose officer may no longer verify there pass to whoever is in charge
    of the village, else to the township; how many did."""
    writing.lock()
    with sql.workbench() as bench:
        moved = writing.follow_posts(bench, timezone.now(), day or timezone.localdate(), EVERYWHERE)
    if moved:
        record(actor=None, action="findings.handed_over", subject_type="finding", subject_id="", count=moved)
    return moved


# --- the work of officers --------------------------------------------------------------------------------------------


def _held(finding: Finding, seen_step: int | None) -> Finding:
    """The finding as it is now, nobody else changing it until the end. `seen_step` is the latest step when the officer
    opened the form. Raises FindingMoved when there is a later one."""
    # Lock before reading: two officers verifying together would otherwise both pass.
    now: Finding = Finding.objects.select_for_update(of=("self",)).select_related("village").get(pk=finding.pk)
    if seen_step is not None and last_step(now) != seen_step:
        raise errors.FindingMoved(state=State(now.state).label)
    return now


def last_step(finding: Finding) -> int:
    """The number of its latest step; 0 for none."""
    return int(FindingStep.objects.filter(finding=finding).order_by("-pk").values_list("pk", flat=True).first() or 0)


def _move(finding: Finding, to: str, kind: str, *, by: Officer | None, note: str, **values: Any) -> None:
    """The only code besides the set-based writer that changes a finding's state; leaves one step."""
    came_from = finding.state
    finding.state = to
    for name, value in values.items():
        setattr(finding, name, value)
    finding.save(update_fields=["state", *values])
    FindingStep.objects.create(
        finding=finding,
        kind=kind,
        from_state=came_from,
        to_state=to,
        at=timezone.now(),
        actor=by,
        note=note.strip()[:400],
    )


@transaction.atomic
def verify(
    *,
    by: Officer,
    finding: Finding,
    result: str,
    note: str,
    on: date | None = None,
    upload: Any = None,
    paper_kind: str = "",
    proof: Paper | None = None,
    seen_step: int | None = None,
) -> Verification:
    """What an officer found in the field. 属实已更正: the next run looks whether it is gone. 情况属实: exempt until the
    evidence changes; needs proof, a paper of the household (`proof`) or a new one (`upload`); of a village the note
    alone. 规则有误: goes to the policy officer's list.

    Raises NotAllowed, FindingMoved, FindingNotOpen, NoteMissing, ProofMissing, ProofElsewhere, DayInFuture, and what
    `registry.services.attach_paper` raises.
    """
    _require(by, "findings.verify", finding.place)
    if not note.strip():
        raise errors.NoteMissing()
    on = on or timezone.localdate()
    if on > timezone.localdate():
        raise errors.DayInFuture(day=on)
    now = _held(finding, seen_step)
    _require(by, "findings.verify", now.place)
    to = BECOMES[result]
    if not now.live or to not in MAY_GO[now.state] | {now.state}:
        raise errors.FindingNotOpen(state=State(now.state).label)
    paper = _proof(by, now, proof, upload, paper_kind, note)
    if result == Result.AS_RECORDED and paper is None and now.household_id is not None:
        raise errors.ProofMissing()
    at = timezone.now()
    done = Verification.objects.create(
        finding=now, result=result, by=by, on=on, at=at, note=note.strip()[:400], proof=paper, evidence=now.evidence
    )
    exempt = now.evidence_hash if to == State.EXEMPT else ""
    _move(now, to, Kind.VERIFIED, by=by, note=note, exempt_hash=exempt, verified_at=at)
    record(actor=by, action="finding.verified", subject=now, rule=now.rule_id, result=result, on=on)
    return done


def _proof(by: Officer, finding: Finding, proof: Paper | None, upload: Any, kind: str, note: str) -> Paper | None:
    if proof is not None:
        if proof.household_id != finding.household_id or proof.removed_on is not None:
            raise errors.ProofElsewhere()
        return proof
    if upload is None or finding.household_id is None:
        return None
    if finding.household is None:  # taken back with its import
        raise HouseholdEnded(household_no=str(finding.household_id))
    return registry.attach_paper(
        by=by,
        household=finding.household,
        member=finding.member,
        kind=kind,
        title=_("疑点核实材料"),
        upload=upload,
        reason=note,
    )


@transaction.atomic
def assign(
    *, by: Officer, finding: Finding, officer: Officer | None, note: str = "", seen_step: int | None = None
) -> None:
    """Give a live finding to an officer who may verify there; None leaves it to the township.

    Raises NotAllowed, FindingMoved, FindingNotOpen, OfficerNotThere."""
    _require(by, "findings.assign", finding.place)
    now = _held(finding, seen_step)
    _require(by, "findings.assign", now.place)
    if not now.live:
        raise errors.FindingNotOpen(state=State(now.state).label)
    if officer is not None and not officer.may("findings.verify", now.place):
        raise errors.OfficerNotThere(name=officer.name, village=now.village.name)
    told = officer.name if officer else _("乡镇")
    _move(now, now.state, Kind.ASSIGNED, by=by, note=f"{told} {note}".strip(), assigned_to=officer)
    record(
        actor=by, action="finding.assigned", subject=now, rule=now.rule_id, officer=officer.username if officer else ""
    )


def may_reopen(by: Officer, finding: Finding) -> bool:
    """Who assigns findings there; and a report that a rule is wrong is answered by whoever makes or approves rules."""
    ways = ["findings.assign"]
    if finding.state == State.RULE_WRONG:
        ways += ["rules.propose", "rules.approve"]
    return any(by.may(right, finding.place) for right in ways)


@transaction.atomic
def reopen(*, by: Officer, finding: Finding, note: str, seen_step: int | None = None) -> None:
    """Send a verified finding back to be verified again, with new days to do it.

    Raises NotAllowed, FindingMoved, NothingToReopen, NoteMissing, FigureUnknown."""
    if not note.strip():
        raise errors.NoteMissing()
    now = _held(finding, seen_step)
    if not may_reopen(by, now):
        raise NotAllowed(right=rights()["findings.assign"].label)
    if now.state in (State.OPEN, State.RESOLVED):
        raise errors.NothingToReopen(state=State(now.state).label)
    due = due_days(rulebook.book(now.village.code), timezone.localdate())(now.village.code, now.severity)
    _move(now, State.OPEN, Kind.REOPENED, by=by, note=note, exempt_hash="", verified_at=None, due_on=due)
    record(actor=by, action="finding.reopened", subject=now, rule=now.rule_id, reason=note)


@transaction.atomic
def reveal(*, by: Officer, finding: Finding, field: str, secrets: Sequence[str]) -> str:
    """A sensitive value of the evidence in full; every look leaves an entry. `secrets` are the masked ones.

    Raises NotAllowed, ValueNotSecret."""
    if field not in secrets or field not in finding.values:
        raise errors.ValueNotSecret(field=field)
    _require(by, "registry.see_sensitive", finding.place)
    record(actor=by, action="finding.revealed", subject=finding, field=field)
    value = finding.values[field]
    return "" if value is None else str(value)
