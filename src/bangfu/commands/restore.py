"""`bangfu restore FILE`: a backup back into an empty home."""

from pathlib import Path
from typing import Any

import click

from bangfu.commands._house import house_command, progress, progress_done


@click.command(
    help="恢复：把备份文件恢复到一个空的数据目录（或空的数据库），不会覆盖已有数据；要么全部恢复，要么一点不动。"
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="文件.zip")
@house_command
def command(file: Path) -> dict[str, Any]:
    from django.utils.translation import gettext as _

    from bangfu.keeping.services import restore

    done = restore(file, progress=progress)
    progress_done()
    return {
        "file": str(done.file),
        "tables": done.tables,
        "rows": done.rows,
        "papers": done.papers,
        "text": _("已从 {file} 恢复：{tables} 张表、{rows} 行、{papers} 份材料。").format(
            file=done.file, tables=done.tables, rows=done.rows, papers=done.papers
        ),
    }
