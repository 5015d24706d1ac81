"""The page of one household: who lives there, how they live, what they earn, which papers, what changed and when."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.common.policy import code_list
from bangfu.registry import selectors, services
from bangfu.registry.models import Household, IncomeItem, IncomeYear, Member, MemberEvent, Paper, WorkRecord
from bangfu.web.casework.blocks import cases_of
from bangfu.web.casework.recognitions import recognitions_of
from bangfu.web.findings.blocks import findings_of
from bangfu.web.guard import asked_by_htmx, needs, officer_of
from bangfu.web.plans.target_blocks import targets_of_household
from bangfu.web.registry import ledger
from bangfu.web.registry.rows import tags_of, where_of
from bangfu.web.registry.sections import HOUSEHOLD, MEMBER, WORK
from bangfu.web.registry.shown import age, codes, columns_of, facts, money, text_of
from bangfu.web.visits.blocks import visits_of

MEMBER_LINE = (
    "sex",
    "relation_to_head",
    "education_level",
    "student_status",
    "health_status",
    "labor_capacity",
    "id_no",
)
SECRETS = {"household": ("phone", "bank_account"), "member": ("id_no", "phone")}


def household_of(request: HttpRequest, pk: int) -> Household:
    """The household, if the officer may see it; otherwise there is no such page."""
    visible = Household.objects.visible_to(officer_of(request)).select_related("village__parent", "group", "dwelling")
    found: Household = get_object_or_404(visible, pk=pk)
    return found


def common(request: HttpRequest, household: Household, tab: str) -> dict[str, Any]:
    """What all tabs show: the head of the page and what the officer may do here."""
    officer = officer_of(request)
    living = household.ended_on is None
    return {
        "household": household,
        "where": where_of(household),
        "tags": tags_of(household),
        "tab": tab,
        "may_edit": living and officer.may("registry.edit", household.place),
        "may_reveal": officer.may("registry.see_sensitive", household.place),
        "ended": codes("household_end", household.ended_reason),
        "income_now": house_statement(household),
        "causes": _("、").join(
            codes("poverty_cause", code) for code in (household.main_cause, *household.other_causes) if code
        ),
        "phone": text_of(columns_of("household")["phone"], household.phone),
    }


def member_line(member: Any, day: date) -> dict[str, Any]:
    """A person as a row: what the list of members shows."""
    known = columns_of("member")
    line = {name: text_of(known[name], getattr(member, name)) for name in MEMBER_LINE}
    insured = [n for n in ("resident_medical_insurance", "employee_medical_insurance") if getattr(member, n)]
    asked = [n for n in ("resident_medical_insurance", "employee_medical_insurance") if getattr(member, n) is not None]
    enjoys = (entry := code_list("dibao_status").get(member.dibao_status)) and entry.attributes.get("enjoys")
    return {
        "member": member,
        "age": age(member.birth_date, day),
        "schooling": line["student_status"] or line["education_level"],
        "insured": bool(insured) if asked else None,
        "dibao": text_of(known["dibao_status"], member.dibao_status) if enjoys else "",
        "ill": member.health_status not in ("", "01"),
        "left": text_of(known["left_by"], member.left_by),
        **line,
    }


@needs("registry.view")
@require_safe
def household(request: HttpRequest, pk: int) -> HttpResponse:
    """Members, recognition, living conditions, land; with `?on=2025-03-31` as the page stood at the end of that day."""
    house = household_of(request, pk)
    on = parse_date(request.GET.get("on", "") or "")
    today = date.today()
    if on and on < today:
        return _as_of(request, house, on)
    members = list(Member.objects.visible_to(officer_of(request)).filter(household=house))
    context = common(request, house, "household") | {
        **_body(house, getattr_or_none(house, "dwelling"), members, today),
        "events": [
            {"event": event, "kind": codes("member_increase" if event.joined else "member_decrease", event.kind)}
            for event in MemberEvent.objects.visible_to(officer_of(request))
            .filter(household=house)
            .select_related("member")[:20]
        ],
        "work": _work(request, house),
        "findings": findings_of(request, house),
        "cases": cases_of(request, house),
        "recognitions": recognitions_of(request, house),
        "visited": visits_of(request, house),
        "targets": targets_of_household(request, house),
        "today": today,
    }
    return render(request, "registry/household.html", context)


def getattr_or_none(record: Any, name: str) -> Any:
    """A one-to-one neighbour, or None where there is none yet."""
    try:
        return getattr(record, name)
    except ObjectDoesNotExist:
        return None


def _body(house: Any, dwelling: Any, members: Sequence[Any], day: date) -> dict[str, Any]:
    records = {"household": house, "dwelling": dwelling}
    present = [m for m in members if m.left_on is None or m.left_on > day]
    return {
        "members": [member_line(m, day) for m in present],
        "gone": [member_line(m, day) for m in members if m not in present],
        "sections": [{"section": s, "facts": facts(records[s.record], s.table, s.columns)} for s in HOUSEHOLD.values()],
    }


def house_statement(house: Household) -> dict[str, Any] | None:
    """The latest income per head with its year; None when no statement is on file."""
    if house.latest_income_year is None:
        return None
    return {"year": house.latest_income_year, "per_head": money(house.latest_per_capita_net_income)}


def _work(request: HttpRequest, house: Household) -> list[dict[str, Any]]:
    records = (
        WorkRecord.objects.visible_to(officer_of(request)).filter(member__household=house).select_related("member")
    )
    known = columns_of("work_record")
    return [
        {
            "record": record,
            "months": "{}—{}".format(
                text_of(known["start_month"], record.start_month), text_of(known["end_month"], record.end_month)
            ),
            "income": money(record.monthly_income),
            "channel": text_of(known["employment_channel"], record.employment_channel),
        }
        for record in records.order_by("-start_month", "-pk")[:50]
    ]


def _as_of(request: HttpRequest, house: Household, on: date) -> HttpResponse:
    """The page as it was on record at the end of a day: read-only, with a banner."""
    seen = selectors.as_of(house, on)
    if seen is None or seen.household is None:
        return render(
            request,
            "registry/household_before.html",
            common(request, house, "household") | {"on": on, "may_edit": False},
        )
    past = seen.household
    past.pk = house.pk
    context = common(request, house, "household") | {
        **_body(past, seen.dwelling, list(seen.members), on),
        "tags": tags_of(past),
        "on": on,
        "may_edit": False,
        "may_reveal": False,
        "today": date.today(),
    }
    return render(request, "registry/household.html", context)


@needs("registry.view")
@require_safe
def member(request: HttpRequest, pk: int, member_pk: int) -> HttpResponse:
    """Everything on file about one person."""
    house = household_of(request, pk)
    person = get_object_or_404(Member.objects.visible_to(officer_of(request)), pk=member_pk, household=house)
    records = WorkRecord.objects.visible_to(officer_of(request)).filter(member=person)
    context = common(request, house, "household") | {
        "person": person,
        "line": member_line(person, date.today()),
        "sections": [{"section": s, "facts": facts(person, s.table, s.columns)} for s in MEMBER.values()],
        "work": [{"record": r, "facts": facts(r, "work_record", WORK.columns)} for r in records],
        "events": [
            {"event": event, "kind": codes("member_increase" if event.joined else "member_decrease", event.kind)}
            for event in MemberEvent.objects.visible_to(officer_of(request)).filter(member=person)
        ],
    }
    return render(request, "registry/member.html", context)


@needs("registry.view")
@require_safe
def income(request: HttpRequest, pk: int) -> HttpResponse:
    """The ledger of a year, and all years in a chart."""
    house = household_of(request, pk)
    statements = list(IncomeYear.objects.visible_to(officer_of(request)).filter(household=house).order_by("-year"))
    wanted = request.GET.get("year", "")
    chosen = next((s for s in statements if str(s.year) == wanted), statements[0] if statements else None)
    lines: list[IncomeItem] = []
    if chosen:
        lines = list(
            IncomeItem.objects.visible_to(officer_of(request))
            .filter(income_year=chosen)
            .select_related("member")
            .order_by("line")
        )
    context = common(request, house, "income") | {
        "statements": [
            {"statement": s, "net": money(s.net_income), "per_head": money(s.per_capita_net_income)} for s in statements
        ],
        "chosen": chosen,
        "kinds": ledger.kinds_of(chosen, lines) if chosen else [],
        "formulas": ledger.formulas(chosen, lines) if chosen else [],
        "chart": ledger.chart_of(statements) if statements else None,
    }
    return render(request, "registry/income.html", context)


@needs("registry.view")
@require_safe
def papers(request: HttpRequest, pk: int) -> HttpResponse:
    """The papers of a household that have not been removed."""
    house = household_of(request, pk)
    kept = (
        Paper.objects.visible_to(officer_of(request)).filter(household=house, removed_on=None).select_related("member")
    )
    shown = [
        {"paper": p, "kind": codes("paper_kind", p.kind), "image": p.media_type.startswith("image/")} for p in kept
    ]
    return render(request, "registry/papers.html", common(request, house, "papers") | {"papers": shown})


@needs("registry.view")
@require_safe
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Who changed what, when and why, newest first, a hundred changes a page."""
    house = household_of(request, pk)
    lines = selectors.history_of(house)
    context = common(request, house, "history") | {"changes": lines, "yesterday": date.today() - timedelta(days=1)}
    return render(request, "registry/history.html", context)


@needs("registry.view")
@require_POST
def reveal(request: HttpRequest, pk: int, field: str, member_pk: int | None = None) -> HttpResponse:
    """The full number behind a mask; the service asks for the right and leaves an entry in the trail."""
    house = household_of(request, pk)
    subject: Household | Member = house
    if member_pk is not None:
        subject = get_object_or_404(Member.objects.visible_to(officer_of(request)), pk=member_pk, household=house)
    if field not in SECRETS["household" if member_pk is None else "member"]:
        raise Http404
    text = services.reveal(by=officer_of(request), subject=subject, field=field)
    if not asked_by_htmx(request):
        return redirect("household", pk)
    return render(request, "registry/parts/revealed.html", {"text": text})
