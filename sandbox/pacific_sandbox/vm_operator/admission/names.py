"""Rules for names. Pure."""

import ipaddress
import re
from collections.abc import Iterator

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_HOST_NAME = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?")
_DOMAIN_LABEL = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?")
_NOT_A_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_NOT_A_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


def subdomain_problems(name: str) -> Iterator[str]:
    """Why a name is no RFC 1123 subdomain, in Kubernetes' words."""
    if len(name) > 253:
        yield "must be no more than 253 bytes"
    if not _SUBDOMAIN.fullmatch(name):
        yield _NOT_A_SUBDOMAIN


def label_problems(name: str) -> Iterator[str]:
    """Why a name is no RFC 1123 label, in Kubernetes' words."""
    if len(name) > 63:
        yield "must be no more than 63 bytes"
    if not _LABEL.fullmatch(name):
        yield _NOT_A_LABEL


def is_host_name(name: str) -> bool:
    """Whether it is a host name (one label) or an IP address."""
    return is_address(name) or _HOST_NAME.fullmatch(name) is not None


def is_domain_name(name: str) -> bool:
    """Whether it is a domain name; the last label has two letters or more."""
    *_, last = labels = name.split(".")
    return len(last) > 1 and all(_DOMAIN_LABEL.fullmatch(label) for label in labels)


def is_address(text: str) -> bool:
    """Whether it is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
