"""What happens around every request: security headers, the officer's language, the gate, errors said in words."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import resolve
from django.utils import translation

from bangfu.audit.services import address_now
from bangfu.common.errors import BangfuError, NotAllowed

Handler = Callable[[HttpRequest], HttpResponse]

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        # charts set the style of their tooltips on the element
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'self'",
    )
)

# Reachable without signing in. Everything else asks for an officer, whether or not a view remembers to.
OPEN_PAGES = {"sign-in", "sign-in-code", "set-language"}
# Reachable while a new password is due.
PASSWORD_PAGES = {"change-password", "sign-out", *OPEN_PAGES}


def content_security_policy(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def officer_language(get_response: Handler) -> Handler:
    """Pages speak the language that the officer has chosen; before signing in, the one chosen in the browser."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = request.user.language  # type: ignore[attr-defined]
        response = get_response(request)
        response.headers["Content-Language"] = translation.get_language() or ""
        return response

    return middleware


def gate(get_response: Handler) -> Handler:
    """Nobody passes without signing in; nobody works with a password that is due to be changed."""

    def middleware(request: HttpRequest) -> HttpResponse:
        address_now.set(request.META.get("REMOTE_ADDR", ""))
        page = resolve(request.path_info).url_name
        if not request.user.is_authenticated:
            if page not in OPEN_PAGES:
                return redirect(f"/sign-in/?next={request.path}")
        elif request.user.must_change_password and page not in PASSWORD_PAGES:
            return redirect("change-password")
        return get_response(request)

    return middleware


def errors_in_words(get_response: Handler) -> Any:
    """An error of the catalogue that no form caught becomes a page that says what happened and what to do next."""

    class Middleware:
        def __call__(self, request: HttpRequest) -> HttpResponse:
            return get_response(request)

        def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
            if not isinstance(error, BangfuError):
                return None
            status = 403 if isinstance(error, NotAllowed) else 400
            return render(request, "error.html", {"error": error, "status": status}, status=status)

    return Middleware()
