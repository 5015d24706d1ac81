"""Who may arrange support where."""

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.common.errors import NotAllowed
from bangfu.support import errors

EDIT = "support.edit"


def require(by: Officer | None, place: int, name: str) -> None:
    """Refuses who has no right to arrange support at all, or not at `place`, where `name` lies; None is the house
    itself. Raises NotAllowed, NotInYourPlace."""
    if by is None or by.may(EDIT, place):
        return
    if not by.may(EDIT):
        raise NotAllowed(right=rights()[EDIT].label)
    raise errors.NotInYourPlace(name=name)
