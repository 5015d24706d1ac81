"""What other pages say of visits: the home page of an officer, the page of a household."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from bangfu.registry.models import Household
from bangfu.visits import selectors
from bangfu.web.guard import officer_of
from bangfu.web.visits.rows import rows_of


def my_visits(request: HttpRequest) -> str:
    """Corrections, entries of the tray and doubts that wait for the officer; "" for nothing."""
    officer = officer_of(request)
    if not officer.has_perm("visits.record"):
        return ""
    found = selectors.waiting_for(officer)
    return render_to_string("visits/parts/home.html", {"waiting": found}, request) if found else ""


def visits_of(request: HttpRequest, household: Household) -> dict[str, Any]:
    """The latest visits to a household, for its page."""
    officer = officer_of(request)
    if not officer.has_perm("visits.view"):
        return {"visits": [], "may_visit": False}
    rows = rows_of(selectors.of_household(officer, household.pk, 10))
    may = household.ended_on is None and officer.may("visits.record", household.place)
    return {"visits": rows, "may_visit": may}
