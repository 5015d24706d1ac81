"""`bangfu screen`: the rules over a snapshot."""

import time
from datetime import date
from pathlib import Path
from typing import Any

import click

from bangfu.commands._house import house_command, progress, progress_done

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("screen", short_help="用规则筛查一份快照")
@click.option("--snapshot", "source", type=FOLDER, help="快照目录（默认数据目录中最近的一份）；不需要数据库")
@click.option("--as-of", "day", type=click.DateTime(["%Y-%m-%d"]), help="按哪一天的规则和数值（默认快照的日期）")
@click.option("--place", default="", metavar="CODE", help="只筛查一地：区划代码的前几位")
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="计算引擎")
@click.option("--out", type=FOLDER, help="结果目录（默认数据目录下的 screenings）")
@click.option("--rule", "rules", multiple=True, metavar="ID", help="只用这条规则，可重复")
@click.option("--replacing", type=FOLDER, help="在此前的全部结果上只更新 --place 一地")
@click.option("--rows", type=click.Path(dir_okay=False, path_type=Path), help="另把命中的各行连同依据写成 Parquet")
@house_command
def command(
    source: Path | None,
    day: Any,
    place: str,
    engine: str,
    out: Path | None,
    rules: tuple[str, ...],
    replacing: Path | None,
    rows: Path | None,
) -> dict[str, Any]:
    """逐条给出命中、未知的行数；未知的说明缺什么，没有运行的规则说明为什么。"""
    import pyarrow.parquet as pq
    from django.conf import settings

    from bangfu.findings import outside
    from bangfu.rulebook import services as rulebook
    from bangfu.screening.engine import screen
    from bangfu.snapshot import services as snapshots
    from bangfu.snapshot.store import Snapshot

    snapshot = Snapshot.open(source) if source else snapshots.latest()
    as_of: date = day.date() if day else snapshot.as_of
    code = rulebook.significant(place)
    home = Path(settings.HOME)
    began = time.perf_counter()
    with outside.for_run(snapshot, as_of, code) as lists:
        outcomes = screen(
            snapshot,
            rulebook.book(code),
            as_of=as_of,
            place=code,
            engine=engine,
            out=out or home / "screenings" / f"{as_of.isoformat()}-{time.strftime('%H%M%S')}",
            lists=lists,
            rules=list(rules) or None,
            replacing=replacing,
            progress=lambda done, all: progress(f"{done}/{all}"),
        )
    progress_done()
    seconds = time.perf_counter() - began
    if rows:
        pq.write_table(outcomes.rows(), rows, compression="zstd")
    return _told(outcomes, rulebook.book(code), seconds)


def _told(outcomes: Any, book: Any, seconds: float) -> dict[str, Any]:
    from django.utils.translation import gettext as _

    run = outcomes.run
    lines = []
    for id, rule in run.rules.items():
        if "" in rule.not_run:
            continue
        line = _("{rule}  命中 {hits}  未知 {unknown}  {title}").format(
            rule=id.ljust(8), hits=rule.hits, unknown=rule.unknown, title=book.rules[id].title
        )
        lines.append(line)
        if rule.unknown and rule.missing:
            lines.append(
                _("          有空缺的列：{columns}").format(
                    columns="、".join(f"{name}（{count}）" for name, count in rule.missing.items())
                )
            )
    for id, rule in run.rules.items():
        for place, reason in rule.not_run.items():
            where = place or _("各地")
            lines.append(
                _("{rule}  {place}未运行：{reason}").format(rule=id.ljust(8), place=where, reason=_why(reason, book))
            )
    ran = [rule for rule in run.rules.values() if rule.ran]
    lines.append(
        _("{rules} 条规则、{people} 人、{households} 户：命中 {hits}，未知 {unknown}，{seconds:.1f} 秒。").format(
            rules=len(ran),
            people=run.rows.get("member", 0),
            households=run.rows.get("household", 0),
            hits=sum(rule.hits for rule in ran),
            unknown=sum(rule.unknown for rule in ran),
            seconds=seconds,
        )
    )
    lines.append(_("结果在 {folder}").format(folder=outcomes.folder))
    return {
        "folder": str(outcomes.folder),
        "as_of": run.as_of.isoformat(),
        "place": run.place,
        "engine": run.engine,
        "snapshot_sha256": run.snapshot_sha256,
        "rows": run.rows,
        "seconds": round(seconds, 2),
        "rules": {
            id: {
                "hits": rule.hits,
                "unknown": rule.unknown,
                "missing": rule.missing,
                "figures": rule.figures,
                "not_run": rule.not_run,
            }
            for id, rule in run.rules.items()
        },
        "text": "\n".join(lines),
    }


def _why(reason: str, book: Any) -> str:
    """Why a rule did not run, in words."""
    from django.utils.translation import gettext as _

    kind, _colon, name = reason.partition(":")
    if kind == "figure":
        return _("缺少政策数值“{label}”（{name}）").format(label=book.figures[name].label, name=name)
    if kind == "list":
        return _("没有导入名单“{label}”（{name}）").format(label=book.lists[name].label, name=name)
    return _("当地此日不适用")
