"""Papers of cases: verbs of `casework.services` in a file of their own. The files lie with the registry's papers."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.audit.services import record
from bangfu.casework import errors
from bangfu.casework.acting import require_post
from bangfu.casework.models import Case, CasePaper
from bangfu.casework.texts import plain
from bangfu.registry import papers

TITLE_LIMIT = 120


@transaction.atomic
def attach(*, case: Case, by: Officer | None, wanted: str, upload: Any, title: str = "") -> CasePaper:
    """Attach a paper or photo to the step where the case stands, for one of the papers that the step wants.

    Raises NotAllowed, CaseClosed, PaperNotWanted, TextTooLong, and what `registry.papers.keep` raises.
    """
    now = _held(case.pk)
    step = now.version.read.step(now.step)
    if now.closed_on is not None:
        raise errors.CaseClosed(case_no=now.case_no, day=now.closed_on, step=step.label)
    require_post(by, step, now.place)
    asked = next((paper for paper in step.papers if paper.id == wanted), None)
    if asked is None:
        raise errors.PaperNotWanted(step=step.label, paper=wanted)
    kept = papers.keep(upload)
    made: CasePaper = CasePaper.objects.create(
        case=now,
        step=step.id,
        wanted=asked.id,
        title=plain(title, TITLE_LIMIT, _("名称")) or str(asked.label),
        sha256=kept.sha256,
        size=kept.size,
        media_type=kept.media_type,
        added_by=by,
    )
    record(actor=by, action="case.paper_attached", subject=now, case_no=now.case_no, step=step.id, paper=asked.id)
    return made


@transaction.atomic
def detach(*, paper: CasePaper, by: Officer | None, reason: str) -> None:
    """Take a paper away again while the case still stands at its step; the file and the row stay on disk and on file.

    Raises NotAllowed, PaperGone, PaperPassed, ReasonMissing, TextTooLong.
    """
    now = _held(paper.case_id)
    row = CasePaper.objects.select_for_update().get(pk=paper.pk)
    if row.removed_at is not None:
        raise errors.PaperGone(paper=row.title)
    if now.closed_on is not None or now.step != row.step:
        raise errors.PaperPassed(paper=row.title)
    require_post(by, now.version.read.step(now.step), now.place)
    why = plain(reason, TITLE_LIMIT, _("理由"))
    if not why:
        raise errors.ReasonMissing(move=_("移除材料"))
    row.removed_at = timezone.now()
    row.save(update_fields=["removed_at"])
    record(
        actor=by,
        action="case.paper_removed",
        subject=now,
        case_no=now.case_no,
        step=row.step,
        paper=row.wanted,
        reason=why,
    )


def _held(case_id: int) -> Case:
    """The case, not moving until the end."""
    held: Case = Case.objects.select_for_update(of=("self",)).select_related("version").get(pk=case_id)
    return held
