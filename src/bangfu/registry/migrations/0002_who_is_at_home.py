"""Whether anyone at home can work or enjoys dibao stands in the household's own row, so that a list of a million
households is narrowed by it from an index; the index of people by household needs no more than the household."""

from django.db import migrations, models

FLAGS = (("anyone_able", "labor_capacity", "able"), ("anyone_on_dibao", "dibao_status", "enjoys"))


def fill(apps, schema_editor):
    """What the writer derives from now on, for the households that are on file. Their history gets the present answer:
    undoing a batch puts a row of it back."""
    from bangfu.common.policy import code_list

    # Both at once and after the indexes: a row changed twice would hold PostgreSQL back from changing its table.
    flags, codes = [], []
    for flag, column, attribute in FLAGS:
        listed = [c.code for c in code_list(column).codes if c.attributes.get(attribute)]
        flags.append(
            f"{flag} = EXISTS (SELECT 1 FROM registry_member m WHERE m.household_id = registry_household.id "
            f"AND m.left_on IS NULL AND m.{column} IN ({', '.join(['%s'] * len(listed))}))"
        )
        codes += listed
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"UPDATE registry_household SET {', '.join(flags)}", codes)
        cursor.execute(
            f"UPDATE registry_historicalhousehold AS x SET {', '.join(f'{f[0]} = h.{f[0]}' for f in FLAGS)} "
            "FROM registry_household h WHERE h.id = x.id"
        )


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_first")]

    operations = [
        migrations.RemoveIndex(model_name="member", name="member_of_household"),
        migrations.AddIndex(model_name="member", index=models.Index(fields=["household"], name="member_of_household")),
        *(
            migrations.AddField(model_name=model, name=flag, field=models.BooleanField(default=False))
            for model in ("historicalhousehold", "household")
            for flag, _column, _attribute in FLAGS
        ),
        migrations.AddIndex(
            model_name="household",
            index=models.Index(
                condition=models.Q(anyone_able=False), fields=["place", "household_no"], name="household_unable"
            ),
        ),
        migrations.AddIndex(
            model_name="household",
            index=models.Index(
                condition=models.Q(anyone_on_dibao=True), fields=["place", "household_no"], name="household_on_dibao"
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
