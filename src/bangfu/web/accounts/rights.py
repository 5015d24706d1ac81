"""Pages that ask for a right before they answer."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from bangfu.accounts.roles import rights
from bangfu.common.errors import NotAllowed

View = Callable[..., HttpResponseBase]


def needs(*any_of: str) -> Callable[[View], View]:
    """Only for officers who hold one of these rights somewhere; the refusal names the first. Where the right holds is
    decided by the query or the service behind the page, not here."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not any(request.user.has_perm(right) for right in any_of):
                raise NotAllowed(right=rights()[any_of[0]].label)
            return view(request, *args, **kwargs)

        return guarded

    return decorate
