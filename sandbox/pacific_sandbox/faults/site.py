"""The names of what can fail in the sandbox's inventory, as its vCenter gives them."""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.settings import VCenterSettings

_ANSWER_WITHIN = 30


@dataclass(frozen=True)
class Site:
    """Hosts, and datastores with the clusters that use them."""

    hosts: Sequence[str]
    datastores: Mapping[str, Sequence[str]]


def read_site(settings: VCenterSettings) -> Site:
    """Ask the vCenter. Raises PacificError where it does not answer."""
    host, _, port = settings.server.partition(":")
    try:
        instance = SmartConnect(
            host=host,
            port=int(port),
            user=settings.username,
            pwd=settings.read_password(),
            sslContext=ssl.create_default_context(cafile=str(settings.ca_file)),
            httpConnectionTimeout=_ANSWER_WITHIN,
        )
        try:
            return _site(instance.content)
        finally:
            Disconnect(instance)
    except (OSError, vim.fault.VimFault) as error:
        problem = f"the sandbox's vCenter does not tell its inventory: {error}"
        raise PacificError(problem, fix="read `pacific sandbox status`, and clear faults of its SOAP API") from error


def _site(content: Any) -> Site:
    datacenters = [entity for entity in content.rootFolder.childEntity if isinstance(entity, vim.Datacenter)]
    clusters = [
        entity
        for datacenter in datacenters
        for entity in datacenter.hostFolder.childEntity
        if isinstance(entity, vim.ComputeResource)
    ]
    datastores: dict[str, list[str]] = {}
    for cluster in clusters:
        for datastore in cluster.datastore:
            datastores.setdefault(datastore.name, []).append(cluster.name)
    return Site(sorted(host.name for cluster in clusters for host in cluster.host), datastores)
