"""What all commands share: `--home`, `--json`, a house that is set up, and errors said in words."""

import functools
import json
import os
import sys
from collections.abc import Callable
from typing import Any

import click


def house_command(function: Callable[..., dict[str, Any] | None]) -> Callable[..., None]:
    """Adds `--home` and `--json`, sets Django up on that home, prints the answer (a dict of facts; key "text" is what
    people read), and turns an error of the catalogue into its sentence and exit status 1."""

    @click.option("--home", type=click.Path(file_okay=False), help="数据目录 (BANGFU_HOME)")
    @click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
    @functools.wraps(function)
    def run(*args: Any, home: str | None, as_json: bool, **kwargs: Any) -> None:
        if home:
            os.environ["BANGFU_HOME"] = home
        import django

        django.setup()
        from bangfu.common.errors import BangfuError

        try:
            answer = function(*args, **kwargs) or {}
        except BangfuError as error:
            if as_json:
                click.echo(json.dumps({"error": error.code, "message": error.message}, ensure_ascii=False))
            else:
                click.echo(str(error), err=True)
            sys.exit(1)
        text = answer.pop("text", "")
        refused = answer.pop("refused", False)
        if as_json:
            click.echo(json.dumps(answer, ensure_ascii=False, default=str))
        elif text:
            click.echo(text)
        if refused:
            sys.exit(1)

    return run
