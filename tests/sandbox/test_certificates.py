"""The sandbox's certificate authority."""

import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pacific_sandbox.certificates import CertificateAuthority, KeyPair, signing_key


def load(pair: KeyPair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes())


def handshake(authority: Path, pair: KeyPair, name: str) -> None:
    """A TLS handshake in memory: a client that trusts ``authority`` asks the server that has ``pair`` for ``name``."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(pair.certificate, pair.key)
    client_context = ssl.create_default_context(cafile=str(authority))
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    for _ in range(3):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    client.getpeercert()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_client_that_trusts_the_authority_accepts_its_servers(tmp_path: Path, name: str) -> None:
    authority = CertificateAuthority.open(tmp_path)
    handshake(authority.certificate_file, authority.server(), name)


def test_another_sandbox_is_not_trusted(tmp_path: Path) -> None:
    item, other = CertificateAuthority.open(tmp_path / "one"), CertificateAuthority.open(tmp_path / "other")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(item.certificate_file, other.server(), "localhost")


def test_kubernetes_reads_user_and_groups_from_a_client_certificate(tmp_path: Path) -> None:
    certificate = load(CertificateAuthority.open(tmp_path).client("admin", "kubernetes-admin", ["system:masters"]))
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    subject = {attribute.oid: attribute.value for attribute in certificate.subject}
    assert subject == {NameOID.ORGANIZATION_NAME: "system:masters", NameOID.COMMON_NAME: "kubernetes-admin"}


def test_everything_is_made_once_and_private(tmp_path: Path) -> None:
    first = CertificateAuthority.open(tmp_path)
    pairs = [first.server(), first.client("admin", "admin"), signing_key(tmp_path / "login")]
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}

    again = CertificateAuthority.open(tmp_path)
    assert [again.server(), again.client("admin", "admin"), signing_key(tmp_path / "login")] == pairs
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert {stat.S_IMODE(file.stat().st_mode) for file in before} == {0o600}
