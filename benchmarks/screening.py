"""How fast rules are run over a snapshot: against a bare scan, one query a rule, Python row by row, Spark, one county.

python benchmarks/screening.py --snapshot DIR [--runs 5] [--with rules python spark county] [--policy DIR]

The snapshot is made by `bangfu generate` and `bangfu snapshot from`. Each run is a process of its own, so that its
memory is its own; CPU seconds are those of the process and its children. Only rules that the generated columns can
decide are run: those whose lists and figures are there.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HOUSEHOLDS = 20_000  # for the rules row by row in Python
NEVER = {"village"}  # generated counties have no figures that villages report


def prepared(snapshot: str) -> Any:
    """Snapshot, book, and the rules that can run."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.settings")
    import django

    django.setup()
    from bangfu.rulebook import services
    from bangfu.screening.engine import Screening
    from bangfu.snapshot.store import Snapshot

    opened, book = Snapshot.open(Path(snapshot), verify=False), services.book()
    started = Screening(opened, book, opened.as_of, "", None, {})
    compiler = started.compiler(started.ground(started.parts[:1]))
    rules = [
        id
        for id, rule in started.plan.rules.items()
        if compiler.runs(rule, started.counties[0]) == "" and rule.rule.grain not in NEVER
    ]
    return opened, book, rules


def work(job: str, snapshot: str, out: Path) -> dict[str, Any]:
    opened, book, rules = prepared(snapshot)
    began, cpu = time.perf_counter(), time.process_time()
    facts = JOBS[job](opened, book, rules, out) or {}
    return {
        "wall": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rules": len(rules),
        **facts,
    }


def scan(snapshot: Any, book: Any, rules: list[str], out: Path) -> None:
    """Every column that the rules use, read and looked at once, with two threads."""
    from bangfu.common import duck
    from bangfu.screening.engine import Screening

    started = Screening(snapshot, book, snapshot.as_of, "", rules, {})
    with duck.within(snapshot.folder) as connection:
        for table, columns in started.plan.columns().items():
            if table in snapshot.tables:
                every = snapshot.source_sql(list(snapshot.parts()), table, started.plan.schema, columns)
                seen = ", ".join(f"max({column})" for column in sorted(columns))
                connection.execute(f"SELECT {seen} FROM ({every})").fetchall()


def masks(snapshot: Any, book: Any, rules: list[str], out: Path) -> dict[str, Any]:
    from bangfu.screening.engine import screen

    found = screen(snapshot, book, as_of=snapshot.as_of, out=out / "masks", rules=rules)
    return {"hits": sum(rule.hits for rule in found.run.rules.values()), "people": found.run.rows["member"]}


def one_by_one(snapshot: Any, book: Any, rules: list[str], out: Path) -> dict[str, Any]:
    """One SQL query a rule, as anybody would write it for DuckDB: each scans its own columns of the whole snapshot,
    joins what it needs, works its features out and groups rows that share a value."""
    from bangfu.common import duck
    from bangfu.screening import crossing
    from bangfu.screening.engine import Screening

    hits = 0
    for rule in rules:
        started = Screening(snapshot, book, snapshot.as_of, "", [rule], {})
        compiler = started.compiler(started.ground(started.parts))
        with duck.within(snapshot.folder, memory="4GB") as connection:
            for round in started.plan.rounds:
                for step in compiler.steps(round):
                    connection.execute(f"CREATE TEMP TABLE {step.table} AS {step.sql}")
                for feature in (each for each in started.plan.cross if each.round == round):
                    met = f"({crossing.rows_sql(compiler, feature)})"
                    sql = crossing.counted_sql(feature, met, crossing.keys_of(feature))
                    connection.execute(f"CREATE TEMP TABLE {feature.table} AS {sql}")
            rows = duck.arrow(connection, compiler.masks(book.rules[rule].grain))
            hits += int(rows["hit0"].to_numpy().sum())
    return {"hits": hits}


def county(snapshot: Any, book: Any, rules: list[str], out: Path) -> dict[str, Any]:
    from bangfu.screening.engine import screen

    first = snapshot.parts()[0].counties[0]
    found = screen(
        snapshot, book, as_of=snapshot.as_of, out=out / "county", rules=rules, place=first, replacing=out / "masks"
    )
    return {"hits": sum(rule.hits for rule in found.run.rules.values())}


def spark(snapshot: Any, book: Any, rules: list[str], out: Path) -> dict[str, Any]:
    from bangfu.screening.engine import screen

    found = screen(snapshot, book, as_of=snapshot.as_of, out=out / "spark", rules=rules, engine="spark")
    return {"hits": sum(rule.hits for rule in found.run.rules.values()), "java": java_seconds()}


def java_seconds() -> float:
    """CPU seconds so far of the Java machines on which Spark works: children, or children of children, of ours."""
    parents, seconds = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, fields = stat.read_text().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue  # ended meanwhile
        parent, times = int(fields.split()[1]), fields.split()[11:13]
        parents[int(stat.parent.name)] = parent
        if name == "java":
            seconds[int(stat.parent.name)] = sum(map(int, times)) / os.sysconf("SC_CLK_TCK")
    return sum(found for pid, found in seconds.items() if os.getpid() in (parents[pid], parents.get(parents[pid])))


def python(snapshot: Any, book: Any, rules: list[str], out: Path) -> dict[str, Any]:
    """All rules row by row in Python over the first households of a part: see `row_by_row`. Every rule that looks at
    one household alone must find there what the masks of the same run found."""
    import row_by_row

    from bangfu.screening.engine import Screening
    from bangfu.screening.outcomes import Outcomes

    started = Screening(snapshot, book, snapshot.as_of, "", rules, {})
    plan = started.plan
    cpu = time.process_time()
    rows = row_by_row.rows_of(snapshot.parts()[0], plan.columns(), HOUSEHOLDS)
    reading = time.process_time() - cpu
    made = row_by_row.Functions(plan, started.everywhere, rows)
    functions = [(id, rule.rule.grain, made.rule(rule)) for id, rule in plan.rules.items()]
    cpu = time.process_time()
    found = row_by_row.hits(functions, rows)
    evaluating = time.process_time() - cpu
    apart = {f.key for f in plan.cross if not any(n == "household_id" for e in f.same for _t, n in e.columns)}
    alone = [id for id, rule in plan.rules.items() if not plan.closure(rule.inputs) & apart]
    masked = dict(Outcomes.open(out / "masks", snapshot=snapshot, book=book).keys(alone))
    for id in alone:
        key = row_by_row.KEYS[plan.rules[id].rule.grain]
        here = {row[key] for row in rows[plan.rules[id].rule.grain]}
        expected = here & set(masked[id][key].to_pylist()) if id in masked else set()
        if found[id] != expected:
            raise SystemExit(f"{id}: {len(found[id])} by rows, {len(expected)} by masks")
    hits = sum(map(len, found.values()))
    people = len(rows["member"])
    return {"people": people, "reading": reading, "evaluating": evaluating, "checked": len(alone), "hits": hits}


JOBS: dict[str, Callable[..., Any]] = {
    "scan": scan,
    "masks": masks,
    "rules": one_by_one,
    "county": county,
    "spark": spark,
    "python": python,
}


def measured(job: str, snapshot: str, out: Path) -> dict[str, Any]:
    shutil.rmtree(out / job, ignore_errors=True)
    words = [sys.executable, __file__, "--snapshot", snapshot, "--job", job, "--out", str(out)]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "BANGFU_HOME": str(out / "home")}
    done = subprocess.run(words, check=True, capture_output=True, text=True, env=env)
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    facts["cpu"] += facts.pop("java", 0.0)
    return facts


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--snapshot", required=True)
    words.add_argument("--runs", type=int, default=5)
    words.add_argument("--with", dest="more", nargs="*", default=[], choices=["rules", "python", "spark", "county"])
    words.add_argument("--job", choices=list(JOBS))
    words.add_argument("--out", type=Path)
    given = words.parse_args()
    if given.job:
        print(json.dumps(work(given.job, given.snapshot, given.out)))
        return
    with tempfile.TemporaryDirectory() as folder:
        table = {}
        for job in ["scan", "masks", *given.more]:
            found = []
            for _run in range(given.runs if job in ("scan", "masks", "county") else 1):
                if job != "masks":
                    shutil.rmtree(Path(folder) / job, ignore_errors=True)
                found.append(measured(job, given.snapshot, Path(folder)))
            table[job] = {key: statistics.median(f[key] for f in found) for key in found[0]}
    print(f"{date.today()}  load {os.getloadavg()[0]:.1f}  {table['masks']['rules']:.0f} rules")
    print("| form | runs | wall s | CPU s | x scan, CPU | peak MB | hits |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for job, facts in table.items():
        ratio = facts["cpu"] / table["scan"]["cpu"]
        runs = given.runs if job in ("scan", "masks", "county") else 1
        print(
            f"| {job} | {runs} | {facts['wall']:.1f} | {facts['cpu']:.1f} | {ratio:.1f} | {facts['rss']:.0f} "
            f"| {facts.get('hits', '')} |"
        )
    if "python" in table:
        one, people = table["python"], table["masks"]["people"]
        mask, alone = table["masks"]["cpu"] / people, one["evaluating"] / one["people"]
        whole = alone + one["reading"] / one["people"]
        print(
            f"Row by row in Python, all rules, {one['checked']:.0f} of which were compared: {whole * 1e6:.0f} us a "
            f"person, reading included, {alone * 1e6:.0f} us judging alone; masks {mask * 1e6:.2f} us, reading "
            f"included: {whole / mask:.0f} x; against judging alone {alone / mask:.0f} x"
        )


if __name__ == "__main__":
    main()
