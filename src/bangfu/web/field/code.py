"""The scripts of the phone page, as the page and its service worker name them.

They are static files under the mark of all of them together (`settings.FIELD_CODE`).
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static
from django.utils.translation import get_language

from bangfu.web.field.texts import texts

TEMPLATE = Path(__file__).resolve().parents[1] / "templates" / "field" / "page.html"
WORKER = "worker.js"
STYLES = ("vendor/tabler/css/tabler.min.css", "bangfu/bangfu.css", "bangfu/field.css", "bangfu/icon.svg")


def address() -> str:
    """The address below which the modules lie."""
    return f"{settings.STATIC_URL}{settings.FIELD_CODE}/"


@cache
def modules() -> tuple[str, ...]:
    """Every module that a page may ask for, by its name."""
    found = (file.relative_to(settings.FIELD_SCRIPT).as_posix() for file in settings.FIELD_SCRIPT.rglob("*.js"))
    return tuple(sorted(name for name in found if name != WORKER))


def version() -> str:
    """Changes with any script, the page, its texts, their language or its styles."""
    said = json.dumps([get_language(), texts(), TEMPLATE.read_text(encoding="utf-8"), [*map(static, STYLES)]])
    return hashlib.sha256(f"{settings.FIELD_CODE} {said}".encode()).hexdigest()[:16]


def worker(page: str) -> str:
    """The service worker, with the list of what it keeps above it; any change of it makes browsers fetch all anew."""
    files = [*(f"{address()}{name}" for name in modules()), *map(static, STYLES)]
    source = (settings.FIELD_SCRIPT / WORKER).read_text(encoding="utf-8")
    about = {"version": version(), "page": page, "code": address(), "files": files}
    return f"const FIELD = {json.dumps(about)};\n{source}"
