"""Phones take turns: when many come back into the network at once, a few are served at a time and the others are told
at once to come again in a moment. So nobody waits long for an answer, pages stay quick meanwhile, and no phone gives
its visit up: it holds it until it is taken.
"""

import random
import threading
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from bangfu.visits.errors import TooManyPhones

# Of the threads of the server (eight by http) half stay with the pages.
AT_ONCE = 4
# Seconds after which a phone asks again; different for each, so that they do not all come back together.
AGAIN_AFTER = (2, 8)
SENT_TO = "/visits/phone/"
FIRST = "/visits/phone/token/"
_turns = threading.BoundedSemaphore(AT_ONCE)


def phones_take_turns(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Before anything is asked of the database: whether one more phone can be served now."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not takes_a_turn(request):
            return get_response(request)
        if not _turns.acquire(blocking=False):
            return later()
        try:
            return get_response(request)
        finally:
            _turns.release()

    return middleware


def takes_a_turn(request: HttpRequest) -> bool:
    """Whatever a phone sends, and the token with which it begins to; what an officer waits for on the screen does
    not."""
    path = request.path_info
    return path == FIRST or (request.method in ("POST", "PUT") and path.startswith(SENT_TO))


def later() -> HttpResponse:
    """503 and when to come again, in words too."""
    error = TooManyPhones()
    seconds = random.randint(*AGAIN_AFTER)
    answer = {"code": error.code, "message": error.message}
    told = JsonResponse(answer, status=503, headers={"Retry-After": str(seconds)})
    told._has_been_logged = True  # type: ignore[attr-defined]  # it is no fault: Django would log each as an error
    return told
