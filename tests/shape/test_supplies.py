"""What comes from outside is what was chosen: locks name no host, carried files are the known ones."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests.shape.source import ROOT

# Byte for byte the upstream releases: Tabler 1.4.0, ECharts 5.6.0, htmx 2.0.10.
CARRIED = {
    "vendor/tabler/css/tabler.min.css": "7ef750bd10546a695d0b12767ad8048bd8f3ec5de7daefb1067f9d0daa3d1c9a",
    "vendor/tabler/js/tabler.min.js": "b60c76160e97624574dbb8cf10abe6aee9a6493b60096fdfc15dd1dd2bd99eb9",
    "vendor/echarts/echarts.min.js": "bf4a223524e40b77c304bec67e1222cf551f14880cf42c69dc046558e11c07b1",
    "vendor/htmx/htmx-2.min.js": "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
}


def locks_naming_a_host(folder: Path) -> list[str]:
    return [lock.name for lock in sorted(folder.glob("*.lock")) if "://" in lock.read_text(encoding="utf-8")]


def changed_files(expected: dict[str, str]) -> list[str]:
    """Carried files that are missing or not those that were chosen."""
    changed = []
    for name, digest in expected.items():
        found = finders.find(name)
        if not found or hashlib.sha256(Path(str(found)).read_bytes()).hexdigest() != digest:
            changed.append(name)
    return changed


def test_no_lock_names_a_host():
    assert {"requirements.lock", "requirements-dev.lock"} <= {lock.name for lock in ROOT.glob("*.lock")}
    assert locks_naming_a_host(ROOT) == []


def test_a_lock_that_names_a_host_is_noticed(tmp_path):
    (tmp_path / "requirements.lock").write_text("--extra-index-url https://mirror.example/simple\ndjango==5.2\n")
    (tmp_path / "requirements-dev.lock").write_text("django==5.2\n")
    assert locks_naming_a_host(tmp_path) == ["requirements.lock"]


def test_the_lock_that_would_name_hosts_is_kept_out_of_the_repository():
    assert "uv.lock" in (ROOT / ".gitignore").read_text().split()
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "uv.lock"], cwd=ROOT, capture_output=True, text=True, check=True)
        assert listed.stdout == ""


def test_the_files_served_from_carrier_packages_are_the_ones_that_were_chosen():
    assert changed_files(CARRIED) == []


@pytest.mark.parametrize("name", ["vendor/htmx/htmx-2.min.js", "vendor/tabler/css/no-such-file.css"])
def test_a_carried_file_that_changed_or_vanished_is_noticed(name):
    assert changed_files({name: "0" * 64}) == [name]
