"""A task for the worker."""

from pathlib import Path

from django_tasks import task


@task()
def leave_a_note(path: str) -> None:
    Path(path).write_text("done")
