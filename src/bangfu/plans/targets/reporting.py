"""Reporting on targets: the value reached where nothing measures it, with a paper as evidence; and why it is as it is.
Verbs of `plans.services` in a file of their own."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.casework.texts import plain
from bangfu.common.fields import from_hundredths, to_hundredths
from bangfu.plans.models import Report, Target
from bangfu.plans.targets import errors
from bangfu.plans.targets.acting import require_reporter
from bangfu.plans.targets.catalogue import catalogue
from bangfu.plans.targets.keeping import held, refresh, told
from bangfu.registry import papers

REPORT_LIMIT = 400


@transaction.atomic
def report(
    *,
    target: Target,
    by: Officer | None,
    day: date,
    value: Decimal | int | str | None = None,
    reason: str = "",
    upload: Any = None,
) -> Report:
    """Say how far a target has come by a day (what is reached in all, not since the last time), and why.

    Raises NotAllowed, TargetWithdrawn, ReportInFuture, ReportBeforeStart, ReportEmpty, ValueIsMeasured, NumberWrong,
    AmountNegative, EvidenceMissing, TextTooLong, and what `registry.papers.keep` raises.
    """
    now = held(target.pk)
    require_reporter(by, now)
    if day > timezone.localdate():
        raise errors.ReportInFuture(day=day)
    if day < now.starts_on:
        raise errors.ReportBeforeStart(day=day, start=now.starts_on)
    number: Any = from_hundredths(to_hundredths(value))
    why = plain(reason, REPORT_LIMIT, _("进展说明"))
    measure = catalogue().get(now.measure)
    if number is None and not why:
        raise errors.ReportEmpty()
    if number is not None and measure is not None:
        raise errors.ValueIsMeasured(title=now.title, measure=measure.label)
    if number is not None and number < 0:
        raise errors.AmountNegative(amount=number)
    if number is not None and not upload:
        raise errors.EvidenceMissing()
    kept = papers.keep(upload) if upload else None
    made: Report = Report.objects.create(
        target=now,
        day=day,
        value=number,
        reason=why,
        sha256=kept.sha256 if kept else "",
        size=kept.size if kept else None,
        media_type=kept.media_type if kept else "",
        reported_by=by,
    )
    told(now, by, "target.reported", on=day, amount=number)
    if number is not None:
        refresh([now], timezone.localdate())
    return made


@transaction.atomic
def withdraw_report(*, report: Report, by: Officer | None) -> None:
    """Take a report back that was made by mistake; it stays on file. Raises NotAllowed, TargetWithdrawn,
    ReportWithdrawn."""
    now = held(report.target_id)
    require_reporter(by, now)
    row = Report.objects.select_for_update().get(pk=report.pk)
    if row.withdrawn_at is not None:
        raise errors.ReportWithdrawn()
    row.withdrawn_at = timezone.now()
    row.save(update_fields=["withdrawn_at"])
    told(now, by, "target.report_withdrawn", on=row.day)
    refresh([now], timezone.localdate())
