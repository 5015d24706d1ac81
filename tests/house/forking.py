"""Run as a program: runs others, each in a process of its own that is forked when the libraries are already loaded.

A command of the house spends two thirds of its time on loading libraries. Only those that know nothing of settings are
loaded here: settings, home, database and every module of ours are loaded by each program anew, as when it is started.
One line of JSON per program comes in ({"words", "environment", "folder", "out", "err"}), its exit status goes out.
"""

import atexit
import contextlib
import gc
import json
import os
import runpy
import sys
import threading
from importlib import import_module
from typing import Any

LIBRARIES = """
    asyncio click dj_database_url duckdb numpy psycopg pyarrow pyarrow.parquet pydantic yaml zipfile django_stubs_ext
    django.conf django.core.management django.core.serializers.json django.db.models django.db.migrations.executor
    django.http django.template django.test.signals django.urls django.utils.autoreload django.utils.translation
    django.utils.translation.trans_real django.views.debug psycopg_binary pypinyin stdnum PIL.Image xlsxwriter segno
""".split()


def run(words: list[str]) -> None:
    """What `python WORDS…` does."""
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = ["-c", *words[2:]]
        exec(compile(words[1], "<string>", "exec"), {"__name__": "__main__"})


def status_of(words: list[str]) -> int:
    try:
        run(words)
    except SystemExit as leave:
        if isinstance(leave.code, int | None):
            return leave.code or 0
        sys.stderr.write(f"{leave.code}\n")
        return 1
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        return 1
    return 0


def forked(asked: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 70
    try:
        for number, name in enumerate((os.devnull, asked["out"], asked["err"])):
            opened = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
            os.dup2(opened, number)
            os.close(opened)
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.chdir(asked["folder"])
        status = status_of(asked["words"])
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def main() -> None:
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):  # one that is not there is not wanted by anybody either
            import_module(name)
    from django.conf import settings

    if settings.configured:
        raise RuntimeError("a library has read the settings; every program must read its own")
    # A program of a second ends before it would lack the room that looking for garbage would give back.
    gc.freeze()
    gc.disable()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        answers.write(f"{forked(json.loads(line))}\n")
        answers.flush()
    os._exit(0)  # the libraries it loaded and never used need no tidying


if __name__ == "__main__":
    main()
