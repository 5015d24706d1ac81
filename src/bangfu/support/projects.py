"""Projects of a village's plan: verbs of `support.services` in a file of their own."""

from dataclasses import dataclass, fields
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.areas.models import Area
from bangfu.audit.services import record
from bangfu.common.errors import NotAllowed
from bangfu.common.places import Level
from bangfu.common.policy import code_list
from bangfu.registry.models import Household
from bangfu.support import measure_errors as errors
from bangfu.support.catalogue import catalogue
from bangfu.support.errors import ReasonNeeded
from bangfu.support.measure_checks import RIGHT
from bangfu.support.models import State, VillageProject
from bangfu.support.texts import REASON_LIMIT, plain

NAME_LIMIT, NOTE_LIMIT = 120, 200


@dataclass(frozen=True)
class ProjectEntry:
    """A project as somebody enters it; `households` and `people` are those who benefit."""

    kind: str
    name: str
    year: int
    quantity: Decimal | None = None
    unit: str = ""
    money: Decimal | None = None
    households: int | None = None
    people: int | None = None
    state: State = State.PLANNED
    note: str = ""


FIELDS = tuple(each.name for each in fields(ProjectEntry))


@transaction.atomic
def save_project(
    *, by: Officer, village: Area, entry: ProjectEntry, project: VillageProject | None = None, reason: str = ""
) -> VillageProject:
    """Enter a project of a village, or change one (`project` as the officer saw it); giving one up wants a reason.

    Raises NotAllowed, NotAVillage, ProjectKindUnknown, ProjectNameMissing, ProjectYearWrong, QuantityWithoutUnit,
    NumberNegative, FewerPeopleThanHouseholds, MoreThanInVillage, ProjectTwice, ProjectChanged, ReasonNeeded,
    TextTooLong.
    """
    if not by.may(RIGHT, village.place):
        raise NotAllowed(right=rights()[RIGHT].label)
    if village.level != Level.VILLAGE:
        raise errors.NotAVillage(area=village.name)
    why = plain(reason, REASON_LIMIT, _("原因"))
    if entry.state is State.GIVEN_UP and not why:
        raise ReasonNeeded()
    kept = _checked(village, entry)
    row = _row(village, project, by)
    there = VillageProject.objects.filter(village=village, year=entry.year, name=kept["name"]).exclude(pk=row.pk)
    if there.exists():
        raise errors.ProjectTwice(village=village.name, year=entry.year, name=kept["name"])
    for name, value in kept.items():
        setattr(row, name, value)
    row.changes += 1
    row.save()
    record(actor=by, action="project.saved", subject=row, kind=row.kind, year=row.year, state=row.state, reason=why)
    return row


def _row(village: Area, project: VillageProject | None, by: Officer) -> VillageProject:
    if project is None:
        return VillageProject(village=village, entered_by=by)
    row: VillageProject = VillageProject.objects.select_for_update().get(pk=project.pk, village=village)
    if row.changes != project.changes:
        raise errors.ProjectChanged(name=row.name)
    return row


def _checked(village: Area, entry: ProjectEntry) -> dict[str, object]:
    """The values as they are kept. Raises what `save_project` names."""
    limits, today = catalogue(village.code).limits, timezone.localdate()
    name, note = plain(entry.name, NAME_LIMIT, _("项目名称")), plain(entry.note, NOTE_LIMIT, _("说明"))
    if code_list("project_kind").get(entry.kind) is None:
        raise errors.ProjectKindUnknown(kind=entry.kind)
    if not name:
        raise errors.ProjectNameMissing()
    first, last = village.valid_from.year, today.year + limits.years_ahead
    if not first <= entry.year <= last:
        raise errors.ProjectYearWrong(year=entry.year, first=first, last=last)
    for value, field in (
        (entry.quantity, _("数量")),
        (entry.money, _("投资")),
        (entry.households, _("受益户数")),
        (entry.people, _("受益人数")),
    ):
        if value is not None and value < 0:
            raise errors.NumberNegative(field=field)
    if entry.quantity and code_list("measure_unit").get(entry.unit) is None:
        units = "、".join(str(unit.label) for unit in code_list("measure_unit").codes)
        raise errors.QuantityWithoutUnit(quantity=entry.quantity, units=units)
    _beneficiaries_fit(village, entry)
    return {name: getattr(entry, name) for name in FIELDS} | {
        "name": name,
        "note": note,
        "quantity": entry.quantity or None,
        "unit": entry.unit if entry.quantity else "",
    }


def _beneficiaries_fit(village: Area, entry: ProjectEntry) -> None:
    households, people = entry.households, entry.people
    if households is not None and people is not None and people < households:
        raise errors.FewerPeopleThanHouseholds(households=households, people=people)
    there = Household.objects.living().inside(village).count()
    if households is not None and there and households > there:
        raise errors.MoreThanInVillage(count=households, unit=_("户"), village=village.name, most=there)
