"""From a folder of the registry's tables straight to a snapshot, without any database: how a province works."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from bangfu.common import duck
from bangfu.common.facts import Schema
from bangfu.snapshot import drafting
from bangfu.snapshot.errors import ReadingFailed
from bangfu.snapshot.livetables import Folder, LiveTables
from bangfu.snapshot.store import Snapshot
from bangfu.snapshot.writing import write

MEMORY = "600MB"  # more goes to disk; besides it a process needs some 200 MB for itself


def from_folder(
    source: Path,
    out: Path,
    as_of: date,
    schema: Schema,
    *,
    progress: Callable[[int, int], None] = lambda done, all: None,
) -> Snapshot:
    """The snapshot `out` of the tables in `source`, file by file: memory does not grow with their number. `progress`
    is told how many files of how many are done.

    Ids are the numbers of households and people where these are whole numbers. Raises SourceTableMissing,
    SourceColumnWrong, SourceRowsWrong, ReadingFailed, FolderTaken, DiskRefused; then nothing is left behind.
    """
    folder = Folder(source)
    names = folder.files

    def fill(draft: drafting.Draft) -> list[list[str]]:
        counties = []
        with duck.within(source, draft.folder, memory=MEMORY, spill=draft.spill, whole_division=True) as connection:
            table = "areas"
            try:
                live = LiveTables(connection, folder, schema, as_of)
                for number, name in enumerate(names):
                    live.show(number, name)
                    for table, facts in schema.tables.items():
                        given = duck.arrow(connection, drafting.given_sql(facts, f"({live.facts(facts, number)}) live"))
                        write(given, drafting.table_order(facts), draft.path(table, number))
                    counties.append(drafting.counties(connection, [draft.path(t, number) for t in schema.tables]))
                    progress(number + 1, len(names))
            except duck.Error as error:
                raise ReadingFailed(table=table, reason=str(error).splitlines()[0]) from error
        return counties

    return drafting.write(out, as_of, f"folder {source.name}", schema, fill)
