"""`bangfu check`: is everything as it should be?"""

from typing import Any

import click

from bangfu.commands._house import house_command, progress, progress_done


@click.command(help="检查：政策文件、数据库、留痕链、年度统计、材料文件；有问题逐条说明，并以状态 1 结束。")
@house_command
def command() -> dict[str, Any]:
    from django.utils.translation import gettext as _

    from bangfu.keeping.checks import faults

    found = faults(progress)
    progress_done()
    count = sum(map(len, found.values()))
    lines = [line for name in found for line in found[name]] or [_("一切正常。")]
    return {"checks": found, "faults": count, "refused": count > 0, "text": "\n".join(lines)}
