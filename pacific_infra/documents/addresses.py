"""IPv4 addresses, networks and host names, as types of the models' fields."""

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from pacific_infra.documents.names import PORT_NAME
from pacific_infra.documents.problems import Problem, problems_error
from pacific_infra.documents.unknown import unknown_of_unknown

_HOST = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)*")


def _checked(parse: Callable[[str], object], noun: str, allowed: str) -> AfterValidator:
    def check(text: str) -> str:
        try:
            parse(text)
        except ValueError:
            raise problems_error(Problem(f"not a valid {noun}", (), text, allowed)) from None
        return text

    return AfterValidator(check)


def _interface(text: str) -> None:
    if "/" not in text:
        raise ValueError(text)
    IPv4Interface(text)


def _network(text: str) -> None:
    if "/" not in text:
        raise ValueError(text)
    IPv4Network(text)


def _host(text: str) -> None:
    if len(text) > 253 or not _HOST.fullmatch(text):
        raise ValueError(text)


def _proxy(text: str) -> None:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError(text)
    _host(parts.hostname)
    _ = parts.port


Address = Annotated[str, _checked(IPv4Address, "IPv4 address", "an address such as 10.0.0.10")]
AddressWithPrefix = Annotated[
    str, _checked(_interface, "IPv4 address with the network's prefix length", "an address such as 10.0.0.1/24")
]


class Bounds(NamedTuple):
    """The first and the last address of a network, as numbers."""

    first: int
    last: int


@unknown_of_unknown
def bounds_of(text: str) -> Bounds:
    """The bounds of the network that a checked address with its prefix length, or a checked network, is in."""
    network = IPv4Interface(text).network
    return Bounds(int(network.network_address), int(network.broadcast_address))


@unknown_of_unknown
def number_of(text: str) -> int:
    """A checked address, with a prefix length or without, as a number."""
    return int(IPv4Interface(text).ip)


Network = Annotated[
    str, _checked(_network, "IPv4 network", "a network's first address and prefix length, such as 10.96.0.0/23")
]
ClusterNetworkRange = Annotated[
    str, _checked(_interface, "IPv4 network", "an address of the network and its prefix length, such as 10.96.0.0/23")
]
"""A network as Cluster API takes it: by any of its addresses, such as VMware's default 192.168.156.0/20."""
Host = Annotated[str, _checked(_host, "host name or IPv4 address", "a name such as time.example.com, or an address")]
ProxyUrl = Annotated[
    str,
    _checked(
        _proxy,
        "URL of a proxy",
        "http:// or https:// with host and port, without a login, such as http://proxy.example.com:3128",
    ),
]
"""A proxy, without a login: a document holds no passwords."""
Port = Annotated[int, Field(ge=1, le=65535)]
"""A TCP or UDP port."""


def _port_reference(value: object) -> object:
    named = isinstance(value, str) and re.fullmatch(PORT_NAME, value)
    if not named and not (isinstance(value, int) and type(value) is not bool and 1 <= value <= 65535):
        raise problems_error(Problem("not a port", (), value, "a number of 1 to 65535, or the name of a port"))
    return value


PortReference = Annotated[
    int | str,
    BeforeValidator(_port_reference),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 65535}, {"type": "string", "pattern": PORT_NAME}]}
    ),
]
"""A port by its number or by its name."""
