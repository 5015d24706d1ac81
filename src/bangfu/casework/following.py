"""Cases follow their household and their village when areas merge or move: a verb of `casework.services` in a file of
its own. Whoever is in charge of the place goes on with the case."""

from django.db import transaction
from django.db.models import F, Model, OuterRef, QuerySet, Subquery

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.casework.models import Application, Case, Meeting, Posting, Recognition, Round
from bangfu.registry.models import Household


@transaction.atomic
def follow_areas(*, by: Officer | None, reason: str) -> int:
    """Read the places of running cases, applications, recognitions … again, after the registry has read its own
    (`registry.services.follow_areas`); how many cases stand elsewhere now."""
    moved = _follow(Case.objects.exclude(household=None), Household, "household", village=True)
    moved += _follow(Case.objects.filter(household=None), Area, "village")
    _follow(Recognition.objects.all(), Household, "household")
    _follow(Application.objects.all(), Area, "village")
    for model in (Meeting, Posting, Round):
        _follow(model.objects.all(), Area, "area")
    if moved:
        record(actor=by, action="cases.areas_followed", subject_type="case", subject_id="", count=moved, reason=reason)
    return moved


def _follow(rows: QuerySet[Model], model: type[Model], name: str, *, village: bool = False) -> int:
    """Gives rows the place (and the village) of the `model` that they belong to by the key `name`."""
    home = model._default_manager.filter(pk=OuterRef(f"{name}_id"))
    values = {"place": Subquery(home.values("place")[:1])}
    if village:
        values["village"] = Subquery(home.values("village")[:1])
    elsewhere = rows.exclude(place=F(f"{name}__place"))
    return elsewhere.model._default_manager.filter(pk__in=elsewhere.values("pk")).update(**values)
