"""The first database of a home, made at one go from what the migrations come to.

Migrations replay every step the program has ever taken, and after each the whole of its models is drawn up anew: half
a minute of work to arrive at tables that can be made in two seconds. So an empty database gets its tables as they are
in the end, the steps in between that are more than a change of shape (triggers, statistics) are taken one by one, and
all are recorded as taken. A database that has seen any migration goes the ordinary way.
"""

from collections.abc import Sequence

from django.apps import apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration, operations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation

OURS = "bangfu."
# What only changes the shape of tables, and is contained in the shape at the end.
SHAPE = (
    operations.CreateModel,
    operations.DeleteModel,
    operations.RenameModel,
    operations.AddField,
    operations.AlterField,
    operations.RemoveField,
    operations.RenameField,
    operations.AddIndex,
    operations.RemoveIndex,
    operations.RenameIndex,
    operations.AddConstraint,
    operations.RemoveConstraint,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.AlterUniqueTogether,
    operations.AlterModelTable,
)
# What does something of its own.
DEEDS = (operations.RunPython, operations.RunSQL)


def found(connection: BaseDatabaseWrapper) -> bool:
    """Make the tables of an empty database; False, and nothing done to our rooms, where that is not the way."""
    with connection.cursor() as cursor:
        if connection.introspection.table_names(cursor):
            return False
    executor = _others_first(connection)
    todo = [migration for migration, _back in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if not _whole(executor, todo):
        return False
    _make(executor, todo)
    return True


def _others_first(connection: BaseDatabaseWrapper) -> MigrationExecutor:
    """Takes the steps of the libraries, and to their end those of the few rooms of ours that libraries build upon
    (officers, and the areas these belong to)."""
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    ahead = [leaf for leaf in leaves if not _ours(leaf[0])]
    while ahead:
        executor.migrate(ahead)
        executor = MigrationExecutor(connection)
        applied = executor.loader.applied_migrations
        begun = {app for app, _name in applied}
        ahead = [leaf for leaf in leaves if leaf[0] in begun and leaf not in applied]
    return executor


def _ours(label: str) -> bool:
    return apps.get_app_config(label).name.startswith(OURS)


def _whole(executor: MigrationExecutor, todo: Sequence[Migration]) -> bool:
    """Whether these migrations begin and end rooms of ours, and hold nothing but known steps."""
    begun = {app for app, _name in executor.loader.applied_migrations}
    steps: list[Operation] = [step for migration in todo for step in migration.operations]
    return all(_ours(each.app_label) and each.app_label not in begun for each in todo) and all(
        isinstance(step, SHAPE + DEEDS) for step in steps
    )


def _make(executor: MigrationExecutor, todo: Sequence[Migration]) -> None:
    state = executor.loader.project_state()
    rooms = {migration.app_label for migration in todo}
    with executor.connection.schema_editor() as editor:
        for model in state.apps.get_models(include_auto_created=False):
            if model._meta.app_label in rooms and model._meta.can_migrate(executor.connection):
                editor.create_model(model)
    for migration in todo:
        with executor.connection.schema_editor() as editor:
            for step in migration.operations:
                if isinstance(step, DEEDS):
                    step.database_forwards(migration.app_label, editor, state, state)
    with transaction.atomic(using=executor.connection.alias):
        for migration in todo:
            executor.recorder.record_applied(migration.app_label, migration.name)
