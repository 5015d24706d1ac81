"""Spark gives the same bytes, or says what it lacks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bangfu.rulebook.book import RuleBook
from bangfu.screening.engine import screen
from bangfu.screening.errors import EngineMissing, NotReplaceable
from bangfu.screening.outcomes import Outcomes
from bangfu.screening.spark import in_spark
from bangfu.snapshot.store import Snapshot
from tests.screening.conftest import AS_OF, COUNTIES
from tests.screening.test_engine import files_of

needs_java = pytest.mark.skipif(
    shutil.which("java") is None, reason="Spark needs Java: install openjdk-17-jre-headless and pyspark"
)


# A minute of work is over before a compiler that looks for the fastest code has earned what it takes.
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@needs_java
@pytest.mark.req("B5")
def test_spark_and_duckdb_write_the_same_findings_byte_for_byte(
    snapshot: Snapshot, book: RuleBook, outcomes: Outcomes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JDK_JAVA_OPTIONS", f"{os.environ.get('JDK_JAVA_OPTIONS', '')} {QUICK_START}".strip())
    found = screen(snapshot, book, as_of=AS_OF, out=tmp_path / "spark", engine="spark")
    assert {id: (r.hits, r.unknown) for id, r in found.run.rules.items()} == {
        id: (r.hits, r.unknown) for id, r in outcomes.run.rules.items()
    }
    assert {
        name: found_bytes == files_of(outcomes)[name] for name, found_bytes in files_of(found).items()
    } == dict.fromkeys(files_of(outcomes), True)


@pytest.mark.parametrize(
    ("duck", "spark"),
    [
        ("SELECT 7 // x FROM t", "SELECT 7 DIV NULLIF(x, 0) FROM t"),
        ("SELECT 7 // 10 FROM t", "SELECT 7 DIV 10 FROM t"),
        ("SELECT regexp_matches(a, '^[0-9]$') FROM t", r"SELECT a RLIKE '^[0-9]\\z' FROM t"),
        ("SELECT starts_with(a, '9') FROM t", "SELECT STARTSWITH(a, '9') FROM t"),
    ],
)
def test_words_that_the_engines_read_differently_are_translated(duck: str, spark: str) -> None:
    assert in_spark(duck) == spark


def test_one_county_alone_is_not_screened_by_spark(
    snapshot: Snapshot, book: RuleBook, outcomes: Outcomes, tmp_path: Path
) -> None:
    with pytest.raises(NotReplaceable):
        screen(
            snapshot, book, as_of=AS_OF, out=tmp_path / "x", engine="spark", place=COUNTIES[1],
            replacing=outcomes.folder,
        )  # fmt: skip


def test_without_pyspark_the_error_says_what_to_install(
    snapshot: Snapshot, book: RuleBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with pytest.raises(EngineMissing, match="pyspark"):
        screen(snapshot, book, as_of=AS_OF, out=tmp_path / "x", engine="spark")
    assert not (tmp_path / "x").exists()


def test_without_java_the_error_says_so(tmp_path: Path) -> None:
    """In an interpreter of its own: a session that runs already would be taken again."""
    code = (
        "from bangfu.screening import spark\nfrom bangfu.screening.errors import EngineMissing\n"
        "try: spark.session()\nexcept EngineMissing as e: print(e.code)"
    )
    env = {"PATH": str(tmp_path), "JAVA_HOME": str(tmp_path), "PYTHONPATH": "src", "BANGFU_HOME": str(tmp_path),
           "DJANGO_SETTINGS_MODULE": "bangfu.settings"}  # fmt: skip
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)
    assert said.stdout.strip() == "SCR-005"
