"""The tree of targets, the page of one, and the households behind its figure."""

from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from bangfu.areas.models import Area
from bangfu.common.paging import counted, cut
from bangfu.plans.models import DailyValue, Document, Pace, Standing, Target, TargetChange
from bangfu.plans.targets import lists
from bangfu.plans.targets.acting import may_edit, may_report
from bangfu.plans.targets.catalogue import catalogue, terms
from bangfu.plans.targets.lists import MINE, PARTS_TOO, Wanted
from bangfu.plans.targets.sharing import adds_up
from bangfu.plans.targets.values import course_of
from bangfu.plans.targets.words import changes_of, forecast_text, measure_label, number_text, with_unit
from bangfu.support.models import Unit
from bangfu.web.filters import ANY, Choice, ListFilter, number_asked, order_choice, search_box
from bangfu.web.forms import choose
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.listing import heads, page_of, without
from bangfu.web.plans.marking import Mark, around
from bangfu.web.plans.target_charts import curve
from bangfu.web.plans.target_forms import possible
from bangfu.web.plans.target_rows import adding_up, row_of, rows_of
from bangfu.web.registry.rows import tags_of
from bangfu.web.scope import scope_of

# On the page of one target: so many reports and lines of history; of a chart's values so many in the table.
REPORTS, HISTORY, VALUES = 20, 30, 60
ORDER_LABELS = {
    "standing": gettext_lazy("滞后的在前"),
    "deadline": gettext_lazy("按期限，早的在前"),
    "title": gettext_lazy("按名称"),
    "place": gettext_lazy("按区域"),
    "value": gettext_lazy("按当前值，大的在前"),
    "-standing": gettext_lazy("完成的在前"),
    "-deadline": gettext_lazy("按期限，晚的在前"),
    "-title": gettext_lazy("按名称，倒序"),
    "-place": gettext_lazy("按区域，倒序"),
    "-value": gettext_lazy("按当前值，小的在前"),
}


class TargetFilter(ListFilter):
    """Every question that the list of targets answers."""

    q = search_box(gettext_lazy("目标名称、责任单位"))
    whose = Choice(label=gettext_lazy("谁的目标"), required=False, choices=(ANY, (MINE, gettext_lazy("我和本单位的"))))
    standing = Choice(label=gettext_lazy("状态"), required=False, choices=(ANY, *Standing.choices))
    measure = Choice(label=gettext_lazy("计量口径"), required=False)
    until = forms.DateField(label=gettext_lazy("期限不晚于"), required=False)
    parts = Choice(
        label=gettext_lazy("范围"),
        required=False,
        choices=(("", gettext_lazy("只列总目标")), (PARTS_TOO, gettext_lazy("分解目标也列出"))),
    )
    unit = number_asked()
    order = order_choice(ORDER_LABELS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "measure", [ANY, *catalogue().choices()])

    def wanted(self, area: Area | None) -> Wanted:
        return Wanted(area=area, **{"order": "standing", **self.answers()})


def target_of(request: HttpRequest, pk: int) -> Target:
    """The target, if the officer may see it; otherwise there is no such page."""
    rows = Target.objects.visible_to(officer_of(request)).select_related(*lists.PEOPLE, "proposal__document__area")
    found: Target = get_object_or_404(rows.prefetch_related("stages"), pk=pk)
    return found


@needs("plans.view")
@require_safe
def target_list(request: HttpRequest) -> HttpResponse:
    """The targets of the officer's areas with their parts, late ones first; htmx gets the rows alone."""
    officer, scope, today = officer_of(request), scope_of(request, "plans.view"), timezone.localdate()
    form = TargetFilter(request.GET.dict())
    wanted = form.wanted(scope.area)
    rows = lists.targets(officer, wanted)
    shown, context = page_of(request, lambda page: lists.rows_of_page(rows, wanted.order, page), lambda: counted(rows))
    numbers = lists.by_standing(rows)
    context |= {
        "scope": scope,
        "form": form,
        "wanted": wanted,
        "rows": rows_of(shown, today, lists.parts_of(officer, shown) if wanted.parts != PARTS_TOO else None),
        "numbers": [
            {"standing": each.value, "label": each.label, "number": numbers.get(each.value, 0)} for each in Standing
        ],
        "unit": Unit.objects.visible_to(officer).filter(pk=wanted.unit).first() if wanted.unit else None,
        "heads": heads(request, lists.ORDERS, wanted.order, lists.FALLING),
        "others": without(request, "page", "standing").urlencode(),
        "tab": "targets",
    }
    part = "#rows" if asked_by_htmx(request, "rows") else ""
    return render(request, f"plans/target_list.html{part}", context)


@needs("plans.view")
@require_safe
def target(request: HttpRequest, pk: int) -> HttpResponse:
    """One target: how it stands, its curve, parts, stages, reports with evidence, where it comes from, what changed."""
    officer, today, found = officer_of(request), timezone.localdate(), target_of(request, pk)
    stages = list(found.stages.all())
    course = course_of(found, stages)
    days = DailyValue.objects.visible_to(officer).filter(target=found).order_by("-day").values_list("day", "value")
    past = list(days[: terms().curve_days])[::-1]
    parts = lists.parts_of(officer, [found]).get(found.pk, [])
    history = TargetChange.objects.visible_to(officer).filter(target=found).select_related("actor")
    live = found.withdrawn_at is None
    edits = live and may_edit(officer, found.place)
    context = {
        "found": found,
        "row": row_of(found, today),
        "wholes": lists.wholes_of(officer, found),
        "measure": measure_label(found.measure),
        "lacks": lists.is_share(found) and not course.falling,
        "has_households": lists.has_households(found) and officer.has_perm("registry.view"),
        "base": with_unit(found.base, found.unit) if found.base is not None else "",
        "pace": str(Pace(found.pace).label),
        "forecast": forecast_text(found),
        "chart": curve(course, past, today, terms().curve_days, found.forecast),
        "values": [(day, number_text(value), number_text(course.planned(day))) for day, value in past[::-1][:VALUES]],
        "parts": rows_of(parts, today),
        "foot": adding_up(parts, found, adds=adds_up(found, found.broken_across)) if parts else {},
        "broken": _broken(found),
        "breakable": edits and bool(possible(found)),
        "stages": [
            {"stage": each, "amount": number_text(each.amount), "late": each.done_on is None and each.ends_on < today}
            for each in stages
        ],
        "reports": [
            {"report": each, "value": with_unit(each.value, found.unit)}
            for each in lists.reports_of(officer, found, REPORTS)
        ],
        "source": _source(found),
        "document": Document.objects.visible_to(officer).filter(proposals=found.proposal_id).only("title").first()
        if found.proposal_id
        else None,
        "history": [{"change": each, "values": changes_of(each)} for each in history[:HISTORY]],
        "may_change": edits,
        "may_report": live and may_report(officer, found),
    }
    return render(request, "plans/target.html", context)


def _source(found: Target) -> Any:
    """The sentence that a target comes from with what stands around it, for everybody who carries the target, also
    where the document itself lies with the level above; "" when it comes from no document."""
    if found.proposal is None or not found.proposal.document.text:
        return ""
    quote = found.proposal
    return around(quote.document.text, quote.start, quote.end, [Mark(quote.start, quote.end, "q q-target")])


def _broken(found: Target) -> str:
    """How a target was broken down, in words; "" when it was not."""
    if not found.broken_across:
        return ""
    words = [found.get_broken_across_display(), found.get_broken_way_display()]
    if found.broken_figure:
        words.append(measure_label(found.broken_figure))
    return _("、").join(words)


@needs("registry.view")
@require_safe
def target_households(request: HttpRequest, pk: int) -> HttpResponse:
    """The households that a figure counts, or that a share still lacks, as far as the officer may see them."""
    officer, today, found = officer_of(request), timezone.localdate(), target_of(request, pk)
    lacking = request.GET.get("side") == "lacking" and lists.is_share(found)
    if not lists.has_households(found):
        return render(request, "error.html", {"status": 404}, status=404)
    rows = lists.households_behind(officer, found, today, lacking=lacking)
    words = request.GET.get("q", "").strip()[:60]
    if words:
        rows = rows.filter(Q(head_name__startswith=words) | Q(household_no__startswith=words))
    shown, context = page_of(request, lambda page: cut(rows, page), lambda: counted(rows))
    context |= {
        "found": found,
        "measure": measure_label(found.measure),
        "is_share": lists.is_share(found),
        "lacking": lacking,
        "q": words,
        "rows": [{"household": each, "tags": tags_of(each)} for each in shown],
    }
    return render(request, "plans/target_households.html", context)
