"""Main helpers who change with a list: each change is a hand-over from the one who stands to the one who is named,
never a second main helper. A part of `support.importing`."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from bangfu.accounts.models import Officer
from bangfu.common.errors import BangfuError
from bangfu.support.models import Helper, Pairing
from bangfu.support.pairings import Wish, hand_over, loads, refuse_beyond_limit


@dataclass(frozen=True)
class Change:
    """That the household of `wish` goes from the main helper of `pairing` to the one of the wish."""

    wish: Wish
    pairing: Pairing


def replace(
    *, by: Officer, changes: Sequence[Change], reason: str, beyond_limits: bool = False
) -> list[tuple[Change, BangfuError]]:
    """Carry out these changes: one hand-over for each pair of helpers and day. Gives what was refused, with the reason;
    the rest is written. Limits count when all are done, so that two helpers may exchange households."""
    groups: dict[tuple[int, int, date], list[Change]] = defaultdict(list)
    for each in changes:
        groups[each.pairing.helper_id, each.wish.helper.pk, each.wish.starts_on].append(each)
    refused: list[tuple[Change, BangfuError]] = []
    for group in groups.values():
        if _carried_out(by, group, reason) is None:
            continue
        for each in group:  # one of them speaks against it: which?
            fault = _carried_out(by, [each], reason)
            if fault is not None:
                refused.append((each, fault))
    if not beyond_limits:
        refused += _beyond(changes, {id(each) for each, _fault in refused})
    return refused


def _carried_out(by: Officer, group: Sequence[Change], reason: str) -> BangfuError | None:
    """One hand-over, whole or not at all; what speaks against it."""
    first = group[0]
    try:
        with transaction.atomic():
            hand_over(
                by=by,
                helper=first.pairing.helper,
                pairings=[each.pairing for each in group],
                successor=first.wish.helper,
                on=first.wish.starts_on,
                reason=reason,
                beyond_limits=True,
            )
    except BangfuError as error:
        return error
    return None


def _beyond(changes: Sequence[Change], left_out: set[int]) -> list[tuple[Change, BangfuError]]:
    """The changes by which somebody has more households than the rank allows."""
    taken: dict[int, list[Change]] = defaultdict(list)
    for each in changes:
        if id(each) not in left_out:
            taken[each.wish.helper.pk].append(each)
    load = loads(taken)
    helpers = {each.pk: each for each in Helper.objects.filter(pk__in=taken).select_related("area")}
    found: list[tuple[Change, BangfuError]] = []
    for pk, mine in taken.items():
        try:
            refuse_beyond_limit(helpers[pk], load.get(pk, 0) - len(mine), len(mine))
        except BangfuError as error:
            found += [(each, error) for each in mine]
    return found
