"""How long the day's work on targets takes for a prefecture: 10 counties, 180 townships, 2,900 villages.

    python benchmarks/targets.py [--households N] [--days N] [--home DIR] [--limit SECONDS]

Areas, households, people and targets are written straight into the tables of a new home (or of PostgreSQL by
DATABASE_URL): measured targets of the prefecture and its counties, some of them broken down to townships and villages,
with values of the last days. Prints a Markdown table of `keep_day`, first on a day without values and then again, wall
and CPU seconds and queries; beside it, in the same run, the bare counting of the same groups by SQL and the writing of
as many values. Exits with 1 when the first run takes longer than `--limit`.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
COUNTIES, TOWNSHIPS, VILLAGES = 10, 180, 2900
PEOPLE = 3  # of a household
DEEP = 2  # so many measures go down to the villages
LONG_AGO = date(2014, 1, 1)


def areas() -> dict[int, list[Any]]:
    """The areas by level, from the province down to the villages."""
    from bangfu.areas.models import Area, AreaVersion
    from bangfu.common.places import Level, span

    def below(tops: list[Any], number: int, word: str) -> list[Any]:
        level = Level(tops[0].level + 1)
        rows = []
        for n in range(number):
            top, ordinal = tops[n % len(tops)], n // len(tops) + 1
            place = top.place + ordinal * span(level)
            rows.append(Area(parent=top, place=place, level=level, name=f"{word}{n}", valid_from=LONG_AGO))
        made: list[Any] = Area.objects.bulk_create(rows)
        AreaVersion.objects.bulk_create(
            [AreaVersion(area=each, name=each.name, parent=each.parent, valid_from=LONG_AGO) for each in made]
        )
        return made

    province = Area.objects.create(place=span(Level(1)), level=1, name="样省", valid_from=LONG_AGO)
    found = {1: [province]}
    for level, number, word in ((2, 1, "州"), (3, COUNTIES, "县"), (4, TOWNSHIPS, "乡"), (5, VILLAGES, "村")):
        found[level] = below(found[level - 1], number, word)
    return found


def fill(households: int, days: int, today: date) -> None:
    """Households with people in all villages, and targets of all levels with the values of some days."""
    from bangfu.plans.models import DailyValue, Target
    from bangfu.plans.targets.catalogue import catalogue
    from bangfu.registry.models import Household, Member

    by_level = areas()
    villages = by_level[5]
    homes = Household.objects.bulk_create(
        (
            Household(
                household_no=f"B{n}", village=villages[n % len(villages)], place=villages[n % len(villages)].place,
                head_name=f"户主{n}", household_type="02",
            )
            for n in range(households)
        ),
        batch_size=2000,
    )  # fmt: skip
    Member.objects.bulk_create(
        (
            Member(
                household=home, place=home.place, person_no=f"{home.household_no}-{k}",
                name=f"人{k}", birth_date=date(1950 + (n * 7 + k * 20) % 70, 1, 1),
            )
            for n, home in enumerate(homes)
            for k in range(PEOPLE)
        ),
        batch_size=2000,
    )  # fmt: skip
    measures, rows = list(catalogue().measures), []
    start, deadline = today.replace(month=1, day=1), date(today.year + 1, 12, 31)
    for position, measure in enumerate(measures):
        for level in (2, 3, 4, 5) if position % (len(measures) // DEEP) == 0 else (2, 3):
            rows += [
                Target(
                    title=str(measure.label), measure=measure.id, amount=100, unit=measure.unit, comparison="ge",
                    starts_on=start, base=0, deadline=deadline, area=each, place=each.place, source_text="……",
                )
                for each in by_level[level]
            ]  # fmt: skip
    targets = Target.objects.bulk_create(rows, batch_size=1000)
    DailyValue.objects.bulk_create(
        (
            DailyValue(target=each, day=today - timedelta(days=back), value=50 - back)
            for each in targets
            for back in range(1, days + 1)
        ),
        batch_size=2000,
    )


def timed(deed: Callable[[], Any]) -> tuple[float, float, int, Any]:
    """Wall and CPU seconds, the number of queries, and what it gave."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        wall, cpu = time.perf_counter(), time.process_time()
        given = deed()
        return time.perf_counter() - wall, time.process_time() - cpu, len(queries), given


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--households", type=int, default=29_000)
    words.add_argument("--days", type=int, default=30)
    words.add_argument("--limit", type=float, default=60.0)
    words.add_argument("--home", type=Path)
    asked = words.parse_args()
    from serving import begin, filled

    begin(str(asked.home or tempfile.mkdtemp(prefix="bangfu-targets-")))
    from django.db import connection
    from django.utils import timezone

    from bangfu.common.places import span
    from bangfu.plans import services
    from bangfu.plans.models import DailyValue, Target
    from bangfu.plans.targets.catalogue import catalogue
    from bangfu.plans.targets.measuring import TABLES
    from bangfu.registry.models import Household

    today = timezone.localdate()

    def prepare() -> None:
        if not Target.objects.exists():
            fill(asked.households, asked.days, today)
        DailyValue.objects.filter(day=today).delete()

    vendor = filled(prepare)
    groups = sorted(set(Target.objects.values_list("measure", "area__level")))

    def bare() -> int:
        """One count by area for each group, over the rows that the measure is of."""
        number = 0
        with connection.cursor() as cursor:
            for measure, level in groups:
                table = TABLES[catalogue()[measure].rows]
                name, place = table.model._meta.db_table, "place"
                if "__" in table.place:  # of what has no place of its own
                    name = "registry_household"
                cursor.execute(f"SELECT {place} / {span(level)}, COUNT(*) FROM {name} GROUP BY 1")
                number += len(cursor.fetchall())
        return number

    def written() -> int:
        pks = list(Target.objects.values_list("pk", flat=True))
        DailyValue.objects.bulk_create(
            (DailyValue(target_id=pk, day=date(2000, 1, 1), value=1) for pk in pks), batch_size=500
        )
        return DailyValue.objects.filter(day=date(2000, 1, 1)).delete()[0]

    rows = [
        ("keep_day, the first time", timed(services.keep_day)),
        ("keep_day, again", timed(services.keep_day)),
        (f"reference: {len(groups)} bare counts by SQL", timed(bare)),
        ("reference: as many values written and deleted", timed(written)),
    ]
    base = rows[2][1][0] + rows[3][1][0]
    print(f"\n{Target.objects.count():,} targets, {Household.objects.count():,} households, {vendor}\n")
    print("| | wall s | CPU s | queries | rows | of the references |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, (wall, cpu, queries, number) in rows:
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {queries} | {number:,} | {wall / base:.1f} |")
    return int(rows[0][1][0] > asked.limit)


if __name__ == "__main__":
    sys.exit(main())
