"""The registry's verbs: what may be done to a household and its people, by whom, with what trail.

Each verb opens its transaction, asks whether the officer may, has the values checked and written by the same code as an
import, and raises RowsRefused with every reason when something cannot be taken: then nothing has happened.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.common.errors import NotAllowed
from bangfu.common.fields import to_hundredths
from bangfu.common.identity import normalise
from bangfu.common.names import normalise_name
from bangfu.common.policy import code_list
from bangfu.registry import errors, papers, selectors
from bangfu.registry.columns import SENSITIVE, Kind
from bangfu.registry.columns import tables as catalogue
from bangfu.registry.errors import Problem, RowsRefused
from bangfu.registry.intake import completing
from bangfu.registry.intake.checking import check
from bangfu.registry.ledger import following, standing, undoing
from bangfu.registry.ledger.planning import HEAD, VERB_COLUMNS, allot_numbers
from bangfu.registry.ledger.standing import Standing
from bangfu.registry.ledger.undoing import Undone
from bangfu.registry.ledger.writing import ChangeInfo, Move, Written, write
from bangfu.registry.models import Change, Household, ImportBatch, IncomeYear, Member, Paper, WorkRecord

__all__ = [
    "Standing",
    "attach_paper",
    "follow_areas",
    "member_leaves",
    "merge_households",
    "record_income",
    "record_status",
    "remove_paper",
    "reveal",
    "save_household",
    "save_member",
    "save_work_record",
    "split_household",
    "take_over",
    "undo_batch",
]

OTHER = "99"  # 其他, in every list of reasons
# What a household that splits off keeps of the household it comes from: where it lives and how it is registered.
INHERITED = (
    "group_name",
    "address",
    "identification_standard",
    "household_type",
    "household_class",
    "poverty_status",
    "monitor_category",
    "first_identified",
    "exited_on",
    "returned_on",
    "return_cause",
    "main_cause",
    "other_cause_1",
    "other_cause_2",
)


@transaction.atomic
def save_household(
    *,
    by: Officer,
    household: Household | None,
    values: Mapping[str, Any],
    reason: str,
    village: Area | None = None,
    seen_change: int | None = None,
) -> Household:
    """Change a household and its dwelling, or create it in `village` (a number is allotted when none is given).

    `values` are columns of the catalogue with Python values, None clears. `seen_change` is the last change that the
    officer had before them (`selectors.last_change`): when somebody has changed the household since, nothing is saved.
    """
    given = {**values}
    if household is None:
        village = village or Area.objects.filter(pk=given.get("village_id") or 0).first()
        if village is None:
            raise RowsRefused([Problem("household", None, "village_id", errors.VillageMissing())])
        _require(by, "registry.edit", village.place)
        given["village_id"] = village.pk
    else:
        _hold(by, household, seen_change)
        given["household_no"] = household.household_no
    written = _save({"household": [given]}, by=by, reason=reason, action="registry.household_saved", subject=household)
    return Household.objects.get(pk=written.first["household"])


@transaction.atomic
def save_member(
    *,
    by: Officer,
    household: Household,
    member: Member | None,
    values: Mapping[str, Any],
    reason: str,
    event: str = "",
    on: date | None = None,
    seen_change: int | None = None,
) -> Member:
    """Change a person, or add one to the household: then `event` (a code of member_increase) says how they came, and
    `on` when. The first person of a household must be its head."""
    _hold(by, household)
    given = {**values, "household_no": household.household_no}
    if member is None:
        if not event or on is None:
            raise errors.NewPersonWithoutReason()
        _choosable("member_increase", event)
        _happened(on, values.get("name") or "", values.get("birth_date"))
        given |= {"joined_by": event, "joined_on": on}
    else:
        if member.household_id != household.pk:
            raise errors.NotAMember(name=member.name)
        _not_changed_since(member, seen_change)
        given["person_no"] = member.person_no
    written = _save(
        {"member": [given]},
        by=by,
        reason=reason,
        kind=Change.Kind.FORM if member else Change.Kind.EVENT,
        action="registry.member_saved" if member else "registry.member_joined",
        subject=household,
    )
    return Member.objects.get(pk=written.first["member"])


@transaction.atomic
def member_leaves(
    *,
    by: Officer,
    member: Member,
    kind: str,
    on: date,
    reason: str,
    new_head: Member | None = None,
    relations: Mapping[int, str] | None = None,
) -> None:
    """A person leaves the household for good: `kind` is a code of member_decrease, `on` the first day away.

    When the head leaves and others stay, `new_head` takes over and `relations` (member id -> code) says what everybody
    else is to them. When the last person leaves, the household ends with the same day.
    """
    household = member.household
    _hold(by, household)
    _choosable("member_decrease", kind)
    present = _present(household)
    leaving = _of(present, member)
    _happened(on, leaving.name, leaving.birth_date, leaving.joined_on)
    staying = [m for m in present if m.pk != leaving.pk]
    rows: dict[str, list[dict[str, Any]]] = {
        "member": [{"person_no": leaving.person_no, "left_on": on, "left_by": kind, "relation_to_head": None}]
    }
    rows["member"][0]["relation_to_head"] = leaving.relation_to_head
    if not staying:
        rows["household"] = [{"household_no": household.household_no, "ended_on": on, "ended_reason": _end_for(kind)}]
    elif leaving.relation_to_head == HEAD:
        if new_head is None:
            raise errors.NewHeadNeeded(name=leaving.name)
        rows["member"] += _new_relations(staying, _of(staying, new_head), relations or {})
    _write(rows, by=by, reason=reason, kind=Change.Kind.EVENT, action="registry.member_left", subject=household)


@transaction.atomic
def record_income(
    *,
    by: Officer,
    household: Household,
    year: int,
    window_start: date,
    window_end: date,
    members_counted: int | None,
    items: Sequence[Mapping[str, Any]],
    insurance_payout: Decimal | None = None,
    out_of_pocket_expense: Decimal | None = None,
    reason: str,
    seen_change: int | None = None,
) -> IncomeYear:
    """The income statement of a year: `items` (code, amount, counted, person_no, quantity, quantity_unit, note) take
    the place of all lines that the year had. `members_counted` None counts by the policy; sums are computed."""
    _hold(by, household)
    former = IncomeYear.objects.filter(household=household, year=year).first()
    if former:
        _not_changed_since(former, seen_change)
    key = {"household_no": household.household_no, "year": year}
    statement = {
        **key,
        "window_start": window_start,
        "window_end": window_end,
        "members_counted": members_counted,
        "insurance_payout": insurance_payout,
        "out_of_pocket_expense": out_of_pocket_expense,
    }
    lines = [{**item, **key, "line": number} for number, item in enumerate(items, start=1)]
    written = _save(
        {"income_year": [statement], "income_item": lines},
        by=by,
        reason=reason,
        action="registry.income_recorded",
        subject=household,
        clear_items=True,
    )
    return IncomeYear.objects.get(pk=written.first["income_year"])


@transaction.atomic
def save_work_record(
    *,
    by: Officer,
    member: Member,
    values: Mapping[str, Any],
    reason: str,
    record: WorkRecord | None = None,
    seen_change: int | None = None,
) -> WorkRecord:
    """Add a stretch of work, or change the one with the same start month and employer: `record`, when the officer had
    it before them as it stood at `seen_change`."""
    household = member.household
    _hold(by, household)
    if record is not None:
        _not_changed_since(record, seen_change)
    given = {**values, "person_no": member.person_no}
    written = _save({"work_record": [given]}, by=by, reason=reason, action="registry.work_saved", subject=household)
    return WorkRecord.objects.get(pk=written.first["work_record"])


@transaction.atomic
def split_household(
    *,
    by: Officer,
    household: Household,
    members: Sequence[Member],
    head: Member,
    relations: Mapping[int, str],
    on: date,
    reason: str,
    village: Area | None = None,
) -> Household:
    """Some people found a household of their own under `head`, in `village` or where they lived.

    `relations` (member id -> code) says what each of the others is to the new head; when the old head goes along, it
    also names one of those who stay as head ("01") and says what the rest are to them. The new household keeps the
    registration of the old one; its income statements stay with the old one.
    """
    _hold(by, household)
    if village is not None:
        _require(by, "registry.edit", village.place)
    present = _present(household)
    leaving = [_of(present, m) for m in members]
    staying = [m for m in present if m.pk not in {x.pk for x in leaving}]
    if not leaving or not staying:
        raise errors.NobodyChosen()
    for person in leaving:
        _happened(on, person.name, person.birth_date, person.joined_on)
    founder = _of(leaving, head)
    rows = {name: getattr(household, name) for name in INHERITED}
    rows["village_id"] = (village or household.village).pk
    new = allot_numbers(_table("household", [rows]))
    number = new["household_no"][0].as_py()
    moving = [{**row, "household_no": number} for row in _new_relations(leaving, founder, relations)]
    stays: list[dict[str, Any]] = []
    if any(m.relation_to_head == HEAD for m in leaving):
        heirs = [m for m in staying if relations.get(m.pk) == HEAD]
        if len(heirs) != 1:
            raise errors.NewHeadNeeded(name=next(m.name for m in leaving if m.relation_to_head == HEAD))
        stays = [
            {**row, "household_no": household.household_no} for row in _new_relations(staying, heirs[0], relations)
        ]
    _write(
        {"household": [{**rows, "household_no": number}], "member": moving + stays},
        by=by,
        reason=reason,
        kind=Change.Kind.SPLIT,
        action="registry.household_split",
        subject=household,
        moves=_move(on, "split"),
    )
    return Household.objects.get(household_no=number)


@transaction.atomic
def merge_households(
    *,
    by: Officer,
    into: Household,
    other: Household,
    relations: Mapping[int, str],
    on: date,
    reason: str,
) -> Household:
    """The people of `other` join `into`; `relations` (member id -> code) says what each is to its head. `other` ends
    that day and points to `into`; its statements, papers and history stay with it."""
    if into.pk == other.pk:
        raise errors.SameHousehold()
    for each in sorted((into, other), key=lambda household: household.pk):
        _hold(by, each)
    people = _present(other)
    for person in people:
        _happened(on, person.name, person.birth_date)
    moving = [
        {"person_no": m.person_no, "household_no": into.household_no, "relation_to_head": _relation(m, relations)}
        for m in people
    ]
    ended = {
        "household_no": other.household_no,
        "ended_on": on,
        "ended_reason": _code_for("household_end", "merge"),
        "merged_into_id": into.pk,
    }
    _write(
        {"household": [ended], "member": moving},
        by=by,
        reason=reason,
        kind=Change.Kind.MERGE,
        action="registry.households_merged",
        subject=into,
        moves=_move(on, "merge"),
    )
    into.refresh_from_db()
    return into


def take_over(
    tables: Mapping[str, pa.Table], *, by: Officer | None, reason: str, kind: Change.Kind = Change.Kind.SAMPLE
) -> Written:
    """Take in the data of an older system as they are: identity faults and missing heads come back as warnings among
    the problems, rows that cannot stand at all stay out. Good rows are written. `by` None is the system itself."""
    if by is not None and not by.may("registry.takeover"):
        raise NotAllowed(right=rights()["registry.takeover"].label)
    with transaction.atomic():
        checked = check(tables, takeover=True, on_file=completing.on_file(tables))
        written = write(
            checked.tables,
            change=ChangeInfo(kind, by, reason),
            blank_keeps=True,
            takeover=True,
            within=by.places_for("registry.takeover") if by else None,
            action="registry.taken_over",
        )
        written.problems = [*checked.problems, *written.problems]
    return written


@transaction.atomic
def record_status(rows: Sequence[Standing], *, by: Officer | None, reason: str) -> Written:
    """Casework decided as what these households are recognised: their files say so from now on, with history. Whether
    the officer may decide was asked there. Nothing else changes the status of a household on file.

    Raises RowsRefused when a household is no longer there."""
    return standing.record(rows, by=by, reason=reason)


def attach_paper(
    *,
    by: Officer,
    household: Household,
    member: Member | None = None,
    kind: str,
    title: str,
    upload: Any,
    certificate_no: str = "",
    issued_on: date | None = None,
    reason: str = "",
) -> Paper:
    """Keep a certificate or paper of the household, or of one of its people. The file is judged by its content."""
    _require(by, "registry.edit", household.place)
    _choosable("paper_kind", kind)
    if member is not None and member.household_id != household.pk:
        raise errors.NotAMember(name=member.name)
    kept = papers.keep(upload)
    with transaction.atomic():
        _hold(by, household)
        paper = Paper(
            household=household,
            member=member,
            kind=kind,
            title=title.strip()[:120] or code_list("paper_kind").label_of(kind),
            certificate_no=certificate_no.strip()[:60],
            issued_on=issued_on,
            sha256=kept.sha256,
            size=kept.size,
            media_type=kept.media_type,
            added_on=timezone.localdate(),
        )
        change = ChangeInfo(Change.Kind.PAPER, by, reason or paper.title).open()
        papers.write(paper, change, "+")
        record(actor=by, action="registry.paper_attached", subject=household, paper=paper.pk, kind=kind)
    return paper


@transaction.atomic
def remove_paper(*, by: Officer, paper: Paper, reason: str) -> None:
    """Take a paper out of the file. The scan stays on disk and in the history, as archives require."""
    household = paper.household
    _hold(by, household)
    _reasoned(reason)
    if paper.removed_on is None:
        paper.removed_on = timezone.localdate()
        papers.write(paper, ChangeInfo(Change.Kind.PAPER, by, reason).open(), "~")
        record(actor=by, action="registry.paper_removed", subject=household, paper=paper.pk, reason=reason)


def undo_batch(*, by: Officer, batch: ImportBatch, reason: str) -> Undone:
    """Bring back everything that an import changed, all or nothing. Refused with a list when any of it was changed
    since."""
    _require(by, "registry.takeover" if batch.takeover else "registry.import", batch.place)
    _reasoned(reason)
    return undoing.undo(by=by, batch=batch, reason=reason)


def follow_areas(*, by: Officer | None, reason: str) -> int:
    """After areas were merged, moved or given groups: households and people take the place of their village or group
    as it stands now. Returns how many households moved."""
    if by is not None and not by.may("areas.manage"):
        raise NotAllowed(right=rights()["areas.manage"].label)
    return following.follow(by=by, reason=reason)


@transaction.atomic
def reveal(*, by: Officer, subject: Household | Member, field: str) -> str:
    """A sensitive value in full. Every look leaves an entry in the audit trail, before the value is given out."""
    if field not in SENSITIVE:
        raise KeyError(field)
    _require(by, "registry.see_sensitive", subject.place)
    record(actor=by, action="registry.revealed", subject=subject, field=field)
    return str(getattr(subject, field))


# --- what the verbs share --------------------------------------------------------------------------------------------


def _require(by: Officer, right: str, place: int) -> None:
    if not by.may(right, place):
        raise NotAllowed(right=rights()[right].label)


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise errors.ReasonMissing()


def _hold(by: Officer, household: Household, seen_change: int | None = None) -> None:
    """The officer may change the household, it still exists, and until the end nobody else changes it."""
    _require(by, "registry.edit", household.place)
    current = Household.objects.select_for_update(no_key=True).get(pk=household.pk)
    _require(by, "registry.edit", current.place)
    if current.ended_on is not None:
        raise errors.HouseholdEnded(household_no=current.household_no)
    _not_changed_since(household, seen_change)


def _not_changed_since(record: Any, seen_change: int | None) -> None:
    if seen_change is None:
        return
    last = selectors.last_change(record)
    if last is not None and last != seen_change:
        change = Change.objects.select_related("actor").get(pk=last)
        who = change.actor.name if change.actor else "系统"
        raise errors.ChangedMeanwhile(who=who, when=f"{timezone.localtime(change.at):%Y-%m-%d %H:%M}")


def _present(household: Household) -> list[Member]:
    return list(Member.objects.present().filter(household=household).order_by("pk"))


def _of(people: Iterable[Member], person: Member) -> Member:
    """The person as they stand now, if they are among these."""
    found = next((m for m in people if m.pk == person.pk), None)
    if found is None:
        raise errors.NotAMember(name=person.name)
    return found


def _happened(on: date, name: str, *earlier: date | None) -> None:
    """An event lies neither ahead of today nor before the person was there."""
    if on > timezone.localdate():
        raise errors.DayInFuture(day=on)
    first = max((day for day in earlier if day), default=None)
    if first and on < first:
        raise errors.DayBeforeJoining(day=on, name=name, earlier=first)


def _choosable(list_id: str, code: str) -> None:
    """A code in force that people choose: split and merge are set by their verbs."""
    entry = code_list(list_id).get(code)
    if entry is None or entry.attributes.get("event") in ("split", "merge") or not entry.in_force(timezone.localdate()):
        raise errors.EventUnknown(value=entry.label if entry else code)


def _code_for(list_id: str, event: str) -> str:
    return next(c.code for c in code_list(list_id).codes if c.attributes.get("event") == event)


def _move(on: date, event: str) -> Move:
    return Move(on, _code_for("member_increase", event), _code_for("member_decrease", event))


def _end_for(kind: str) -> str:
    """Why a household ends whose last person leaves so; what the list does not know is 其他."""
    known = code_list("member_decrease").get(kind)
    ending = known.attributes.get("ends") if known else None
    return str(ending or OTHER)


def _relation(person: Member, relations: Mapping[int, str]) -> str:
    code = relations.get(person.pk, "")
    if code == HEAD or code_list("relation_to_head").get(code) is None:
        raise errors.RelationMissing(name=person.name)
    return code


def _new_relations(people: Sequence[Member], head: Member, relations: Mapping[int, str]) -> list[dict[str, Any]]:
    """Rows that make `head` the head of these people, and each other person what `relations` says."""
    return [
        {"person_no": m.person_no, "relation_to_head": HEAD if m.pk == head.pk else _relation(m, relations)}
        for m in people
    ]


def _save(rows: Mapping[str, Sequence[Mapping[str, Any]]], **how: Any) -> Written:
    """Check as an import is checked, then write."""
    given = {name: _table(name, each) for name, each in rows.items()}
    checked = check(given, on_file=completing.on_file(given))
    if checked.refused:
        raise RowsRefused(checked.problems)
    return _write(checked.tables, **how)


def _write(
    rows: Mapping[str, Any],
    *,
    by: Officer,
    reason: str,
    action: str,
    subject: Household | None,
    kind: Change.Kind = Change.Kind.FORM,
    **how: Any,
) -> Written:
    _reasoned(reason)
    given = {name: each if isinstance(each, pa.Table) else _table(name, each) for name, each in rows.items()}
    written = write(
        given,
        change=ChangeInfo(kind, by, reason.strip()),
        within=by.places_for("registry.edit"),
        action=action,
        subject=("household", str(subject.pk), subject.place) if subject else None,
        **how,
    )
    if written.problems:
        raise RowsRefused(written.problems)
    return written


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Python values as an Arrow table of the catalogue's types; columns that no row has are absent."""
    known = {**catalogue()[name].columns, **{c.name: c for c in VERB_COLUMNS.get(name, ())}}
    named = [column for column in known if any(column in row for row in rows)]
    columns: dict[str, Any] = {"row": pa.array(range(1, len(rows) + 1), pa.int32())}
    for column in named:
        kind = known[column].kind
        values = [_plain(column, kind, row.get(column)) for row in rows]
        columns[column] = pa.array(values, known[column].arrow)
    return pa.table(columns)


def _plain(column: str, kind: Kind, value: Any) -> Any:
    if value is None or value == "":
        return None
    if kind is Kind.HUNDREDTHS:
        return to_hundredths(value)
    if kind is Kind.MONTH:
        return value.replace(day=1)
    if column == "name":
        return normalise_name(value)
    if column == "id_no":
        return normalise(value)
    if kind in (Kind.TEXT, Kind.CODE, Kind.SET):
        return str(value).strip() or None
    return value
