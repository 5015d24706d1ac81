"""What every page knows: the menu that this officer may use, and the languages."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from bangfu import __version__
from bangfu.web.menu import menu_for


def house(request: HttpRequest) -> dict[str, Any]:
    return {
        "menu": menu_for(request) if request.user.is_authenticated else [],
        "languages": settings.LANGUAGES,
        "version": __version__,
    }
