"""URLs of shared backends: what is said of those that cannot be, and what their arguments mean."""

import os
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacific_infra.errors import PacificError
from pacific_infra.record.backends import backend_folder
from pacific_infra.record.bucket import BucketFile
from pacific_infra.record.postgres import PostgresUrl
from pacific_infra.record.postgres_arguments import connection_arguments
from pacific_infra.record.s3_arguments import S3Arguments

ENCODED = "in a password write / as %2F, ? as %3F, # as %23, % as %25 and a space as %20"


def refusal_of(url: str) -> str:
    with pytest.raises(PacificError) as error:
        backend_folder(url)
    return str(error.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://alice:s3/cret@db/state", "postgres://alice:***@db/state"),
        ("postgres://alice:12?34@db/state", "postgres://alice:***@db/state"),
        ("postgres://alice:12#34@db/state", "postgres://alice:***@db/state"),
        ("postgres://alice:100%@db/state", "postgres://alice:***@db/state"),
        ("postgres://alice@db:port/state", "postgres://alice@db:port/state"),
        ("postgres://alice@db:99999/state", "postgres://alice@db:99999/state"),
        ("postgres://alice@[::1/state", "postgres://alice@[::1/state"),
        ("postgres://a b@db/state", "postgres://a b@db/state"),
    ],
)
def test_a_malformed_url_is_said_without_its_password(url: str, shown: str) -> None:
    assert refusal_of(url) == (
        f"the URL of the backend cannot be read: got '{shown}'; allowed: postgres://USER:PASSWORD@HOST:PORT/DATABASE; "
        f"fix: {ENCODED}"
    )


def test_other_names_of_backends_are_said() -> None:
    assert refusal_of("postgresql://db/state") == (
        "Pulumi does not know this backend: got 'postgresql://'; allowed: postgres://; fix: write postgres://db/state"
    )
    for url in ("s3://", "s3:///state", "s3://minio:9000/state", "s3://key@state"):
        assert refusal_of(url) == (
            f"the URL names no bucket: got '{url}'; allowed: s3://BUCKET/PREFIX?region=REGION; fix: a login is in "
            "AWS_PROFILE, or in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; a server is endpoint=URL"
        )


@given(st.sampled_from(("postgres://", "s3://", "postgresql://", "file://", "")), st.text(max_size=40))
def test_any_text_is_a_backend_or_an_error_that_says_so(scheme: str, rest: str) -> None:
    with suppress(PacificError):
        folder = backend_folder(scheme + rest)
        if isinstance(folder, BucketFile) and scheme == "postgres://":
            address = PostgresUrl(scheme + rest)
            connection_arguments(address._arguments, {}, address.shown)
        elif isinstance(folder, BucketFile):
            S3Arguments.of(scheme + rest, {})


@given(st.text(alphabet=st.characters(exclude_characters="@'\" \t\n\r", codec="ascii"), min_size=6, max_size=20))
def test_no_password_is_ever_shown(password: str) -> None:
    url = f"postgres://alice:{password}@db:0/state"
    assert f":{password}@" not in refusal_of(url)


def test_arguments_of_postgres_mean_what_they_mean_to_the_engine(tmp_path: Path) -> None:
    def arguments(written: dict[str, str], environment: dict[str, str] | None = None) -> dict[str, str]:
        connection = connection_arguments(written, environment or {}, "db", tmp_path)
        return {name: connection[name] for name in ("sslmode", "sslrootcert", "options") if name in connection}

    authority = tmp_path / "ca.crt"
    authority.touch()
    assert arguments({}) == {"sslmode": "require"}
    assert arguments({}, {"PGSSLMODE": "disable"}) == {}
    plain = {"sslmode": "disable"}
    assert arguments({**plain, "table": "a", "binary_parameters": "yes"}) == plain
    assert arguments({"sslmode": "verify-full"}) == {"sslmode": "verify-full", "sslrootcert": "system"}
    assert arguments({"sslrootcert": "system"}) == {"sslmode": "verify-full", "sslrootcert": "system"}
    named = {"sslmode": "verify-full", "sslrootcert": str(authority)}
    assert arguments(named) == named
    assert arguments({"sslmode": "verify-ca"}, {"PGSSLROOTCERT": str(authority)}) == {"sslmode": "verify-ca"}
    settings = arguments({**plain, "options": "-c a=b", "search_path": "state one"})
    assert settings["options"] == r"-c a=b -c search_path=state\ one"
    (tmp_path / ".postgresql").mkdir()
    (tmp_path / ".postgresql" / "root.crt").touch()
    assert arguments({"sslmode": "verify-ca"}) == {"sslmode": "verify-ca"}


@pytest.mark.parametrize(
    ("argument", "value", "text"),
    [
        ("sslrootcert", "ca.crt", "db: sslrootcert: the path of a certificate is to be whole: got 'ca.crt'; fix: write "
         f"sslrootcert={Path.cwd() / 'ca.crt'}"),
        ("sslkey", "/none.key", "db: sslkey: the file cannot be read (No such file or directory): got '/none.key'"),
        ("sslinline", "true", "db: certificates cannot be in the URL itself: got 'sslinline'; fix: write the paths "
         "of files: sslcert=, sslkey=, sslrootcert="),
        ("sslmode", "verify-ca", "db: the URL does not say who signs the server's certificate: got 'verify-ca'; fix: "
         "write &sslrootcert=FILE with who signed it, or sslmode=verify-full for those whom the system trusts"),
    ],
)  # fmt: skip
def test_arguments_of_postgres_that_cannot_be_are_said(argument: str, value: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(PacificError) as error:
        connection_arguments({argument: value}, {}, "db", tmp_path)
    assert str(error.value) == text


def test_arguments_of_s3_mean_what_they_mean_to_the_engine() -> None:
    server = S3Arguments.of("s3://state?region=r&endpoint=minio:9000&disableSSL=1&s3ForcePathStyle=t", {})
    assert (server.endpoint, server.region, server.encryption) == ("http://minio:9000", "r", {})
    assert server.configuration.s3 == {"addressing_style": "path"}
    assert server.configuration.request_checksum_calculation == "when_required"
    amazon = S3Arguments.of("s3://state?profile=p&ssetype=aws:kms&kmskeyid=k&dualstack=true", {"AWS_REGION": "e"})
    assert (amazon.endpoint, amazon.region, amazon.profile) == (None, "e", "p")
    assert amazon.encryption == {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k"}
    assert amazon.configuration.use_dualstack_endpoint is True


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("regoin=r", r"s3://state: the URL has an argument that is unknown: got 'regoin'; allowed: accelerate, .*"),
        ("use_path_style=yes", "s3://state: use_path_style: the argument of the URL has a value that is unknown: got "
         "'yes'; allowed: true, false"),
        ("endpoint=ftp://minio", "s3://state: endpoint: the endpoint is not an address: got 'ftp://minio'; allowed: "
         "http://HOST:PORT, https://HOST"),
        ("role=arn:aws:iam::1:role/a", "s3://state: role: a role is taken by a profile alone: got "
         "'arn:aws:iam::1:role/a'; fix: write a profile with role_arn in ~/.aws/config, and profile=NAME in the URL"),
    ],
)  # fmt: skip
def test_arguments_of_s3_that_cannot_be_are_said(query: str, text: str) -> None:
    with pytest.raises(PacificError) as error:
        S3Arguments.of(f"s3://state?{query}", dict(os.environ))
    assert re.fullmatch(text, str(error.value))
