"""How tests that commit clean up after themselves although the trail is insert-only.

After a transactional test Django empties every table, full or not, which takes longer than most tests; here only those
are emptied that hold rows. The triggers of `audit/migrations/0002_insert_only` forbid that, as they should. Only here,
outside the program, they are taken away for that moment and put back by the migration's own statements; nothing that is
installed can do so.
"""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import pytest
from django.core.management.commands import flush
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

# What Django fills by itself when tables are made: always the same, so it stays.
KEPT = {"django_content_type", "auth_permission"}
AT_ONCE = 100  # SQLite takes no more than 500 parts of a question
# PostgreSQL gives no trigger back to a table of which references are still to be looked at.
LOOK_NOW = {"sqlite": [], "postgresql": ["SET CONSTRAINTS ALL IMMEDIATE"]}


def _holding_rows(connection: Any, tables: Sequence[str]) -> list[str]:
    """The tables that are not empty: of some two hundred a test writes to a few."""
    asked = [f"SELECT {n} WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(t)})" for n, t in enumerate(tables)]
    found: list[str] = []
    with connection.cursor() as cursor:
        for first in range(0, len(asked), AT_ONCE):
            cursor.execute(" UNION ALL ".join(asked[first : first + AT_ONCE]))
            found += [tables[number] for (number,) in cursor.fetchall()]
    return found


def _of_filled_tables() -> Any:
    def sql_flush(self: Any, style: Any, tables: Any, **kwargs: Any) -> list[str]:
        filled = _holding_rows(self.connection, sorted(set(tables) - KEPT))
        # All in one transaction, at the end of which every reference is right again: none of them points anywhere.
        statements = [f"DELETE FROM {self.quote_name(table)};" for table in filled]
        if "audit_entry" not in filled:
            return statements
        vendor = self.connection.vendor
        return [*TAKE_AWAY[vendor], *statements, *LOOK_NOW[vendor], *PUT_BACK[vendor]]

    return sql_flush


def _without_looking_for_references() -> Any:
    """SQLite looks at every table that might point to a row before it lets the row go, even when all of them go; a
    table that nobody watches it empties at one stroke. What is referred to is right again at the end all the same."""
    emptied = SQLite.ops_class.execute_sql_flush

    def execute_sql_flush(self: Any, sql_list: Sequence[str]) -> None:
        with self.connection.constraint_checks_disabled():
            emptied(self, sql_list)

    return execute_sql_flush


@pytest.fixture(scope="session", autouse=True)
def _transactional_tests_may_empty_the_trail() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    for database in (SQLite, PostgreSQL):
        patch.setattr(database.ops_class, "sql_flush", _of_filled_tables())
    patch.setattr(SQLite.ops_class, "execute_sql_flush", _without_looking_for_references())
    # After an emptying Django would write anew what stays here.
    patch.setattr(flush, "emit_post_migrate_signal", lambda *_args, **_more: None)
    yield
    patch.undo()
