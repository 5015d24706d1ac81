"""Names, initials and the ends of ID numbers are indexed with the place and the household of the person: a search in a
county looks neither at people nor at other counties' households."""

from django.db import migrations, models

# Out of so many names PostgreSQL tells a rare surname from a common one; of the hundred it notes otherwise it cannot.
NOTED = 1000


def note_more_names(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for column in ("name", "name_initials"):
            schema_editor.execute(f"ALTER TABLE registry_member ALTER COLUMN {column} SET STATISTICS {NOTED}")


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0002_who_is_at_home"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="member",
            name="member_by_name",
        ),
        migrations.RemoveIndex(
            model_name="member",
            name="member_by_initials",
        ),
        migrations.RemoveIndex(
            model_name="member",
            name="member_by_id_tail",
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                fields=["name", "place", "household"],
                name="member_by_name",
                opclasses=["varchar_pattern_ops", "int8_ops", "int8_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                fields=["name_initials", "place", "household"],
                name="member_by_initials",
                opclasses=["varchar_pattern_ops", "int8_ops", "int8_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(fields=["id_tail", "place", "household"], name="member_by_id_tail"),
        ),
        migrations.RunPython(note_more_names, migrations.RunPython.noop),
    ]
