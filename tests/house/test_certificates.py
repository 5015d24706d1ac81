"""A certificate of one's own: browsers that trust its authority, and no others, speak to the site by https."""

import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography import x509

from bangfu.commands._serving import tls_server
from bangfu.commands.cert import command
from bangfu.keeping import certificates
from bangfu.keeping.errors import CertificateUnusable, FileUnreadable, HostOutsideAuthority, HostWrong


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "ca.crt"))


def protocol(port: int, context: ssl.SSLContext, name: str) -> str | None:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        return secure.version()


@pytest.fixture
def served(tmp_path: Path) -> Any:
    certificates.make(tmp_path, ["127.0.0.1", "bangfu.local"])
    server = tls_server("127.0.0.1", 0, tmp_path)
    threading.Thread(target=server.serve, daemon=True).start()
    yield server.bind_addr[1]
    server.stop()


@pytest.mark.req("H5")
def test_whoever_trusts_the_authority_speaks_to_the_site_by_https_and_others_do_not(served: int, tmp_path: Path):
    line = HTTPSConnection("127.0.0.1", served, context=trusting(tmp_path), timeout=10)
    line.request("GET", "/households/", headers={"Host": f"localhost:{served}"})
    answer = line.getresponse()
    assert (answer.status, answer.headers["Location"]) == (302, "/sign-in/?next=%2Fhouseholds%2F")
    assert answer.headers["Date"]  # by which phones learn how wrong their clocks are
    line.close()
    with pytest.raises(ssl.SSLCertVerificationError):
        HTTPSConnection("127.0.0.1", served, context=ssl.create_default_context(), timeout=10).request("GET", "/")
    named = trusting(tmp_path)
    assert protocol(served, named, "bangfu.local") in ("TLSv1.2", "TLSv1.3")
    with pytest.raises(ssl.SSLCertVerificationError):
        protocol(served, named, "elsewhere.example")


def test_renewing_leaves_the_authority_that_the_phones_trust(tmp_path: Path):
    first = certificates.make(tmp_path, ["10.1.2.3"])
    before = {name: (tmp_path / name).read_bytes() for name in ("ca.crt", "ca.key", "server.crt", "server.key")}
    second = certificates.make(tmp_path, ["10.9.9.9", "10.1.2.3"])
    after = {name: (tmp_path / name).read_bytes() for name in before}
    assert (first.made, second.made) == (True, False)
    assert first.fingerprint == second.fingerprint
    assert {name for name in before if before[name] != after[name]} == {"server.crt", "server.key"}
    assert certificates.hosts_of(tmp_path) == ["10.9.9.9", "10.1.2.3"]
    certificates.check(tmp_path)


def test_keys_are_readable_by_their_owner_only(tmp_path: Path):
    certificates.make(tmp_path / "tls", ["bangfu.local"])
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "tls").iterdir()}
    assert {name: mode for name, mode in modes.items() if name.endswith(".key")} == {
        "ca.key": 0o600,
        "server.key": 0o600,
    }
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700


def test_a_stolen_authority_is_of_no_use_against_another_site(tmp_path: Path):
    certificates.make(tmp_path, ["10.1.2.3", "bangfu.local"])
    for host in ("bank.example", "8.8.8.8"):
        with pytest.raises(HostOutsideAuthority):
            certificates.make(tmp_path, [host])
    authority = x509.load_pem_x509_certificate((tmp_path / "ca.crt").read_bytes())
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert {type(each) for each in constraints.value.permitted_subtrees} == {x509.DNSName, x509.IPAddress}
    certificates.make(tmp_path, ["sub.bangfu.local", "192.168.1.5"])


@pytest.mark.parametrize("host", ["", "a b", "https://bangfu.local", "10.1.2", "bangfu.local:443", "-x.local"])
def test_what_is_no_name_of_a_site_is_refused(host: str, tmp_path: Path):
    with pytest.raises(HostWrong):
        certificates.make(tmp_path, [host])
    assert not (tmp_path / "ca.crt").exists()


def test_a_certificate_that_is_over_missing_or_of_another_key_is_said_before_serving(tmp_path: Path):
    with pytest.raises(FileUnreadable):
        certificates.check(tmp_path)
    certificates.make(tmp_path, ["bangfu.local"])
    with pytest.raises(CertificateUnusable):
        certificates.check(tmp_path, datetime.now(UTC) + timedelta(days=certificates.SERVER_DAYS + 1))
    (tmp_path / "server.key").write_bytes((tmp_path / "ca.key").read_bytes())
    with pytest.raises(CertificateUnusable):
        certificates.check(tmp_path)
    (tmp_path / "server.crt").write_text("nothing")
    with pytest.raises(CertificateUnusable):
        certificates.check(tmp_path)


def test_an_authority_whose_time_is_over_signs_nothing_more(tmp_path: Path):
    certificates.make(tmp_path, ["bangfu.local"])
    with pytest.raises(CertificateUnusable):
        certificates.make(tmp_path, ["bangfu.local"], datetime.now(UTC) + timedelta(days=certificates.AUTHORITY_DAYS))


def test_the_command_says_what_was_made_and_how_phones_trust_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("BANGFU_HOSTS", raising=False)
    done = CliRunner().invoke(command, ["--host", "10.1.2.3", "--dir", str(tmp_path)])
    assert done.exit_code == 0, done.output
    authority = x509.load_pem_x509_certificate((tmp_path / "ca.crt").read_bytes())
    assert certificates.fingerprint_of(authority) in done.output
    assert "ca.crt" in done.output and "10.1.2.3" in done.output
    again = CliRunner().invoke(command, ["--dir", str(tmp_path)], env={"BANGFU_HOSTS": "10.1.2.4"})
    assert "不用重装" in again.output
    assert CliRunner().invoke(command, ["--dir", str(tmp_path)]).exit_code == 2
