"""The right that a page asks for, checked before anything else happens."""

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from bangfu.accounts.roles import rights
from bangfu.common.errors import NotAllowed

View = Callable[..., HttpResponse]


def needs(right: str) -> Callable[[View], View]:
    """The officer must hold `right` somewhere; where exactly is the question of `visible_to` and of the services."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(right):  # type: ignore[union-attr]
                raise NotAllowed(right=rights()[right].label)
            return view(request, *args, **kwargs)

        return guarded

    return wrap
