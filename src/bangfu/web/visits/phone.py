"""What a phone asks and sends: JSON in, JSON out, in the session of the officer who carries it.

    GET  pack/             checklists, and households of the officer's own area; ?household=ID narrows
    GET  token/            a fresh CSRF token; 401 when nobody is signed in
    POST send/             one visit (visits.payloads) -> {"uuid", "state", "problems", "photos": {uuid: bytes here}}
    GET  photos/<uuid>/    {"received": n}
    PUT  photos/<uuid>/    a part, `Content-Range: bytes a-b/total` -> {"received": n}; n is where to go on

A refusal is {"code", "message"} with a status of 4xx: 400 for what cannot be read, 403, 404, 409 (begin the photo
again), 413, 422 (this photo never). 503 with `Retry-After` comes before anything was looked at: the same once more
after so many seconds (`turns`).
"""

import functools
import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.common.places import Level, within
from bangfu.visits import errors, packing, services
from bangfu.visits.models import Channel
from bangfu.visits.policy import policy
from bangfu.web.guard import needs, officer_of
from bangfu.web.visits import bringing

STATUS: dict[type[BangfuError], HTTPStatus] = {
    NotAllowed: HTTPStatus.FORBIDDEN,
    errors.PhotoUnknown: HTTPStatus.NOT_FOUND,
    errors.PhotoChanged: HTTPStatus.CONFLICT,
    errors.PhotoTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.PhotoNotImage: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.PhotoDamaged: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.PhotoEmpty: HTTPStatus.UNPROCESSABLE_ENTITY,
}
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")
_EMPTY = re.compile(r"bytes \*/0")


def in_json(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A refusal of the house as JSON: a phone reads no pages."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except BangfuError as error:
            status = STATUS.get(type(error), HTTPStatus.BAD_REQUEST)
            return JsonResponse({"code": error.code, "message": error.message}, status=status)

    return wrapped


@require_GET
@in_json
@needs("visits.record")
def pack(request: HttpRequest) -> HttpResponse:
    """What is taken along: the officer's own households first, with what is being done for them, then those that they
    visited last, then the others."""
    officer, today = officer_of(request), timezone.localdate()
    forms = packing.checklists_for(officer)
    chosen = [int(text) for text in request.GET.getlist("household") if text.isascii() and text.isdigit() and text]
    only = [pk for pk in chosen if pk < 2**62] if request.GET.getlist("household") else None
    homes = bringing.households_for(officer, today, only)
    checklists, households = packing.pack(officer, homes, forms, today)
    measures = bringing.measures_for(officer, homes, today)
    services.hand_out(by=officer, checklists=forms, households=len(homes), channel=Channel.FIELD)
    limits = policy().phone
    return JsonResponse(
        {
            "made_at": timezone.now().isoformat(),
            "wipe_after_days": limits.wipe_after_days,
            "wrong_pins": limits.wrong_pins,
            "photo_limit_mb": policy().photos.limit_mb,
            "officer": {"id": officer.pk, "name": officer.name, "unit": officer.unit},
            "checklists": checklists,
            "households": [{**each, "measures": measures.get(each["id"], [])} for each in households],
            "villages": _villages(officer),
        }
    )


def _villages(officer: Officer) -> list[dict[str, Any]]:
    """The villages where the officer records visits, at most as many as a phone takes households."""
    rows = Area.objects.visible_to(officer).current().filter(level=Level.VILLAGE)
    rows = rows.filter(within(officer.places_for(services.RIGHT))).order_by("place")
    return [{"id": area.pk, "name": area.name} for area in rows[: policy().phone.households]]


@require_GET
def token(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"csrf": get_token(request)})


@require_POST
@in_json
@needs("visits.record")
def send(request: HttpRequest) -> HttpResponse:
    """One visit. The same one again is answered as the first time, with how much of its photos is here by now."""
    done = services.record(by=officer_of(request), payload=services.read_payload(_read(request)), channel=Channel.FIELD)
    given = done.visit or done.refused
    return JsonResponse(
        {
            "uuid": str(given.uuid) if given else "",
            "state": done.state,
            "problems": [problem.plain() for problem in done.problems],
            "photos": done.photos_wanted,
        }
    )


def _read(request: HttpRequest) -> Any:
    """The JSON of a request. Raises PayloadUnreadable for whatever is none."""
    try:
        return json.loads(request.body.decode("utf-8"), parse_constant=_no_number)
    except RequestDataTooBig:
        raise errors.PayloadUnreadable(reason=_("内容太长")) from None
    except (ValueError, RecursionError, UnreadablePostError):
        raise errors.PayloadUnreadable(reason=_("传输中断或格式不对")) from None


def _no_number(text: str) -> Any:
    raise ValueError(text)


@require_http_methods(["GET", "PUT"])
@in_json
@needs("visits.record")
def photo(request: HttpRequest, uuid: Any) -> HttpResponse:
    """How much of a photo is here; or a part of it."""
    officer = officer_of(request)
    if request.method == "GET":
        return JsonResponse({"received": services.received(by=officer, photo_uuid=uuid)})
    offset, total, chunk = _part(request)
    try:
        here = services.add_photo_part(by=officer, photo_uuid=uuid, offset=offset, total=total, chunk=chunk)
    except errors.PhotoOutOfStep as error:
        here = error.facts["received"]  # no fault of anybody's: the phone goes on from there
    return JsonResponse({"received": here})


def _part(request: HttpRequest) -> tuple[int, int, bytes]:
    """Where the part begins, how long the whole is, and the part. Raises PartWrong."""
    given = request.headers.get("Content-Range", "")
    found = _RANGE.fullmatch(given)
    try:
        chunk = request.body
    except (RequestDataTooBig, UnreadablePostError):
        raise errors.PartWrong(range=given[:60]) from None
    if found is None:
        if _EMPTY.fullmatch(given) and not chunk:
            return 0, 0, chunk
        raise errors.PartWrong(range=given[:60])
    first, last, total = (int(each) for each in found.groups())
    if last - first + 1 != len(chunk):
        raise errors.PartWrong(range=given[:60])
    return first, total, chunk
