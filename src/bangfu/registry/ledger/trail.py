"""The trail of a change: its own row, and for every row touched a full copy as it stands after the change."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import models

from bangfu.accounts.models import Officer
from bangfu.registry.ledger import sql
from bangfu.registry.models import Change, ImportBatch


@dataclass(frozen=True)
class ChangeInfo:
    """Who changes something, how and why. `by` None is the system itself; `at` is now unless given."""

    kind: Change.Kind
    by: Officer | None
    reason: str
    batch: ImportBatch | None = None
    at: datetime | None = None

    def open(self) -> Change:
        """The change as a row, to which history rows then point."""
        return Change.objects.create(
            kind=self.kind,
            at=self.at or datetime.now(UTC),
            actor=self.by,
            reason=self.reason[:200],
            batch=self.batch,
        )


@cache
def history_of(model: Any) -> type[models.Model]:
    """The model of the history rows of `model`. Asked for once each: `model.history` makes a manager every time."""
    history: type[models.Model] = model.history.model
    return history


def write_history(bench: sql.Workbench, model: Any, change: Change, source: str, how: str = "t.how") -> None:
    """A history row for each `id` of the table `source`, from the row on file. `how`, over `source` as `t`: "+" new,
    "~" changed."""
    pk = model._meta.pk.column
    _copy(bench, model, change, f"FROM {source} t JOIN {sql.table(model)} l ON l.{pk} = t.id ORDER BY t.id", how)


def write_beginnings(bench: sql.Workbench, model: Any, change: Change, plan: str) -> None:
    """A history row for each row that the plan says is new, from the row on file."""
    new = f"FROM {plan} t JOIN {sql.table(model)} l ON l.{model._meta.pk.column} = t.id"
    _copy(bench, model, change, f"{new} WHERE t.is_new AND t.trouble IS NULL", "'+'")


def write_first(bench: sql.Workbench, model: Any, change: Change) -> None:
    """A history row for each row of a table that was empty before."""
    statement, parameters = first_sql(model, change, sql.table(model))
    bench.run(statement, parameters)


def first_sql(model: Any, change: Change, source: str) -> tuple[str, list[Any]]:
    """The statement of a history row for each row of `source`, all of them new."""
    return _copied(model, change, f"FROM {source} l ORDER BY l.{sql.quote(model._meta.pk.column)}", "'+'")


def write_removals(bench: sql.Workbench, model: Any, change: Change, gone: str) -> None:
    """A history row for each removed row, of which `gone` holds the last content."""
    _copy(bench, model, change, f"FROM {gone} l ORDER BY l.{model._meta.pk.column}", "'-'")


def _copy(bench: sql.Workbench, model: Any, change: Change, rows: str, how: str) -> None:
    statement, parameters = _copied(model, change, rows, how)
    bench.run(statement, parameters)


def _copied(model: Any, change: Change, rows: str, how: str) -> tuple[str, list[Any]]:
    history = history_of(model)
    columns = [field.column for field in model._meta.concrete_fields]
    names = ", ".join(map(sql.quote, columns))
    copied = ", ".join(f"l.{sql.quote(column)}" for column in columns)
    actor = "NULL" if change.actor_id is None else str(int(change.actor_id))
    cast = "::timestamptz" if sql.on_postgresql() else ""
    return (
        f"INSERT INTO {sql.table(history)} ({names}, history_date, history_type, history_user_id, "
        f"history_change_reason, change_id) SELECT {copied}, %s{cast}, {how}, {actor}, %s, {int(change.pk)} {rows}",
        [sql.moment(change.at), change.reason[:100]],
    )
