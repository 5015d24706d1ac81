"""The commands that look after the house: what they do, and what they say when something is wrong."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from django.utils.translation import override

from bangfu.__main__ import COMMANDS
from tests.house.homes import ROOT, Home


@pytest.fixture(scope="module")
def home(filled: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A prepared SQLite home with rows in every table."""
    return filled.copied(tmp_path_factory.mktemp("home") / "home")


@pytest.fixture
def copy(home: Home, tmp_path: Path) -> Home:
    """A copy of it that may be spoilt."""
    return home.copied(tmp_path / "copy")


# Libraries of a few pages or commands: loaded where they are used.
SELDOM = ("scipy", "docx", "lxml", "pypdfium2", "cryptography", "cheroot", "typst", "pyspark", "cn2an", "opencc")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def served(home: Home, port: int, *words: str) -> Iterator[psutil.Process]:
    """`bangfu serve` of a home, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bangfu", "serve", "--port", str(port), *words],
        env=home.environment,
        cwd=ROOT,
        stdout=(home.folder / "out.log").open("w"),
        stderr=(home.folder / "err.log").open("w"),
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def page(port: int, path: str = "/", *, wait: float = 60) -> str:
    """A page as soon as it is served."""
    until = time.monotonic() + wait
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
                text: str = answer.read().decode()
                return text
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def worker_of(server: psutil.Process) -> psutil.Process:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for child in server.children():
            if "worker" in child.cmdline():
                return child
        time.sleep(0.1)
    raise AssertionError("no worker")


def gone(process: psutil.Process, wait: float = 30) -> bool:
    try:
        process.wait(wait)
    except psutil.TimeoutExpired:
        return False
    return True


def faults(home: Home) -> str:
    """What `check` finds wrong; it must find something."""
    done = home.bangfu("check")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("name", sorted(f.stem.replace("_", "-") for f in COMMANDS.glob("[a-z]*.py")))
def test_every_command_explains_itself_in_chinese(name: str, tmp_path: Path) -> None:
    done = Home(tmp_path).bangfu(name, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("用法：bangfu")
    assert "选项" in done.stdout
    assert not (tmp_path / "bangfu.sqlite3").exists()


@pytest.mark.parametrize("words", [["nonsense"], ["check", "--nonsense"], ["restore"], ["serve", "--port", "x"], []])
def test_wrong_words_end_with_status_2_and_the_way_to_the_help(words: list[str], tmp_path: Path) -> None:
    done = Home(tmp_path).bangfu(*words)
    assert done.returncode == 2
    assert "--help" in done.stderr or "命令" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_home_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = Home(tmp_path).bangfu("check", "--home", tmp_path / "file" / "home")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "--home" in done.stderr


def test_a_database_out_of_reach_is_one_sentence(tmp_path: Path) -> None:
    away = Home(tmp_path, "postgresql://nobody@127.0.0.1:9/none?connect_timeout=2")
    assert "KEE-009" in faults(away)
    done = away.bangfu("backup", tmp_path / "x.zip")
    assert done.returncode == 1
    assert done.stderr.startswith("KEE-009")


def test_the_site_answers_and_its_worker_ends_with_it(home: Home) -> None:
    port = free_port()
    with served(home, port) as server:
        assert "password" in page(port)
        worker = worker_of(server)
        server.send_signal(signal.SIGTERM)
        assert gone(server)
        assert gone(worker)
    assert "Traceback" not in (home.folder / "err.log").read_text()


def test_the_worker_ends_even_when_the_server_is_killed(home: Home) -> None:
    port = free_port()
    with served(home, port) as server:
        page(port)
        worker = worker_of(server)
        time.sleep(3)  # until it listens to the pipe
        server.kill()
        assert gone(worker)


def test_a_second_start_finds_nothing_to_do_and_loads_nothing_that_few_pages_need(home: Home) -> None:
    """What a start costs: two seconds, measured elsewhere. Scipy alone would double it."""
    script = (
        "import sys, django; django.setup()\n"
        "from bangfu.keeping.preparing import prepare\n"
        "import bangfu.web.urls\n"
        f"print(prepare(), sorted(set({SELDOM!r}) & set(sys.modules)))\n"
    )
    environment = {**home.environment, "DJANGO_SETTINGS_MODULE": "bangfu.settings"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split(maxsplit=1) == ["False", "[]\n"], done.stderr


def test_a_busy_port_is_one_sentence(home: Home) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        done = home.bangfu("serve", "--port", busy.getsockname()[1])
    assert done.returncode == 1
    assert done.stderr.startswith("KEE-011")
    assert len(done.stderr.strip().splitlines()) == 1


def test_serving_to_others_says_which_setting_lets_them_in(home: Home) -> None:
    port = free_port()
    with served(home, port, "--host", "0.0.0.0"):
        page(port)
        assert "BANGFU_HOSTS" in (home.folder / "err.log").read_text()


def test_a_task_that_was_put_aside_is_done_by_the_worker(copy: Home) -> None:
    copy.sql("DELETE FROM django_tasks_database_dbtaskresult")
    put = (
        "import django; django.setup(); from tests.house.task import leave_a_note; "
        f"leave_a_note.enqueue({str(copy.folder / 'note')!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", put],
        env={**copy.environment, "DJANGO_SETTINGS_MODULE": "bangfu.settings"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not (copy.folder / "note").exists()
    assert copy.bangfu("worker", "--batch").returncode == 0
    assert (copy.folder / "note").read_text() == "done"


def test_what_was_prepared_once_is_not_prepared_again(copy: Home) -> None:
    again = (
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'bangfu.settings'; import django; django.setup(); "
        "from bangfu.keeping.preparing import prepare; print(prepare())"
    )
    copy.python("-c", again)
    assert copy.python("-c", again).stdout.strip() == "False"
    # Another database behind the same stamp, e.g. one from an older backup, is seen.
    copy.sql("DELETE FROM django_migrations WHERE app = 'sessions'")
    copy.sql("DROP TABLE django_session")
    assert copy.python("-c", again).stdout.strip() == "True"
    assert copy.sql("SELECT count(*) FROM django_session") == [(0,)]


def test_a_database_of_a_newer_program_is_left_alone(copy: Home) -> None:
    copy.sql("INSERT INTO django_migrations (app, name, applied) VALUES ('registry', '0999_future', '2030-01-01')")
    assert "KEE-010" in faults(copy)
    done = copy.bangfu("serve", "--port", free_port())
    assert done.returncode == 1
    assert done.stderr.startswith("KEE-010")


@pytest.mark.req("H2")
def test_check_names_the_first_broken_entry_of_the_trail(copy: Home) -> None:
    for (name,) in copy.sql("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        copy.sql(f'DROP TRIGGER "{name}"')
    copy.sql("UPDATE audit_entry SET detail = '{}' WHERE number IN (3, 5)")
    assert "第 3 条" in faults(copy)


def test_check_names_a_paper_that_is_missing_or_altered(copy: Home) -> None:
    papers = sorted(p for p in (copy.folder / "papers").rglob("*") if p.is_file())
    papers[0].unlink()
    papers[1].write_bytes(b"altered")
    said = faults(copy)
    for paper in papers[:2]:
        assert f"papers/{paper.parent.name}/{paper.name}" in said
    assert papers[2].name not in said


def test_check_says_that_a_home_was_never_prepared_and_makes_no_database(tmp_path: Path) -> None:
    assert "KEE-013" in faults(Home(tmp_path))
    assert not (tmp_path / "bangfu.sqlite3").exists()


def test_check_names_a_policy_file_that_is_wrong(home: Home, tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    shutil.copytree(ROOT / "policy", policy)
    # The second is needed as soon as the program starts: whatever the command, it is named in a sentence.
    for name in ("codes/main_fuel.yaml", "roles.yaml"):
        (policy / "china" / name).write_text("- [")
        done = subprocess.run(
            [sys.executable, "-m", "bangfu", "check"],
            env={**home.environment, "BANGFU_POLICY": str(policy)},
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        assert done.returncode == 1
        assert name.split("/")[-1] in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_every_policy_file_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind of policy file that nobody reads in `check` would go wrong unseen."""
    script = (
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'bangfu.settings'; import django\n"
        "from pathlib import Path\n"
        "read = set(); plain = Path.read_text\n"
        "def noted(self, *a, **k): read.add(str(self)); return plain(self, *a, **k)\n"
        "Path.read_text = noted; django.setup()\n"
        "from bangfu.keeping.checks import policy_faults\n"
        "assert list(policy_faults()) == []\n"
        "from django.conf import settings\n"
        "print('\\n'.join(str(f) for f in Path(settings.POLICY).rglob('*.yaml') if str(f) not in read))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_errors_are_said_in_the_language_of_whoever_asks() -> None:
    from bangfu.keeping.errors import NotABackup

    with override("en"):
        assert "backup" in NotABackup(file="x").message
