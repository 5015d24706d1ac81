"""The checklists that visits were made by. A version never changes, so what was once read is not read again: a page of
thirty visits made by one checklist reads and parses none."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from bangfu.visits.models import ChecklistVersion, Visit


def with_forms(visits: Iterable[Visit]) -> list[Visit]:
    """The visits, each with the checklist it was made by."""
    listed = list(visits)
    known = kept_versions({visit.form_id for visit in listed})
    for visit in listed:
        visit.form = known[visit.form_id]
    return listed


def kept_versions(ids: Iterable[int]) -> Mapping[int, ChecklistVersion]:
    """These versions by id."""
    wanted = set(ids)
    if not wanted:
        return {}
    marks = ChecklistVersion.objects.filter(pk__in=wanted).order_by().values_list("pk", "kept_at")
    return {pk: _kept(pk, kept_at) for pk, kept_at in marks}


@lru_cache(maxsize=512)
def _kept(pk: int, kept_at: datetime) -> ChecklistVersion:
    """When it was kept tells versions of different databases apart."""
    return ChecklistVersion.objects.get(pk=pk, kept_at=kept_at)
