"""What other pages say of duties: the home page of an officer."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from bangfu.plans.duties import selectors
from bangfu.plans.duties.tallying import State
from bangfu.web.duties.rows import rows_of
from bangfu.web.guard import officer_of

SHOWN = 6


def my_duties(request: HttpRequest) -> str:
    """The duties of the officer, of their unit and team that are not done yet; "" for none."""
    officer, today = officer_of(request), timezone.localdate()
    if not officer.has_perm("duties.view"):
        return ""
    open_ = [each for each in selectors.due(officer, today) if each.state in (State.LATE, State.DUE_SOON, State.OPEN)]
    if not open_:
        return ""
    context = {
        "rows": rows_of(open_[:SHOWN], today, may_record=officer.may("duties.record")),
        "more": max(len(open_) - SHOWN, 0),
        "late": sum(1 for each in open_ if each.state is State.LATE),
        "soon": sum(1 for each in open_ if each.state is State.DUE_SOON),
    }
    return render_to_string("duties/parts/home.html", context, request)
