"""Who may record what a unit or a team has done: the one place that answers it."""

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.common.errors import NotAllowed
from bangfu.support.models import Helper, Team, TeamMember, Unit

RIGHT = "duties.record"


def may_record(officer: Officer, *, unit: Unit | None = None, team: Team | None = None) -> bool:
    """Whoever holds the right where the unit has its seat or the team lives; and the unit's own helpers and the team's
    own members, who hold it wherever their post is."""
    if not officer.is_active or not officer.may(RIGHT):
        return False
    if unit is not None:
        own = Helper.objects.filter(officer=officer, unit=unit, left_on=None)
        return officer.may(RIGHT, unit.area.place) or own.exists()
    if team is None:
        return False
    members = TeamMember.objects.filter(helper__officer=officer, team=team, ended_on=None)
    return officer.may(RIGHT, team.village.place) or members.exists()


def require_recorder(officer: Officer | None, *, unit: Unit | None = None, team: Team | None = None) -> None:
    """Raises NotAllowed for an officer who may not record for the unit or team; the house itself may."""
    if officer is not None and not may_record(officer, unit=unit, team=team):
        raise NotAllowed(right=rights()[RIGHT].label)
