"""The database itself refuses to alter or remove an entry of the trail, whichever program asks.

On SQLite a trigger each for UPDATE, DELETE and an INSERT over an existing number (INSERT OR REPLACE would otherwise
remove the old row without a DELETE); on PostgreSQL one function behind triggers for UPDATE, DELETE and TRUNCATE.
There is no way back: a migration that took the triggers away would be the tool for emptying the trail. A later change
of the table's shape must drop them and put them back in one transaction (SQLite remakes the table and loses them;
`tests/audit/test_insert_only.py` sees it).
"""

from django.db import migrations

SQLITE = (
    """CREATE TRIGGER audit_entry_never_altered BEFORE UPDATE ON audit_entry
       BEGIN SELECT RAISE(ABORT, 'audit_entry is insert-only'); END""",
    """CREATE TRIGGER audit_entry_never_removed BEFORE DELETE ON audit_entry
       BEGIN SELECT RAISE(ABORT, 'audit_entry is insert-only'); END""",
    """CREATE TRIGGER audit_entry_never_replaced BEFORE INSERT ON audit_entry
       WHEN EXISTS (SELECT 1 FROM audit_entry WHERE number = NEW.number)
       BEGIN SELECT RAISE(ABORT, 'audit_entry is insert-only'); END""",
)
POSTGRESQL = (
    """CREATE FUNCTION audit_entry_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'audit_entry is insert-only' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE TRIGGER audit_entry_never_altered BEFORE UPDATE OR DELETE ON audit_entry
       FOR EACH ROW EXECUTE FUNCTION audit_entry_insert_only()""",
    """CREATE TRIGGER audit_entry_never_emptied BEFORE TRUNCATE ON audit_entry
       FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_insert_only()""",
)


def forbid(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_first")]
    operations = [migrations.RunPython(forbid)]
