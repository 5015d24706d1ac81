"""What lies with an officer is counted on the home page of everybody: an index of running cases answers it alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0002_rounds_and_lists")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("closed_on", None)),
                fields=["level", "place", "due_on", "version", "step"],
                name="case_by_level",
            ),
        ),
    ]
