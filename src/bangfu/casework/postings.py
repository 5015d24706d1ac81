"""Postings and objections: verbs of `casework.services` in a file of their own. A list is drafted from the cases, put
up from a day to a day, photographed near and far; what is said against it is taken down and answered.

`by` is the officer who acts; None is the house itself.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import override

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.casework import clocks, sheets
from bangfu.casework import meeting_errors as errors
from bangfu.casework.acting import require_post
from bangfu.casework.gathering import together
from bangfu.casework.models import Case, CaseTransition, Objection, PostedLine, Posting, PostingPhoto
from bangfu.casework.procedures import Move, MoveKind, PostingRule, Step, StepKind
from bangfu.common.errors import BangfuError
from bangfu.common.policy import Label, Source, Strict, code_list, read_yaml
from bangfu.registry import papers


class PostingPolicy(Strict):
    """The file `policy/china/postings.yaml`."""

    source: Source
    issued_by: Mapping[int, Label]
    title: Mapping[str, Label]
    matter: Mapping[str, Label]
    views: Mapping[str, Label]


@cache
def policy() -> PostingPolicy:
    return read_yaml(Path(settings.POLICY) / "china" / "postings.yaml", PostingPolicy)


# --- the list --------------------------------------------------------------------------------------------------------


def draft_sheet(
    cases: Sequence[Case], *, board: str, hotline: str, starts_on: date, ends_on: date | None = None
) -> sheets.Sheet:
    """The list of cases of one area that stand at a posting step, as it would be put up: in Chinese, whoever asks.

    `ends_on` is the last day; by default the first lawful one. Raises CasesNotTogether, PostingNotPossible,
    PostingEndsEarly, PostingInPast, SheetHoldsNumbers, HotlineWrong, BoardMissing.
    """
    step, area = together(cases)
    rule = _rule(step)
    if not board.strip():
        raise errors.BoardMissing()
    late = max(cases, key=lambda case: case.step_since)
    if starts_on < late.step_since:
        raise errors.PostingInPast(starts_on=starts_on, since=late.step_since, case=late.subject_name)
    with override(sheets.LANGUAGE):
        return sheets.checked(
            _sheet(
                cases,
                rule,
                area,
                board.strip(),
                hotline,
                starts_on,
                _last_day(rule, starts_on, ends_on, clocks.calendar()),
            )
        )


def _last_day(rule: PostingRule, starts_on: date, ends_on: date | None, calendar: clocks.Calendar) -> date:
    earliest = clocks.last_day(starts_on, rule.days, rule.unit, calendar)
    if ends_on is not None and ends_on < earliest:
        raise errors.PostingEndsEarly(starts_on=starts_on, ends_on=ends_on, days=rule.days, earliest=earliest)
    return ends_on or earliest


def _sheet(
    cases: Sequence[Case], rule: PostingRule, area: Area, board: str, hotline: str, starts_on: date, ends_on: date
) -> sheets.Sheet:
    kind = "announcement" if rule.announcement else "posting"
    lines = _lines(cases)
    procedure = cases[0].version.read.label.in_language()
    office = policy().issued_by[area.level].in_language().format(area=area.name)
    people = sum(line.people for line in lines)
    return sheets.Sheet(
        title=policy().title[kind].in_language().format(area=area.name, procedure=procedure),
        matter=policy().matter[kind].in_language().format(households=len(lines), people=people),
        basis=rule.basis.in_language(),
        place=area.name,
        columns=tuple(column for column in sheets.COLUMNS if column in rule.columns),
        lines=lines,
        starts_on=starts_on,
        ends_on=ends_on,
        board=board,
        hotline=hotline,
        objections_to=office,
        issued_by=office,
        announcement=rule.announcement,
    )


def _lines(cases: Sequence[Case]) -> tuple[sheets.Line, ...]:
    """The households in the order of their groups, as the registry names them; nothing that was typed for a case."""
    classes = _monitored_classes(cases)
    return tuple(
        sheets.Line(
            number=number,
            head_name=case.household.head_name if case.household else case.village.name,
            group=_group(case),
            people=case.household.members_count if case.household else 0,
            category=_category(case, classes.get(case.pk, "")),
        )
        for number, case in enumerate(_in_order(cases), start=1)
    )


def _in_order(cases: Sequence[Case]) -> list[Case]:
    return sorted(cases, key=lambda case: (case.place, case.case_no))


def _group(case: Case) -> str:
    if case.household is None:
        return ""
    return case.household.group.name if case.household.group else case.household.group_name


def _category(case: Case, monitored: str) -> str:
    """The class under which the household is judged: of monitored households the one put forward, else as filed."""
    if monitored:
        return code_list("monitor_category").label_of(monitored)
    if case.household is None:
        return ""
    if case.household.household_class:
        return code_list("household_class").label_of(case.household.household_class)
    return code_list("household_type").label_of(case.household.household_type)


def _monitored_classes(cases: Sequence[Case]) -> dict[int, str]:
    """The class that each case puts forward, from the latest answer to `monitor_category`."""
    found: dict[int, str] = {}
    for case, answers in (
        CaseTransition.objects.filter(case__in=cases).order_by("number").values_list("case", "answers")
    ):
        if answers.get("monitor_category"):
            found[case] = str(answers["monitor_category"])
    return found


def _keep_lines(posting: Posting, sheet: sheets.Sheet, cases: Sequence[Case]) -> None:
    """What the list says of each case, where rules can read it."""
    classes = _monitored_classes(cases)
    PostedLine.objects.bulk_create(
        [
            PostedLine(
                posting=posting,
                case=case,
                head_name=line.head_name,
                people=line.people or None,
                monitor_category=classes.get(case.pk, ""),
            )
            for case, line in zip(_in_order(cases), sheet.lines, strict=True)
        ]
    )


# --- putting up and taking down --------------------------------------------------------------------------------------


@transaction.atomic
def put_up(
    *,
    by: Officer | None,
    cases: Sequence[Case],
    board: str,
    hotline: str,
    starts_on: date,
    ends_on: date | None = None,
    on_the_web: bool = True,
) -> Posting:
    """The list hangs from `starts_on`; raises what `draft_sheet` raises, NotAllowed, AlreadyPosted, DayWrong (a list
    cannot be said to hang before it does)."""
    step, area = together(cases)
    require_post(by, step, area.place)
    today = timezone.localdate()
    if starts_on > today:
        raise errors.DayWrong(day=starts_on, first=max(case.step_since for case in cases), last=today)
    sheet = draft_sheet(cases, board=board, hotline=hotline, starts_on=starts_on, ends_on=ends_on)
    _not_twice(cases, step, today)
    posting: Posting = Posting.objects.create(
        area=area,
        place=area.place,
        procedure=cases[0].procedure,
        step=step.id,
        title=sheet.title,
        sheet=sheet.plain(),
        sheet_hash=sheet.sha256,
        board=sheet.board,
        hotline=sheet.hotline,
        starts_on=sheet.starts_on,
        ends_on=sheet.ends_on,
        announcement=sheet.announcement,
        on_the_web=on_the_web,
        put_up_by=by,
    )
    posting.cases.set(cases)
    _keep_lines(posting, sheet, cases)
    record(actor=by, action="cases.posted", subject=posting, cases=len(cases), sheet=sheet.sha256)
    return posting


@transaction.atomic
def take_down(*, posting: Posting, by: Officer | None, reason: str, on: date | None = None) -> Posting:
    """The list is taken from the board before its time; its cases must be posted again. Raises PostingDown,
    NoReason, NotAllowed."""
    held = _held(posting, by)
    if not reason.strip():
        raise errors.NoReason()
    held.taken_down_on, held.taken_down_reason = on or timezone.localdate(), reason.strip()
    held.save(update_fields=["taken_down_on", "taken_down_reason"])
    record(actor=by, action="cases.posting_taken_down", subject=held, reason=reason)
    return held


@transaction.atomic
def add_photo(*, posting: Posting, by: Officer | None, view: str, upload: Any, taken_on: date) -> PostingPhoto:
    """A photo of the board, near or far, taken while the list hung. Raises PhotoNotPicture, DayWrong, PostingDown."""
    held = _held(posting, by)
    last = min(held.ends_on, timezone.localdate())
    if not held.starts_on <= taken_on <= last:
        raise errors.DayWrong(day=taken_on, first=held.starts_on, last=last)
    kept = papers.keep(upload)
    if view not in policy().views or not kept.media_type.startswith("image/"):
        raise errors.PhotoNotPicture(file=str(getattr(upload, "name", "")))
    photo: PostingPhoto = PostingPhoto.objects.create(
        posting=held,
        view=view,
        taken_on=taken_on,
        sha256=kept.sha256,
        size=kept.size,
        media_type=kept.media_type,
        added_by=by,
    )
    record(actor=by, action="cases.posting_photo", subject=held, view=view)
    return photo


# --- objections ------------------------------------------------------------------------------------------------------


@transaction.atomic
def object_to(
    *,
    posting: Posting,
    by: Officer | None,
    text: str,
    on: date,
    case: Case | None = None,
    by_name: str = "",
    withheld: bool = False,
    contact: str = "",
) -> Objection:
    """What somebody says against a list at the counter, within its days; the name may be withheld, and is then kept
    from everybody but those who answer. Raises PostingOver, PostingNotBegun, PostingDown, ObjectionEmpty,
    CaseNotOnSheet, NotAllowed."""
    held = _held(posting, by)
    if on > held.ends_on:
        raise errors.PostingOver(ends_on=held.ends_on)
    if on < held.starts_on:
        raise errors.PostingNotBegun(starts_on=held.starts_on)
    if on > timezone.localdate():
        raise errors.DayWrong(day=on, first=held.starts_on, last=timezone.localdate())
    if not text.strip():
        raise errors.ObjectionEmpty()
    if case is not None and not held.cases.filter(pk=case.pk).exists():
        raise errors.CaseNotOnSheet()
    objection: Objection = Objection.objects.create(
        posting=held,
        case=case,
        raised_on=on,
        by_name=by_name.strip(),
        name_withheld=withheld,
        contact=contact.strip(),
        text=text.strip(),
        taken_by=by,
    )
    record(actor=by, action="cases.objection_taken", subject=objection, place=held.place, posting=held.pk)
    return objection


@transaction.atomic
def answer(*, objection: Objection, by: Officer | None, text: str, upheld: bool | None, on: date) -> Objection:
    """The answer to an objection; `upheld` True holds its cases back. Raises ObjectionAnswered, AnswerEmpty, DayWrong,
    NotAllowed."""
    held: Objection = Objection.objects.select_for_update(of=("self",)).select_related("posting").get(pk=objection.pk)
    _may_act(held.posting, by)
    if held.answered_on:
        raise errors.ObjectionAnswered(day=held.answered_on)
    if not text.strip() or upheld is None:
        raise errors.AnswerEmpty()
    today = timezone.localdate()
    if not held.raised_on <= on <= today:
        raise errors.DayWrong(day=on, first=held.raised_on, last=today)
    held.answer, held.upheld, held.answered_on, held.answered_by = text.strip(), upheld, on, by
    held.save(update_fields=["answer", "upheld", "answered_on", "answered_by"])
    record(actor=by, action="cases.objection_answered", subject=held, place=held.posting.place, upheld=upheld)
    return held


def on_the_web_on(day: date) -> QuerySet[Posting]:
    """The lists that anybody may read on the web on a day: those that hang, unless they are kept off it. The only
    reading of postings without an officer; what it shows is `Sheet.for_the_web`."""
    return Posting.objects.running_on(day).filter(on_the_web=True).select_related("area").order_by("-starts_on", "pk")


# --- what a move asks ------------------------------------------------------------------------------------------------


def obstacles(cases: Sequence[Case], step: Step, move: Move, on: date) -> dict[int, list[BangfuError]]:
    """What of postings stands against a forward move from a posting step on a day, by case: the latest posting since
    the case came to the step must be over, photographed, and free of objections unanswered or upheld."""
    if step.kind is not StepKind.POSTING or move.kind is not MoveKind.FORWARD or step.posting is None:
        return {}
    last = _latest(cases, step)
    views = _views({posting.pk for posting in last.values()})
    said = _objections({posting.pk for posting in last.values()})
    calendar = clocks.calendar()
    found: dict[int, list[BangfuError]] = {}
    for case in cases:
        posting = last.get(case.pk)
        if posting is None or posting.starts_on < case.step_since:
            found[case.pk] = [errors.NotPosted()]
            continue
        told = _of_posting(posting, step.posting, views.get(posting.pk, set()), on, calendar)
        about = [o for o in said.get(posting.pk, []) if o.case_id in (None, case.pk)]
        told += _of_objections(about)
        if told:
            found[case.pk] = told
    return found


def _latest(cases: Sequence[Case], step: Step) -> dict[int, Posting]:
    """The latest posting at this step of each case that was not taken down."""
    of_case = Posting.cases.through.objects.filter(
        case__in=cases, posting__step=step.id, posting__taken_down_on=None
    ).select_related("posting")
    return {link.case_id: link.posting for link in of_case.order_by("posting__starts_on", "posting_id")}


def _views(postings: set[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for posting, view in PostingPhoto.objects.filter(posting__in=postings).values_list("posting", "view"):
        found.setdefault(posting, set()).add(view)
    return found


def _objections(postings: set[int]) -> dict[int, list[Objection]]:
    found: dict[int, list[Objection]] = {}
    for objection in Objection.objects.filter(posting__in=postings):
        found.setdefault(objection.posting_id, []).append(objection)
    return found


def _of_posting(
    posting: Posting, rule: PostingRule, views: set[str], on: date, calendar: clocks.Calendar
) -> list[BangfuError]:
    told: list[BangfuError] = []
    try:
        # Asked again: a list may hang for cases of several versions of a procedure, each with its own days.
        _last_day(rule, posting.starts_on, posting.ends_on, calendar)
    except BangfuError as error:
        told.append(error)
    if on <= posting.ends_on:
        after = clocks.next_day(posting.ends_on)
        told.append(errors.PostingRunning(ends_on=posting.ends_on, after=after))
    lacking = [str(policy().views[view]) for view in rule.photos if view not in views]
    if lacking:
        told.append(errors.PhotoMissing(views="、".join(lacking)))
    return told


def _of_objections(about: Sequence[Objection]) -> list[BangfuError]:
    told: list[BangfuError] = []
    unanswered = sum(1 for o in about if o.answered_on is None)
    if unanswered:
        told.append(errors.ObjectionOpen(count=unanswered))
    if any(o.upheld for o in about):
        told.append(errors.ObjectionUpheld())
    return told


# --- small things ----------------------------------------------------------------------------------------------------


def _rule(step: Step) -> PostingRule:
    if step.kind is not StepKind.POSTING or step.posting is None:
        raise errors.PostingNotPossible(step=step.label)
    return step.posting


def _not_twice(cases: Sequence[Case], step: Step, today: date) -> None:
    hanging = Posting.objects.running_on(today).filter(step=step.id, cases__in=cases)
    twice = [case for case in cases if case.pk in set(hanging.values_list("cases", flat=True))]
    if twice:
        raise errors.AlreadyPosted(cases="、".join(case.subject_name for case in twice[:5]))


def _may_act(posting: Posting, by: Officer | None) -> None:
    first = Case.objects.select_related("version").filter(postings=posting).order_by("pk").first()
    assert first is not None  # a list names at least one case
    require_post(by, first.version.read.step(posting.step), posting.place)


def _held(posting: Posting, by: Officer | None) -> Posting:
    """The posting, locked; it still counts, and the officer may act on it."""
    held: Posting = Posting.objects.select_for_update(of=("self",)).get(pk=posting.pk)
    _may_act(held, by)
    if held.taken_down_on:
        raise errors.PostingDown(day=held.taken_down_on)
    return held
