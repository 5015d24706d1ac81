"""Who may set targets, and who may report on them: the one place that answers it."""

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.common.errors import NotAllowed
from bangfu.plans.models import Target
from bangfu.support.models import Helper

VIEW, EDIT = "plans.view", "plans.edit"


def may_edit(officer: Officer, place: int) -> bool:
    """Whoever maintains plans at that place."""
    return officer.is_active and officer.may(EDIT, place)


def may_report(officer: Officer, target: Target) -> bool:
    """Whoever maintains plans where the target is; the person who answers for it; and those of the unit that does."""
    if not officer.is_active or not officer.may(VIEW):
        return False
    if officer.may(EDIT, target.place) or target.owner_id == officer.pk:
        return True
    unit = target.owner_unit_id
    return unit is not None and Helper.objects.filter(officer=officer, unit=unit, left_on=None).exists()


def require_editor(officer: Officer | None, place: int) -> None:
    """Raises NotAllowed for an officer who may not set targets there; the house itself may."""
    if officer is not None and not may_edit(officer, place):
        raise NotAllowed(right=rights()[EDIT].label)


def require_reporter(officer: Officer | None, target: Target) -> None:
    """Raises NotAllowed for an officer who may not report on the target; the house itself may."""
    if officer is not None and not may_report(officer, target):
        raise NotAllowed(right=rights()[EDIT].label)
