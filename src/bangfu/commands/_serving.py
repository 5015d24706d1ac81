"""The web server and, beside it, the worker for background tasks: they start and end together."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.utils.translation import gettext as _

import bangfu
from bangfu.keeping.errors import PortBusy

THREADS = 8
# Browsers and phones keep theirs open between two questions; whoever finds no room waits, with nobody to tell them.
CONNECTIONS = 2000
# A phone that holds its connection open holds one of these; a slow one holds it for long.
TLS_THREADS = 24
# The worker waits until the first page can be served: at the start every moment of the processor counts for that.
WORKER_AFTER = 2.0
WORKER_AGAIN_AFTER = 5.0


def serve(
    host: str, port: int, told: Callable[[str], str] = lambda address: address, certificates: Path | None = None
) -> None:
    """Serve until interrupted; with the folder of `bangfu cert` by https. `told` makes the text to print from the
    address. Raises PortBusy, CertificateUnusable."""
    try:
        run = _running(tls_server(host, port, certificates)) if certificates else _by_http(host, port)
    except (OSError, ValueError) as error:
        raise PortBusy(host=host, port=port, reason=getattr(error, "strerror", None) or error) from error
    with suppress(ValueError):  # not the main thread: whoever started it ends it
        signal.signal(signal.SIGTERM, _ended)
    scheme = "https" if certificates else "http"
    shown = f"[{host}]" if ":" in host else host
    click.echo(told(f"{scheme}://{'127.0.0.1' if host in ('0.0.0.0', '::') else shown}:{port}"))
    if not _is_loopback(host) and settings.ALLOWED_HOSTS == ["127.0.0.1", "localhost", "[::1]"]:
        click.echo(
            _(
                "别的电脑还打不开本站：请设置环境变量 BANGFU_HOSTS 为本站的地址（如 BANGFU_HOSTS=10.1.2.3）后重新启动，"
                "经由 https 访问时另设 BANGFU_HTTPS=1。"
            ),
            err=True,
        )
    with worker_beside():
        run()


def _by_http(host: str, port: int) -> Callable[[], None]:
    import waitress

    from bangfu.wsgi import application

    server: Any = waitress.create_server(
        application,
        host=host,
        port=port,
        threads=THREADS,
        ident=None,
        connection_limit=CONNECTIONS,
        asyncore_use_poll=True,  # select() knows no file beyond the 1024th
    )
    run: Callable[[], None] = server.run
    return run


def tls_server(host: str, port: int, folder: Path) -> Any:
    """The same application behind TLS, bound to its port; waitress speaks none. Raises CertificateUnusable, OSError."""
    from cheroot.ssl.builtin import BuiltinSSLAdapter
    from cheroot.wsgi import Server

    from bangfu.keeping import certificates
    from bangfu.wsgi import application

    certificates.check(folder)
    server: Any = Server((host, port), application, numthreads=TLS_THREADS, server_name="", timeout=30)
    server.ssl_adapter = BuiltinSSLAdapter(str(folder / "server.crt"), str(folder / "server.key"))
    server.prepare()
    return server


def _running(server: Any) -> Callable[[], None]:
    def run() -> None:
        try:
            server.serve()
        finally:
            server.stop()

    return run


def _ended(_signal: int, _frame: Any) -> None:
    raise SystemExit(0)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def child_environment() -> dict[str, str]:
    """Our environment for a child that must find this program and this home wherever it stands: a PYTHONPATH or
    BANGFU_HOME like `src` or `var` means another folder as soon as somebody changes the working directory."""
    program = str(Path(bangfu.__file__).resolve().parent.parent)
    others = [str(Path(path).resolve()) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    paths = dict.fromkeys([program, *others])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "BANGFU_HOME": str(settings.HOME)}


@contextmanager
def worker_beside() -> Iterator[None]:
    """A worker as a child process, started again should it fall, ended with the block. Its standard input is a pipe
    whose other end we hold: when we are killed the pipe closes, and the worker ends itself."""
    over = threading.Event()
    running: list[subprocess.Popen[bytes]] = []
    # A group of its own: Ctrl-C is for us, we then end it in order.
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}

    environment = child_environment()

    def keep_running() -> None:
        pause = WORKER_AFTER
        while not over.wait(pause):
            words = [sys.executable, "-m", "bangfu", "worker", "--with-server"]
            running[:] = [subprocess.Popen(words, stdin=subprocess.PIPE, env=environment, **apart)]
            running[0].wait()
            pause = WORKER_AGAIN_AFTER

    keeper = threading.Thread(target=keep_running, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        for worker in running:
            worker.terminate()
            try:
                worker.wait(5)
            except subprocess.TimeoutExpired:
                worker.kill()  # whatever it was doing is one transaction: it is then undone
        keeper.join(1)
