"""The page for the field: opened once with a network, it works without one. What it sends and fetches lies in
`web.visits`; here is the page itself, its scripts, and the key under which a phone keeps what was written."""

import base64
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bangfu.accounts.models import Officer
from bangfu.web.field import code
from bangfu.web.field.texts import texts
from bangfu.web.guard import needs, officer_of

# How the page works, no policy: sizes are in bytes and pixels. 600,000 rounds of PBKDF2-SHA-256 are what OWASP's
# Password Storage Cheat Sheet (2023) asks for; a PIN made with fewer goes on with its own number.
LIMITS = {
    "pin_digits": 6,
    "pin_rounds": 600_000,
    "photo_side": 1600,
    "photo_bytes": 500_000,
    "photo_part": 256 * 1024,
    "skew_told": 120,
    "lock_after_minutes": 10,
}
NO_PHOTO = "00000000-0000-0000-0000-000000000000"


@require_GET
@needs("visits.record")
def field(request: HttpRequest) -> HttpResponse:
    """The page. It names no officer: a phone keeps it, and several may use that phone."""
    brought = {
        "addresses": {
            "key": reverse("field-key"),
            "worker": reverse("field-worker"),
            "page": reverse("field"),
            "home": reverse("home"),
            "sign_in": f"{reverse('sign-in')}?next={reverse('field')}",
            "pack": reverse("phone-pack"),
            "token": reverse("phone-token"),
            "send": reverse("phone-send"),
            "photos": reverse("phone-photo", args=[NO_PHOTO]).removesuffix(f"{NO_PHOTO}/"),
        },
        "limits": LIMITS,
        "texts": texts(),
    }
    return render(request, "field/page.html", {"brought": brought, "code": code.address()})


@require_GET
@needs("visits.record")
def key(request: HttpRequest) -> HttpResponse:
    """Who is signed in, and the key that opens what this officer wrote on a phone. It follows from the secret of this
    house and the officer, so that it is the same after a restart and on another phone, and is stored nowhere."""
    officer = officer_of(request)
    get_token(request)
    sealing = base64.b64encode(shelf_key(officer)).decode()
    return JsonResponse({"officer": {"id": officer.pk, "name": officer.name}, "key": sealing})


def shelf_key(officer: Officer) -> bytes:
    """32 bytes that only this house can derive."""
    return salted_hmac("bangfu.web.field.shelf", str(officer.pk), algorithm="sha256").digest()


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from the folder that it is to serve: its address decides what it may see."""
    source = code.worker(reverse("field"))
    return HttpResponse(source, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone asks when the page is put on its home screen."""
    about: dict[str, Any] = {
        "name": _("帮扶走访"),
        "short_name": _("走访"),
        "start_url": reverse("field"),
        "scope": reverse("field"),
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0b2a4a",
        "icons": [{"src": static("bangfu/icon.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    return JsonResponse(about, content_type="application/manifest+json")
