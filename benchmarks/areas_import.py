"""How long a list of every village of the country takes to import: 620,573 villages below 41,352 townships.

    python benchmarks/areas_import.py [--runs 3] [--villages 620573]

Runs `bangfu areas import --commit` in its own process on an empty database: SQLite in a temporary folder, or the
PostgreSQL of DATABASE_URL (all its tables are DROPPED before each run!). Five CSV files in the columns of the
statistics edition; the time is that of the villages, the others stand before. Prints one line of JSON.
"""

import argparse
import csv
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[1]
SYLLABLES = "石桥柳坪梨园白水青禾云岭长滩东山西沟南塘北坡大坝小河上寨下湾新田老屋高坎平坝双龙金鸡红旗光明"


def name(number: int, suffix: str) -> str:
    """An invented name; neighbours differ."""
    letters = []
    while True:
        number, rest = divmod(number, len(SYLLABLES))
        letters.append(SYLLABLES[rest])
        if not number:
            return "".join(letters) + suffix


def write_lists(folder: Path, villages: int) -> list[Path]:
    """provinces, cities, areas, streets, villages as the statistics edition has them, spread evenly."""
    rows: dict[str, list[list[str]]] = {k: [] for k in ("provinces", "cities", "areas", "streets", "villages")}
    townships = max(1, round(villages * 41_352 / 620_573))
    for n in range(townships):
        county, street = divmod(n, 15)
        city, area = divmod(county, 9)
        province, prefecture = divmod(city, 12)
        p = f"{11 + province}"
        c = f"{p}{prefecture + 1:02}"
        a = f"{c}{area + 1:02}"
        s = f"{a}{street + 100}"
        if n % (15 * 9 * 12) == 0:
            rows["provinces"].append([p, name(province, "省")])
        if n % (15 * 9) == 0:
            rows["cities"].append([c, name(city, "市"), p])
        if n % 15 == 0:
            rows["areas"].append([a, name(county, "县"), c, p])
        rows["streets"].append([s, name(n, "乡"), a, p, c])
        for v in range(n * villages // townships, (n + 1) * villages // townships):
            ordinal = v - n * villages // townships
            rows["villages"].append([f"{s}{ordinal + 200}", name(v, "村委会"), s, p, c, a])
    headers = {
        "provinces": "code,name",
        "cities": "code,name,provinceCode",
        "areas": "code,name,cityCode,provinceCode",
        "streets": "code,name,areaCode,provinceCode,cityCode",
        "villages": "code,name,streetCode,provinceCode,cityCode,areaCode",
    }
    files = []
    for kind, lines in rows.items():
        file = folder / f"{kind}.csv"
        with file.open("w", newline="", encoding="utf-8") as out:
            out.write(headers[kind] + "\n")
            csv.writer(out, quoting=csv.QUOTE_ALL).writerows(lines)
        files.append(file)
    return files


def empty() -> None:
    """PostgreSQL starts each run without tables; the audit trail cannot be emptied, only dropped."""
    if url := os.environ.get("DATABASE_URL"):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")


def run(home: Path, *words: str) -> float:
    started = time.perf_counter()
    here = {"BANGFU_HOME": str(home), "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, "-m", *words], check=True, env={**os.environ, **here}, stdout=2)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--villages", type=int, default=620_573)
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "bangfu.settings"
    first, again = [], []
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            *above, villages = write_lists(home, options.villages)
            empty()
            run(home, "django", "migrate", "-v0")
            for file in above:
                run(home, "bangfu", "areas", "import", str(file), "--commit")
            first.append(run(home, "bangfu", "areas", "import", str(villages), "--commit"))
            again.append(run(home, "bangfu", "areas", "import", str(villages), "--commit"))
    print(
        json.dumps(
            {
                "database": "postgresql" if os.environ.get("DATABASE_URL") else "sqlite",
                "villages": options.villages,
                "runs": options.runs,
                "import_s": {"median": statistics.median(first), "worst": max(first)},
                "second_import_s": {"median": statistics.median(again), "worst": max(again)},
                "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
                "load": os.getloadavg()[0],
            }
        )
    )


if __name__ == "__main__":
    main()
