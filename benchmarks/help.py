"""How long the pages of those who help take: home, my households, plans, pairings, visits, duties, teams, units.

    python benchmarks/help.py [--households N] [--rounds N] [--home DIR]

Generated counties are loaded once (as for `pages.py`), and everybody in them is helped (`filling_help.py`): at 100,000
households 20,000 helpers, a main helper for each household, three months of visits, measures, teams, records, findings,
targets and ten thousand running cases. With DATABASE_URL on PostgreSQL. Prints a Markdown table of server time: p50 and
p95 in milliseconds beside the p50 of CPU, and the number of queries; the worst last. Exits with 1 when a p95 is over
the limit.
"""

import argparse
import os
import statistics
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT), str(ROOT / "benchmarks")]
LIMIT_MS = 150

# Page, address, whose; {household}, {village}, {township}, {unit}, {team}, {helper} differ in every round.
BELOW = ("helper", "first_secretary")
ABOVE = ("township_station", "county_office")
EVERYBODY = (*BELOW, *ABOVE)
REQUESTS = (
    ("首页", "/", EVERYBODY),
    ("我的帮扶户", "/support/", EVERYBODY),
    ("一户一策", "/help/households/{household}/", EVERYBODY),
    ("户档", "/households/{household}/", EVERYBODY),
    ("帮扶措施", "/help/", EVERYBODY),
    ("没有措施的户", "/help/lacking/", EVERYBODY),
    ("走访记录", "/visits/", EVERYBODY),
    ("走访记录，我的", "/visits/?whose=mine", BELOW),
    ("走访记录，第 20 页", "/visits/?page=20", ABOVE),
    ("各村走访进度", "/visits/villages/", EVERYBODY),
    ("待确认的更正", "/visits/corrections/", ("first_secretary", *ABOVE)),
    ("手机走访", "/field/", BELOW),
    ("我的履职", "/duties/", EVERYBODY),
    ("逾期清单", "/duties/behind/", EVERYBODY),
    ("履职记录", "/duties/records/", EVERYBODY),
    ("一个单位的履职", "/duties/units/{unit}/", ABOVE),
    ("一个工作队的履职", "/duties/teams/{team}/", ABOVE),
    ("一个人的履职", "/duties/helpers/{helper}/", ABOVE),
    ("结对总览", "/support/board/", EVERYBODY),
    ("结对，一个村", "/support/board/?area={village}", ABOVE),
    ("没有帮扶责任人的户", "/support/without/", EVERYBODY),
    ("超过户数的帮扶责任人", "/support/over/", EVERYBODY),
    ("帮扶责任人", "/support/helpers/", EVERYBODY),
    ("帮扶责任人：姓名", "/support/helpers/?q=帮扶1", ABOVE),
    ("一个帮扶责任人", "/support/helpers/{helper}/", ABOVE),
    ("帮扶单位", "/support/units/", EVERYBODY),
    ("一个帮扶单位", "/support/units/{unit}/", ABOVE),
    ("驻村工作队", "/support/teams/", EVERYBODY),
    ("一个驻村工作队", "/support/teams/{team}/", ("first_secretary", *ABOVE)),
    ("选帮扶责任人", "/support/households/{household}/pair/", ABOVE),
)


def load(households: int) -> None:
    """Counties, helpers and cases; what is there already is kept."""
    from django.utils import timezone
    from filling import fill
    from filling_help import CASES
    from filling_help import fill as fill_help

    from bangfu.casework.services import take_over
    from bangfu.registry.models import Household
    from casework import open_cases

    if not Household.objects.exists():
        fill(households)
        take_over()
    fill_help(timezone.localdate())
    open_cases(CASES)


def officers() -> dict[str, Any]:
    """A helper and a first secretary of the first village, and those who look after its township and county."""
    from bangfu.accounts.models import Officer, Post
    from bangfu.support.models import TeamMember

    teams = TeamMember.objects.select_related("team__village__parent__parent", "helper__officer")
    secretary = teams.filter(role="first_secretary").order_by("team__village__place")[0]
    village = secretary.team.village
    plain = Officer.objects.filter(posts__area=village, posts__role_id="helper", helper__team_posts=None).order_by("pk")
    made = {"helper": plain[0], "first_secretary": secretary.helper.officer}
    for role, area in (("township_station", village.parent), ("county_office", village.parent.parent)):
        officer, new = Officer.objects.get_or_create(username=f"bench-{role}", defaults={"name": role})
        if new:
            Post.objects.create(officer=officer, role_id=role, area=area, starts_on=date(2014, 1, 1))
        made[role] = officer
    return made


def samples(officer: Any, number: int) -> list[dict[str, Any]]:
    """For every round another household with its village, and another unit, team and helper, all within sight."""
    from bangfu.plans.duties import selectors
    from bangfu.registry.models import Household

    def spread(rows: Any) -> list[int]:
        found = list(rows.order_by("pk").values_list("pk", flat=True))
        return [found[n * len(found) // number] for n in range(number)]

    homes = spread(Household.objects.visible_to(officer))
    villages = dict(Household.objects.filter(pk__in=homes).values_list("pk", "village_id"))
    lists = (selectors.units(officer), selectors.teams(officer), selectors.helpers(officer))
    return [
        {"household": home, "village": villages[home], "unit": unit, "team": team, "helper": helper}
        for home, unit, team, helper in zip(homes, *map(spread, lists), strict=True)
    ]


def measure(rounds: int) -> list[tuple[str, str, float, float, float, int]]:
    """For each request and officer: p50 and p95 of wall, p50 of CPU, all in milliseconds, and the queries."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from pages import p95

    results = []
    for role, officer in officers().items():
        client = Client()
        client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
        given = samples(officer, rounds)
        for title, address, roles in REQUESTS:
            if role not in roles:
                continue
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(address.format(**given[0]))
                queries = len(asked)
            assert answer.status_code == 200, (answer.status_code, role, address.format(**given[0]))
            times, cpu = [], []
            for values in given:
                started, started_cpu = time.perf_counter(), time.process_time()
                answer = client.get(address.format(**values))
                times.append((time.perf_counter() - started) * 1000)
                cpu.append((time.process_time() - started_cpu) * 1000)
                assert answer.status_code == 200, (answer.status_code, role, address.format(**values))
            results.append((title, role, statistics.median(times), p95(times), statistics.median(cpu), queries))
    return results


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--households", type=int, default=100_000)
    asked.add_argument("--rounds", type=int, default=20)
    asked.add_argument("--home", default=str(ROOT / "var" / "benchmark-help"))
    options = asked.parse_args()
    from serving import begin, filled

    begin(options.home)
    vendor = filled(lambda: load(options.households))
    results = measure(options.rounds)
    over = [row for row in results if row[3] > LIMIT_MS]
    load_of_machine = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?"
    print(f"\n{vendor}, {options.rounds} rounds, milliseconds of server time, load {load_of_machine}\n")
    print("| 请求 | 岗位 | p50 | p95 | CPU p50 | 查询数 |\n| --- | --- | ---: | ---: | ---: | ---: |")
    for title, role, middle, slow, cpu, queries in sorted(results, key=lambda row: row[3]):
        print(f"| {title} | {role} | {middle:.0f} | {slow:.0f} | {cpu:.0f} | {queries} |")
    print(f"\nover {LIMIT_MS} ms: {len(over)} / {len(results)}")
    return int(bool(over))


if __name__ == "__main__":
    sys.exit(main())
