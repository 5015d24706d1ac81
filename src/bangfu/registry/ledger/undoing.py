"""Taking an import back whole: every row as it stood before the batch, by set-based statements over the history."""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.audit.services import record
from bangfu.registry.errors import ChangedSince, NothingToUndo
from bangfu.registry.ledger import sql
from bangfu.registry.ledger.counting import recount
from bangfu.registry.ledger.trail import ChangeInfo, write_history, write_removals
from bangfu.registry.models import (
    Change,
    Dwelling,
    Household,
    ImportBatch,
    IncomeItem,
    IncomeYear,
    Member,
    MemberEvent,
    Paper,
    WorkRecord,
)

# Owners before what they own; taken away in the opposite order.
MODELS: tuple[Any, ...] = (Household, Dwelling, Member, WorkRecord, IncomeYear, IncomeItem)
# How many of the rows that stand in the way are named.
NAMED = 100


@dataclass
class Undone:
    """What was brought back: by table the rows restored and the added rows taken away."""

    restored: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    change: Change | None = None


@transaction.atomic
def undo(*, by: Officer | None, batch: ImportBatch, reason: str) -> Undone:
    """Restore every row that the batch changed, take away those that it added, put back those that it removed.

    Raises ChangedSince (its fact `rows` lists them) when any of these rows was changed afterwards, or when something
    on file belongs to a row that would go; NothingToUndo when the batch is not on file.
    """
    locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if locked.state != ImportBatch.State.DONE:
        raise NothingToUndo(state=locked.get_state_display())
    done = Undone()
    with sql.workbench() as bench:
        changes = (
            f"SELECT id FROM {sql.table(Change)} WHERE batch_id = {int(batch.pk)} AND kind <> '{Change.Kind.UNDO}'"
        )
        bench.make("batch_change", changes, key="id")
        # A later batch that was itself taken back has left everything as it found it.
        bench.make(
            "undone_change",
            f"SELECT c.id AS id FROM {sql.table(Change)} c JOIN {sql.table(ImportBatch)} b ON b.id = c.batch_id "
            f"WHERE b.state = '{ImportBatch.State.UNDONE}'",
            key="id",
        )
        bench.make("obstacle", "SELECT CAST('' AS text) AS what, CAST(0 AS bigint) AS id WHERE 1 = 0")
        for model in MODELS:
            _find_former_states(bench, model)
        _find_dependants(bench)
        _refuse_when_changed_since(bench)
        change = done.change = ChangeInfo(Change.Kind.UNDO, by, reason, batch=locked).open()
        bench.make("undone_village", _villages(), key="id")
        bench.run(f"DELETE FROM {sql.table(MemberEvent)} WHERE change_id IN (SELECT id FROM batch_change)")
        # First away with what came: it may hold a number that somebody is to have back.
        for model in reversed(MODELS):
            done.removed[model._meta.model_name] = _remove(bench, model, change)
        for model in MODELS:
            done.restored[model._meta.model_name] = _restore(bench, model, change)
        bench.run(f"INSERT INTO undone_village {_villages()} EXCEPT SELECT id FROM undone_village")
        recount(bench, "SELECT id FROM undone_village", timezone.localdate())
    from bangfu.registry.intake import batches  # its tasks call the writer; only this verb calls back

    batches.set_undone(locked)
    record(
        actor=by,
        action="registry.batch_undone",
        subject_type="importbatch",
        subject_id=str(batch.pk),
        place=locked.place,
        change=change.pk,
        reason=reason,
        restored=done.restored,
        removed=done.removed,
    )
    return done


def _names(model: Any) -> tuple[str, str, str, str]:
    name = model._meta.model_name
    return name, sql.table(model), sql.table(model.history.model), sql.quote(model._meta.pk.column)


def _find_former_states(bench: sql.Workbench, model: Any) -> None:
    """`undo_<model>`: every object that the batch touched, and the history row that holds its former state (`former`,
    NULL: the batch brought it)."""
    name, _live, history, pk = _names(model)
    bench.make(
        f"undo_{name}",
        f"""
        SELECT t.id AS id, t.last AS last,
               (SELECT max(b.history_id) FROM {history} b WHERE b.{pk} = t.id AND b.history_id < t.first) AS before
        FROM (SELECT x.{pk} AS id, min(x.history_id) AS first, max(x.history_id) AS last FROM {history} x
              WHERE x.change_id IN (SELECT id FROM batch_change) GROUP BY x.{pk}) t
        """,
        key="id",
    )
    # What had been removed before the batch brought it again was not there either.
    bench.make(
        f"former_{name}",
        f"SELECT u.id AS id, u.last AS last, b.history_id AS former FROM undo_{name} u "
        f"LEFT JOIN {history} b ON b.history_id = u.before AND b.history_type <> '-'",
        key="id",
    )
    bench.run(
        f"INSERT INTO obstacle SELECT '{name}', f.id FROM former_{name} f WHERE EXISTS "
        f"(SELECT 1 FROM {history} a WHERE a.{pk} = f.id AND a.history_id > f.last "
        f"AND a.change_id NOT IN (SELECT id FROM undone_change))"
    )


def _find_dependants(bench: sql.Workbench) -> None:
    """What others have since attached to a household or person that would go."""
    for model, column, owner in (
        (Member, "household_id", "household"),
        (IncomeYear, "household_id", "household"),
        (Paper, "household_id", "household"),
        (Paper, "member_id", "member"),
        (WorkRecord, "member_id", "member"),
        (IncomeItem, "member_id", "member"),
        (Household, "merged_into_id", "household"),
    ):
        name, live, _history, pk = _names(model)
        own = f"AND d.{pk} NOT IN (SELECT id FROM former_{name})" if model is not Paper else ""
        bench.run(
            f"INSERT INTO obstacle SELECT '{owner}', f.id FROM former_{owner} f "
            f"JOIN {live} d ON d.{column} = f.id {own} WHERE f.former IS NULL"
        )
    bench.run(
        f"INSERT INTO obstacle SELECT 'member', f.id FROM former_member f JOIN {sql.table(MemberEvent)} e "
        "ON e.member_id = f.id AND e.change_id NOT IN (SELECT id FROM batch_change) WHERE f.former IS NULL"
    )


def _refuse_when_changed_since(bench: sql.Workbench) -> None:
    found = bench.rows("SELECT DISTINCT what, id FROM obstacle ORDER BY what, id")
    if not found:
        return
    listed = [_called(bench, str(what), int(id)) for what, id in found[:NAMED]]
    raise ChangedSince(count=len(found), first=listed[0], rows=listed)


def _called(bench: sql.Workbench, what: str, id: int) -> str:
    """A row as people know it: by the number of its household."""
    model = next(m for m in MODELS if m._meta.model_name == what)
    path = {
        Household: "household_no",
        Dwelling: "household__household_no",
        Member: "household__household_no",
        WorkRecord: "member__household__household_no",
        IncomeYear: "household__household_no",
        IncomeItem: "income_year__household__household_no",
    }[model]
    number = model.objects.filter(pk=id).values_list(path, flat=True).first()
    return f"{model._meta.verbose_name} {number or id}"


def _restore(bench: sql.Workbench, model: Any, change: Change) -> int:
    name, live, history, pk = _names(model)
    columns = [sql.quote(f.column) for f in model._meta.concrete_fields]
    others = [c for c in columns if c != pk]
    bench.make(
        f"back_{name}",
        f"SELECT f.id AS id, CASE WHEN l.{pk} IS NULL THEN '+' ELSE '~' END AS how, f.former AS former "
        f"FROM former_{name} f LEFT JOIN {live} l ON l.{pk} = f.id WHERE f.former IS NOT NULL",
        key="id",
    )
    bench.run(
        f"UPDATE {live} AS l SET {', '.join(f'{c} = b.{c}' for c in others)} FROM back_{name} r "
        f"JOIN {history} b ON b.history_id = r.former WHERE r.how = '~' AND l.{pk} = r.id"
    )
    bench.run(
        f"INSERT INTO {live} ({', '.join(columns)}) SELECT {', '.join(f'b.{c}' for c in columns)} FROM back_{name} r "
        f"JOIN {history} b ON b.history_id = r.former WHERE r.how = '+'"
    )
    write_history(bench, model, change, f"back_{name}")
    return int(bench.value(f"SELECT count(*) FROM back_{name}"))


def _remove(bench: sql.Workbench, model: Any, change: Change) -> int:
    name, live, _history, pk = _names(model)
    bench.make(
        f"gone_{name}",
        f"SELECT l.* FROM {live} l JOIN former_{name} f ON f.id = l.{pk} WHERE f.former IS NULL",
    )
    write_removals(bench, model, change, f"gone_{name}")
    return bench.run(f"DELETE FROM {live} WHERE {pk} IN (SELECT {pk} FROM gone_{name})")


def _villages() -> str:
    household, member = sql.table(Household), sql.table(Member)
    return (
        f"SELECT village_id AS id FROM {household} WHERE id IN (SELECT id FROM former_household) UNION "
        f"SELECT h.village_id FROM {household} h JOIN {member} m ON m.household_id = h.id "
        "WHERE m.id IN (SELECT id FROM former_member)"
    )
