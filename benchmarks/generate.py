"""How fast and how large `bangfu generate` is: a markdown table, medians of several runs.

python benchmarks/generate.py [--people 1000000] [--runs 5] [--workers 2]
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src"
PEOPLE_PER_HOUSEHOLD = 4


def run(people: int, workers: int) -> tuple[float, float, float, float]:
    """Wall seconds, CPU seconds, largest resident memory of one process (MB), bytes on disk (MB)."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        words = [sys.executable, "-m", "bangfu", "generate", "--households", str(people // PEOPLE_PER_HOUSEHOLD)]
        words += ["--out", str(out), "--workers", str(workers), "--home", str(Path(folder) / "home")]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        subprocess.run(words, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(SOURCE)})
        wall = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        size = sum(f.stat().st_size for f in out.rglob("*.parquet"))
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, after.ru_maxrss / 1024, size / 1e6


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--people", type=int, default=1_000_000)
    words.add_argument("--runs", type=int, default=5)
    words.add_argument("--workers", type=int, default=2)
    given = words.parse_args()
    results = [run(given.people, given.workers) for _ in range(given.runs)]
    wall, cpu, memory, size = (statistics.median(r[i] for r in results) for i in range(4))
    print("| people | workers | runs | median s | all s | CPU s | peak MB a process | Parquet MB | people/s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    spread = "–".join(f"{value:.1f}" for value in (min(r[0] for r in results), max(r[0] for r in results)))
    print(
        f"| {given.people:,} | {given.workers} | {given.runs} | {wall:.1f} | {spread} | {cpu:.1f} | {memory:.0f} "
        f"| {size:.0f} | {given.people / wall:,.0f} |"
    )


if __name__ == "__main__":
    main()
