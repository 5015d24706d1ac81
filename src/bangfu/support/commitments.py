"""Two-way promises: verbs of `support.services` in a file of their own."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.audit.services import record
from bangfu.common.errors import NotAllowed
from bangfu.registry.models import Household, Paper
from bangfu.registry.services import attach_paper
from bangfu.support import measure_errors as errors
from bangfu.support.catalogue import catalogue
from bangfu.support.measure_checks import RIGHT
from bangfu.support.models import Commitment, Helper
from bangfu.support.texts import NAME_LIMIT, not_ahead, plain

PAPER_KIND = "46"


@dataclass(frozen=True)
class Promise:
    """What both sides promise each other for a year, and when each signed."""

    year: int
    helper_promise: str
    household_promise: str
    helper_signed_on: date
    household_signed_on: date
    signer: str
    helper: Helper | None = None
    helper_name: str = ""


@transaction.atomic
def sign_commitment(
    *, by: Officer, household: Household, promise: Promise, paper: Paper | None = None, upload: Any = None
) -> Commitment:
    """Keep a signed promise with its paper: one on file, or a scan uploaded with it.

    Raises NotAllowed, HouseholdLeft, NoHelper, PromiseMissing, DayAhead, SignedOtherYear, CommitmentTwice,
    ProofElsewhere, FieldMissing, TextTooLong, and what `registry.services.attach_paper` raises.
    """
    house = Household.objects.select_for_update(of=("self",), no_key=True).get(pk=household.pk)
    _require(by, house)
    if house.ended_on is not None:
        raise errors.HouseholdLeft(name=house.head_name, household_no=house.household_no, day=house.ended_on)
    helper_name = promise.helper.name if promise.helper else plain(promise.helper_name, NAME_LIMIT, _("帮扶责任人"))
    if not helper_name:
        raise errors.NoHelper(name=house.head_name)
    signed = [not_ahead(day) for day in (promise.helper_signed_on, promise.household_signed_on)]
    for day in signed:
        if day.year not in (promise.year - 1, promise.year):
            raise errors.SignedOtherYear(year=promise.year, day=day)
    if Commitment.objects.filter(household=house, year=promise.year, helper_name=helper_name).exists():
        raise errors.CommitmentTwice(name=house.head_name, helper=helper_name, year=promise.year)
    made: Commitment = Commitment.objects.create(
        household=house,
        year=promise.year,
        helper=promise.helper,
        helper_name=helper_name,
        helper_promise=_said(promise.helper_promise, _("帮扶责任人的承诺")),
        helper_signed_on=promise.helper_signed_on,
        signer=plain(promise.signer, NAME_LIMIT, _("户内签字人")) or house.head_name,
        household_promise=_said(promise.household_promise, _("户的承诺")),
        household_signed_on=promise.household_signed_on,
        paper=_paper(by, house, promise, paper, upload),
        entered_by=by,
    )
    record(actor=by, action="commitment.signed", subject=made, household=house.pk, year=made.year)
    return made


@transaction.atomic
def settle_commitment(
    *, by: Officer, commitment: Commitment, helper_kept: str, household_kept: str, outcome: str, on: date | None = None
) -> Commitment:
    """Say what came of a promise: of either side whether it was kept, and in words what was not.

    Raises NotAllowed, CommitmentSettled, OutcomeMissing, DayAhead, TextTooLong.
    """
    now: Commitment = (
        Commitment.objects.select_for_update(of=("self",)).select_related("household").get(pk=commitment.pk)
    )
    _require(by, now.household)
    if now.settled_on is not None:
        raise errors.CommitmentSettled(day=now.settled_on)
    answers = {Commitment.Kept(value) for value in (helper_kept, household_kept) if value in Commitment.Kept.values}
    said = plain(outcome, catalogue().limits.text_most, _("兑现情况"))
    if not helper_kept or not household_kept or (answers != {Commitment.Kept.KEPT} and not said):
        raise errors.OutcomeMissing()
    now.helper_kept, now.household_kept, now.outcome = helper_kept, household_kept, said
    now.settled_on, now.settled_by = not_ahead(on or timezone.localdate()), by
    now.save(update_fields=["helper_kept", "household_kept", "outcome", "settled_on", "settled_by"])
    record(
        actor=by,
        action="commitment.settled",
        subject=now,
        household=now.household_id,
        year=now.year,
        helper_kept=helper_kept,
        household_kept=household_kept,
    )
    return now


def _require(by: Officer, house: Household) -> None:
    if not by.may(RIGHT, house.place):
        raise NotAllowed(right=rights()[RIGHT].label)


def _said(text: str, side: str) -> str:
    kept = plain(text, catalogue().limits.text_most, side)
    if not kept:
        raise errors.PromiseMissing(side=side)
    return kept


def _paper(by: Officer, house: Household, promise: Promise, paper: Paper | None, upload: Any) -> Paper:
    if upload is not None:
        title = _("{year}年双向承诺书").format(year=promise.year)
        return attach_paper(
            by=by, household=house, kind=PAPER_KIND, title=title, upload=upload, issued_on=promise.household_signed_on
        )
    if paper is None or paper.household_id != house.pk or paper.removed_on is not None:
        raise errors.ProofElsewhere(paper=paper.title if paper else _("承诺书"), name=house.head_name)
    return paper
