"""Every right of `policy/china/roles.yaml` as a permission of the `rules` library: the one place that decides.

`officer.has_perm("registry.edit", household)` in Python and `{% has_perm %}` or `perms` in templates all end in
`holds(right)`, which asks the officer's posts of today.
"""

from typing import Any

from rules.permissions import set_perm
from rules.predicates import Predicate

from bangfu.accounts.roles import rights

# How to get from a thing to the place it belongs to, tried in this order.
_WAYS = ("place", "area", "village", "household", "member", "income_year", "officer")


def place_of(thing: Any) -> int | None:
    """The place a thing belongs to (its own, or that of its area, household or person); None when it has none."""
    for way in _WAYS:
        found = getattr(thing, way, None)
        if isinstance(found, int):
            return found
        if found is not None and (place := place_of(found)) is not None:
            return place
    return None


def holds(right: str) -> Predicate:
    """Whether an officer holds `right` at the place of a thing; without a thing, whether it is held anywhere. A thing
    that belongs nowhere is refused: what cannot be placed cannot be inside anybody's area."""

    def held(officer: Any, thing: Any = None) -> bool:
        if not getattr(officer, "is_authenticated", False):
            return False
        if thing is None:
            return bool(officer.may(right))
        place = place_of(thing)
        return place is not None and bool(officer.may(right, place))

    return Predicate(held, name=f"holds:{right}")


def register() -> None:
    """Enter all rights; called once when the app is ready."""
    for right in rights():
        set_perm(right, holds(right))  # type: ignore[no-untyped-call]
