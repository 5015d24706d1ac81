"""Recognitions and import batches: what an older system's files say is recognised once they are in, and let go when the
batch is taken back. Verbs of `casework.services` in a file of their own."""

from django.db import transaction
from django_tasks import task

from bangfu.accounts.models import Officer
from bangfu.casework.models import Case, Recognition
from bangfu.casework.recognising import take_over
from bangfu.casework.recognition_errors import BatchHasCases
from bangfu.registry import services as registry
from bangfu.registry.models import Household, ImportBatch


@task()
def follow_imports() -> None:
    """Recognise what files that came in meanwhile say; the worker takes it up after the batch itself."""
    take_over()


@transaction.atomic
def undo_batch(*, by: Officer, batch: ImportBatch, reason: str) -> None:
    """Take an import back whole, with the recognitions that had only followed from it.

    Raises BatchHasCases when a case was opened of a household that would go, and what `registry.services.undo_batch`
    raises; then nothing has happened.
    """
    touched = Household.history.filter(change__batch=batch)
    brought = touched.filter(history_type="+").values("id")
    case = Case.objects.filter(household__in=brought).order_by("pk").first()
    if case is not None:
        raise BatchHasCases(case_no=case.case_no, name=case.subject_name)
    followed = Recognition.objects.filter(household__in=touched.values("id"))
    if not followed.exclude(case=None, ended_by=None).exists():
        followed.delete()
    registry.undo_batch(by=by, batch=batch, reason=reason)
    take_over()
