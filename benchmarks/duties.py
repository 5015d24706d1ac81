"""How long the list of who is behind takes with twenty thousand helpers, and what one officer's home page asks.

    python benchmarks/duties.py [--helpers N] [--home DIR] [--limit SECONDS]

Areas, units, helpers, pairings and three months of visits are written straight into the tables of a new home (or of
PostgreSQL by DATABASE_URL): two of three helpers visit as often as they must. Prints a Markdown table: seconds and
number of queries of the list for the county, of one unit's month, of one helper's duties; beside them the bare
grouping of the same visits by SQL in the same run. Exits with 1 when the county's list takes longer than `--limit`.
"""

import argparse
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
PER_UNIT, TOWNSHIPS, VILLAGES = 100, 20, 10
TRIPS = 3


def fill(number: int, today: date) -> None:
    """A county with so many helpers, each with an account, a household and visits of the last three months."""
    from bangfu.accounts.models import Officer, Post
    from bangfu.areas.models import Area, AreaVersion
    from bangfu.common.places import Level, span
    from bangfu.registry.models import Household
    from bangfu.support.models import Helper, Pairing, Unit
    from bangfu.visits.models import ChecklistVersion, Visit

    long_ago = date(2014, 1, 1)

    def area(parent: Area | None, ordinal: int, name: str) -> Area:
        level = Level(parent.level + 1 if parent else 1)
        made = Area.objects.create(
            parent=parent, place=(parent.place if parent else 0) + ordinal * span(level), level=level, name=name,
            valid_from=long_ago,
        )  # fmt: skip
        AreaVersion.objects.create(area=made, name=name, parent=parent, valid_from=long_ago)
        return made

    county = area(area(area(None, 1, "样省"), 1, "样州"), 1, "样县")
    townships = [area(county, number + 1, f"第{number + 1}乡") for number in range(TOWNSHIPS)]
    villages = [area(each, number + 1, f"第{number + 1}村") for each in townships for number in range(VILLAGES)]
    for role, at in (("county_office", county), ("township_station", townships[0])):
        boss = Officer.objects.create(username=role, name=role)
        Post.objects.create(officer=boss, role_id=role, area=at, starts_on=long_ago)
    seats = [county, *townships]
    units = Unit.objects.bulk_create(
        Unit(name=f"单位{n}", area=seats[n % len(seats)], level="04" if n % len(seats) == 0 else "05")
        for n in range(max(number // PER_UNIT, 1))
    )
    officers = Officer.objects.bulk_create(
        (Officer(username=f"h{n}", name=f"帮扶{n}") for n in range(number)), batch_size=2000
    )
    Post.objects.bulk_create(
        (
            Post(officer=each, role_id="helper", area=villages[n % len(villages)], starts_on=long_ago)
            for n, each in enumerate(officers)
        ),
        batch_size=2000,
    )
    helpers = Helper.objects.bulk_create(
        (
            Helper(name=each.name, unit=units[n % len(units)], rank="clerk", area=county, officer=each)
            for n, each in enumerate(officers)
        ),
        batch_size=2000,
    )
    homes = Household.objects.bulk_create(
        (
            Household(
                household_no=f"B{n}", village=villages[n % len(villages)], place=villages[n % len(villages)].place,
                head_name=f"户主{n}",
            )
            for n in range(number)
        ),
        batch_size=2000,
    )  # fmt: skip
    Pairing.objects.bulk_create(
        (
            Pairing(helper=each, household=home, starts_on=date(2025, 1, 1))
            for each, home in zip(helpers, homes, strict=True)
        ),
        batch_size=2000,
    )
    form = ChecklistVersion.objects.create(checklist="four_ones", version="1", content={})
    at, rows = datetime.now(UTC), []
    for n, (officer, home) in enumerate(zip(officers, homes, strict=True)):
        for back in range(0, 92, 92 // (3 * (TRIPS + 1))):
            if n % 3 == 0 and back % 2:
                continue
            rows.append(
                Visit(
                    uuid=uuid.uuid4(), household=home, village_id=home.village_id, place=home.place, officer=officer,
                    checklist="four_ones", form=form, visited_on=today - timedelta(days=back), received_at=at,
                    channel="web",
                )
            )  # fmt: skip
    Visit.objects.bulk_create(rows, batch_size=2000)


def timed(ask: Callable[[], Any], times: int = 3) -> tuple[float, int, Any]:
    """The fastest of some runs in seconds, the number of queries, and what it gave."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    best = float("inf")
    for _turn in range(times):
        with CaptureQueriesContext(connection) as queries:
            began = time.perf_counter()
            given = ask()
            best = min(best, time.perf_counter() - began)
    return best, len(queries), given


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--helpers", type=int, default=20_000)
    words.add_argument("--limit", type=float, default=5.0)
    words.add_argument("--home", type=Path)
    asked = words.parse_args()
    home = asked.home or Path(tempfile.mkdtemp(prefix="bangfu-duties-"))
    os.environ["BANGFU_HOME"], os.environ["DJANGO_SETTINGS_MODULE"] = str(home), "bangfu.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from bangfu.accounts.models import Officer
    from bangfu.plans.duties import selectors
    from bangfu.plans.duties.doers import GroupKind
    from bangfu.support.models import Helper, Unit

    home.mkdir(parents=True, exist_ok=True)
    today = timezone.localdate()
    call_command("migrate", verbosity=0)
    if not Helper.objects.exists():
        fill(asked.helpers, today)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    county, township = (Officer.objects.get(username=name) for name in ("county_office", "township_station"))
    unit, helper = Unit.objects.order_by("pk")[0], Helper.objects.order_by("pk")[0]
    group = selectors.group_of(county, GroupKind.UNIT, unit.pk)
    assert group is not None and helper.officer is not None
    month = today.replace(day=1)

    def bare() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT officer_id, COUNT(*), COUNT(DISTINCT household_id), COUNT(DISTINCT visited_on) "
                "FROM visits_visit WHERE visited_on >= %s GROUP BY officer_id",
                [today - timedelta(days=92)],
            )
            return len(cursor.fetchall())

    def behind(viewer: Any) -> int:
        return sum(len(each.late) for each in selectors.overdue_by_unit(viewer, today))

    rows = [
        ("逾期清单，全县", timed(lambda: behind(county))),
        ("逾期清单，一个乡镇", timed(lambda: behind(township))),
        ("一个单位的一个月", timed(lambda: len(selectors.of_group(county, group, month, today, today)))),
        ("一个人的履职（首页）", timed(lambda: len(selectors.due(helper.officer, today)))),
        ("对照：按账号汇总同样的走访（SQL）", timed(bare)),
    ]
    print(f"\n{Helper.objects.count():,} helpers, {connection.vendor}\n")
    print("| | seconds | queries | rows |\n| --- | ---: | ---: | ---: |")
    for name, (seconds, queries, number) in rows:
        print(f"| {name} | {seconds:.3f} | {queries} | {number:,} |")
    return int(rows[0][1][0] > asked.limit)


if __name__ == "__main__":
    sys.exit(main())
