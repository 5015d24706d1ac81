"""Long work in the background: one process at a time works on a thing, and what a crash left in the middle is queued
again. Used by bulk moves and rounds."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from bangfu.common.locks import held


def ours(kind: str, pk: int) -> AbstractContextManager[bool]:
    """Work on the thing of that kind and number alone; yields whether nobody else does."""
    return held(Path(settings.HOME) / kind / f"lock-{pk}")


def queue_again(task: Any, unfinished: QuerySet[Any], kind: str) -> int:
    """Queue those of the unfinished things that nobody works on and that wait in no queue; how many."""
    if unfinished.model._meta.db_table not in connection.introspection.table_names():
        return 0  # a house that was never prepared
    queued = set()
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=task.module_path)
    for arguments in waiting.values_list("args_kwargs", flat=True):
        queued.update(arguments.get("args", ()))
    found = 0
    for pk in unfinished.order_by("pk").values_list("pk", flat=True):
        if pk in queued:
            continue
        with ours(kind, pk) as free:
            if not free:
                continue
        task.enqueue(pk)
        found += 1
    return found
