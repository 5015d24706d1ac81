"""The right that a page asks for, checked before anything else happens."""

import functools
from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.common.errors import NotAllowed

View = Callable[..., HttpResponse]


def officer_of(request: HttpRequest) -> Officer:
    """The officer who has signed in: the gate lets nobody else come as far as a view."""
    return cast(Officer, request.user)


def needs(right: str) -> Callable[[View], View]:
    """The officer must hold `right` somewhere; where exactly is the question of `visible_to` and of the services."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not officer_of(request).has_perm(right):
                raise NotAllowed(right=rights()[right].label)
            return view(request, *args, **kwargs)

        return guarded

    return wrap


def asked_by_htmx(request: HttpRequest, target: str = "") -> bool:
    """Whether a part of a page is asked for (the one whose id is `target`), not a page."""
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and (not target or htmx.target == target)
