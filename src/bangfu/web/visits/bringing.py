"""What a phone takes along of other rooms: the officer's own households first, and what is being done for each."""

from collections.abc import Sequence
from datetime import date

from bangfu.accounts.models import Officer
from bangfu.registry.models import Household
from bangfu.support import selectors as support
from bangfu.support.catalogue import catalogue
from bangfu.support.models import Measure, State
from bangfu.visits import packing
from bangfu.web.support.help_rows import quantity


def households_for(officer: Officer, today: date, only: Sequence[int] | None = None) -> list[Household]:
    """The households to take along: those that the officer helps, then those they visited last, then the others as the
    villages lie; at most as many as the policy says. `only` narrows to what was chosen for the day."""
    own = support.households_of(officer, today)
    return packing.households_for(officer, [own, packing.usual_households(officer)], only)


def measures_for(officer: Officer, households: Sequence[Household], today: date) -> dict[int, list[dict[str, str]]]:
    """By household the measures that run or were planned or done this year, the latest first, in words; nothing for an
    officer who may not see them."""
    if not officer.has_perm("support.view"):
        return {}
    seen = Measure.objects.visible_to(officer).in_year(today.year).filter(household__in=households).values("pk")
    mine = set(seen.values_list("pk", flat=True))
    found = support.measures_of([each.pk for each in households])
    codes = {each.pk: each.village.code for each in households}
    return {pk: [_in_words(each, codes[pk]) for each in measures if each.pk in mine] for pk, measures in found.items()}


def _in_words(measure: Measure, code: str) -> dict[str, str]:
    parts = [str(catalogue(code).label_of(measure.kind)), quantity(measure.quantity, measure.unit)]
    return {"label": " ".join(filter(None, parts)), "state": str(State(measure.state).label)}
