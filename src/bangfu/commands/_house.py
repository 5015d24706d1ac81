"""What all commands share: `--home`, `--json`, a house that is set up, and errors said in words.

Exit status: 0 done, 1 refused with reasons, 2 wrong words (click's own), 130 interrupted.
"""

import functools
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def house_command(function: Callable[..., dict[str, Any] | None]) -> Callable[..., None]:
    """Adds `--home` and `--json`, sets Django up on that home, prints the answer and turns errors into sentences.

    The answer is a dict of facts. Its key "text" is what people read instead of them; "refused": True makes the exit
    status 1. An error of the catalogue, and a database that does not answer, become one sentence and exit status 1.
    """

    @click.option(
        "--home", type=click.Path(file_okay=False), help="数据目录（默认取环境变量 BANGFU_HOME，再默认 var）。"
    )
    @click.option("--json", "as_json", is_flag=True, help="以 JSON 输出结果。")
    @click.help_option("-h", "--help", help="显示这份说明。")
    @functools.wraps(function)
    def run(*args: Any, home: str | None, as_json: bool, **kwargs: Any) -> None:
        if home:
            os.environ["BANGFU_HOME"] = str(Path(home).resolve())  # a child, e.g. the worker, works on the same home
        _set_up(as_json)
        from bangfu.common.errors import BangfuError

        try:
            answer = function(*args, **kwargs) or {}
        except BangfuError as error:
            _refuse(error, as_json)
        except Exception as error:
            _refuse(_as_bangfu_error(error), as_json)
        text = answer.pop("text", "")
        refused = answer.pop("refused", False)
        if as_json:
            click.echo(json.dumps(answer, ensure_ascii=False, default=str))
        elif text:
            click.echo(text)
        if refused:
            sys.exit(1)

    return run


def _set_up(as_json: bool) -> None:
    try:
        _load_settings()
    except OSError as error:
        # The first thing made in a home is its secret key, while the settings load.
        where = error.filename or os.environ.get("BANGFU_HOME", "var")
        message = f"无法写入 {where}：{error.strerror}。请用 --home 指定一个可写的数据目录。"
        told = json.dumps({"error": "", "message": message}, ensure_ascii=False)
        click.echo(told if as_json else message, err=not as_json)
        sys.exit(1)

    import django

    from bangfu.common.errors import BangfuError

    try:
        django.setup()
    except BangfuError as error:
        # A policy file that the models need; translations are not to be had before the set-up is done.
        message = f"{error.what}{error.next_step}".format(**error.facts)
        told = json.dumps({"error": error.code, "message": message}, ensure_ascii=False)
        click.echo(told if as_json else f"{error.code} {message}", err=not as_json)
        sys.exit(1)


def _load_settings() -> None:
    """Before anything of ours is imported: the catalogue of errors already asks for translations, and so for them."""
    from django.conf import settings

    _ = settings.INSTALLED_APPS


def _as_bangfu_error(error: Exception) -> Any:
    """What a database says when it is away or not prepared, in our words; anything else is a fault of the program,
    and its traceback is wanted."""
    from django.conf import settings
    from django.db import OperationalError, ProgrammingError

    from bangfu.keeping.errors import DatabaseUnreachable, HomeNotPrepared

    said = str(error).strip().split("\n")[0]
    if isinstance(error, OperationalError | ProgrammingError) and ("no such table" in said or "does not exist" in said):
        if isinstance(error, ProgrammingError) or "no such table" in said:
            return HomeNotPrepared(home=settings.HOME)
        return DatabaseUnreachable(reason=said)
    if isinstance(error, OperationalError):
        return DatabaseUnreachable(reason=said)
    raise error


def _refuse(error: Any, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"error": error.code, "message": error.message}, ensure_ascii=False))
    else:
        click.echo(str(error), err=True)
    sys.exit(1)


def progress(step: str) -> None:
    """A line that tells a waiting person what is being done; nothing in a pipe or a log."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{step} …", nl=False, err=True)


def progress_done() -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
