"""What other pages say of support: one function a block, which gives rendered text, or "" when it has nothing to say
to this officer. The Help tab of a household puts them together."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from bangfu.registry.models import Household
from bangfu.support import selectors
from bangfu.web.guard import officer_of
from bangfu.web.support.rows import pairing_row


def helpers(request: HttpRequest, household: Household) -> str:
    """Who helps this household, from when; who did before, with the hand-overs; who may, pairs from here."""
    officer, today = officer_of(request), timezone.localdate()
    if not officer.has_perm("support.view"):
        return ""
    rows = [pairing_row(each) for each in selectors.history_of(officer, household.pk)]
    present = [row for row in rows if row["pairing"].ended_on is None]
    context = {
        "household": household,
        "present": sorted(present, key=lambda row: not row["pairing"].is_main),
        "past": [row for row in rows if row["pairing"].ended_on is not None],
        "needed": selectors.needing(officer).filter(pk=household.pk).exists(),
        "may_pair": household.ended_on is None and officer.may("support.edit", household.place),
        "today": today,
    }
    return render_to_string("support/parts/helpers.html", context, request)
