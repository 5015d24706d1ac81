"""Runs: the list, one run with its progress and its counts, a new one, and two beside each other."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bangfu.areas.codes import whole
from bangfu.areas.models import Area
from bangfu.common.errors import BangfuError
from bangfu.findings import comparing, running, selectors, services, wording
from bangfu.findings.models import Run
from bangfu.findings.selectors import Counts
from bangfu.registry.intake.remembering import unpack
from bangfu.rulebook import services as rulebook
from bangfu.rulebook.book import RuleBook
from bangfu.web.findings.forms import RunForm
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import neighbours, without
from bangfu.web.scope import scope_of, tops_of

RUNS_SHOWN = 20
State = Run.State


@needs("findings.view")
@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """The runs that reach into the officer's areas, newest first."""
    officer = officer_of(request)
    runs = selectors.runs_for(officer)
    page = Paginator(runs, RUNS_SHOWN).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    counts = selectors.counts_of_runs(officer, shown)
    context = {
        "rows": [{"run": run, "counts": counts[run.pk]} for run in shown],
        "number": page.paginator.count,
        "comparable": list(runs.done()[: RUNS_SHOWN * 2]),
        "page": neighbours(request, page),
    }
    return render(request, "findings/run_list.html", context)


def run_of(request: HttpRequest, pk: int) -> Run:
    """A run that reaches into the officer's areas; any other does not exist."""
    found: Run = get_object_or_404(
        Run.objects.visible_to(officer_of(request)).select_related("area", "started_by"), pk=pk
    )
    return found


@needs("findings.view")
@require_safe
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A run: its progress while it is worked on, then what it counted in the officer's areas."""
    return render(request, "findings/run.html", _context(request, run_of(request, pk)))


@needs("findings.view")
@require_safe
def run_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The moving part of the page; it asks again until the run rests."""
    return render(request, "findings/run.html#state", _context(request, run_of(request, pk)))


def _context(request: HttpRequest, run: Run) -> dict[str, Any]:
    officer, book = officer_of(request), rulebook.book()
    scope = scope_of(request, "findings.view")
    done = run.state == State.DONE
    by_rule = selectors.counts_by_rule(officer, run, scope.here) if done else {}
    areas = list(scope.below) or ([scope.here] if scope.here else [])
    total = Counts()
    for name, counts in by_rule.items():
        if asks_somebody(book, name):
            total.add(vars(counts))
    return {
        "run": run,
        "busy": run.state in services.BUSY,
        "done": done,
        "error": unpack(run.error_code, run.error_facts) if run.error_code else None,
        "scope": scope,
        "elsewhere": without(request, "area").urlencode(),
        "total": total,
        "rules": rule_rows(book, by_rule),
        "others": rule_rows(book, by_rule, suspicions=False),
        "areas": selectors.counts_by_area(officer, run, areas) if done else [],
        "not_run": not_run_of(request, run, book) if done else [],
    }


def asks_somebody(book: RuleBook, rule_id: str) -> bool:
    rule = book.rules.get(rule_id)
    return rule is None or rule.asks_somebody


def rule_rows(book: RuleBook, by_rule: Mapping[str, Any], suspicions: bool = True) -> list[dict[str, Any]]:
    """What stands in a table by rule: those of suspicion, or those of eligibility, exit and monitoring."""
    return [
        {"id": name, "known": name in book.rules, "title": wording.title_of(book, name), "counts": by_rule[name]}
        for name in sorted(by_rule)
        if asks_somebody(book, name) == suspicions
    ]


@needs("screening.run")
def run_new(request: HttpRequest) -> HttpResponse:
    """Begin a screening; it goes on in the background."""
    officer = officer_of(request)
    areas = areas_for_runs(request)
    initial = {"as_of": selectors.next_as_of(officer)}
    form = RunForm(request.POST or None, areas=areas, initial=initial)
    if form.is_valid():
        given = form.cleaned_data
        area = next(a for a in areas if str(a.pk) == given["area"])
        try:
            run = running.start(by=officer, area=area, as_of=given["as_of"])
        except BangfuError as error:
            form.add_error(None, error.message)
        else:
            return redirect("run", run.pk)
    return render(request, "findings/run_new.html", {"form": form}, status=422 if form.is_bound else 200)


def areas_for_runs(request: HttpRequest) -> Sequence[Area]:
    """The areas where the officer may run a screening: those of the posts, and the areas directly below."""
    tops = tops_of(officer_of(request), "screening.run")
    below = Area.objects.visible_to(officer_of(request)).current().filter(parent__in=tops).order_by("place")
    return [*tops, *below]


@needs("findings.view")
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Two runs beside each other: what is new, gone and standing, by rule and by area."""
    officer, book = officer_of(request), rulebook.book()
    scope = scope_of(request, "findings.view")
    runs = list(selectors.runs_for(officer).done()[: RUNS_SHOWN * 2])
    first, second = (_chosen(request, runs, name) for name in ("first", "second"))
    context: dict[str, Any] = {"scope": scope, "runs": runs, "first": first, "second": second}
    context["elsewhere"] = without(request, "area").urlencode()
    if first and second:
        try:
            found = comparing.compare(officer, book, first, second, scope.here)
        except BangfuError as error:
            context["error"] = error
        else:
            areas = list(scope.below) or ([scope.here] if scope.here else [])
            context["total"] = found.total
            context["rules"] = rule_rows(book, found.by_rule)
            context["areas"] = [(area, found.inside(area)) for area in areas]
    return render(request, "findings/compare.html", context)


def _chosen(request: HttpRequest, runs: Sequence[Run], name: str) -> Run | None:
    """The run that the query names; by default the last one as the second, the one before as the first."""
    wanted = request.GET.get(name, "")
    if wanted:
        return next((run for run in runs if str(run.pk) == wanted), None)
    position = {"second": 0, "first": 1}[name]
    return runs[position] if len(runs) > position else None


def not_run_of(request: HttpRequest, run: Run, book: RuleBook) -> list[dict[str, str]]:
    """The rules that were not run somewhere, in which of the places that the officer sees, and what is lacking. That a
    rule does not hold there on that day lacks nothing."""
    named = sorted({place for told in run.rules.values() for place in told["not_run"] if place})
    visible = Area.objects.visible_to(officer_of(request)).current().filter(code__in=map(whole, named))
    areas = dict(visible.values_list("code", "name"))
    lines = []
    for name, told in sorted(run.rules.items()):
        lacking: dict[str, list[str]] = {}
        for place, reason in told["not_run"].items():
            where = areas.get(whole(place), "") if place else _("全部")
            if where and reason != "period":
                lacking.setdefault(reason, []).append(where)
        for reason, places in lacking.items():
            where, why = _("、").join(places), reason_of(book, reason)
            lines.append({"id": name, "title": wording.title_of(book, name), "where": where, "why": why})
    return lines


def reason_of(book: RuleBook, reason: str) -> str:
    """What the engine says of a rule that it did not run, in words."""
    kind, _colon, name = reason.partition(":")
    if kind == "figure":
        figure = book.figures.get(name)
        return _("这一天、这个地方没有“{figure}”的标准。").format(figure=figure.label if figure else name)
    if kind == "list":
        listed = book.lists.get(name)
        return _("没有外部名单“{list}”。").format(list=listed.label if listed else name)
    return reason


def missing_of(run: Run, book: RuleBook, rule_id: str) -> str:
    """The columns whose lack keeps a rule from judging, those that lack most first."""
    missing = run.rules.get(rule_id, {}).get("missing", {})
    names = sorted(missing, key=lambda name: -missing[name])
    return _("、").join(book.meaning((table, column)) for table, _dot, column in (n.partition(".") for n in names))
