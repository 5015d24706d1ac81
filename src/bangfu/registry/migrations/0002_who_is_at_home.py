"""Whether anyone at home can work or enjoys dibao stands in the household's own row, so that a list of a million
households is narrowed by it from an index; the index of people by household needs no more than the household."""

from django.db import migrations, models

FLAGS = (("anyone_able", "labor_capacity", "able"), ("anyone_on_dibao", "dibao_status", "enjoys"))


def fill(apps, schema_editor):
    """What the writer derives from now on, for the households that are on file. Their history gets the present answer:
    undoing a batch puts a row of it back."""
    from bangfu.common.policy import code_list

    for flag, column, attribute in FLAGS:
        codes = [c.code for c in code_list(column).codes if c.attributes.get(attribute)]
        schema_editor.execute(
            f"UPDATE registry_household SET {flag} = TRUE WHERE id IN (SELECT household_id FROM registry_member "
            f"WHERE left_on IS NULL AND {column} IN ({', '.join(['%s'] * len(codes))}))",
            codes,
        )
        schema_editor.execute(
            f"UPDATE registry_historicalhousehold SET {flag} = TRUE "
            f"WHERE id IN (SELECT id FROM registry_household WHERE {flag})"
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
        migrations.RunPython(fill, migrations.RunPython.noop),
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
    ]
