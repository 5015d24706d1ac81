"""The worker beside the server finds the program wherever it is started."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import bangfu
from bangfu.commands._serving import child_environment


def test_the_worker_finds_program_and_home_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    source = Path(bangfu.__file__).resolve().parent.parent
    monkeypatch.chdir(source.parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([source.name, "tools"]))
    monkeypatch.setenv("BANGFU_HOME", "var")
    given = child_environment()
    assert given["PYTHONPATH"].split(os.pathsep) == [str(source), str(source.parent / "tools")]
    assert given["BANGFU_HOME"] == str(settings.HOME)
    words = [sys.executable, "-m", "bangfu", "worker", "--help"]
    done = subprocess.run(words, cwd=tmp_path, env=given, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
