"""Changing a household: sections of its page, its people, their work, split and merger. The services decide.

What is on file is read once for each request, after asking at which change it stands: the form compares it with what
the officer was shown and says both values where two officers changed one; the service compares the change, so that
nobody comes in between.
"""

from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from bangfu.accounts.roles import rights
from bangfu.areas.models import Area
from bangfu.common.errors import NotAllowed
from bangfu.common.places import Level
from bangfu.registry import selectors, services
from bangfu.registry.models import Household, Member, WorkRecord
from bangfu.web.forms import carried_out
from bangfu.web.guard import needs, officer_of
from bangfu.web.registry.forms import ColumnsForm
from bangfu.web.registry.household import getattr_or_none, household_of
from bangfu.web.registry.moving import HEAD, LeaveForm, MergeForm, NewHouseholdForm, NewMemberForm, SplitForm
from bangfu.web.registry.sections import DECIDED, HOUSEHOLD, MEMBER, WORK
from bangfu.web.scope import scope_of


def editable(request: HttpRequest, pk: int) -> Household:
    """The household, if the officer may change it."""
    house = household_of(request, pk)
    if not officer_of(request).may("registry.edit", house.place):
        raise NotAllowed(right=rights()["registry.edit"].label)
    return house


def _form_page(request: HttpRequest, house: Household | None, form: Any, title: str, **more: Any) -> HttpResponse:
    context = {"form": form, "form_title": title, "household": house, **more}
    template = more.get("template", "registry/change.html")
    return render(request, template, context, status=422 if form.is_bound and form.errors else 200)


def _back(house: Household, anchor: str = "") -> HttpResponseRedirect:
    response = redirect("household", house.pk)
    response["Location"] += anchor
    return response


@needs("registry.edit")
def add(request: HttpRequest) -> HttpResponse:
    """A new household in a village of the officer; its people are added on its page."""
    scope = scope_of(request, "registry.edit")
    villages = Area.objects.visible_to(officer_of(request)).current().of_level(Level.VILLAGE)
    if scope.here:
        inside = villages.inside(scope.here)
        villages = inside if scope.here.level <= Level.VILLAGE else villages.filter(pk=scope.here.parent_id)
    form = NewHouseholdForm(request.POST or None, villages=villages)
    if form.is_valid():
        values = form.values()
        made = carried_out(
            form,
            lambda: services.save_household(
                by=officer_of(request),
                household=None,
                values=values,
                reason=form.cleaned_data["reason"],
                village=form.cleaned_data["village"],
            ),
        )
        if made:
            messages.success(request, _("已新建户 {number}。请接着登记家庭成员。").format(number=made.household_no))
            return _back(made)
    return _form_page(request, None, form, _("新建户"))


@needs("registry.edit")
def edit(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    """One section of the page."""
    seen = selectors.last_change(Household(pk=pk))
    house = editable(request, pk)
    chosen = HOUSEHOLD.get(section)
    if chosen is None:
        return redirect("household", pk)
    records = {"household": house, "dwelling": getattr_or_none(house, "dwelling")}
    asked = replace(chosen, columns=tuple(column for column in chosen.columns if column not in DECIDED))
    form = ColumnsForm(request.POST or None, sections=[asked], records=records)
    if form.is_valid():
        values = form.values()
        if not values:
            messages.info(request, _("没有改动，未保存。"))
            return _back(house)
        if carried_out(
            form,
            lambda: services.save_household(
                by=officer_of(request),
                household=house,
                values=values,
                reason=form.cleaned_data["reason"],
                seen_change=seen,
            ),
        ):
            messages.success(request, _("已保存。"))
            return _back(house, f"#{chosen.id}")
    return _form_page(request, house, form, str(chosen.title))


def _person(request: HttpRequest, house: Household, member_pk: int) -> Member:
    found: Member = get_object_or_404(
        Member.objects.visible_to(officer_of(request)),
        pk=member_pk,
        household=house,
    )
    return found


@needs("registry.edit")
def member_add(request: HttpRequest, pk: int) -> HttpResponse:
    """A person joins: born, married in, moved in …"""
    house = editable(request, pk)
    form = NewMemberForm(request.POST or None, sections=list(MEMBER.values()), records={}, required=("name",))
    if form.is_valid() and carried_out(
        form,
        lambda: services.save_member(
            by=officer_of(request),
            household=house,
            member=None,
            values=form.values(),
            reason=form.cleaned_data["reason"],
            event=form.cleaned_data["event"],
            on=form.cleaned_data["on"],
        ),
    ):
        messages.success(request, _("已登记 {name}。").format(name=form.cleaned_data["name"]))
        return _back(house, "#members")
    return _form_page(request, house, form, _("增加成员"))


@needs("registry.edit")
def member_edit(request: HttpRequest, pk: int, member_pk: int) -> HttpResponse:
    """Everything on file about a person."""
    seen = selectors.last_change(Member(pk=member_pk))
    house = editable(request, pk)
    person = _person(request, house, member_pk)
    form = ColumnsForm(
        request.POST or None, sections=list(MEMBER.values()), records={"member": person}, required=("name",)
    )
    if form.is_valid():
        values = form.values()
        if not values:
            messages.info(request, _("没有改动，未保存。"))
            return redirect("member", pk, member_pk)
        if carried_out(
            form,
            lambda: services.save_member(
                by=officer_of(request),
                household=house,
                member=person,
                values=values,
                reason=form.cleaned_data["reason"],
                seen_change=seen,
            ),
        ):
            messages.success(request, _("已保存。"))
            return redirect("member", pk, member_pk)
    return _form_page(request, house, form, _("修改 {name} 的信息").format(name=person.name), person=person)


@needs("registry.edit")
def member_leave(request: HttpRequest, pk: int, member_pk: int) -> HttpResponse:
    """A person leaves: died, married out, moved away … The file keeps them."""
    house = editable(request, pk)
    person = _person(request, house, member_pk)
    people: list[Member] = []
    if person.relation_to_head == HEAD:
        present = Member.objects.visible_to(officer_of(request)).present()
        people = list(present.filter(household=house).exclude(pk=person.pk))
    form = LeaveForm(request.POST or None, people=people, initial={"on": date.today()})
    if form.is_valid() and carried_out(
        form,
        lambda: services.member_leaves(
            by=officer_of(request),
            member=person,
            kind=form.cleaned_data["kind"],
            on=form.cleaned_data["on"],
            reason=form.cleaned_data["reason"],
            new_head=form.new_head(),
            relations=form.relations(),
        ),
    ):
        messages.success(request, _("已登记 {name} 离开本户，档案仍保留。").format(name=person.name))
        return _back(house, "#members")
    title = _("登记 {name} 离开本户").format(name=person.name)
    return _form_page(request, house, form, title, person=person, template="registry/moving.html", leaving=True)


@needs("registry.edit")
def work(request: HttpRequest, pk: int, member_pk: int, record_pk: int | None = None) -> HttpResponse:
    """A stretch of work of a person, new or changed."""
    house = editable(request, pk)
    person = _person(request, house, member_pk)
    record, seen = None, None
    if record_pk is not None:
        seen = selectors.last_change(WorkRecord(pk=record_pk))
        record = get_object_or_404(WorkRecord.objects.visible_to(officer_of(request)), pk=record_pk, member=person)
    form = ColumnsForm(
        request.POST or None, sections=[WORK], records={"work_record": record}, required=("start_month",)
    )
    if record is not None:
        # They tell one record from another: a new start or employer is a new record.
        for name in ("start_month", "employer"):
            form.fields[name].disabled = True
    if form.is_valid():
        values = form.values()
        if record is not None:
            values |= {"start_month": record.start_month, "employer": record.employer}
        if carried_out(
            form,
            lambda: services.save_work_record(
                by=officer_of(request),
                member=person,
                values=values,
                reason=form.cleaned_data["reason"],
                record=record,
                seen_change=seen,
            ),
        ):
            messages.success(request, _("已保存。"))
            return redirect("member", pk, member_pk)
    return _form_page(request, house, form, _("{name} 的务工记录").format(name=person.name), person=person)


@needs("registry.edit")
def split(request: HttpRequest, pk: int) -> HttpResponse:
    """Some members found a household of their own."""
    house = editable(request, pk)
    people = list(Member.objects.visible_to(officer_of(request)).present().filter(household=house))
    form = SplitForm(request.POST or None, people=people, initial={"on": date.today()})
    if form.is_valid():
        made = carried_out(
            form,
            lambda: services.split_household(
                by=officer_of(request),
                household=house,
                members=form.leaving(),
                head=form.head(),
                relations=form.relations(),
                on=form.cleaned_data["on"],
                reason=form.cleaned_data["reason"],
            ),
        )
        if made:
            messages.success(request, _("已分户，新户编号 {number}。").format(number=made.household_no))
            return _back(made)
    return _form_page(request, house, form, _("分户"), template="registry/moving.html", splitting=True)


@needs("registry.edit")
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Another household joins this one; its people come over, its file is closed and kept."""
    house = editable(request, pk)
    number = (request.POST or request.GET).get("other", "").strip()
    other = None
    if number:
        candidates = Household.objects.visible_to(officer_of(request)).living().exclude(pk=house.pk)
        other = candidates.filter(household_no=number).select_related("village__parent", "group").first()
    people = list(Member.objects.visible_to(officer_of(request)).present().filter(household=other)) if other else []
    form = MergeForm(
        request.POST or None, people=people, number=number, found=other is not None, initial={"on": date.today()}
    )
    if (
        other
        and form.is_valid()
        and carried_out(
            form,
            lambda: services.merge_households(
                by=officer_of(request),
                into=house,
                other=other,
                relations=form.relations(),
                on=form.cleaned_data["on"],
                reason=form.cleaned_data["reason"],
            ),
        )
    ):
        messages.success(request, _("已并户，{number} 户的成员已转入本户。").format(number=other.household_no))
        return _back(house, "#members")
    return _form_page(
        request, house, form, _("并户"), template="registry/moving.html", merging=True, other=other, number=number
    )
