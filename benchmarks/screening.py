"""How fast rules are run over a snapshot: against a bare scan, one query a rule, Python row by row, Spark, one county.

python benchmarks/screening.py --snapshot DIR [--runs 5] [--with rules python spark county] [--policy DIR]

The snapshot is made by `bangfu generate` and `bangfu snapshot from`. Each run is a process of its own, so that its
memory is its own; CPU seconds are those of the process and its children. Only rules that the generated columns can
decide are run: those whose lists and figures are there.
"""

import argparse
import json
import os
import re
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
SAMPLE = 20_000  # people for the rules row by row in Python
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
    return {"hits": sum(rule.hits for rule in found.run.rules.values())}


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
    """Person by person and rule by rule in Python, only rules of one row without features: the least that a program
    would do which keeps its rules as functions. Rows are plain dictionaries that lie in memory already."""
    import pyarrow.parquet as pq

    from bangfu.common.facts import day_numbers
    from bangfu.screening.engine import Screening

    plain = [id for id in rules if _plain(book, id)]
    started = Screening(snapshot, book, snapshot.as_of, "", plain, {})
    columns = sorted({name for table, names in started.plan.columns().items() if table == "member" for name in names})
    file = pq.ParquetFile(snapshot.parts()[0].path("member"))
    rows = next(file.iter_batches(SAMPLE, columns=columns)).to_pylist()
    days, figures = day_numbers(snapshot.as_of), {}
    for id in plain:
        for name in book.figures_used(id):
            figures[name] = book.figure(name, started.counties[0], snapshot.as_of)
    functions = [_function(book.expression(id), {**days, **figures}) for id in plain]
    cpu = time.process_time()
    hits = sum(1 for row in rows for function in functions if function(row))
    return {"evaluations": len(rows) * len(plain), "evaluating": time.process_time() - cpu, "hits": hits}


def _plain(book: Any, rule: str) -> bool:
    expression = book.expression(rule)
    return (
        expression.grain == "member" and not expression.features and {t for t, _n in expression.columns} == {"member"}
    )


def _function(expression: Any, values: dict[str, Any]) -> Callable[[dict[str, Any]], Any]:
    """A rule as a Python function; what cannot be compared is unknown and taken for not found."""
    code = compile(_in_python(expression.ast, values), expression.text[:30], "eval")
    helpers = {"re": re, "first": lambda *given: next((each for each in given if each is not None), None)}

    def run(row: dict[str, Any]) -> Any:
        try:
            return eval(code, helpers, {"row": row})  # our own rules, translated
        except TypeError:
            return None

    return run


def _in_python(node: Any, values: dict[str, Any]) -> str:
    """The expression in Python, for the nodes that rules over one row use."""
    from sqlglot import exp

    def of(part: Any) -> str:
        return _in_python(part, values)

    signs = {exp.And: "and", exp.Or: "or", exp.EQ: "==", exp.NEQ: "!=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">",
             exp.GTE: ">=", exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.IntDiv: "//", exp.Mod: "%",
             exp.NullSafeEQ: "==", exp.NullSafeNEQ: "!="}  # fmt: skip
    match node:
        case exp.Column():
            return f"row[{node.name!r}]"
        case exp.Placeholder():
            return str(values[node.name])
        case exp.Literal():
            return repr(node.name) if node.is_string else str(node.name)
        case exp.Boolean():
            return str(bool(node.this))
        case exp.Null():
            return "None"
        case exp.Paren():
            return f"({of(node.this)})"
        case exp.Not():
            return f"(not {of(node.this)})"
        case exp.Neg():
            return f"(-{of(node.this)})"
        case exp.Is():
            return f"({of(node.this)} is {of(node.expression)})"
        case exp.In():
            return f"({of(node.this)} in ({', '.join(map(of, node.expressions))},))"
        case exp.Between():
            return f"({of(node.args['low'])} <= {of(node.this)} <= {of(node.args['high'])})"
        case exp.Coalesce():
            return f"first({', '.join(map(of, (node.this, *node.expressions)))})"
        case exp.Substring():
            start = int(node.args["start"].name) - 1
            return f"{of(node.this)}[{start}:{start + int(node.args['length'].name)}]"
        case exp.Contains():
            return f"({of(node.expression)} in {of(node.this)})"
        case exp.StartsWith():
            return f"{of(node.this)}.startswith({of(node.expression)})"
        case exp.RegexpLike():
            return f"bool(re.search({of(node.expression)}, {of(node.this)}))"
        case exp.Cast():
            return of(node.this)
        case exp.Case():
            text = of(node.args["default"]) if node.args.get("default") else "None"
            for branch in reversed(node.args["ifs"]):
                text = f"({of(branch.args['true'])} if {of(branch.this)} else {text})"
            return text
    return f"({of(node.this)} {signs[type(node)]} {of(node.expression)})"


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
        one = table["python"]
        per = one["evaluating"] / one["evaluations"]
        print(f"Python: {per * 1e9:.0f} ns a person and rule, {one['evaluations']:.0f} of them")


if __name__ == "__main__":
    main()
