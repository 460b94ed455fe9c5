"""Which version a vCenter has, asked once."""

import re
from typing import NamedTuple

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound, Unauthorized, VCenterError

_ABOUT = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<RetrieveServiceContent xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this>'
    "</RetrieveServiceContent></soapenv:Body></soapenv:Envelope>"
)


class Version(NamedTuple):
    """A version of vCenter."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        return ".".join(map(str, self))


def parse_version(text: str) -> Version | None:
    """``"9.1.0.00100"`` -> ``Version(9, 1, 0)``; None where it is not a version."""
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return Version(*(int(part or 0) for part in match.groups())) if match else None


async def read_version(client: VCenterClient) -> Version | None:
    """The version by the appliance's API, else, where that is barred to the user, by the SOAP service content."""
    try:
        answer = await client.get("/appliance/system/version")
    except (NotFound, Unauthorized):
        answer = None
    if isinstance(answer, dict) and (version := parse_version(str(answer.get("version", "")))):
        return version
    try:
        content = await client.soap(_ABOUT)
    except VCenterError:
        return None
    match = re.search(r"<about>.*?<version>([^<]*)</version>.*?</about>", content, re.DOTALL)
    return parse_version(match.group(1)) if match else None
