"""Signing in with name and password, with a code of the telephone, and out; the language before and after."""

from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django_otp import login as otp_login

from bangfu.accounts import errors, selectors, services
from bangfu.accounts.models import Officer
from bangfu.web.accounts.forms import CodeForm, SignInForm


def safe_next(request: HttpRequest, fallback: str = "home") -> str:
    """The page asked for before signing in, when it is one of this site; else the fallback."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url(fallback)


class SignIn(LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            ended="ended" in self.request.GET, minutes=settings.SESSION_COOKIE_AGE // 60, **kwargs
        )

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        officer = cast(Officer, form.get_user())
        services.note_signed_in(officer)
        if officer.second_step:
            return redirect(f"{reverse('sign-in-code')}?{urlencode({'next': self.get_success_url()})}")
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        username = form.cleaned_data.get("username", "")
        if username and "password" in form.cleaned_data:
            services.note_sign_in_failed(
                username,
                locked=bool(getattr(self.request, "axes_locked_out", False)),
                # axes counts a wrong password, and does not count an attempt while the account is locked
                first_lock=getattr(self.request, "axes_failures_since_start", None) == settings.AXES_FAILURE_LIMIT,
            )
        return super().form_invalid(form)


def locked_out(request: HttpRequest, response: Any = None, credentials: Any = None) -> HttpResponse:
    """The page instead of the sign-in form after too many wrong passwords."""
    username = (credentials or {}).get("username") or request.POST.get("username", "")
    until = selectors.locked_until(username, request.META.get("REMOTE_ADDR")) if username else None
    seconds = (until - timezone.now()).total_seconds() if until else settings.AXES_COOLOFF_TIME * 3600
    facts = {"minutes": max(1, -int(-seconds // 60)), "tries": settings.AXES_FAILURE_LIMIT}
    return render(request, "accounts/locked_out.html", facts, status=429)


def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second step: until its code is right, the gate lets this officer see no other page."""
    officer = request.user
    if not officer.is_authenticated:
        return redirect("sign-in")
    if not officer.second_step or officer.is_verified():  # type: ignore[attr-defined]
        return redirect(safe_next(request))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            device = services.check_code(by=officer, code=form.cleaned_data["code"])
        except (errors.CodeWrong, errors.CodeTooSoon) as refused:
            form.add_error("code", refused.message)
        else:
            request.session.cycle_key()
            otp_login(request, device)
            return redirect(safe_next(request))
    return render(request, "accounts/sign_in_code.html", {"form": form, "next": safe_next(request)})


class SignOut(LogoutView):
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            services.note_signed_out(request.user)
        return super().post(request, *args, **kwargs)


def set_language(request: HttpRequest) -> HttpResponse:
    """Switch the language: kept with the officer, or in the browser before signing in."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    language = request.POST.get("language", "")
    answer = redirect(safe_next(request, "home" if request.user.is_authenticated else "sign-in"))
    if request.user.is_authenticated:
        services.set_language(by=request.user, language=language)
        with translation.override(language):
            messages.success(request, translation.gettext("已改用这种语言。"))
    elif language not in dict(settings.LANGUAGES):
        raise errors.LanguageUnknown(language=language)
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return answer
