"""Cases follow their household and their village when areas merge or move: a verb of `casework.services` in a file of
its own. Whoever is in charge of the place goes on with the case.

Where a village was merged away, its meetings, lists and draws stay those of that village, and are seen where it went;
an application that nobody has taken up is from then on one of the village it went into.
"""

from django.db import transaction
from django.db.models import F, Model, OuterRef, Q, QuerySet, Subquery

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.areas.selectors import heir
from bangfu.audit.services import record
from bangfu.casework.models import Application, Case, Meeting, Posting, Recognition, Round, SampleDraw
from bangfu.registry.models import Household

# What belongs to an area by itself, and the name of the key.
OF_AREA: tuple[tuple[type[Model], str], ...] = (
    (Application, "village"),
    (Meeting, "area"),
    (Posting, "area"),
    (Round, "area"),
    (SampleDraw, "area"),
)
# Applications that wait in a village which is no more.
STRANDED = Q(state=Application.State.NEW, village__valid_to__isnull=False)


@transaction.atomic
def follow_areas(*, by: Officer | None, reason: str) -> int:
    """Read the places of cases, applications, recognitions … again, after the registry has read its own
    (`registry.services.follow_areas`); how many cases stand elsewhere now."""
    moved = _follow(Case.objects.exclude(household=None), Household, "household", village=True)
    moved += _follow_area(Case.objects.filter(household=None), "village")
    _follow(Recognition.objects.all(), Household, "household")
    for closed in Area.objects.filter(pk__in=Application.objects.filter(STRANDED).values("village")):
        Application.objects.filter(STRANDED, village=closed).update(village=heir(closed))
    for model, name in OF_AREA:
        _follow_area(model._default_manager.all(), name)
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


def _follow_area(rows: QuerySet[Model], name: str) -> int:
    """Gives rows the place of their area; of one that was merged away the place of the area it went into."""
    moved = _follow(rows.filter(**{f"{name}__valid_to": None}), Area, name)
    for closed in Area.objects.filter(pk__in=rows.exclude(**{f"{name}__valid_to": None}).values(name)):
        moved += rows.filter(**{name: closed}).exclude(place=(place := heir(closed).place)).update(place=place)
    return moved
