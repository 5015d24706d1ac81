"""A certificate for a house that no public authority vouches for: an authority of its own, which the phones are told to
trust once, and a server certificate signed by it, renewed every year without touching the phones.

    ca.crt      to be installed on the phones; public
    ca.key      whoever has it can pretend to be this site: readable by the owner only
    server.crt, server.key   for `bangfu serve --cert`

The authority may vouch only for the names it was made for and for addresses inside private networks (RFC 1918): should
its key be stolen, it cannot be turned against a bank.
"""

import os
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bangfu.keeping.errors import CertificateUnusable, FileUnreadable, FileUnwritable, HostOutsideAuthority, HostWrong

AUTHORITY_DAYS = 3650
# Apple's phones accept no server certificate that is good for longer than 825 days, Safari none beyond 398.
SERVER_DAYS = 397
NAME = "Bangfu"
PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7"))
)
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Certificates:
    """What lies in the folder. `fingerprint` is that of the authority, as phones show it; `made` whether it is new."""

    folder: Path
    hosts: tuple[str, ...]
    fingerprint: str
    good_until: datetime
    made: bool


@dataclass(frozen=True)
class _Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make(folder: Path, hosts: Sequence[str], now: datetime | None = None) -> Certificates:
    """A server certificate for `hosts`; the authority of the folder is used again if there is one.

    Raises HostWrong, HostOutsideAuthority, CertificateUnusable, FileUnwritable."""
    names = tuple(dict.fromkeys(_checked(host) for host in hosts))
    now = now or datetime.now(UTC)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = not (folder / "ca.crt").exists()
        authority = _new_authority(names, now) if made else _read_authority(folder)
        certificate, key = _server(folder, authority, names, now)
        if made:
            _write(folder / "ca.key", _private(authority.key), secret=True)
            _write(folder / "ca.crt", _public(authority.certificate))
        _write(folder / "server.key", _private(key), secret=True)
        _write(folder / "server.crt", _public(certificate) + _public(authority.certificate))
    except OSError as error:
        raise FileUnwritable(file=folder, reason=error.strerror or error) from error
    return Certificates(folder, names, fingerprint_of(authority.certificate), certificate.not_valid_after_utc, made)


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256, in pairs, as phones show it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def hosts_of(folder: Path) -> list[str]:
    """For which names and addresses the server certificate of a folder is good. Raises CertificateUnusable,
    FileUnreadable."""
    certificate = _read_certificate(folder / "server.crt")
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise CertificateUnusable(folder=folder, reason="server.crt: subjectAltName") from None
    return [
        *names.get_values_for_type(x509.DNSName),
        *(str(address) for address in names.get_values_for_type(x509.IPAddress)),
    ]


def check(folder: Path, now: datetime | None = None) -> None:
    """That key and certificate belong together and are good today. Raises CertificateUnusable, FileUnreadable."""
    certificate = _read_certificate(folder / "server.crt")
    now = now or datetime.now(UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise CertificateUnusable(folder=folder, reason=f"{certificate.not_valid_after_utc:%Y-%m-%d}")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(folder / "server.crt", folder / "server.key")
    except OSError as error:  # ssl.SSLError is one
        raise CertificateUnusable(folder=folder, reason=error.strerror or error) from error


def _checked(host: str) -> str:
    host = host.strip().strip("[]").lower()
    try:
        return str(ip_address(host))
    except ValueError:
        if not _NAME.fullmatch(host) or len(host) > 253 or re.fullmatch(r"[0-9.]+", host):
            raise HostWrong(host=host) from None
        return host


def _address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _general(host: str) -> x509.GeneralName:
    address = _address(host)
    return x509.IPAddress(address) if address else x509.DNSName(host)


def _permitted(hosts: Sequence[str]) -> x509.NameConstraints:
    """Both kinds of names are always listed: a kind that is not mentioned would be free."""
    domains = dict.fromkeys(["localhost", *(host for host in hosts if not _address(host))])
    outside = (ip_network(each) for each in map(_address, hosts) if each and not _inside(each, PRIVATE))
    networks: list[Network] = [*PRIVATE, *outside]
    allowed = [*map(x509.DNSName, domains), *map(x509.IPAddress, networks)]
    return x509.NameConstraints(permitted_subtrees=allowed, excluded_subtrees=None)


def _inside(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _vouches(authority: x509.Certificate, host: str) -> bool:
    try:
        constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return True  # an authority of somebody else's making
    address = _address(host)
    allowed = [each.value for each in constraints.permitted_subtrees or ()]
    if address:
        return _inside(address, [each for each in allowed if isinstance(each, IPv4Network | IPv6Network)])
    return any(isinstance(each, str) and (host == each or host.endswith(f".{each}")) for each in allowed)


def _builder(subject: str, issuer: x509.Name | None, now: datetime, days: int) -> x509.CertificateBuilder:
    name = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, NAME), x509.NameAttribute(NameOID.COMMON_NAME, subject[:64])]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer or name)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # phones whose clocks are late
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _new_authority(hosts: Sequence[str], now: datetime) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(f"{NAME} {now:%Y-%m-%d}", None, now, AUTHORITY_DAYS)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(_permitted(hosts), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _Authority(certificate, key)


def _server(
    folder: Path, authority: _Authority, hosts: Sequence[str], now: datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    for host in hosts:
        if not _vouches(authority.certificate, host):
            raise HostOutsideAuthority(host=host)
    key = ec.generate_private_key(ec.SECP256R1())
    left = (authority.certificate.not_valid_after_utc - now).days
    if left < 1:
        raise CertificateUnusable(folder=folder, reason=f"ca.crt {authority.certificate.not_valid_after_utc:%Y-%m-%d}")
    certificate = (
        _builder(hosts[0], authority.certificate.subject, now, min(SERVER_DAYS, left))
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return certificate, key


def _read_authority(folder: Path) -> _Authority:
    certificate = _read_certificate(folder / "ca.crt")
    try:
        key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    except OSError as error:
        raise FileUnreadable(file=folder / "ca.key", reason=error.strerror or error) from error
    except (ValueError, TypeError) as error:
        raise CertificateUnusable(folder=folder, reason=f"ca.key: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise CertificateUnusable(folder=folder, reason="ca.key, ca.crt")
    return _Authority(certificate, key)


def _read_certificate(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except OSError as error:
        raise FileUnreadable(file=file, reason=error.strerror or error) from error
    except ValueError as error:
        raise CertificateUnusable(folder=file.parent, reason=f"{file.name}: {error}") from error


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(file: Path, content: bytes, *, secret: bool = False) -> None:
    """Whole or not at all; a secret is never readable by others, not even for a moment."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    beside.touch(mode=0o600 if secret else 0o644)
    beside.write_bytes(content)
    beside.replace(file)
