"""What happens around every request: security headers, the officer's language, the gate, errors said in words."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import resolve, reverse
from django.utils import translation

from bangfu.audit.services import address_now
from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.common.frames import with_room

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
OPEN_PAGES = {"sign-in", "sign-in-code", "set-language", "public-postings", "public-posting", "public-apply"}
# Asked by scripts on phones, which read no pages: they are told 401 instead of being led to the sign-in page.
ASKED_BY_PHONES = {"phone-pack", "phone-token", "phone-send", "phone-photo"}
# Asked by ODK Collect, which brings a key or a password with every request and no session.
ASKED_BY_APPS = {
    f"odk-{way}{name}" for way in ("", "key-") for name in ("root", "list", "submission", "form", "manifest", "media")
}
# Asked with an address by a page that turned by itself, without anybody there.
BY_ITSELF = "by_itself"
# When the session was last put off, in seconds of the epoch.
CLICKED = "clicked"
# Reachable before the code of the second step has been given.
CODE_PAGES = {"sign-in-code", "sign-out", "set-language"}
# Reachable while a new password is due.
PASSWORD_PAGES = {"change-password", "sign-out", "set-language"}


def room_for_pages(get_response: Handler) -> Handler:
    """Pages are drawn many calls deep: the first of them takes memory for all."""
    return with_room(get_response)


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
            request.LANGUAGE_CODE = request.user.language
        response = get_response(request)
        response.headers["Content-Language"] = translation.get_language() or ""
        return response

    return middleware


def gate(get_response: Handler) -> Handler:
    """Nobody passes without signing in and, for those who have one, without the code of the second step; nobody works
    with a password that is due to be changed."""

    def middleware(request: HttpRequest) -> HttpResponse:
        address_now.set(request.META.get("REMOTE_ADDR", ""))
        page = resolve(request.path_info).url_name
        officer = request.user
        if page in ASKED_BY_APPS:
            return get_response(request)
        if not officer.is_authenticated:
            if page in ASKED_BY_PHONES:
                return JsonResponse({"signed_in": False}, status=401)
            if page not in OPEN_PAGES:
                # A session cookie without a session: it ran out, or the password or account changed meanwhile.
                ended = {"ended": "1"} if settings.SESSION_COOKIE_NAME in request.COOKIES else {}
                return _send_to("sign-in", request, **ended)
        elif officer.second_step and not officer.is_verified():  # type: ignore[attr-defined]
            if page not in CODE_PAGES:
                return _send_to("sign-in-code", request)
        elif officer.must_change_password and page not in PASSWORD_PAGES:
            return _send_to("change-password", request)
        return get_response(request)

    return middleware


def session_goes_on(get_response: Handler) -> Handler:
    """Whoever clicks stays signed in for as long again; a page that turns by itself (`BY_ITSELF`) is no click, but on a
    screen where nobody sits. The end is written with a session at most once in a minute, so that a page that only reads
    writes nothing."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.user.is_authenticated and not request.session.is_empty() and _is_click(request):
            now = int(time.time())
            if not 0 <= now - request.session.get(CLICKED, 0) < settings.SESSION_WRITTEN_AFTER:
                request.session[CLICKED] = now
        return response

    return middleware


def _is_click(request: HttpRequest) -> bool:
    return BY_ITSELF not in request.GET or bool(getattr(request.user, "unattended", False))


def _send_to(page: str, request: HttpRequest, **words: str) -> HttpResponse:
    """To another page first, which leads back to the one asked for. A part asked for by htmx leads back to the page
    that it belongs to, and the whole page goes, not the part."""
    by_htmx = request.headers.get("HX-Request") == "true"
    back = ""
    if by_htmx:
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = f"{shown.path}?{shown.query}" if shown.query else shown.path
    elif request.method == "GET":
        back = request.get_full_path()
    if back and back != "/":
        words["next"] = back
    address = f"{reverse(page)}?{urlencode(words)}" if words else reverse(page)
    return HttpResponse(headers={"HX-Redirect": address}) if by_htmx else redirect(address)


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
