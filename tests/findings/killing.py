"""Run as a program: absorbs the same hand-written outcomes again and again, each time in a process of its own that is
killed at a random moment, and prints after each what stands in the database. Arguments: seed, number of kills.
"""

import json
import os
import random
import signal
import sys
import time
from typing import Any

import django

HOUSEHOLDS = 400


def prepare() -> None:
    """A village of many households, and the policy files read, so that a child begins with the absorbing at once."""
    from django.db import transaction

    from bangfu.registry.ledger.writing import write
    from tests.registry import killing
    from tests.registry.making import info, person, table

    killing.prepare()
    from bangfu.areas.models import Area

    village = Area.objects.get(code=killing.VILLAGE_CODE)
    numbers = [f"K{n:05d}" for n in range(HOUSEHOLDS)]
    homes = [{"household_no": n, "village_id": village.pk, "household_type": "02"} for n in numbers]
    people = [
        {**person(n), "household_no": no, "person_no": f"{no}-1", "relation_to_head": "01"}
        for n, no in enumerate(numbers)
    ]
    with transaction.atomic():
        write({"household": table(homes, "household"), "member": table(people, "member")}, change=info())


def take(number: int) -> None:
    """The next run: other evidence and other households each time, so that every statement has something to do."""
    from bangfu.registry.models import Household
    from tests.findings.outcomes import absorbed

    homes = list(Household.objects.select_related("village").order_by("pk"))
    half = homes[:: 2 if number % 2 else 1]
    absorbed(*(("T001", home, {"members_count": number}) for home in half))


def standing() -> dict[str, Any]:
    """What is on file, and whether it agrees with itself."""
    from django.db.models import Sum

    from bangfu.audit.models import Entry
    from bangfu.findings.models import Finding, FindingStep, Run, RunCount

    runs = Run.objects.count()
    last = Run.objects.order_by("-pk").first()
    counted = RunCount.objects.filter(run=last).aggregate(n=Sum("hits"))["n"] if last else 0
    return {
        "runs": runs,
        "unfinished": Run.objects.exclude(state="done").count(),
        "absorbed": Entry.objects.filter(action="findings.absorbed").count(),
        "counted": counted,
        "open": Finding.objects.filter(state="open").count(),
        "of_last": Finding.objects.filter(last_run=last).count() if last else 0,
        "without_step": Finding.objects.exclude(pk__in=FindingStep.objects.values("finding")).count(),
    }


def struck(number: int, after: float | None) -> float:
    """Absorb in a child; kill it `after` seconds (None: let it finish). How long it lived."""
    from django.db import connections

    connections.close_all()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            take(number)
            status = 0
        finally:
            os._exit(status)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    _pid, ended = os.waitpid(child, 0)
    if after is None and ended:
        sys.exit("a run that nobody disturbed was not absorbed")
    return time.monotonic() - began


def main(seed: str, kills: str) -> None:
    django.setup()
    prepare()
    dice = random.Random(int(seed))
    struck(0, None)  # the first also pays for caches of the machine
    whole = struck(1, None)
    for number in range(int(kills)):
        struck(number, dice.random() * whole)
        sys.stdout.write(json.dumps(standing()) + "\n")
    struck(int(kills), None)
    sys.stdout.write(json.dumps(standing()) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
