"""Lists: the measures of an area, and the households whose causes or risks have no measure."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from bangfu.areas.models import Area
from bangfu.common.paging import counted, cut
from bangfu.common.policy import code_list
from bangfu.support import measure_lists as lists
from bangfu.support.catalogue import catalogue
from bangfu.support.measure_lists import LATE, NO_PROOF, NO_RESULT, Wanted
from bangfu.support.models import State
from bangfu.support.planning import plans_of, without_measure
from bangfu.web.filters import ANY, Choice, ListFilter, order_choice, search_box
from bangfu.web.forms import choose
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.listing import heads, page_of
from bangfu.web.registry.shown import money
from bangfu.web.scope import scope_of
from bangfu.web.support.help_household import asked_year
from bangfu.web.support.help_rows import measure_rows

ORDER_LABELS = {
    "start": gettext_lazy("按开始日期，新的在前"),
    "place": gettext_lazy("按所在地"),
    "money": gettext_lazy("按金额，多的在前"),
    "kind": gettext_lazy("按措施种类"),
    "-start": gettext_lazy("按开始日期，早的在前"),
    "-place": gettext_lazy("按所在地，倒序"),
    "-money": gettext_lazy("按金额，少的在前"),
    "-kind": gettext_lazy("按措施种类，倒序"),
}


class MeasureFilter(ListFilter):
    """Every question that a list of measures answers."""

    q = search_box(gettext_lazy("姓名、拼音首字母、证件号后六位"))
    year = forms.TypedChoiceField(label=gettext_lazy("年度"), required=False, coerce=int, empty_value=None)
    measure_class = Choice(label=gettext_lazy("措施类别"), required=False)
    kind = Choice(label=gettext_lazy("措施种类"), required=False)
    state = Choice(label=gettext_lazy("进展"), required=False, choices=(ANY, *State.choices))
    wanting = Choice(
        label=gettext_lazy("需要处理"),
        required=False,
        choices=(
            ANY,
            (LATE, gettext_lazy("到期未开始或未完成")),
            (NO_PROOF, gettext_lazy("已完成没有佐证材料")),
            (NO_RESULT, gettext_lazy("已完成没有写成效")),
        ),
    )
    order = order_choice(ORDER_LABELS)

    def __init__(self, *args: Any, place: str, this_year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "measure_class", [ANY, *((c.code, str(c.label)) for c in code_list("measure_class").codes)])
        choose(self, "kind", [ANY, *((k.code, str(k.label)) for k in catalogue(place).kinds.values())])
        choose(self, "year", [ANY, *((str(y), str(y)) for y in range(this_year + 1, this_year - 8, -1))])

    def wanted(self, area: Area | None) -> Wanted:
        return Wanted(area=area, **{"order": "start", **self.answers()})


@needs("support.view")
@require_safe
def measure_list(request: HttpRequest) -> HttpResponse:
    """The measures of an area, summed up by class; htmx gets the rows alone."""
    officer, today = officer_of(request), timezone.localdate()
    scope = scope_of(request, "support.view")
    place = scope.here.code if scope.here else ""
    form = MeasureFilter(request.GET, place=place, this_year=today.year)
    wanted = form.wanted(scope.area)
    rows = lists.measures(officer, wanted, today)
    shown, context = page_of(request, lambda page: lists.rows_of_page(rows, wanted.order, page), lambda: counted(rows))
    classes = code_list("measure_class")
    context |= {
        "scope": scope,
        "form": form,
        "wanted": wanted,
        "rows": measure_rows(shown, today),
        "sums": [
            {"sum": each, "label": classes.label_of(each.measure_class), "money": money(each.money)}
            for each in lists.sums(rows)
        ],
        "heads": heads(request, lists.ORDERS, wanted.order, lists.FALLING),
    }
    part = "#rows" if asked_by_htmx(request, "rows") else ""
    return render(request, f"support/measure_list.html{part}", context)


@needs("support.view")
@require_safe
def lacking_list(request: HttpRequest) -> HttpResponse:
    """Households with a cause or an open risk for which nothing is done this year; those ticked can be given a measure
    at once."""
    officer, today, year = officer_of(request), timezone.localdate(), asked_year(request)
    scope = scope_of(request, "support.view")
    rows = without_measure(officer, scope.area, year, today).order_by("place", "household_no")
    listed = rows.select_related("village__parent")
    shown, context = page_of(request, lambda page: cut(listed, page), lambda: counted(rows))
    plans = plans_of(officer, shown, year, today)
    context |= {
        "scope": scope,
        "year": year,
        "rows": [{"household": house, "plan": plans[house.pk]} for house in shown],
    }
    return render(request, "support/lacking_list.html", context)
