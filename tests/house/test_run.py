"""`python3 run.py` from nothing, and the one sentence it says when it cannot (README, the two commands)."""

import ast
import base64
import errno
import hashlib
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "run.py"


def wheel(folder: Path, name: str, version: str = "1.0") -> str:
    """A wheel of one empty module, and its line for a lock file."""
    folder.mkdir(parents=True, exist_ok=True)
    file, info = folder / f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
    contents = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        record += f"{path},sha256={digest},{len(text)}\n"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in {**contents, f"{info}/RECORD": record + f"{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


# Unpacking pip anew into every .venv takes most of the time of an install, and is not ours to test: the pip of the
# tests is lent to it instead. `test_it_installs_once_by_hash…` unpacks it truly.
LENDS_PIP = """
import os, venv

def lend(self, context):
    lib = os.path.join(context.env_dir, "lib", os.path.basename(os.path.dirname({site!r})), "site-packages")
    os.symlink(os.path.join({site!r}, "pip"), os.path.join(lib, "pip"))

venv.EnvBuilder._setup_pip = lend
"""


class Clone:
    """A program folder with our `run.py`, locks of one or two tiny packages, and a `bangfu` that tells what it sees.

    With `lent` its .venv borrows pip, where links can be made and pip stands beside us."""

    def __init__(self, folder: Path, *, lent: bool) -> None:
        self.folder, self.wheels = folder, folder / "wheels"
        self.more: dict[str, str] = {}
        pip = importlib.util.find_spec("pip")
        if lent and os.name != "nt" and pip and pip.origin:
            (folder / "lent").mkdir(parents=True)
            (folder / "lent" / "sitecustomize.py").write_text(LENDS_PIP.format(site=str(Path(pip.origin).parents[1])))
            self.more = {"PYTHONPATH": str(folder / "lent")}
        (folder / "src" / "bangfu").mkdir(parents=True)
        shutil.copy(RUN, folder)
        first = wheel(self.wheels, "tiny_first")
        (folder / "requirements.lock").write_text(first)
        (folder / "requirements-dev.lock").write_text(first + wheel(self.wheels, "pytest"))
        (folder / "src/bangfu/__main__.py").write_text(
            "import json, os, sys, tiny_first\n"
            "print(json.dumps([sys.argv[1:], sys.prefix, os.environ['PYTHONPATH'], os.getcwd()]))\n"
        )

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTEST_", "BANGFU_"))}
        return subprocess.run(
            [sys.executable, str(self.folder / "run.py"), *words],
            env={**kept, "PYTHONUTF8": "1", **self.more, **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
        )

    def refusal(self, *words: str, **environment: str) -> str:
        """What it says when it refuses: a sentence in Chinese, the same in English, exit status 1."""
        done = self.run(*words, **environment)
        assert done.returncode == 1, done.stdout + done.stderr
        return sentence(done.stderr)

    def answer(self, *words: str, **environment: str) -> list[Any]:
        done = self.run(*words, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        answer: list[Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return answer


def sentence(said: str) -> str:
    lines = said.strip().splitlines()
    assert len(lines) == 2, said
    assert re.search("[\u4e00-\u9fff]", lines[0])
    assert lines[1].isascii() or re.search("[A-Za-z]{4}", lines[1])
    assert "Traceback" not in said
    return said


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "程序 folder", lent=True)  # Chinese letters and a blank: as on an office computer


@pytest.fixture
def run_py(clone: Clone) -> ModuleType:
    """`run.py` of the clone as a module, for what cannot be brought about from outside."""
    spec = importlib.util.spec_from_file_location("run_under_test", clone.folder / "run.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_installs_once_by_hash_from_a_folder_and_passes_the_words_on(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "程序 folder", lent=False)
    words, prefix, path, cwd = clone.answer("--offline", str(clone.wheels), "check", "--json")
    assert words == ["check", "--json"]
    assert Path(prefix) == clone.folder / ".venv"
    assert Path(path) == clone.folder / "src"
    assert Path(cwd) == clone.folder
    # The second time nothing is installed, so nothing is needed.
    shutil.rmtree(clone.wheels)
    assert clone.answer("check")[0] == ["check"]


def test_without_words_it_shows_the_sample_county_at_a_port_that_can_be_chosen(clone: Clone) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    assert clone.answer("--offline", str(clone.wheels), "--port", port)[0] == ["demo", "--port", port]


def test_tests_and_program_share_one_venv_and_the_larger_lock_serves_both(clone: Clone) -> None:
    (clone.folder / "src" / "pytest.py").write_text("import sys; print('tests ran', sys.argv[1:])")
    done = clone.run("test", "-n", "0", "--offline", str(clone.wheels))
    assert "tests ran ['-n', '0']" in done.stdout, done.stderr
    shutil.rmtree(clone.wheels)
    assert clone.answer("check")[0] == ["check"]


def test_a_venv_left_half_made_is_made_anew(clone: Clone) -> None:
    assert "missing" in clone.refusal("--offline", str(clone.folder / "missing"), "check")
    (clone.folder / ".venv" / "bin").mkdir(parents=True)
    (clone.folder / ".venv" / "bangfu-unfinished").touch()
    (clone.folder / ".venv" / "bin" / "python").symlink_to(clone.folder / "gone")
    assert clone.answer("--offline", str(clone.wheels), "check")[0] == ["check"]
    # Interrupted later, while packages were being added: the mark stands, and what is there is not trusted.
    (clone.folder / ".venv" / "bangfu-unfinished").touch()
    next((clone.folder / ".venv").rglob("tiny_first.py")).unlink()
    assert clone.answer("--offline", str(clone.wheels), "check")[0] == ["check"]
    # The Python it was made with has gone, as after an upgrade of the system.
    inside = clone.folder / ".venv" / "bin" / "python"
    inside.unlink()
    inside.symlink_to(clone.folder / "gone")
    assert clone.answer("--offline", str(clone.wheels), "check")[0] == ["check"]


def test_a_changed_lock_is_installed_at_the_next_start(clone: Clone) -> None:
    clone.answer("--offline", str(clone.wheels), "check")
    lock = clone.folder / "requirements.lock"
    lock.write_text(lock.read_text() + wheel(clone.wheels, "tiny_second"))
    clone.answer("--offline", str(clone.wheels), "check")
    assert list((clone.folder / ".venv").rglob("tiny_second.py"))


def test_a_folder_of_wheels_that_is_not_there_or_lacks_one_is_named(clone: Clone) -> None:
    assert "nowhere" in clone.refusal("--offline", "nowhere", "check")
    lock = clone.folder / "requirements.lock"
    lock.write_text(lock.read_text() + f"lacking==2.0 --hash=sha256:{'0' * 64}\n")
    assert "lacking==2.0" in clone.refusal("--offline", str(clone.wheels), "check")


def test_a_package_that_is_not_the_locked_one_is_not_installed(clone: Clone) -> None:
    lock = clone.folder / "requirements.lock"
    lock.write_text(re.sub("sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", lock.read_text()))
    assert "hash" in clone.refusal("--offline", str(clone.wheels), "check")
    assert not list((clone.folder / ".venv").rglob("tiny_first.py"))


def test_a_download_that_fails_says_so_and_the_next_try_succeeds(clone: Clone) -> None:
    away = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    assert "download failed" in clone.refusal("check", **away)
    assert clone.answer("--offline", str(clone.wheels), "check")[0] == ["check"]


def test_a_busy_port_is_said_before_anything_is_installed(clone: Clone) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        assert port in clone.refusal("--port", port)
    assert not (clone.folder / ".venv").exists()
    assert "70000" in clone.refusal("--port", "70000")
    assert "--port" in clone.refusal("--port")


@pytest.mark.parametrize("lacking", ["venv", "ensurepip"])
def test_a_python_without_venv_says_what_to_install(
    run_py: ModuleType, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == lacking else found(name, *a))
    with pytest.raises(run_py.Refused) as refused:
        run_py.main(["check"])
    assert "python3-venv" in sentence(str(refused.value))


@pytest.mark.parametrize("fault", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_folder_that_cannot_be_written_to_says_so(
    run_py: ModuleType, clone: Clone, monkeypatch: pytest.MonkeyPatch, fault: int
) -> None:
    """Root may write anywhere, so the refusal of the system is played here."""

    def refuse(path: Any, *_: Any) -> None:
        raise OSError(fault, os.strerror(fault), str(path))

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(OSError) as error:
        run_py.main(["check"])
    said = sentence(run_py.readable_refusal(error.value))
    assert ("full" in said) == (fault == errno.ENOSPC)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights of files are another matter on Windows")
def test_a_folder_of_somebody_else_says_so_for_real(clone: Clone) -> None:
    if os.geteuid() == 0:
        return  # root may write there; the test above plays the refusal
    clone.folder.chmod(0o555)
    try:
        assert "write" in clone.refusal("check")
    finally:
        clone.folder.chmod(0o755)


def test_it_is_written_so_that_old_pythons_can_read_it() -> None:
    ast.parse(RUN.read_text(encoding="utf-8"), feature_version=(3, 4))


def test_a_python_too_old_is_told_so() -> None:
    """With every old Python that stands on this machine, and once played."""
    places = [Path(p) for p in os.environ.get("PATH", "").split(os.pathsep)]
    places += [p / "bin" for p in (Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions").glob("*")]
    names = ("python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "python3.10")
    for old in {p / n for p in places for n in names if (p / n).is_file() and p.name != "shims"}:
        for locale in ("C", "C.UTF-8"):
            done = subprocess.run([str(old), str(RUN)], capture_output=True, env={**os.environ, "LC_ALL": locale})
            assert done.returncode == 1, old
            assert "3.11" in sentence(done.stderr.decode("utf-8")), old


def test_a_python_too_old_is_refused_before_anything_else(run_py: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 0, "final", 0))
    with pytest.raises(run_py.Refused, match=r"3\.11"):
        run_py.main(["--port", "x"])


def test_the_development_lock_holds_all_of_the_other_in_the_same_versions() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", (ROOT / name).read_text(), re.MULTILINE))

    program, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert program
    assert {name: development.get(name) for name in program} == program
