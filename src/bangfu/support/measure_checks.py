"""What may be wrong with a measure as it is entered: asked of one or of thousands, before anything is written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.common.errors import BangfuError
from bangfu.common.policy import code_list
from bangfu.registry.models import Household, Member, Paper
from bangfu.support import measure_errors as errors
from bangfu.support.catalogue import Amount, Catalogue, Kind, catalogue
from bangfu.support.models import Helper, Measure, State

RIGHT = "support.edit"
CONTENT_LIMIT, OWNER_LIMIT = 200, 120
# Where a measure may go from where it stands; the ways back want a reason.
MAY_GO: Mapping[State, tuple[State, ...]] = {
    State.PLANNED: (State.UNDER_WAY, State.DONE, State.GIVEN_UP),
    State.UNDER_WAY: (State.DONE, State.GIVEN_UP),
    State.DONE: (State.UNDER_WAY,),
    State.GIVEN_UP: (State.PLANNED,),
}
WANTS_REASON = frozenset({(State.DONE, State.UNDER_WAY), (State.GIVEN_UP, State.PLANNED)})
NOBODY = 0


@dataclass(frozen=True)
class Entry:
    """A measure as somebody enters it. `owner` may stay empty where a helper or an officer is named."""

    household: Household
    kind: str
    starts_on: date
    ends_on: date | None = None
    member: Member | None = None
    content: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    money: Decimal | None = None
    owner: str = ""
    helper: Helper | None = None
    officer: Officer | None = None
    state: State = State.PLANNED
    result: str = ""
    proof: Paper | None = None

    @property
    def who(self) -> str:
        """Who sees to it, in words; "" when nobody is named."""
        return self.owner or (self.helper.name if self.helper else "") or (self.officer.name if self.officer else "")

    @property
    def of(self) -> tuple[int, int, str, int]:
        """Whose year an amount counts in: household, person (0: the household), kind, calendar year."""
        return self.household.pk, self.member.pk if self.member else NOBODY, self.kind, self.starts_on.year


ENTRY_FIELDS = tuple(each.name for each in fields(Entry) if each.name not in ("household", "state"))


def entry_of(measure: Measure) -> Entry:
    """A measure on file as an entry."""
    return Entry(
        household=measure.household,
        state=State(measure.state),
        **{name: getattr(measure, name) for name in ENTRY_FIELDS},
    )


def faults(
    entries: Sequence[Entry], today: date, own: Iterable[int] = (), *, anew: bool = True
) -> Iterator[BangfuError | None]:
    """What is wrong with each entry, in their order; None: nothing. `own` are the measures that the entries replace.
    Amounts of a year add up within the entries as well. `anew` asks besides whether the household still lives here."""
    known = _Known(entries, list(own))
    for entry in entries:
        book = catalogue(entry.household.village.code)
        fault = _first(entry, book, today, anew) or known.fault(entry, book)
        if fault is None:
            known.keep(entry)
        yield fault


def move_faults(entries: Iterable[Entry], today: date) -> Iterator[BangfuError | None]:
    """What stands in the way of the state that each entry has now: its days, its result, its proof. What was entered
    lawfully under an older policy can still be finished or given up."""
    for entry in entries:
        stays = entry.state is not State.GIVEN_UP
        yield (_backwards(entry) or _state_fault(entry, today) or _proof_fault(entry)) if stays else None


def _first(entry: Entry, book: Catalogue, today: date, anew: bool) -> BangfuError | None:
    kind = book.kinds.get(entry.kind)
    if kind is None:
        return errors.KindUnknown(kind=entry.kind)
    if not kind.in_use(entry.starts_on):
        return errors.KindEnded(kind=kind.label, day=kind.ended)
    return next(
        (
            fault
            for fault in (
                _household_fault(entry) if anew else None,
                _member_fault(entry, kind),
                _day_fault(entry, book, today),
                _quantity_fault(entry, kind, book),
                _money_fault(entry, kind),
                _state_fault(entry, today),
                _proof_fault(entry),
                None if entry.who else errors.OwnerMissing(),
            )
            if fault
        ),
        None,
    )


def _household_fault(entry: Entry) -> BangfuError | None:
    house = entry.household
    if house.ended_on is None:
        return None
    return errors.HouseholdLeft(name=house.head_name, household_no=house.household_no, day=house.ended_on)


def _member_fault(entry: Entry, kind: Kind) -> BangfuError | None:
    person = entry.member
    if person is None:
        return errors.MemberMissing(kind=kind.label) if kind.member else None
    if person.household_id != entry.household.pk:
        return errors.MemberElsewhere(member=person.name, name=entry.household.head_name)
    if person.left_on is not None and person.left_on <= entry.starts_on:
        return errors.PersonLeft(member=person.name, day=person.left_on, start=entry.starts_on)
    return None


def _backwards(entry: Entry) -> BangfuError | None:
    if entry.ends_on is not None and entry.ends_on < entry.starts_on:
        return errors.EndBeforeStart(start=entry.starts_on, end=entry.ends_on)
    return None


def _day_fault(entry: Entry, book: Catalogue, today: date) -> BangfuError | None:
    if fault := _backwards(entry):
        return fault
    if entry.starts_on.year > today.year + book.limits.years_ahead:
        return errors.StartTooFar(start=entry.starts_on, years=book.limits.years_ahead)
    return None


def _quantity_fault(entry: Entry, kind: Kind, book: Catalogue) -> BangfuError | None:
    units = "、".join(code_list("measure_unit").label_of(unit) for unit in kind.units)
    if entry.quantity is None:
        return None
    if not kind.units:
        return errors.KindNotCounted(kind=kind.label)
    if not entry.unit:
        return errors.QuantityWithoutUnit(quantity=entry.quantity, units=units)
    if entry.unit not in kind.units:
        label = code_list("measure_unit").label_of(entry.unit)
        return errors.UnitUnfit(kind=kind.label, unit=label, units=units)
    if not 0 < entry.quantity <= book.limits.quantity_most:
        return errors.QuantityOutOfRange(quantity=entry.quantity, most=book.limits.quantity_most)
    return None


def _money_fault(entry: Entry, kind: Kind) -> BangfuError | None:
    if entry.money is None:
        return None
    if entry.money < 0:
        return errors.MoneyNegative(money=entry.money)
    amount = kind.amount(entry.starts_on, entry.household.village.code)
    if amount is None or amount.most is None or amount.per == "year":
        return None
    most = amount.most * (entry.quantity or 1) if amount.per == "quantity" else amount.most
    if entry.money > most:
        return errors.MoneyBeyondLimit(kind=kind.label, money=entry.money, most=most, basis=amount.basis)
    return None


def _state_fault(entry: Entry, today: date) -> BangfuError | None:
    if entry.state in (State.PLANNED, State.GIVEN_UP):
        return None
    if entry.starts_on > today:
        return errors.NotBegunYet(start=entry.starts_on, to=entry.state.label)
    if entry.state is State.DONE:
        if entry.ends_on is None or entry.ends_on > today:
            return errors.NotEndedYet(end=entry.ends_on or _("未填"))
        if not entry.result:
            return errors.ResultMissing()
    return None


def _proof_fault(entry: Entry) -> BangfuError | None:
    paper = entry.proof
    if paper is None or (paper.household_id == entry.household.pk and paper.removed_on is None):
        return None
    return errors.ProofElsewhere(paper=paper.title, name=entry.household.head_name)


class _Known:
    """What is on file of the households and kinds of some entries, and what those before brought."""

    def __init__(self, entries: Sequence[Entry], own: Sequence[int]) -> None:
        there = Measure.objects.standing().filter(
            household__in={entry.household.pk for entry in entries}, kind__in={entry.kind for entry in entries}
        )
        there = there.exclude(pk__in=own)
        self.sums: dict[tuple[int, int, str, int], Decimal] = {
            (row["household"], row["member"] or NOBODY, row["kind"], row["starts_on__year"]): row["sum"] or Decimal(0)
            for row in there.order_by()
            .values("household", "member", "kind", "starts_on__year")
            .annotate(sum=Sum("money"))
        }
        self.marks = {
            (household, member or NOBODY, kind, start, content)
            for household, member, kind, start, content in there.order_by().values_list(
                "household", "member", "kind", "starts_on", "content"
            )
        }

    def fault(self, entry: Entry, book: Catalogue) -> BangfuError | None:
        if entry.state is State.GIVEN_UP:
            return None
        if self._mark(entry) in self.marks:
            return errors.MeasureTwice(name=entry.household.head_name, kind=book.label_of(entry.kind))
        amount = book.kinds[entry.kind].amount(entry.starts_on, entry.household.village.code)
        return self._year_fault(entry, book, amount) if amount and amount.per == "year" else None

    def _year_fault(self, entry: Entry, book: Catalogue, amount: Amount) -> BangfuError | None:
        before, money = self.sums.get(entry.of, Decimal(0)), entry.money or Decimal(0)
        if amount.most is None or before + money <= amount.most:
            return None
        return errors.YearBeyondLimit(
            kind=book.label_of(entry.kind),
            year=entry.starts_on.year,
            before=before,
            money=money,
            most=amount.most,
            basis=amount.basis,
        )

    def keep(self, entry: Entry) -> None:
        if entry.state is not State.GIVEN_UP:
            self.sums[entry.of] = self.sums.get(entry.of, Decimal(0)) + (entry.money or 0)
            self.marks.add(self._mark(entry))

    @staticmethod
    def _mark(entry: Entry) -> tuple[int, int, str, date, str]:
        household, member, kind, _year = entry.of
        return household, member, kind, entry.starts_on, entry.content


def proposed(kind: Kind, place: str, day: date, quantity: Decimal | None = None) -> Mapping[str, str | Decimal]:
    """What a form is filled with for a kind: its first unit, and the usual amount where policy names one."""
    found: dict[str, str | Decimal] = {"unit": kind.units[0]} if kind.units else {}
    amount = kind.amount(day, place)
    if amount is not None and amount.usual is not None:
        found["money"] = amount.usual * (quantity or 1) if amount.per == "quantity" else amount.usual
    return found
