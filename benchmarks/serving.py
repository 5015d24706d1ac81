"""How benchmarks of pages begin: Django on a home of their own, its tables made, and nothing left to be settled."""

import importlib
import os
from collections.abc import Callable
from pathlib import Path


def begin(home: str) -> None:
    """Django with this home (or the PostgreSQL of DATABASE_URL), with all tables; pages are asked for by a test client,
    and need no collected static files."""
    Path(home).mkdir(parents=True, exist_ok=True)
    os.environ["BANGFU_HOME"] = home
    os.environ["BANGFU_HOSTS"] = "testserver"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    call_command("migrate", verbosity=0)


def filled(fill: Callable[[], object]) -> str:
    """Fill the tables, let the database look at them, and load what `bangfu serve` loads. Gives its vendor."""
    from django.db import connection

    fill()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    importlib.import_module("bangfu.wsgi")  # as served: it settles the memory
    return str(connection.vendor)
