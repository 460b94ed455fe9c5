"""The backend that a URL of Pulumi's names."""

import os
import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from pacific_infra.errors import PacificError
from pacific_infra.record.bucket import BackendFile, Bucket, BucketFile
from pacific_infra.settings import Settings

EXTRAS = {"postgres": "psycopg", "s3": "boto3"}
"""By scheme of a shared backend\'s URL, which is also the name of its extra, the module that comes with it."""


def backend_of(settings: Settings, variables: Mapping[str, str]) -> str:
    """The URL of the backend; empty where ``pulumi login`` has chosen it. ``variables``: those of the toolchain."""
    return variables.get("PULUMI_BACKEND_URL") or settings.backend_url or ""


def backend_folder(backend: str) -> BackendFile | None:
    """The folder with a backend's files; None: Pulumi alone reads this backend, or its extra is not installed.

    Nothing is contacted yet. ``backend``: its URL. Raises PacificError where that is none.
    """
    address = _address_of(backend)
    if address.scheme == "file":
        return Path(unquote(address.netloc + address.path)).expanduser()
    if address.scheme not in EXTRAS or find_spec(EXTRAS[address.scheme]) is None:
        return None
    # As in the engine, a path is what all keys begin with, also where it names a database.
    return BucketFile(_bucket(backend), unquote(address.path.strip("/")))


_NOT_ENCODED = re.compile(r"[\s\x00-\x1f]|%(?![0-9A-Fa-f]{2})")
"""What a URL cannot have."""


def _address_of(backend: str) -> SplitResult:
    """The parts of the URL of a backend. Raises PacificError where it is malformed."""
    try:
        address = urlsplit(backend)
        port = address.port if address.scheme in EXTRAS else None
    except ValueError:
        raise _malformed(backend) from None
    # A password with a / or a ? in it ends the host's part too early, and its @ comes after that.
    early = address.scheme == "postgres" and "@" not in address.netloc and "@" in backend
    if address.scheme in EXTRAS and (port == 0 or early or address.fragment or _NOT_ENCODED.search(backend)):
        raise _malformed(backend)
    if address.scheme == "postgresql":
        fix = f"write {backend.replace('postgresql', 'postgres', 1)}"
        raise PacificError("Pulumi does not know this backend", value="postgresql://", allowed="postgres://", fix=fix)
    if address.scheme == "s3" and (not address.netloc or "@" in address.netloc or ":" in address.netloc):
        fix = "a login is in AWS_PROFILE, or in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; a server is endpoint=URL"
        raise PacificError(
            "the URL names no bucket", value=backend, allowed="s3://BUCKET/PREFIX?region=REGION", fix=fix
        )
    return address


def _malformed(backend: str) -> PacificError:
    allowed = ", ".join(_FORMS[scheme] for scheme in EXTRAS if backend.startswith(f"{scheme}:")) or "SCHEME://PLACE"
    fix = "in a password write / as %2F, ? as %3F, # as %23, % as %25 and a space as %20"
    return PacificError("the URL of the backend cannot be read", value=backend, allowed=allowed, fix=fix)


_FORMS = {"postgres": "postgres://USER:PASSWORD@HOST:PORT/DATABASE", "s3": "s3://BUCKET/PREFIX?region=REGION"}


@cache
def _bucket(backend: str) -> Bucket:
    """One for each URL: a process asks for it at many places."""
    if backend.startswith("postgres:"):
        from pacific_infra.record.postgres import PostgresBucket, PostgresUrl  # noqa: PLC0415 - of an extra

        return PostgresBucket(PostgresUrl(backend))
    from pacific_infra.record.s3 import S3Bucket  # noqa: PLC0415 - of an extra

    return S3Bucket(backend)


def engine_variables(backend: str, operations: int) -> Mapping[str, str]:
    """What an engine on this computer needs with this backend, when it has so many operations at a time."""
    if not is_postgres(backend) or "GOMAXPROCS" in os.environ:
        return {}
    return {"GOMAXPROCS": str(max(os.cpu_count() or 1, threads_on_postgres(operations)))}


def is_postgres(backend: str) -> bool:
    """Whether the URL of a backend names a Postgres database."""
    return urlsplit(backend).scheme in ("postgres", "postgresql")


def threads_on_postgres(operations: int) -> int:
    """The least GOMAXPROCS of an engine whose state is in Postgres.

    Its pool has two connections for each thread of GOMAXPROCS, of which a container with less than two processors has
    one. Listing keys takes a connection and, while it has it, another one: with as many lists at a time as connections
    all wait for ever (ListPaged in bucket.go of pkg/backend/diy/postgres, v3.274.1). Each operation lists once at a
    time, as when it reads another stack's outputs, and so do the lock and the state.
    """
    return max(8, operations // 2 + 2)
