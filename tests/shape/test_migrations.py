"""The migrations build exactly the tables that the models describe."""

import pytest
from django.apps import apps
from django.db import models
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.utils import translation


def unmigrated(now: ProjectState) -> dict[str, list[str]]:
    """What `makemigrations` would still have to write for our rooms, by room."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    with translation.override(None):  # labels as they are written, as makemigrations sees them
        changes = MigrationAutodetector(loader.project_state(), now).changes(graph=loader.graph)
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("bangfu.")}
    return {
        room: [operation.describe() for migration in migrations for operation in migration.operations]
        for room, migrations in changes.items()
        if room in ours
    }


def test_every_change_of_a_model_has_its_migration():
    assert unmigrated(ProjectState.from_apps(apps)) == {}


def test_a_field_without_a_migration_is_noticed():
    state = ProjectState.from_apps(apps)
    state.models["areas", "area"].fields["forgotten"] = models.CharField(max_length=1, default="")
    assert unmigrated(state) == {"areas": ["Add field forgotten to area"]}


@pytest.mark.parametrize("room", ["audit", "areas", "accounts", "registry"])
def test_every_room_with_tables_begins_with_one_first_migration(room):
    loader = MigrationLoader(None, ignore_no_migrations=True)
    assert [name for app, name in loader.disk_migrations if app == room and name.startswith("0001_")] == ["0001_first"]
