"""What comes from outside is what was chosen: locks name no host, carried files are the known ones."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from tests.shape.source import ROOT

# Byte for byte the upstream releases: Tabler 1.4.0, ECharts 5.6.0, htmx 2.0.10.
CARRIED = {
    "vendor/tabler/css/tabler.min.css": "7ef750bd10546a695d0b12767ad8048bd8f3ec5de7daefb1067f9d0daa3d1c9a",
    "vendor/tabler/js/tabler.min.js": "b60c76160e97624574dbb8cf10abe6aee9a6493b60096fdfc15dd1dd2bd99eb9",
    "vendor/echarts/echarts.min.js": "bf4a223524e40b77c304bec67e1222cf551f14880cf42c69dc046558e11c07b1",
    "vendor/htmx/htmx-2.min.js": "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
}

# Ciphers for origins where browsers lend none: files of @noble/ciphers and @noble/hashes 2.4.0.
CIPHERS = {
    "noble-ciphers/_arx.js": "ead142ba410404c0698bb80e0d6f77780799bb77a9e3b098cf0f9fca1c486e37",
    "noble-ciphers/_poly1305.js": "5d2afd73b40dbafb7b6740c6e6388e7123c79a4e57306861b28c5734925fa84d",
    "noble-ciphers/chacha.js": "5f1c00575e227b75163f4bac50b79442dec50ee3047c46c18887808ba8af0a69",
    "noble-ciphers/utils.js": "a443ec1f60d1aaa25d1b7d8c102d33c0e8e6d683ada1ad17be9c32e69170ff95",
    "noble-hashes/_md.js": "60cf3010fda89e3e4d3f0e7ff1ce249e9c467f34b4fd41b6fd6101d9f69be763",
    "noble-hashes/_u64.js": "b09da8c07fe8187c07649494cdb7cd0bcf13df90b506a9473d19e4d5f8c2e102",
    "noble-hashes/sha2.js": "471746bba6ec4c6238ca41358d1d3b40b6ff31cf3363f0b4d550c649c1a8e83b",
    "noble-hashes/utils.js": "037ad49adb78168b6b699598fd33f85f7877456b1d28b4d032e2a1a16807947c",
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
    assert changed_files({f"{settings.FIELD_CODE}/{name}": digest for name, digest in CIPHERS.items()}) == []
    beside = {f"{file.parent.name}/{file.name}" for file in settings.FIELD_SCRIPT.glob("noble-*/*.js")}
    assert beside == set(CIPHERS)


@pytest.mark.parametrize("name", ["vendor/htmx/htmx-2.min.js", "vendor/tabler/css/no-such-file.css"])
def test_a_carried_file_that_changed_or_vanished_is_noticed(name):
    assert changed_files({name: "0" * 64}) == [name]
