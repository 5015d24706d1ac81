"""How long lists and pages of casework take with ten thousand running cases, and a bulk move of two thousand.

    python benchmarks/casework.py [--cases N] [--bulk N] [--rounds N] [--home DIR]

A generated county is loaded once (as for `pages.py`), a case is opened for N of its households, and a bulk move takes
`--bulk` of them through a step with papers and another with the county's answers. With DATABASE_URL on PostgreSQL.
Prints Markdown tables: p50 and p95 in milliseconds of server time, and the seconds of the bulk moves beside opening
the same number of rows by plain Django, in the same run.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT), str(ROOT / "benchmarks")]
LIMIT_MS = 150
PROCEDURE = "monitoring_entry"
REQUESTS = (
    ("首页", "/"),
    ("等我办理", "/cases/"),
    ("全部案件", "/cases/?whose=all"),
    ("全部案件，第 20 页", "/cases/?whose=all&page=20"),
    ("已超期", "/cases/?whose=all&clock=late"),
    ("一个环节", "/cases/?whose=all&procedure=monitoring_entry&step=household_check"),
    ("搜索：姓名", "/cases/?whose=all&q={name}"),
    ("搜索：案号", "/cases/?whose=all&q={number}"),
    ("办理进度", "/cases/boards/"),
    ("一个程序的进度", "/cases/boards/monitoring_entry/"),
    ("案件", "/cases/{case}/"),
    ("会议", "/cases/meetings/"),
    ("公示", "/cases/postings/"),
    ("户档", "/households/{household}/"),
)


def fill(number: int) -> None:
    """Households of one generated county, and a running case for `number` of them; nothing when they are there."""
    from filling import fill as fill_registry

    from bangfu.casework.services import take_over
    from bangfu.registry.models import Household

    if not Household.objects.exists():
        fill_registry(20_000)
        take_over()
    open_cases(number)


def open_cases(number: int) -> None:
    """A running case for so many households that are not watched yet; nothing when there are cases."""
    from bangfu.casework import loading
    from bangfu.casework.models import Case
    from bangfu.casework.opening import Candidate, open_many
    from bangfu.casework.procedures import Channel
    from bangfu.registry.models import Household

    if Case.objects.exists():
        return
    unwatched = Household.objects.living().filter(monitor_category="").select_related("village").order_by("place", "pk")
    candidates = [Candidate(home.village, home, None, None, "") for home in unwatched[:number]]
    procedure = loading.procedure(PROCEDURE, candidates[0].village.code)
    started = time.perf_counter()
    opened = open_many(
        by=None, procedure=procedure, candidates=candidates, channel=Channel.SWEEP, on=date.today() - timedelta(days=1)
    )
    print(f"开案 {len(opened.cases)} 件：{time.perf_counter() - started:.1f} 秒", file=sys.stderr)


def officers() -> dict[str, Any]:
    """For every level an officer with as much below as the level has; the village's holds all villages."""
    from bangfu.accounts.models import Officer, Post
    from bangfu.areas.models import Area
    from bangfu.casework.models import Case

    first = Case.objects.select_related("village").order_by("pk").first()
    assert first is not None
    area: Area | None = first.village
    above: dict[int, Area] = {}
    while area is not None:
        above[area.level] = area
        area = area.parent
    made = {}
    for role, level in (("county_office", 3), ("township_station", 4), ("village_committee", 5)):
        officer, new = Officer.objects.get_or_create(username=f"case-{role}", defaults={"name": role})
        if new:
            Post.objects.create(officer=officer, role_id=role, area=above[level], starts_on=date(2014, 1, 1))
        made[role] = officer
    every, new = Officer.objects.get_or_create(username="case-every-village", defaults={"name": "every village"})
    if new:
        Post.objects.bulk_create(
            Post(officer=every, role_id="village_committee", area=village, starts_on=date(2014, 1, 1))
            for village in Area.objects.filter(level=5, place__gte=above[3].place, place__lte=above[3].reach.last)
        )
    return made | {"": every}


def pages(rounds: int, who: dict[str, Any]) -> list[tuple[str, str, float, float, int]]:
    from benchmarks.pages import p95
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from bangfu.casework.models import Case

    found = []
    for role, officer in who.items():
        if not role:
            continue
        client = Client()
        client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
        cases = list(Case.objects.visible_to(officer).running().order_by("pk")[: rounds * 7 : 7]) or [None]
        for title, address in REQUESTS:
            times = []
            for number in range(rounds + 1):
                case = cases[number % len(cases)]
                given = address.format(
                    case=case.pk, household=case.household_id, name=case.subject_name, number=case.case_no
                )
                with CaptureQueriesContext(connection) as asked:
                    started = time.perf_counter()
                    answer = client.get(given)
                    spent = (time.perf_counter() - started) * 1000
                assert answer.status_code == 200, (answer.status_code, given)
                if number:  # the first one warms up
                    times.append(spent)
            found.append((title, role, statistics.median(times), p95(times), len(asked)))
    return found


def bulk(number: int, who: dict[str, Any]) -> list[tuple[str, int, float, float]]:
    """Two bulk moves: out of the village's check with its papers and answers, and on by the county."""
    from bangfu.casework import services
    from bangfu.casework.models import Case, CasePaper, CaseTransition
    from bangfu.casework.procedures import Step

    running = Case.objects.running().filter(procedure=PROCEDURE).order_by("-pk")
    found = []
    for officer, at in (("", "household_check"), ("county_office", "comparison")):
        chosen = list(running.filter(step=at).values_list("pk", flat=True)[:number])
        if not chosen:
            continue
        step: Step = running.filter(step=at)[0].version.read.step(at)
        CasePaper.objects.bulk_create(
            CasePaper(case_id=pk, step=at, wanted=p.id, title="x", sha256="0" * 64, size=1, media_type="image/png")
            for pk in chosen
            for p in step.papers
            for _each in range(p.minimum)
        )
        way = next(each.id for each in step.moves if each.kind == "forward")
        started, cpu = time.perf_counter(), time.process_time()
        if officer:
            moved, refused = in_background(who[officer], chosen, way, answers(step))
        else:  # a village's officers have no bulk moves: the same verb, called at once
            report = services.move_many(case_ids=chosen, move=way, by=who[officer], answers=answers(step))
            moved, refused = len(report.moved), [faults[0].message for faults in report.refused.values()]
        took = time.perf_counter() - started, time.process_time() - cpu
        if moved < len(chosen):
            sys.exit(f"{step.label}: {moved} of {len(chosen)} were moved; the first refusal: {refused[:1]}")
        found.append((f"批量办理：{step.label}", moved, *took))
    started, cpu = time.perf_counter(), time.process_time()
    rows = list(CaseTransition.objects.order_by("-pk")[:number])
    reference(lambda: [row.save(force_update=True) for row in rows])
    found.append(("参照：逐行保存同样多的记录", len(rows), time.perf_counter() - started, time.process_time() - cpu))
    return found


def in_background(officer: Any, chosen: list[int], move: str, given: dict[str, Any]) -> tuple[int, list[str]]:
    """As the page does it, waiting for the end: how many were moved, and what was said of the others."""
    from bangfu.casework import selectors, services

    made = services.start_bulk(by=officer, case_ids=chosen, move=move, answers=given)
    made.refresh_from_db()
    if made.state != made.State.DONE:
        made = services.run_bulk(made.pk)
    return int(made.moved), [words for _case, words in selectors.refusals(made)]


def reference(deed: Callable[[], Any]) -> None:
    from django.db import transaction

    with transaction.atomic():
        deed()


def answers(step: Any) -> dict[str, Any]:
    """Something lawful for every question that must be answered; a kind of question that is not known here stops."""
    from bangfu.common.policy import code_list

    found: dict[str, Any] = {}
    for question in step.questions:
        if question.must_be:
            found[question.id] = question.must_be
        elif question.kind == "code" and question.required:
            # whatever a household was before, sudden severe difficulty fits it
            code = "03" if question.code_list == "monitor_category" else code_list(question.code_list).codes[0].code
            found[question.id] = [code] if question.several else code
        elif question.kind == "day":
            found[question.id] = date.today().isoformat()
        elif question.kind == "choice":
            found[question.id] = next(iter(question.choices))
        elif question.kind == "yes_no":
            found[question.id] = "no"
        elif question.kind == "phone":
            found[question.id] = "13800000000"
        elif question.kind in ("text", "number") and question.required:
            found[question.id] = "1"
        elif question.required:
            raise NotImplementedError(f"{question.id}: {question.kind}")
    return found


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--cases", type=int, default=10_000)
    asked.add_argument("--bulk", type=int, default=2_000)
    asked.add_argument("--rounds", type=int, default=20)
    asked.add_argument("--home", default=str(ROOT / "var" / "benchmark-casework"))
    options = asked.parse_args()
    from serving import begin, filled

    begin(options.home)
    from django.conf import settings

    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    vendor = filled(lambda: fill(options.cases))
    who = officers()
    results = pages(options.rounds, who)
    over = [row for row in results if row[3] > LIMIT_MS]
    print(f"\n{vendor}, {options.rounds} 轮，毫秒（服务器端）\n")
    print("| 请求 | 岗位 | p50 | p95 | 查询数 |\n| --- | --- | ---: | ---: | ---: |")
    for title, role, middle, slow, queries in sorted(results, key=lambda row: row[3]):
        print(f"| {title} | {role} | {middle:.0f} | {slow:.0f} | {queries} |")
    print(f"\n超过 {LIMIT_MS} 毫秒：{len(over)} / {len(results)}\n")
    print("| 办理 | 件 | 秒 | CPU 秒 |\n| --- | ---: | ---: | ---: |")
    for what, number, wall, cpu in bulk(options.bulk, who):
        print(f"| {what} | {number} | {wall:.1f} | {cpu:.1f} |")


if __name__ == "__main__":
    main()
