"""`bangfu areas import FILE`: division lists."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from bangfu.commands._house import house_command


@click.group(name="areas")
def command() -> None:
    """区划 areas"""


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--commit", is_flag=True, help="确认写入；不加此项只演练，不改动数据")
@click.option("--take-good", is_flag=True, help="有误的行留下，其余照办（默认：有一行有误就全部不写）")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="自哪一天起生效（默认今天）")
@house_command
def import_list(file: Path, commit: bool, take_good: bool, on: datetime | None) -> dict[str, Any]:
    """导入区划名单（CSV 或 XLSX）：默认演练，加 --commit 写入。"""
    from bangfu.areas import reading, services

    day = on.date() if on else date.today()
    listing = reading.read(file)
    click.echo(f"已读取 {listing.rows.num_rows} 行，正在核对……", err=True)
    steps = {"write": "正在写入……"}

    def progress(step: str) -> None:
        if step in steps:
            click.echo(steps[step], err=True)

    taken = services.import_list(listing, on=day, commit=commit, take_good=take_good, progress=progress)
    return {
        "file": str(file),
        "on": day.isoformat(),
        "written": taken.written,
        "added": taken.added,
        "added_by_level": taken.added_by_level,
        "changed": taken.changed,
        "unchanged": taken.unchanged,
        "refused_count": taken.refused_count,
        "missing_count": taken.missing_count,
        "renamed": [{"row": r, "code": c, "before": b, "after": a} for r, c, b, a in taken.renamed],
        "refusals": [
            {"row": r.row, "code": r.code, "name": r.name, "error": r.error.code, "reason": r.error.message}
            for r in taken.refused
        ],
        "missing": [{"code": code, "name": name} for code, name in taken.missing],
        "refused": bool(taken.refused_count),
        "text": taken.text(commit=commit, take_good=take_good),
    }
