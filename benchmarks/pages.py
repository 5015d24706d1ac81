"""How long the registry's pages take on the server, with a whole county or prefecture on file.

    python benchmarks/pages.py [--households N] [--rounds N] [--home DIR]

The data are generated counties, loaded once by the registry's own writer and kept in DIR (SQLite) or in the database
of DATABASE_URL; later runs only measure. Prints a Markdown table: p50 and p95 in milliseconds for each request and
role, the worst last.
Server time is the time from request to finished answer inside Django, middleware and templates included; CPU is this
process's share of it (with SQLite all of the work), which stays meaningful when other programs use the machine.
"""

import argparse
import math
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
LIMIT_MS = 150

# Page, address; {area}, {village}, {household}, {name}, {initials}, {tail}, {number} are filled from the data.
REQUESTS = (
    ("首页", "/"),
    ("名单", "/households/"),
    ("名单，第 40 页", "/households/?page=40"),
    ("名单，一个乡镇", "/households/?area={area}"),
    ("名单，一个村", "/households/?area={village}"),
    ("筛选：建档立卡", "/households/?registered=yes"),
    ("筛选：未脱贫", "/households/?poor=yes"),
    ("筛选：边缘易致贫户", "/households/?monitor_category=02"),
    ("筛选：因病", "/households/?main_cause=01"),
    ("筛选：D级危房", "/households/?house_grade=D"),
    ("筛选：危房户", "/households/?dangerous=yes"),
    ("筛选：饮水未解决", "/households/?safe_water=no"),
    ("筛选：无劳动力", "/households/?labour=none"),
    ("筛选：享受低保", "/households/?dibao=yes"),
    ("筛选：建档立卡、因病、无劳动力", "/households/?registered=yes&main_cause=01&labour=none"),
    ("搜索：姓名", "/households/?q={name}"),
    ("搜索：姓", "/households/?q={surname}"),
    ("搜索：拼音首字母", "/households/?q={initials}"),
    ("搜索：一个字母", "/households/?q={letter}"),
    ("搜索：证件号后六位", "/households/?q={tail}"),
    ("搜索：完整证件号", "/households/?q={id_no}"),
    ("搜索：户编号", "/households/?q={number}"),
    ("搜索：没有的人", "/households/?q=欧阳无此人"),
    ("排序：人口", "/households/?order=members"),
    ("排序：收入", "/households/?order=income"),
    ("排序：户主", "/households/?order=head"),
    ("排序：收入，建档立卡", "/households/?order=income&registered=yes"),
    ("户档", "/households/{household}/"),
    ("收入台账", "/households/{household}/income/"),
    ("变更记录", "/households/{household}/history/"),
)
ROLES = (("prefecture_office", 2), ("county_office", 3), ("township_station", 4), ("village_committee", 5))


def load(households: int) -> None:
    """Whole generated counties (`filling`); nothing when they are there already."""
    from bangfu.registry.models import Household

    on_file = Household.objects.count()
    if on_file:
        print(f"已有 {on_file} 户，直接测量。", file=sys.stderr)
        return
    from filling import fill

    started = time.perf_counter()
    fill(households)
    print(f"装入 {households} 户用了 {time.perf_counter() - started:.0f} 秒。", file=sys.stderr)


def officers() -> Iterator[tuple[str, Any]]:
    """An officer for each role, at an area with many households below it."""
    from bangfu.accounts.models import Officer, Post
    from bangfu.areas.models import Area
    from bangfu.registry.models import Household

    busy = Household.objects.order_by("place").values_list("village_id", flat=True)[:1].get()
    area: Area | None = Area.objects.get(pk=busy)
    above: dict[int, Area] = {}
    while area is not None:
        above[area.level] = area
        area = area.parent
    for role, level in ROLES:
        officer, new = Officer.objects.get_or_create(username=f"bench-{role}", defaults={"name": role})
        if new:
            Post.objects.create(officer=officer, role_id=role, area=above[level], starts_on=date(2014, 1, 1))
        yield role, officer


def samples(officer: Any, number: int) -> list[dict[str, Any]]:
    """Different households and people for every round, so that nothing is measured from one warm row."""
    from bangfu.areas.models import Area
    from bangfu.common.names import initials
    from bangfu.registry.models import Household, Member

    rows = Household.objects.visible_to(officer).order_by("pk")
    first, last = rows.values_list("pk", flat=True).first(), rows.values_list("pk", flat=True).last()
    found = []
    for position in range(number):
        household = rows.filter(pk__gte=first + (last - first) * position // number).select_related("village").first()
        person = Member.objects.filter(household=household).exclude(id_no="").order_by("-pk").first()
        reach = officer.posts_on()[0].area
        below = Area.objects.filter(place__gt=reach.place, place__lte=reach.reach.last, level__in=(4, 5))
        found.append(
            {
                "household": household.pk,
                "number": household.household_no,
                "village": household.village_id,
                "area": below.values_list("pk", flat=True)[position % max(below.count(), 1)] if below else reach.pk,
                "name": person.name,
                "surname": person.name[0],
                "initials": initials(person.name),
                "letter": initials(person.name)[0],
                "tail": person.id_tail,
                "id_no": person.id_no,
            }
        )
    return found


def p95(times: list[float]) -> float:
    """The nearest-rank 95th percentile."""
    return sorted(times)[min(len(times) - 1, math.ceil(len(times) * 0.95) - 1)]


def measure(rounds: int) -> list[tuple[str, str, float, float, float, int]]:
    """For each role and request: p50, p95 and p95 of CPU in milliseconds, and the queries of one answer."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    results = []
    for role, officer in officers():
        client = Client()
        client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
        given = samples(officer, rounds)
        for title, address in REQUESTS:
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(address.format(**given[0]))
                queries = len(asked)
            assert answer.status_code == 200, (answer.status_code, address)
            times, cpu = [], []
            for values in given:
                started, started_cpu = time.perf_counter(), time.process_time()
                answer = client.get(address.format(**values))
                times.append((time.perf_counter() - started) * 1000)
                cpu.append((time.process_time() - started_cpu) * 1000)
                assert answer.status_code == 200
            results.append((title, role, statistics.median(times), p95(times), p95(cpu), queries))
    return results


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--households", type=int, default=100_000)
    asked.add_argument("--rounds", type=int, default=20)
    asked.add_argument("--home", default=str(ROOT / "var" / "benchmark-pages"))
    options = asked.parse_args()
    from serving import begin, filled

    begin(options.home)
    vendor = filled(lambda: load(options.households))
    results = measure(options.rounds)
    over = [row for row in results if row[3] > LIMIT_MS]
    print(f"\n{vendor}, {options.rounds} 轮，毫秒（服务器端）\n")
    print("| 请求 | 岗位 | p50 | p95 | p95 CPU | 查询数 |\n| --- | --- | ---: | ---: | ---: | ---: |")
    for title, role, middle, slow, cpu, queries in sorted(results, key=lambda row: row[3]):
        print(f"| {title} | {role} | {middle:.0f} | {slow:.0f} | {cpu:.0f} | {queries} |")
    print(f"\n超过 {LIMIT_MS} 毫秒：{len(over)} / {len(results)}")
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
