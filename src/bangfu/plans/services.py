"""The verbs of the room: duties that were done, documents that are read, targets and how far they have come.

Each leaves an entry in the trail; what it does stands or falls as a whole. `by` is the officer who acts; None is the
house itself.
"""

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.plans.documents.adding import add_by_hand
from bangfu.plans.documents.proposals import accept, mend, refuse, refuse_many, reopen
from bangfu.plans.documents.receiving import follow_documents, read_again, receive, recover_documents, withdraw_document
from bangfu.plans.documents.receiving import read as read_document
from bangfu.plans.duties.recording import GATHERINGS, Person, add_paper, record_duty, remove_paper, withdraw
from bangfu.plans.models import DutyRecord
from bangfu.plans.targets.breaking import break_down
from bangfu.plans.targets.keeping import keep_day
from bangfu.plans.targets.reporting import report, withdraw_report
from bangfu.plans.targets.setting import (
    StageGiven,
    amend,
    finish_stage,
    follow_targets,
    set_stages,
    track,
    withdraw_target,
)
from bangfu.plans.warroom.placing import keep_places

# Of most verbs this is only the front door.
__all__ = [
    "GATHERINGS",
    "Person",
    "StageGiven",
    "accept",
    "add_by_hand",
    "add_paper",
    "amend",
    "break_down",
    "finish_stage",
    "follow_areas",
    "keep_day",
    "keep_places",
    "mend",
    "read_again",
    "read_document",
    "receive",
    "record_duty",
    "recover_documents",
    "refuse",
    "refuse_many",
    "remove_paper",
    "reopen",
    "report",
    "set_stages",
    "track",
    "withdraw",
    "withdraw_document",
    "withdraw_report",
    "withdraw_target",
]


@transaction.atomic
def follow_areas(*, by: Officer | None, reason: str) -> int:
    """Read the places of records and documents again after areas merged or moved; how many stand elsewhere now."""
    home = Area.objects.filter(pk=OuterRef("area_id")).values("place")[:1]
    elsewhere = DutyRecord.objects.filter(~Q(place=F("area__place")))
    moved = DutyRecord.objects.filter(pk__in=elsewhere.values("pk")).update(place=Subquery(home))
    moved += follow_documents()
    moved += follow_targets()
    if moved:
        record(
            actor=by,
            action="duties.areas_followed",
            subject_type="dutyrecord",
            subject_id="",
            count=moved,
            reason=reason,
        )
    return moved
