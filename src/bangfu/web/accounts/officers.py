"""Officers and posts: who works where; accounts by the system administrator, posts by the security administrator."""

from typing import Any, cast

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.accounts import selectors, services
from bangfu.accounts.models import Officer, Post
from bangfu.accounts.roles import roles
from bangfu.common.places import within
from bangfu.web.accounts.forms import (
    EndPostForm,
    NewOfficerForm,
    OfficerForm,
    PostForm,
    ReasonForm,
    area_choices,
    areas_of,
)
from bangfu.web.accounts.paging import page_of
from bangfu.web.accounts.rights import needs
from bangfu.web.forms import carried_out


def _officer(request: HttpRequest) -> Officer:
    return cast(Officer, request.user)


def _found(request: HttpRequest, officer_id: int) -> Officer:
    visible = Officer.objects.visible_to(_officer(request)).select_related("area")
    return cast(Officer, get_object_or_404(visible, pk=officer_id))


@needs("accounts.view")
@require_safe
def officer_list(request: HttpRequest) -> HttpResponse:
    """Everybody with a unit or a post in the areas that the viewer looks after; filtered by name, role and state."""
    viewer = _officer(request)
    officers = Officer.objects.visible_to(viewer).select_related("area").order_by("username")
    words = request.GET.get("q", "").strip()
    if words:
        officers = officers.filter(Q(name__icontains=words) | Q(username__icontains=words) | Q(unit__icontains=words))
    role = request.GET.get("role", "")
    if role in roles():
        holders = Post.objects.visible_to(viewer).filter(role_id=role).values("officer_id")
        officers = officers.filter(pk__in=holders)
    state = request.GET.get("state", "")
    if state in ("open", "closed"):
        officers = officers.filter(is_active=state == "open")
    page = page_of(request, officers)
    posts: dict[int, list[Post]] = {}
    for post in Post.objects.visible_to(viewer).filter(officer__in=page.rows).select_related("area"):
        posts.setdefault(post.officer_id, []).append(post)
    rows = [{"officer": each, "posts": posts.get(each.pk, [])} for each in page.rows]
    facts = {"page": page, "rows": rows, "q": words, "role": role, "state": state, "roles": list(roles().values())}
    name = "accounts/officer_list.html"
    return render(request, f"{name}#rows" if request.htmx else name, facts)  # type: ignore[attr-defined]


@needs("accounts.view")
@require_safe
def officer_page(request: HttpRequest, officer_id: int) -> HttpResponse:
    officer = _found(request, officer_id)
    return render(request, "accounts/officer_page.html", _page_facts(request, officer))


def _page_facts(request: HttpRequest, officer: Officer, **more: Any) -> dict[str, Any]:
    viewer = _officer(request)
    posts = selectors.posts_of(officer, viewer)
    here = {p.pk for p in posts if p.area and viewer.may("accounts.posts", p.area.place)}
    facts = {
        "officer": officer,
        "posts": [{"post": p, "may_end": p.pk in here and officer.pk != viewer.pk} for p in posts],
        # somebody may hold a post here and belong to a unit elsewhere, which is not for this viewer
        "home": officer.area if officer.area and viewer.may("accounts.view", officer.area.place) else None,
        "oneself": officer.pk == viewer.pk,
        "may_officers": viewer.has_perm("accounts.officers") and officer.pk != viewer.pk,
        "may_posts": viewer.has_perm("accounts.posts") and officer.pk != viewer.pk,
        "locked_until": selectors.locked_until(officer.username),
        "form": OfficerForm(initial={"name": officer.name, "unit": officer.unit, "phone": officer.phone}),
        "post_form": PostForm(viewer=viewer),
        "end_form": EndPostForm(),
        "reason_form": ReasonForm(),
    }
    return {**facts, **more}


def _again(request: HttpRequest, officer: Officer, **more: Any) -> HttpResponse:
    """The page once more with the form that was refused, open and with its errors."""
    return render(request, "accounts/officer_page.html", _page_facts(request, officer, **more), status=422)


@needs("accounts.officers")
def officer_create(request: HttpRequest) -> HttpResponse:
    form = NewOfficerForm(request.POST or None, viewer=_officer(request))
    if form.is_valid():
        new = carried_out(form, lambda: services.create_officer(by=_officer(request), **form.cleaned_data))
        if new:
            # Shown in this one answer and kept nowhere: a reload asks the form again, not the password.
            return render(request, "accounts/new_password.html", {"new": new, "created": True})
    return render(request, "accounts/officer_create.html", {"form": form})


@needs("accounts.officers")
@require_POST
def officer_change(request: HttpRequest, officer_id: int) -> HttpResponse:
    officer = _found(request, officer_id)
    form = OfficerForm(request.POST)
    if form.is_valid() and carried_out(
        form, lambda: services.change_officer(by=_officer(request), officer=officer, **form.cleaned_data)
    ):
        messages.success(request, _("已保存。"))
        return redirect("officer-page", officer_id)
    return _again(request, officer, form=form, opened="change")


@needs("accounts.officers")
@require_POST
def officer_close(request: HttpRequest, officer_id: int) -> HttpResponse:
    """Close the account, or open it again when it is closed."""
    officer = _found(request, officer_id)
    form = ReasonForm(request.POST)
    verb = services.close_account if officer.is_active else services.reopen_account
    if form.is_valid() and carried_out(
        form, lambda: verb(by=_officer(request), officer=officer, reason=form.cleaned_data["reason"])
    ):
        messages.success(request, _("账号已停用。") if officer.is_active else _("账号已恢复。"))
        return redirect("officer-page", officer_id)
    return _again(request, officer, reason_form=form, opened="close")


@needs("accounts.officers")
@require_POST
def officer_reset_password(request: HttpRequest, officer_id: int) -> HttpResponse:
    new = services.reset_password(by=_officer(request), officer=_found(request, officer_id))
    return render(request, "accounts/new_password.html", {"new": new, "created": False})


@needs("accounts.posts")
@require_POST
def officer_unlock(request: HttpRequest, officer_id: int) -> HttpResponse:
    officer = _found(request, officer_id)
    services.unlock(by=_officer(request), officer=officer)
    messages.success(request, _("已解除锁定，现在可以登录。"))
    return redirect("officer-page", officer_id)


@needs("accounts.posts")
@require_POST
def officer_end_two_factor(request: HttpRequest, officer_id: int) -> HttpResponse:
    officer = _found(request, officer_id)
    if officer.pk == request.user.pk:
        return redirect("two-factor")
    services.remove_second_step(by=_officer(request), officer=officer)
    messages.success(request, _("动态口令已取消，对方凭密码即可登录，请提醒其重新设置。"))
    return redirect("officer-page", officer_id)


@needs("accounts.posts")
@require_POST
def post_assign(request: HttpRequest, officer_id: int) -> HttpResponse:
    officer = _found(request, officer_id)
    form = PostForm(request.POST, viewer=_officer(request))
    if form.is_valid():
        given = form.cleaned_data
        if carried_out(
            form,
            lambda: services.assign_post(
                by=_officer(request),
                officer=officer,
                role_id=given["role"],
                area=given["area"],
                starts_on=given["starts_on"],
                ends_on=given["ends_on"],
            ),
        ):
            messages.success(request, _("岗位已登记。"))
            return redirect("officer-page", officer_id)
    return _again(request, officer, post_form=form, opened="assign")


@needs("accounts.posts")
@require_POST
def post_end(request: HttpRequest, post_id: int) -> HttpResponse:
    visible = Post.objects.visible_to(_officer(request)).select_related("area", "officer", "officer__area")
    post = get_object_or_404(visible, pk=post_id)
    form = EndPostForm(request.POST)
    if form.is_valid() and carried_out(
        form, lambda: services.end_post(by=_officer(request), post=post, on=form.cleaned_data["on"])
    ):
        messages.success(request, _("任职已结束。"))
        return redirect("officer-page", post.officer_id)
    return _again(request, post.officer, end_form=form, opened=f"end-{post.pk}")


@needs("accounts.officers", "accounts.posts")
@require_safe
def area_options(request: HttpRequest) -> HttpResponse:
    """The areas to choose from while a name or code is typed, inside the viewer's own."""
    viewer = _officer(request)
    right = "accounts.officers" if viewer.has_perm("accounts.officers") else "accounts.posts"
    words = request.GET.get("area_words", "").strip()
    areas = areas_of(viewer, right)
    if words:
        # parents found by the same words lie in the viewer's areas too, because `areas` does
        inside = [a.reach for a in areas.filter(name__icontains=words)[:20]]
        areas = areas.filter(Q(code__startswith=words) | within(inside)) if inside else areas.filter(code__prefix=words)
    return render(request, "accounts/_area_options.html", {"choices": area_choices(areas)})
