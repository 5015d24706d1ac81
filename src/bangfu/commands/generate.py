"""`bangfu generate`: invented counties as Parquet files, any number of households."""

import sys
import time
from pathlib import Path
from typing import Any

import click

from bangfu.commands._house import house_command


@click.command("generate", short_help="生成虚构的县，写成 Parquet 文件")
@click.option("--households", type=click.IntRange(min=1), required=True, help="户数")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="写入的目录")
@click.option("--seed", type=click.IntRange(min=0), default=2020, show_default=True, help="种子：相同则内容相同")
@click.option("--workers", type=click.IntRange(min=0), default=0, help="进程数，0 为处理器数；不影响内容")
@click.option("--faults", type=click.IntRange(0, 100), default=4, show_default=True, help="每万户中每种疑点埋入几户")
@house_command
def command(households: int, out: Path, seed: int, workers: int, faults: int) -> dict[str, Any]:
    """生成虚构的县（户、人、务工、收入、埋入的疑点），按文件流式写入，内存不随户数增长。"""
    from django.utils.translation import gettext as _

    from bangfu.sample import streams

    began = time.perf_counter()
    with click.progressbar(
        streams.generate(out, households, seed, workers, faults),
        length=streams.files_for(households),
        label=_("正在生成"),
        file=sys.stderr,
    ) as files:
        for _done in files:
            pass
    manifest = streams.manifest(out)
    seconds = time.perf_counter() - began
    return {
        "out": str(out),
        "rows": manifest["rows"],
        "seconds": round(seconds, 1),
        "text": _("已写入 {out}：{households} 户，{people} 人，埋入疑点 {faults} 条，用时 {seconds:.1f} 秒。").format(
            out=out,
            households=manifest["rows"]["household"],
            people=manifest["rows"]["member"],
            faults=manifest["rows"].get("truth", 0),
            seconds=seconds,
        ),
    }
