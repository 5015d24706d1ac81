"""Run as a program: imports files one after the other, each in a process of its own that is killed at a random moment,
and prints after each what stands in the database. Arguments: seed, number of kills, `onto` what is on file or
`beside` (every import finds an empty house, and its few rows are worked out as those of a bulk are), then files.

The processes are forked from this one when everything is loaded, so that the moments lie within the import itself.
"""

import json
import os
import random
import signal
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import django

VILLAGE_CODE = "990121200201"
TAKEN = "registry.batch_taken"


def prepare() -> None:
    """A house of one village; the policy files read, so that a child begins with the import at once."""
    from django.core.management import call_command

    from bangfu.areas.models import Area
    from bangfu.common.places import span
    from bangfu.common.policy import code_lists
    from bangfu.registry.intake.headers import candidates

    call_command("migrate", verbosity=0)
    above = None
    names = (("样省", "99"), ("样州", "9901"), ("云岭县", "990121"), ("青禾乡", "990121200"), ("石桥村", VILLAGE_CODE))
    for level, (name, code) in enumerate(names, 1):
        place = (above.place if above else 0) + span(level)
        above = Area.objects.create(
            parent=above, place=place, level=level, name=name, code=code.ljust(12, "0"), valid_from=date(2014, 1, 1)
        )
    code_lists()
    candidates("户编号")


def take(file: str) -> None:
    from bangfu.registry.intake import batches

    batches.commit(batches.start(by=None, files=[(Path(file).name, Path(file))], at_once=True))


def emptied() -> int:
    """The registry as if nothing had ever been taken in; how many imports the trail knows of, which forgets nothing."""
    from django.apps import apps
    from django.db import connection

    from bangfu.audit.models import Entry

    tables = [connection.ops.quote_name(m._meta.db_table) for m in apps.get_app_config("registry").get_models()]
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        else:
            for table in tables:
                cursor.execute(f"DELETE FROM {table}")
    return Entry.objects.filter(action=TAKEN).count()


def standing(before: int = 0) -> dict[str, Any]:
    """What is on file, after the clearing up that a start of the site does."""
    from bangfu.audit.models import Entry
    from bangfu.registry.intake import batches
    from bangfu.registry.models import Change, Household, ImportBatch, Member

    batches.recover()
    states = list(ImportBatch.objects.values_list("state", flat=True))
    return {
        "households": Household.objects.count(),
        "members": Member.objects.count(),
        "history": [Household.history.count(), Member.history.count()],
        "changes": Change.objects.count(),
        "taken": Entry.objects.filter(action=TAKEN).count() - before,
        "left": len(list(batches.folder().glob("incoming-*"))),
        "done": states.count("done"),
        "interrupted": ImportBatch.objects.filter(error_code="REG-400").count(),
        "unsettled": [s for s in states if s not in ("done", "refused", "waiting")],
    }


def struck(file: str, after: float | None) -> float:
    """Import in a child; kill it `after` seconds (None: let it finish). How long it lived."""
    from django.db import connections

    connections.close_all()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            take(file)
            status = 0
        finally:
            os._exit(status)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    _pid, ended = os.waitpid(child, 0)
    if after is None and ended:
        sys.exit("an import that nobody disturbed did not finish")
    return time.monotonic() - began


def tell(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main(seed: str, kills: str, where: str, *files: str) -> None:
    django.setup()
    prepare()
    beside = where == "beside"
    if beside:
        from bangfu.registry.ledger import bulk

        bulk.BULK = 20
    dice = random.Random(int(seed))
    struck(files[0], None)  # the first also pays for caches of the machine
    before = emptied() if beside else 0
    whole = struck(files[1], None)
    for number in range(int(kills)):
        before = emptied() if beside else 0
        struck(files[2 + number], dice.random() * whole * 1.05)
        tell(standing(before))
    from bangfu.audit.selectors import chain_state

    before = emptied() if beside else 0
    struck(files[2 + int(kills)], None)
    tell({**standing(before), "broken_at": chain_state().broken_at})


if __name__ == "__main__":
    main(*sys.argv[1:])
