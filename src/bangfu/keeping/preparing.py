"""A home made ready to serve: its database brought to today's structure, its static files laid out.

Both take seconds, so a stamp in the home remembers for which program they were done; a second start only compares.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection

import bangfu
from bangfu.keeping.errors import DatabaseNewer


def prepare() -> bool:
    """Migrate and collect static files when this program or this database has changed since the last time.

    True when there was something to do. Raises DatabaseNewer when the database knows migrations that we do not.
    """
    stamp = Path(settings.HOME) / "prepared.json"
    if _read(stamp) == _state():
        return False
    from django.db.migrations.executor import MigrationExecutor

    from bangfu.keeping.tables import known_migrations, recorded_migrations

    executor = MigrationExecutor(connection)
    if unknown := set(recorded_migrations()) - known_migrations(executor):
        raise DatabaseNewer(migration=".".join(min(unknown)))
    call_command("migrate", verbosity=0, interactive=False)
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(json.dumps(_state()), encoding="utf-8")
    return True


def _read(stamp: Path) -> Any:
    try:
        return json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _state() -> dict[str, str]:
    """The program by its migrations and static files, the database by the migrations that it has seen."""
    program = hashlib.sha256(f"{bangfu.__version__} {django.get_version()}".encode())
    for file in _files():
        status = file.stat()
        program.update(f"{file} {status.st_size} {status.st_mtime_ns}\n".encode())
    return {"program": program.hexdigest(), "database": _database_state()}


def _files() -> Iterator[Path]:
    for each in apps.get_app_configs():
        yield from _below(Path(each.path) / "migrations", "*.py")
    for entry in settings.STATICFILES_DIRS:
        yield from _below(Path(entry[1] if isinstance(entry, tuple) else entry), "**/*")


def _below(folder: Path, pattern: str) -> Iterable[Path]:
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def _database_state() -> str:
    """Nothing for a database that is not there or was never prepared."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return ""
    with connection.cursor() as cursor:
        if "django_migrations" not in connection.introspection.table_names(cursor):
            return ""
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        rows = cursor.fetchall()
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def is_empty() -> bool:
    """Whether nobody has put anything into this home yet: no area and no officer."""
    from bangfu.accounts.models import Officer
    from bangfu.areas.models import Area

    return not Area.objects.exists() and not Officer.objects.exists()
