"""What every page knows: the menu and the rights of this officer, and the languages."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from bangfu import __version__
from bangfu.accounts.roles import rights
from bangfu.web.menu import menu_for


def house(request: HttpRequest) -> dict[str, Any]:
    """`may.registry_edit` and so on: whether the officer holds that right anywhere. Made once a request: a page of
    blocks renders a dozen templates. For templates to read; nobody changes it."""
    found: dict[str, Any] | None = request.__dict__.get("_house")
    if found is None:
        found = request.__dict__["_house"] = _made(request)
    return found


def _made(request: HttpRequest) -> dict[str, Any]:
    officer = request.user
    return {
        "menu": menu_for(request) if officer.is_authenticated else [],
        "may": {right.replace(".", "_"): officer.may(right) for right in rights()} if officer.is_authenticated else {},
        "languages": settings.LANGUAGES,
        "version": __version__,
    }
