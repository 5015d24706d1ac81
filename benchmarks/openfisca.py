"""The eligibility rules of households against OpenFisca, which reads the same columns: CPU seconds, loading counted.

python benchmarks/openfisca.py --snapshot DIR [--runs 3] [--venv DIR]

OpenFisca is under the AGPL and so never a dependency of ours: this script installs it into a throw-away environment,
gives it the columns as arrays and lets it work out the same five flags. Counts must agree.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# What both work out, per household: poor by income, nobody able to work, an old head, somebody uninsured, any of them.
OURS = """
WITH m AS (
    SELECT household_id, bool_or(able_to_work IS TRUE) AS able, max(CASE WHEN relation_to_head = '01' THEN
           20200930 - birth_ymd END) // 10000 AS head_age,
           bool_or(resident_medical_insurance IS NOT TRUE AND employee_medical_insurance IS NOT TRUE) AS uninsured
    FROM read_parquet({member}) WHERE present GROUP BY household_id)
SELECT count(*) FILTER (WHERE poor), count(*) FILTER (WHERE NOT able), count(*) FILTER (WHERE head_age >= 60),
       count(*) FILTER (WHERE uninsured),
       count(*) FILTER (WHERE poor OR NOT able OR head_age >= 60 OR uninsured)
FROM (SELECT coalesce(per_capita_net_income < 5000, FALSE) AS poor, coalesce(able, FALSE) AS able,
             coalesce(head_age, 0) AS head_age, coalesce(uninsured, FALSE) AS uninsured
      FROM read_parquet({household}) LEFT JOIN m USING (household_id))
"""

THEIRS = """
import json, sys, time
began = time.process_time()
import numpy as np, pyarrow.parquet as pq
from openfisca_core import entities, periods, taxbenefitsystems, variables
from openfisca_core.simulations import SimulationBuilder
member_files, household_files = json.loads(sys.argv[1])
Person = entities.Entity("person", "persons", "", "")
Household = entities.GroupEntity("household", "households", "", "", roles=[{"key": "head", "max": 1}, {"key": "other"}])
def given(name, kind, entity):
    return type(name, (variables.Variable,), {"value_type": kind, "entity": entity, "label": name,
                "definition_period": periods.DateUnit.MONTH})
def worked_out(name, formula):
    return type(name, (variables.Variable,), {"value_type": bool, "entity": Household, "label": name,
                "definition_period": periods.DateUnit.MONTH, "formula": formula})
system = taxbenefitsystems.TaxBenefitSystem([Person, Household])
for name, kind, entity in (("able", bool, Person), ("age", int, Person), ("uninsured", bool, Person),
                           ("income", float, Household)):
    system.add_variable(given(name, kind, entity))
for name, formula in (
    ("poor", lambda h, p: h("income", p) < 5000),
    ("unable", lambda h, p: ~h.any(h.members("able", p))),
    ("old_head", lambda h, p: h.max(h.members("age", p), role=Household.HEAD) >= 60),
    ("open_to_illness", lambda h, p: h.any(h.members("uninsured", p))),
    ("any_of_them", lambda h, p: h("poor", p) | h("unable", p) | h("old_head", p) | h("open_to_illness", p)),
):
    system.add_variable(worked_out(name, formula))
m = pq.read_table(member_files, columns=["household_id", "able_to_work", "birth_ymd", "relation_to_head", "present",
                  "resident_medical_insurance", "employee_medical_insurance"])
m = m.filter(m["present"])
h = pq.read_table(household_files, columns=["household_id", "per_capita_net_income"])
ids = h["household_id"].to_numpy()
order = np.argsort(ids)
at = order[np.searchsorted(ids, m["household_id"].to_numpy(), sorter=order)]
flag = lambda name: m[name].fill_null(False).to_numpy(zero_copy_only=False)
income = h["per_capita_net_income"].cast("double").fill_null(1e9).to_numpy()
builder = SimulationBuilder()
builder.create_entities(system)
builder.declare_person_entity("person", np.arange(len(m)))
households = builder.declare_entity("household", np.arange(len(h)))
head = m["relation_to_head"].fill_null("").to_numpy(zero_copy_only=False) == "01"
builder.join_with_persons(households, at, np.where(head, "head", "other"))
simulation = builder.build(system)
period = periods.period("2020-09")
simulation.set_input("able", period, flag("able_to_work"))
simulation.set_input("age", period, (20200930 - m["birth_ymd"].fill_null(20200930).to_numpy()) // 10000)
simulation.set_input("uninsured", period, ~flag("resident_medical_insurance") & ~flag("employee_medical_insurance"))
simulation.set_input("income", period, income)
names = ("poor", "unable", "old_head", "open_to_illness", "any_of_them")
counts = [int(simulation.calculate(name, period).sum()) for name in names]
print(json.dumps({"cpu": time.process_time() - began, "counts": counts}))
"""


def ours(files: list[list[str]]) -> dict[str, Any]:

    start = time.process_time()
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    [row] = connection.execute(OURS.format(member=files[0], household=files[1])).fetchall()
    return {"cpu": time.process_time() - start, "counts": list(row)}


def environment(folder: Path) -> Path:
    """A throw-away environment with OpenFisca."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        wanted = ["openfisca-core", "pyarrow", "setuptools"]
        subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True)
    return python


def child(words: list[str]) -> dict[str, Any]:
    done = subprocess.run(words, check=True, capture_output=True, text=True, env={**os.environ})
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--snapshot", type=Path, required=True)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--venv", type=Path)
    words.add_argument("--ours", action="store_true")
    given = words.parse_args()
    files = [sorted(map(str, (given.snapshot / table).glob("*.parquet"))) for table in ("member", "household")]
    if given.ours:
        print(json.dumps(ours(files)))
        return
    with tempfile.TemporaryDirectory() as folder:
        python = environment(given.venv or Path(folder))
        own = [
            child([sys.executable, __file__, "--snapshot", str(given.snapshot), "--ours"]) for _ in range(given.runs)
        ]
        other = [child([str(python), "-c", THEIRS, json.dumps(files)]) for _ in range(given.runs)]
    assert own[0]["counts"] == other[0]["counts"], (own[0]["counts"], other[0]["counts"])
    cpu, theirs = (statistics.median(each["cpu"] for each in runs) for runs in (own, other))
    print("| | runs | CPU s, loading counted |\n| --- | --- | --- |")
    print(f"| DuckDB | {given.runs} | {cpu:.2f} |\n| OpenFisca | {given.runs} | {theirs:.2f} |")
    print(f"{theirs / cpu:.1f} x; households: {own[0]['counts']}")


if __name__ == "__main__":
    main()
