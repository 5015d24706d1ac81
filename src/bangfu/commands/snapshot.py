"""`bangfu snapshot take | from | list | verify | clean`: the facts of a day as files that never change."""

import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import click

from bangfu.commands._house import house_command, progress, progress_done

DAY = click.DateTime(["%Y-%m-%d"])
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group("snapshot", short_help="取快照、列出和核对快照")
def command() -> None:
    """快照：某一天的全部事实，写成不再改动的 Parquet 文件，供筛查、测算使用。"""


@command.command("take")
@click.option("--as-of", "day", type=DAY, help="快照代表哪一天（默认今天）")
@click.option("--out", type=FOLDER, help="写入的目录（默认数据目录下的 snapshots）")
@house_command
def take(day: Any, out: Path | None) -> dict[str, Any]:
    """从数据库取一份快照：一次一致的读取，不妨碍他人填报。"""
    from bangfu.snapshot import services

    began = time.perf_counter()
    snapshot = services.take(_day(day), out=out, progress=_tell)
    progress_done()
    return _told(snapshot, time.perf_counter() - began)


@command.command("from")
@click.argument("source", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="写入的目录")
@click.option("--as-of", "day", type=DAY, required=True, help="快照代表哪一天")
@house_command
def from_(source: Path, out: Path, day: Any) -> dict[str, Any]:
    """由 bangfu generate 写出的（或其他系统按同样格式写出的）一组 Parquet 表直接做成快照，不用数据库。"""
    from bangfu.snapshot import services

    began = time.perf_counter()
    snapshot = services.from_folder(source, out, _day(day), progress=_tell)
    progress_done()
    return _told(snapshot, time.perf_counter() - began)


@command.command("list")
@house_command
def list_() -> dict[str, Any]:
    """列出已有的快照，最近的在前。"""
    from django.utils.translation import gettext as _

    from bangfu.snapshot import services

    found = services.listed()
    lines = [
        _("{name}  {day}  {people} 人  {size:.1f} MB  取自 {source}").format(
            name=snapshot.folder.name,
            day=snapshot.as_of,
            people=snapshot.rows.get("member", 0),
            size=snapshot.bytes / 1e6,
            source=snapshot.manifest.source,
        )
        for snapshot in found
    ]
    return {"snapshots": [_facts(s) for s in found], "text": "\n".join(lines) or _("还没有快照。")}


@command.command("verify")
@click.argument("folder", type=FOLDER)
@house_command
def verify(folder: Path) -> dict[str, Any]:
    """核对一份快照：每个文件都在、未改动、列的类型无误。可写目录，也可只写快照的名称。"""
    from django.utils.translation import gettext as _

    from bangfu.snapshot import services
    from bangfu.snapshot.store import Snapshot

    named = services.home() / folder
    snapshot = Snapshot.open(named if not folder.exists() and named.is_dir() else folder)
    return {
        **_facts(snapshot),
        "text": _("快照 {name} 完好：{files} 个文件，{people} 人，校验值 {sha256}。").format(
            name=snapshot.folder.name,
            files=sum(len(part.files) for part in snapshot.manifest.parts),
            people=snapshot.rows.get("member", 0),
            sha256=snapshot.sha256,
        ),
    }


@command.command("clean")
@click.option("--commit", is_flag=True, help="确认删除；不加此项只演练，不删除任何文件")
@house_command
def clean(commit: bool) -> dict[str, Any]:
    """清理不再需要的快照和筛查结果：保留哪些由 policy/china/findings.yaml 规定。默认演练，加 --commit 删除。"""
    from django.utils.translation import gettext as _

    from bangfu.findings import tidying

    tidied = tidying.tidy(commit=commit)
    said = (
        _("已删除快照 {snapshots} 份、筛查结果 {screenings} 份，共 {size:.1f} MB；保留 {kept} 份。")
        if commit
        else _(
            "可删除快照 {snapshots} 份、筛查结果 {screenings} 份，共 {size:.1f} MB；保留 {kept} 份。加 --commit 删除。"
        )
    )
    return {
        "committed": commit,
        "snapshots": list(tidied.snapshots),
        "screenings": list(tidied.screenings),
        "bytes": tidied.bytes,
        "kept": tidied.kept,
        "text": said.format(
            snapshots=len(tidied.snapshots),
            screenings=len(tidied.screenings),
            size=tidied.bytes / 1e6,
            kept=tidied.kept,
        ),
    }


def _day(given: Any) -> date:
    from django.utils import timezone

    return timezone.localdate() if given is None else given.date()


def _tell(done: int, every: int) -> None:
    if sys.stderr.isatty():
        progress(f"{done}/{every}")


def _facts(snapshot: Any) -> dict[str, Any]:
    return {
        "folder": str(snapshot.folder),
        "as_of": snapshot.as_of.isoformat(),
        "taken_at": snapshot.manifest.taken_at.isoformat(),
        "source": snapshot.manifest.source,
        "rows": dict(snapshot.rows),
        "bytes": snapshot.bytes,
        "sha256": snapshot.sha256,
    }


def _told(snapshot: Any, seconds: float) -> dict[str, Any]:
    from django.utils.translation import gettext as _

    return {
        **_facts(snapshot),
        "seconds": round(seconds, 1),
        "text": _("快照已写入 {folder}：{households} 户，{people} 人，{size:.1f} MB，用时 {seconds:.1f} 秒。").format(
            folder=snapshot.folder,
            households=snapshot.rows.get("household", 0),
            people=snapshot.rows.get("member", 0),
            size=snapshot.bytes / 1e6,
            seconds=seconds,
        ),
    }
