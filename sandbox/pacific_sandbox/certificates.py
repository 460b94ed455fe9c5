"""A sandbox's own certificate authority, and the certificates and keys it gives to its parts."""

import datetime
import ipaddress
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pacific_sandbox.files import write_private

_LIFETIME = datetime.timedelta(days=3650)
_RENEW_BEFORE = datetime.timedelta(days=30)


@dataclass(frozen=True)
class KeyPair:
    """The files of a certificate and of its private key, both PEM."""

    certificate: Path
    key: Path


class CertificateAuthority:
    """The certificate authority in one folder: ``ca.pem``, ``ca.key`` and what it has issued."""

    def __init__(self, directory: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._directory = directory
        self._certificate = certificate
        self._key = key
        self._lock = threading.Lock()

    @classmethod
    def open(cls, directory: Path) -> Self:
        """The authority in ``directory``, made there if it is missing."""
        files = KeyPair(directory / "ca.pem", directory / "ca.key")
        if files.certificate.exists() and files.key.exists():
            key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
            if not isinstance(key, ec.EllipticCurvePrivateKey):
                raise TypeError(f"{files.key} is not an elliptic curve key")
            return cls(directory, x509.load_pem_x509_certificate(files.certificate.read_bytes()), key)
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("pacific-infra sandbox", ())
        usage = _usage(key_cert_sign=True, crl_sign=True)
        certificate = (
            _builder(name, name, key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
        )
        write_private(files.key, _pem(key))
        write_private(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))
        return cls(directory, certificate, key)

    @property
    def certificate_file(self) -> Path:
        """The authority's certificate: what clients trust."""
        return self._directory / "ca.pem"

    def server(self, name: str = "server", names: Sequence[str] = (), addresses: Sequence[str] = ()) -> KeyPair:
        """A server certificate for ``localhost`` and 127.0.0.1, and for what is given."""
        also = [
            *(x509.DNSName(host_name) for host_name in ("localhost", *names)),
            *(x509.IPAddress(ipaddress.IPv4Address(address_text)) for address_text in ("127.0.0.1", *addresses)),
        ]
        return self._issue(name, "localhost", (), x509.SubjectAlternativeName(also))

    def client(self, name: str, common_name: str, organizations: Sequence[str] = ()) -> KeyPair:
        """A client certificate: Kubernetes reads the user from its common name and groups from its organizations."""
        return self._issue(name, common_name, organizations, None)

    def _issue(
        self,
        name: str,
        common_name: str,
        organizations: Sequence[str],
        serves: x509.SubjectAlternativeName | None,
    ) -> KeyPair:
        """A certificate for a client, or for a server that ``serves`` these names."""
        with self._lock:
            files = KeyPair(self._directory / f"{name}.pem", self._directory / f"{name}.key")
            if not (files.key.exists() and _valid(files.certificate)):
                self._write(files, _name(common_name, organizations), serves)
        return files

    def _write(self, files: KeyPair, subject: x509.Name, serves: x509.SubjectAlternativeName | None) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        authority_identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        usage = ExtendedKeyUsageOID.CLIENT_AUTH if serves is None else ExtendedKeyUsageOID.SERVER_AUTH
        builder = (
            _builder(subject, self._certificate.subject, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(authority_identifier, critical=False)
        )
        if serves is not None:
            builder = builder.add_extension(serves, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        write_private(files.key, _pem(key))
        write_private(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))


def signing_key(path: Path) -> KeyPair:
    """A key pair for signing tokens; ``certificate`` is the bare public key. Made if it is missing."""
    files = KeyPair(path.with_suffix(".pub"), path.with_suffix(".key"))
    if not (files.certificate.exists() and files.key.exists()):
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        write_private(files.key, _pem(key))
        write_private(files.certificate, public)
    return files


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str, organizations: Sequence[str]) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization) for organization in organizations]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def _valid(path: Path) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return False
    return certificate.not_valid_after_utc > datetime.datetime.now(datetime.UTC) + _RENEW_BEFORE
