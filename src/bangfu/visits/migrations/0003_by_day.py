"""Visits of an area are counted by village, and listed by day, from an index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("visits", "0002_arrived")]

    operations = [
        migrations.RemoveIndex(model_name="visit", name="visit_by_place"),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(fields=["place", "visited_on", "household"], name="visit_in_place"),
        ),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(fields=["visited_on", "id", "place"], name="visit_by_day"),
        ),
    ]
