"""What a vCenter has: clusters with their hosts, and datastores with the storage policies that place volumes on them.

Hosts' cores, frequency and memory are in no REST operation, so they are read by the Web Services API.
"""

import asyncio
import xml.etree.ElementTree as Xml
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound
from pacific_infra.vcenter.reading import lower_names

_MOST_DATASTORES = 1024
"""That one question may name."""
_VIM = "{urn:vim25}"
_CORES, _FREQUENCY, _MEMORY = (f"summary.hardware.{name}" for name in ("numCpuCores", "cpuMhz", "memorySize"))
_MAINTENANCE, _CONNECTION = "runtime.inMaintenanceMode", "runtime.connectionState"
_PROPERTIES = ("name", _CORES, _FREQUENCY, _MEMORY, _MAINTENANCE, _CONNECTION)


@dataclass(frozen=True, slots=True)
class HostHardware:
    """One ESXi host that is connected and not in maintenance."""

    name: str
    cores: int
    frequency_mhz: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class DatastoreSpace:
    """One datastore."""

    name: str
    free_bytes: int
    storage_policies: Sequence[str]
    """Names of the policies that it keeps."""


@dataclass(frozen=True, slots=True)
class VCenterSite:
    """Hosts by cluster's name, and datastores."""

    clusters: Mapping[str, Sequence[HostHardware]]
    datastores: Sequence[DatastoreSpace]


async def read_site_of_vcenter(client: VCenterClient) -> VCenterSite:
    """Everything at once. Raises VCenterError, and PacificError where the Web Services API does not answer as one."""
    clusters = lower_names(await client.get("/vcenter/cluster"))
    by_cluster = await asyncio.gather(
        *[client.get("/vcenter/host", {"clusters": str(cluster["cluster"])}) for cluster in clusters]
    )
    identifiers = [str(host["host"]) for hosts in by_cluster for host in lower_names(hosts)]
    hardware = await _hardware(client, identifiers) if identifiers else {}
    return VCenterSite(
        {
            str(cluster["name"]): [
                hardware[str(host["host"])] for host in lower_names(hosts) if str(host["host"]) in hardware
            ]
            for cluster, hosts in zip(clusters, by_cluster, strict=True)
        },
        await _datastores(client),
    )


async def _datastores(client: VCenterClient) -> list[DatastoreSpace]:
    stores = lower_names(await client.get("/vcenter/datastore"))
    policies = lower_names(await client.get("/vcenter/storage/policies"))
    identifiers = [str(store["datastore"]) for store in stores]
    compatible = await asyncio.gather(*[_compatible(client, str(policy["policy"]), identifiers) for policy in policies])
    return [
        DatastoreSpace(
            str(store["name"]),
            int(store.get("free_space") or 0),
            sorted(
                str(policy["name"])
                for policy, fitting in zip(policies, compatible, strict=True)
                if store["datastore"] in fitting
            ),
        )
        for store in stores
    ]


async def _compatible(client: VCenterClient, policy: str, datastores: list[str]) -> frozenset[str]:
    """Those of ``datastores`` that keep a policy; none where that cannot be asked."""
    path = f"/vcenter/storage/policies/{quote(policy, safe='')}"
    compatible: set[str] = set()
    for start in range(0, len(datastores), _MOST_DATASTORES):
        body = {"datastores": datastores[start : start + _MOST_DATASTORES]}
        try:
            answer = lower_names(await client.post(path, body, {"action": "check-compatibility"}, repeatable=True))
        except NotFound:
            break
        compatible |= {str(entry["datastore"]) for entry in answer["compatible_datastores"]}
    return frozenset(compatible)


async def _hardware(client: VCenterClient, hosts: Sequence[str]) -> dict[str, HostHardware]:
    settings = client.settings
    await client.soap(
        _envelope(
            '<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this>'
            f"<userName>{escape(settings.username)}</userName>"
            f"<password>{escape(settings.read_password())}</password></Login>"
        )
    )
    try:
        answer = await client.soap(_envelope(_query(hosts)))
    finally:
        await client.soap(
            _envelope('<Logout xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this></Logout>')
        )
    return read_hardware(answer)


def _query(hosts: Sequence[str]) -> str:
    paths = "".join(f"<pathSet>{path}</pathSet>" for path in _PROPERTIES)
    objects = "".join(f'<objectSet><obj type="HostSystem">{escape(host)}</obj></objectSet>' for host in hosts)
    return (
        '<RetrieveProperties xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this>'
        f"<specSet><propSet><type>HostSystem</type>{paths}</propSet>{objects}</specSet></RetrieveProperties>"
    )


def read_hardware(answer: str) -> dict[str, HostHardware]:
    """Hosts by identifier, of an answer to RetrieveProperties; those that cannot be used now are left out."""
    try:
        # Of the vCenter that the user has named and whose certificate was verified; expat expands no outer entities.
        root = Xml.fromstring(answer)  # noqa: S314
        hosts: dict[str, HostHardware] = {}
        for returned in root.iter(f"{_VIM}returnval"):
            values: dict[str, Any] = {
                _text(property_set, "name"): _text(property_set, "val")
                for property_set in returned.findall(f"{_VIM}propSet")
            }
            if values[_CONNECTION] == "connected" and values[_MAINTENANCE] != "true":
                hosts[_text(returned, "obj")] = HostHardware(
                    values["name"], int(values[_CORES]), int(values[_FREQUENCY]), int(values[_MEMORY])
                )
        return hosts
    except (Xml.ParseError, KeyError, ValueError) as error:
        raise PacificError(
            "vCenter does not say what its hosts have",
            value=str(error),
            fix="give the user Read-only on the hosts, or name a file with --site",
        ) from None


def _text(element: Xml.Element, name: str) -> str:
    return element.findtext(f"{_VIM}{name}") or ""


def _envelope(body: str) -> str:
    return (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )
