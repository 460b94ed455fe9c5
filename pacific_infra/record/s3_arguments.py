"""What stands behind the ``?`` of an ``s3://`` URL: the same to this client as to the engine's, which is gocloud.dev
v0.46 (aws/aws.go, blob/s3blob) with the words of its older versions (pkg/backend/diy/backend.go of Pulumi).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from botocore import UNSIGNED
from botocore.config import Config

from pacific_infra.errors import PacificError
from pacific_infra.record.bucket import arguments_of

_TRUE, _FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")
_SWITCHES = ("accelerate", "anonymous", "disableSSL", "disable_https", "dualstack", "fips", "hostname_immutable")
_PATH_STYLE = ("s3ForcePathStyle", "use_path_style")
_WHEN = ("when_supported", "when_required")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "ssetype": ("AES256", "aws:kms", "aws:kms:dsse"),
    "request_checksum_calculation": _WHEN,
    "response_checksum_validation": _WHEN,
    **dict.fromkeys((*_SWITCHES, *_PATH_STYLE), ("true", "false")),
}
"""Arguments with few values."""
_TEXTS = ("awssdk", "endpoint", "kmskeyid", "profile", "rate_limiter_capacity", "region")
_CHECKSUM = "request_checksum_calculation"
CONNECT, READ, ATTEMPTS = 10, 60, 3
"""Seconds that a server has to take a connection and to answer, and how often it is asked."""


@dataclass(frozen=True)
class S3Arguments:
    """What the URL says, as boto3 takes it."""

    profile: str | None
    region: str | None
    endpoint: str | None
    configuration: Config
    encryption: Mapping[str, str]
    """How what is written is encrypted."""

    @classmethod
    def of(cls, url: str, environment: Mapping[str, str]) -> "S3Arguments":
        """Raises PacificError for what the engine does not know either, and for ``role``."""
        place = url.partition("?")[0]
        arguments = arguments_of(url)
        for name, value in arguments.items():
            _check(name, value, place)
        on = {name for name in (*_SWITCHES, *_PATH_STYLE) if arguments.get(name) in _TRUE}
        plain = bool(on & {"disableSSL", "disable_https"})
        endpoint = arguments.get("endpoint") or None
        if endpoint is not None:
            endpoint = endpoint if "://" in endpoint else f"{'http' if plain else 'https'}://{endpoint}"
            # Other servers than AWS often know no checksums: the engine leaves them out as well.
            checksum = environment.get("AWS_REQUEST_CHECKSUM_CALCULATION") or "when_required"
            arguments = {_CHECKSUM: checksum.lower(), **arguments}
        style: dict[str, object] = {"addressing_style": "path"} if on & {*_PATH_STYLE} else {}
        settings: dict[str, object] = {
            name: arguments[name] for name in (_CHECKSUM, "response_checksum_validation") if name in arguments
        }
        if "anonymous" in on:
            settings["signature_version"] = UNSIGNED
        configuration = Config(
            s3=style | ({"use_accelerate_endpoint": True} if "accelerate" in on else {}),
            use_dualstack_endpoint=True if "dualstack" in on else None,
            use_fips_endpoint=True if "fips" in on else None,
            connect_timeout=CONNECT,
            read_timeout=READ,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            **settings,
        )
        named = {"ServerSideEncryption": arguments.get("ssetype"), "SSEKMSKeyId": arguments.get("kmskeyid")}
        encryption = {name: value for name, value in named.items() if value}
        # The SDK of Python alone does not read AWS_REGION.
        region = arguments.get("region") or environment.get("AWS_REGION") or None
        return cls(arguments.get("profile") or None, region, endpoint, configuration, encryption)


def _check(name: str, value: str, place: str) -> None:
    if name == "role":
        fix = "write a profile with role_arn in ~/.aws/config, and profile=NAME in the URL"
        raise PacificError("a role is taken by a profile alone", place=f"{place}: role", value=value, fix=fix)
    if name not in _CHOICES and name not in _TEXTS:
        allowed = sorted((*_CHOICES, *_TEXTS))
        raise PacificError("the URL has an argument that is unknown", place=place, value=name, allowed=allowed)
    choices = _CHOICES.get(name)
    if choices is not None and value not in choices and not (choices == ("true", "false") and value in _TRUE + _FALSE):
        problem = "the argument of the URL has a value that is unknown"
        raise PacificError(problem, place=f"{place}: {name}", value=value, allowed=choices)
    if name == "endpoint":
        _check_endpoint(value if "://" in value else f"https://{value}", place)


def _check_endpoint(endpoint: str, place: str) -> None:
    try:
        parts = urlsplit(endpoint)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        allowed = "http://HOST:PORT, https://HOST"
        raise PacificError(
            "the endpoint is not an address", place=f"{place}: endpoint", value=endpoint, allowed=allowed
        )
