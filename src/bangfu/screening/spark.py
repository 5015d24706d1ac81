"""The same screening by Apache Spark, on one machine or on a cluster, for what has outgrown one machine.

Every statement is the one that DuckDB runs, said in Spark's words by sqlglot; rows are sorted and written by the same
writer. Spark groups and joins across the whole snapshot itself, so no arrays of keys are made.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlglot
from sqlglot import exp

from bangfu.rulebook.models import GRAINS, Aggregate
from bangfu.screening import crossing
from bangfu.screening.compiling import Compiler
from bangfu.screening.engine import Screening, finish
from bangfu.screening.errors import EngineMissing, NotReplaceable
from bangfu.screening.outcomes import Outcomes
from bangfu.screening.plan import FeaturePlan
from bangfu.screening.tabling import SnapshotGround, in_place
from bangfu.screening.writing import OutcomeWriter

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MASTER = "SPARK_MASTER"  # spark://host:7077, yarn …; SPARK_REMOTE (sc://host:15002) is read by Spark Connect itself
# How many characters of two texts of one length differ, as DuckDB's hamming() says.
_HAMMING = (
    "aggregate(sequence(1, length(a.v)), 0, (found, at) -> found + "
    "CASE WHEN substr(a.v, at, 1) <> substr(b.v, at, 1) THEN 1 ELSE 0 END)"
)


def session() -> "SparkSession":
    """A session: of a Spark Connect server, of a cluster, or of this machine. Raises EngineMissing."""
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise EngineMissing(reason="pyspark") from None
    builder: Any = SparkSession.builder.appName("bangfu screening")
    if not os.environ.get("SPARK_REMOTE"):
        builder = builder.master(os.environ.get(MASTER, "local[*]"))
        # Only this machine talks to it; nothing is shown on a port, and no progress bar among the answers.
        builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
        builder = builder.config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    try:
        started: SparkSession = builder.getOrCreate()
    except (PySparkException, RuntimeError, OSError) as error:
        # Without Java pyspark says JAVA_GATEWAY_EXITED, in one way or another.
        raise EngineMissing(reason=str(error).strip().splitlines()[0]) from error
    return started


_SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "8",
    "spark.driver.memory": "2g",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.log.level": "ERROR",
}


class SparkGround(SnapshotGround):
    """The snapshot as views of Spark: the columns are chosen there."""

    def sql(self, table: str, columns: Iterable[str]) -> str:
        select = self.snapshot.select_sql(f"snapshot_{table}", table, self.schema, sorted(set(columns)))
        if table not in self.snapshot.tables:
            return select.replace(f"FROM snapshot_{table}", "FROM (SELECT 1) AS nothing WHERE FALSE")
        return f"{select} WHERE {self.where}" if self.where else select


class SparkWorker:
    def __init__(self, spark: "SparkSession") -> None:
        self.spark = spark

    def put(self, name: str, rows: pa.Table) -> None:
        self.spark.createDataFrame(rows).createOrReplaceTempView(name)

    def make(self, name: str, sql: str) -> None:
        frame = self.spark.sql(in_spark(sql))
        frame.createOrReplaceTempView(name)

    def rows(self, sql: str) -> pa.Table:
        found: pa.Table = self.spark.sql(in_spark(sql)).toArrow()
        return found


def in_spark(sql: str) -> str:
    """A statement in DuckDB's dialect, in Spark's."""
    tree = sqlglot.parse_one(sql, read="duckdb").transform(_translated, copy=False)
    return tree.sql(dialect="spark").replace("'hamming(a.v, b.v)'", _HAMMING)


def _translated(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.RegexpLike):
        # Java's `$` also stands before a last line break, that of DuckDB only at the very end: `\z` in Java.
        node.expression.set("this", node.expression.name.replace("$", r"\z"))
    elif isinstance(node, exp.IntDiv) and not isinstance(node.expression, exp.Literal):
        # Division by nothing is unknown in DuckDB and an error in Spark.
        node.set("expression", exp.func("nullif", node.expression.copy(), exp.Literal.number(0)))
    elif isinstance(node, exp.Mod) and not isinstance(node.expression, exp.Literal):
        node.set("expression", exp.func("nullif", node.expression.copy(), exp.Literal.number(0)))
    elif isinstance(node, exp.Anonymous) and str(node.this).lower() == "hamming":
        return exp.Literal.string("hamming(a.v, b.v)")
    return node


def run(started: Screening, folder: Path, former: Outcomes | None) -> None:
    """Screens and writes to `folder`. Raises EngineMissing; one place alone is DuckDB's work."""
    if former is not None:
        raise NotReplaceable(folder=former.folder, place=started.place, reason="spark")
    spark = session()
    worker = SparkWorker(spark)
    _show(spark, started)
    whole = _compiler(started, "")
    _prepare(worker, whole, started)
    own = _compiler(started, in_place(started.place))
    (folder / "keys").mkdir()
    (folder / "crossed").mkdir()
    with OutcomeWriter(folder, started.plan) as writer:
        for grain in GRAINS:
            if started.plan.of_grain(grain):
                writer.write(grain, worker.rows(own.masks(grain)))
        finish(started, writer, folder, "spark", None)


def _show(spark: "SparkSession", started: Screening) -> None:
    for table in started.snapshot.tables:
        paths = [str(part.path(table).resolve()) for part in started.snapshot.parts()]
        spark.read.parquet(*paths).createOrReplaceTempView(f"snapshot_{table}")


def _compiler(started: Screening, where: str) -> Compiler:
    parts = started.snapshot.parts()
    counties = sorted({county for part in parts for county in part.counties})
    return started.compiler(SparkGround(started.snapshot, parts, started.plan.schema, counties, where))


def _prepare(worker: SparkWorker, compiler: Compiler, started: Screening) -> None:
    for round in started.plan.rounds:
        for step in compiler.steps(round):
            worker.make(step.table, step.sql)
        for feature in started.plan.cross:
            if feature.round == round:
                _cross(worker, compiler, feature, started)


def _cross(worker: SparkWorker, compiler: Compiler, feature: FeaturePlan, started: Screening) -> None:
    if feature.feature.aggregate is Aggregate.LISTED:
        stored = started.listed.get(feature.feature.on_list)
        if stored is not None:
            worker.put(feature.table, stored.keys())
        return
    rows = f"({crossing.rows_sql(compiler, feature)})"
    worker.make(feature.table, crossing.counted_sql(feature, rows, crossing.keys_of(feature)))
