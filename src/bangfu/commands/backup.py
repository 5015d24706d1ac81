"""`bangfu backup FILE`: everything into one file."""

from pathlib import Path
from typing import Any

import click

from bangfu.commands._house import house_command, progress, progress_done


@click.command(help="备份：把全部数据和材料写入一个 .zip 文件，网站可以照常使用。文件含个人信息，请妥善保管。")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="文件.zip")
@house_command
def command(file: Path) -> dict[str, Any]:
    from django.utils.translation import gettext as _

    from bangfu.keeping.services import backup

    done = backup(file, progress=progress)
    progress_done()
    text = _("已备份到 {file}：{tables} 张表、{rows} 行、{papers} 份材料。").format(
        file=done.file, tables=done.tables, rows=done.rows, papers=done.papers
    )
    if done.papers_lost:
        text += "\n" + _("有 {count} 份材料的文件缺失或被改动过，没有备份；bangfu check 会逐份列出。").format(
            count=len(done.papers_lost)
        )
    return {
        "file": str(done.file),
        "tables": done.tables,
        "rows": done.rows,
        "papers": done.papers,
        "papers_lost": list(done.papers_lost),
        "text": text,
    }
