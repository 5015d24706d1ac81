"""The scripts of the phone page: served as they stand, as one set under the hash of all of them.

Modules name each other by relative addresses, so a page that began with one version must never be given a module of
another: the version is part of the address.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.templatetags.static import static

SCRIPT = Path(__file__).resolve().parent / "script"
TEMPLATE = Path(__file__).resolve().parents[1] / "templates" / "field" / "page.html"
WORKER = "worker.js"
STYLES = ("vendor/tabler/css/tabler.min.css", "bangfu/bangfu.css", "bangfu/field.css", "bangfu/icon.svg")


@cache
def modules() -> Mapping[str, str]:
    """Every module that a page may ask for, by its name below `script/`."""
    return {
        file.relative_to(SCRIPT).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(SCRIPT.rglob("*.js"))
        if file.name != WORKER
    }


@cache
def version() -> str:
    """Changes with any script, the page, its texts or its styles."""
    from bangfu.web.field import texts

    parts = [*modules().values(), worker_source(), Path(texts.__file__).read_text("utf-8"), TEMPLATE.read_text("utf-8")]
    return hashlib.sha256("\0".join([*parts, *map(static, STYLES)]).encode()).hexdigest()[:16]


@cache
def worker_source() -> str:
    return (SCRIPT / WORKER).read_text(encoding="utf-8")


def worker(page: str, code: str) -> str:
    """The service worker, with the list of what it keeps above it; any change of it makes browsers fetch all anew.

    `page` is the address of the page, `code` the address below which the modules lie.
    """
    files = [*(f"{code}{name}" for name in modules()), *map(static, STYLES)]
    kept = {"version": version(), "page": page, "code": code, "files": files}
    return f"const FIELD = {json.dumps(kept)};\n{worker_source()}"
