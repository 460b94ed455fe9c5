"""Who signs certificates that plug-ins trust: pulumi-vsphere takes that from its environment alone."""

import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

VARIABLE = "SSL_CERT_FILE"
"""Names a PEM file in place of the system's (crypto/x509 of Go)."""


@contextmanager
def trusting(authority: Path | None) -> Iterator[Mapping[str, str]]:
    """In the block, variables by which programs trust ``authority``, a PEM file, beside whom they trust already."""
    if authority is None or not authority.is_file():
        yield {}
        return
    known = os.environ.get(VARIABLE) or ssl.get_default_verify_paths().cafile
    files = [Path(file) for file in (known, authority) if file is not None]
    with NamedTemporaryFile("w", suffix=".pem") as bundle:
        bundle.writelines(f"{file.read_text()}\n" for file in files if file.is_file())
        bundle.flush()
        yield {VARIABLE: bundle.name}
