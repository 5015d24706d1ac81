"""`bangfu plan read`: what a plan document promises."""

import json
from pathlib import Path
from typing import Any

import click

from bangfu.commands._house import house_command

PARTS = ("proposals", "differences", "doubts", "documents", "headings", "text")


@click.group(name="plan")
def command() -> None:
    """目标任务 plans"""


@command.command("read")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--what", type=click.Choice(PARTS), default="proposals", help="列出什么（默认 proposals，即建议的目标任务）。"
)
@click.option("--doc", default="", help="文件的简称（默认取文件名开头的三位数字，没有则取文件名）。")
@house_command
def read(file: Path, what: str, doc: str) -> dict[str, Any]:
    """读一份规划、方案或计划，逐行以 JSON 列出其中可以跟踪的目标、职责、标准和现状；存疑之处只提示，不改动原文。"""
    from bangfu.plans.reading.files import read_document
    from bangfu.plans.reading.reader import read_text
    from bangfu.plans.reading.telling import everything, name_of

    document = read_document(file)
    if what == "text":
        return {"doc": doc or name_of(file), "content": document.text, "text": document.text}
    told = everything(read_text(document.text, document.doubts), doc or name_of(file))
    return {**told, "text": "\n".join(json.dumps(one, ensure_ascii=False) for one in told[what])}
