"""How long the war room takes for a prefecture: its map by counties and by townships, a county by villages, the wall.

    python benchmarks/warroom.py [--households N] [--home DIR] [--limit SECONDS]

A prefecture with the codes of a real one (its outlines are drawn), 10 counties, 180 townships, 2,900 villages, and
households with three people each, copied inside the database of a new home (or of PostgreSQL by DATABASE_URL); visits
with positions in every village, and a target that every county bears. Prints a Markdown table: wall and CPU seconds and
number of queries of each page as the server answers it, first and again; beside them the bare grouping of the same
people by SQL in the same run, and what it takes to find the places of all villages by the visits to them. Exits with 1
when a page takes longer than `--limit`.
"""

import argparse
import os
import sys
import tempfile
import time
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
PREFECTURE = "520600"
TOWNSHIPS, VILLAGES, PEOPLE = 18, 2900, 3
VISITS = 20  # of a village, with a position
SINCE = date(2014, 1, 1)


def fill(households: int) -> None:
    """The tree of areas by the ORM, the households and people by copying one of each inside the database."""
    from bangfu.accounts.models import Officer, Post
    from bangfu.areas.models import Area
    from bangfu.areas.outlines import known as outlines_known
    from bangfu.common.places import Level, span
    from bangfu.registry.models import Household, Member

    def areas(parents: list[Area], numbers: list[int], name: str, codes: dict[int, str] | None = None) -> list[Area]:
        made = []
        for parent, number in zip(parents, numbers, strict=True):
            level = Level(parent.level + 1)
            for ordinal in range(1, number + 1):
                code = (codes or {}).get(ordinal, "")
                made.append(
                    Area(
                        parent=parent, place=parent.place + ordinal * span(level), level=level, valid_from=SINCE,
                        name=f"{name}{ordinal}", code=code,
                    )
                )  # fmt: skip
        return list(Area.objects.bulk_create(made))

    province = Area.objects.create(place=span(1) * 52, level=1, name="样省", code="520000000000", valid_from=SINCE)
    prefecture = Area.objects.create(
        parent=province, place=province.place + span(2), level=2, name="样州", code=f"{PREFECTURE}000000",
        valid_from=SINCE,
    )  # fmt: skip
    real = sorted(outlines_known.below(PREFECTURE[:4]).shapes)
    counties = areas([prefecture], [len(real)], "县", {n: f"{code}000000" for n, code in enumerate(real, 1)})
    townships = areas(counties, [TOWNSHIPS] * len(counties), "乡")
    share, rest = divmod(VILLAGES, len(townships))
    villages = areas(townships, [share + (n < rest) for n in range(len(townships))], "村")
    officer = Officer.objects.create(username="州", name="州")
    Post.objects.create(officer=officer, role_id="prefecture_office", area=prefecture, starts_on=SINCE)
    first = Household.objects.bulk_create(
        [Household(household_no="B", village=villages[0], place=villages[0].place, household_type="01",
                   poverty_status="1")]
    )[0]  # fmt: skip
    person = Member(household=first, place=first.place, name="甲", person_no="1", birth_date=date(1980, 1, 1))
    person.resident_medical_insurance = True
    Member.objects.bulk_create([person])
    copied(Household, Member, households // len(villages))
    visited(villages)
    aimed(prefecture)


def visited(villages: list[Any]) -> None:
    """Visits to every village, each with a position near the middle of its county."""
    from bangfu.areas.outlines.drawing import ground_of
    from bangfu.visits.models import ChecklistVersion, Visit

    form = ChecklistVersion.objects.create(checklist="four_ones", version="1", content={})
    grounds: dict[int, tuple[float, float]] = {}
    rows = []
    for number, village in enumerate(villages):
        county = village.parent.parent
        if county.pk not in grounds:
            point = ground_of(county).representative_point()
            grounds[county.pk] = (point.x, point.y)
        west, south = grounds[county.pk]
        rows += [
            Visit(
                uuid=uuid.uuid4(), village=village, place=village.place, checklist="four_ones", form=form,
                channel="field", visited_on=date(2026, 1, 1 + each), received_at=datetime(2026, 1, 30, tzinfo=UTC),
                accuracy=10 + each, longitude=west + number % 18 / 900 + each / 9000,
                latitude=south + number % 17 / 900 + each / 9000,
            )
            for each in range(VISITS)
        ]  # fmt: skip
    Visit.objects.bulk_create(rows, batch_size=2000)


def aimed(prefecture: Any) -> None:
    """A target of the prefecture that every county bears, with the values of a month."""
    from django.utils import timezone

    from bangfu.plans import services
    from bangfu.plans.models import Across, DailyValue, Target, Way

    today = timezone.localdate()
    whole = services.track(
        by=None, area=prefecture, title="参保率", measure="insured_share", amount=95, unit="%", comparison="ge",
        starts_on=today - timedelta(days=100), deadline=today + timedelta(days=100),
    )  # fmt: skip
    services.break_down(target=whole, by=None, across=Across.AREAS, way=Way.RATE, reason="各县一样")
    DailyValue.objects.bulk_create(
        DailyValue(target=each, day=today - timedelta(days=back), value=90 - back)
        for each in Target.objects.all()
        for back in range(1, 31)
    )


def copied(household: Any, member: Any, each: int) -> None:
    """So many households in every village, so many people in every household, as copies of the first."""
    from django.db import connection

    def names(model: Any, left_out: set[str]) -> list[str]:
        return [field.column for field in model._meta.concrete_fields if field.column not in left_out]

    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {each})"
    columns = names(household, {"id", "household_no", "village_id", "place", "poverty_status"})
    listed = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO registry_household ({listed}, household_no, village_id, place, poverty_status) "
            f"{numbers} SELECT {', '.join('t.' + name for name in columns)}, 'B' || a.id || '-' || n.i, a.id, a.place, "
            "CASE WHEN (n.i + a.id) % 7 = 0 THEN '1' ELSE '2' END "
            "FROM registry_household t, areas_area a, n WHERE t.household_no = 'B' AND a.level = 5"
        )
        columns = names(member, {"id", "household_id", "place", "person_no", "resident_medical_insurance"})
        insured = "CASE WHEN (h.id + n.i) % 11 = 0 THEN FALSE ELSE TRUE END"
        cursor.execute(
            f"INSERT INTO registry_member ({', '.join(columns)}, household_id, place, person_no, "
            f"resident_medical_insurance) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
            f"{PEOPLE}) SELECT {', '.join('t.' + name for name in columns)}, h.id, h.place, "
            f"h.household_no || '-' || n.i, {insured} "
            "FROM registry_member t, registry_household h, n WHERE h.household_no <> 'B' "
            "AND t.id = (SELECT min(id) FROM registry_member)"
        )


def timed(ask: Any) -> tuple[float, float, int]:
    """Wall and CPU seconds of one answer, and the number of its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        began, worked = time.perf_counter(), time.process_time()
        ask()
        return time.perf_counter() - began, time.process_time() - worked, len(queries)


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--households", type=int, default=150_000)
    words.add_argument("--limit", type=float, default=1.0)
    words.add_argument("--home", type=Path)
    asked = words.parse_args()
    from serving import begin, filled

    begin(str(asked.home or tempfile.mkdtemp(prefix="bangfu-warroom-")))
    from django.db import connection
    from django.test import Client

    from bangfu.accounts.models import Officer
    from bangfu.areas.models import Area
    from bangfu.plans import services
    from bangfu.plans.models import Target, VillagePlace
    from bangfu.registry.models import Member

    vendor = filled(lambda: Officer.objects.exists() or fill(asked.households))
    placed = timed(services.keep_places)
    officer = Officer.objects.get(username="州")
    client = Client()
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    county = Area.objects.of_level(3).first()
    assert county is not None
    client.get("/")  # the first page of a process loads all pages, whichever it is
    pages = {
        "prefecture by counties, share of people": "/warroom/?m=insured_share",
        "prefecture by townships, share of people": "/warroom/?m=insured_share&level=deeper",
        "prefecture by counties, number of households": "/warroom/?m=poor_households",
        "prefecture by counties, what happens by dates": "/warroom/?m=households_out_of_poverty",
        "a county by villages, share of people": f"/warroom/?m=insured_share&level=deeper&area={county.pk}",
        "a target by the counties that bear it": f"/warroom/?m=t{Target.objects.get(parent=None).pk}",
        "the wall": "/warroom/wall/?show=insured_share",
        "households behind the figure": f"/warroom/households/?m=insured_share&area={county.pk}&side=lacking",
    }
    people = Member.objects.count()
    print(f"{vendor}, {asked.households:,} households, {people:,} people, load {os.getloadavg()[0]:.1f}\n")
    print("| page | first: wall s (CPU s) | again: wall s (CPU s) | queries | kB |\n| --- | --- | --- | --- | --- |")
    slowest = 0.0
    for name, address in pages.items():
        sizes = []

        def ask(address: str = address, sizes: list[int] = sizes) -> None:
            answer = client.get(address)
            assert answer.status_code == 200, answer.status_code
            sizes.append(len(answer.content))

        first, again = timed(ask), min(timed(ask), timed(ask))
        slowest = max(slowest, first[0], again[0])
        print(
            f"| {name} | {first[0]:.2f} ({first[1]:.2f}) | {again[0]:.2f} ({again[1]:.2f}) | {again[2]} | "
            f"{sizes[0] / 1000:.0f} |"
        )
    bare = (
        "SELECT place / 100000000000, count(*), sum(CASE WHEN resident_medical_insurance THEN 1 ELSE 0 END) "
        "FROM registry_member WHERE left_on IS NULL GROUP BY 1"
    )

    def group() -> None:
        with connection.cursor() as cursor:
            cursor.execute(bare)
            cursor.fetchall()

    group()
    reference = min(timed(group), timed(group))
    print(f"| bare grouping of the same people by SQL | | {reference[0]:.2f} ({reference[1]:.2f}) | 1 | |")
    print(
        f"| places of {VillagePlace.objects.count():,} villages by {VILLAGES * VISITS:,} visits, once a day | | "
        f"{placed[0]:.2f} ({placed[1]:.2f}) | {placed[2]} | |"
    )
    return int(slowest > asked.limit)


if __name__ == "__main__":
    sys.exit(main())
