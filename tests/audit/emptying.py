"""How tests that commit clean up after themselves although the trail is insert-only.

After a transactional test Django empties every table (DELETE on SQLite, TRUNCATE on PostgreSQL). The triggers of
`audit/migrations/0002_insert_only` forbid that, as they should. Only here, outside the program, they are taken away
for that moment and put back by the migration's own statements; nothing that is installed can do so.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL
from django.db.backends.sqlite3.base import DatabaseWrapper as SQLite

insert_only = import_module("bangfu.audit.migrations.0002_insert_only")

TAKE_AWAY = {
    "sqlite": [
        "DROP TRIGGER IF EXISTS audit_entry_never_altered",
        "DROP TRIGGER IF EXISTS audit_entry_never_removed",
        "DROP TRIGGER IF EXISTS audit_entry_never_replaced",
    ],
    "postgresql": ["ALTER TABLE audit_entry DISABLE TRIGGER USER"],
}
PUT_BACK = {
    "sqlite": list(insert_only.SQLITE),
    "postgresql": ["ALTER TABLE audit_entry ENABLE TRIGGER USER"],
}


def _with_the_trail(operations: type[Any]) -> Any:
    plain = operations.sql_flush

    def sql_flush(self: Any, style: Any, tables: Any, **kwargs: Any) -> list[str]:
        statements = plain(self, style, tables, **kwargs)
        if "audit_entry" not in tables:
            return statements  # type: ignore[no-any-return]
        vendor = self.connection.vendor
        return [*TAKE_AWAY[vendor], *statements, *PUT_BACK[vendor]]

    return sql_flush


@pytest.fixture(scope="session", autouse=True)
def _transactional_tests_may_empty_the_trail() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    for database in (SQLite, PostgreSQL):
        patch.setattr(database.ops_class, "sql_flush", _with_the_trail(database.ops_class))
    yield
    patch.undo()
