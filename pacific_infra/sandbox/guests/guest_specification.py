"""What a machine is told of the virtual machine it is: a pod of one container with all rights. Pure."""

from dataclasses import dataclass
from typing import Any, Final

from pacific_infra.sandbox.crx.image_store import Image
from pacific_infra.sandbox.crx.pod_specification import MachineNetwork, resolver
from pacific_infra.sandbox.guests.cloud_config import GuestPlan

CONSOLE: Final = "console"
"""Name of the only container, and of its log."""


@dataclass(frozen=True)
class GuestSettings:
    """What a guest is booted with."""

    namespace: str
    name: str
    uid: str
    image: Image
    processors: int
    memory: int
    """MiB of the whole machine."""
    network: MachineNetwork | None
    """None: it has no network card."""


def guest_specification(settings: GuestSettings, plan: GuestPlan) -> dict[str, Any]:
    """The other side is ``podSpecification`` in tools/crx-init/specification.go."""
    hostname = plan.hostname or settings.name
    hosts = ["127.0.0.1\tlocalhost"]
    addressed: dict[str, Any] = {}
    if (network := settings.network) is not None:
        hosts.append(f"{network.address}\t{hostname}")
        of_namespace = {"metadata": {"namespace": settings.namespace}, "spec": {}}
        addressed = {
            "resolver": resolver(of_namespace, network.names),
            "address": network.address,
            "prefix": network.prefix,
            "gateway": network.gateway,
        }
    configuration = settings.image.configuration
    container = {
        "name": CONSOLE,
        "layers": [layer.serial for layer in settings.image.layers],
        "environment": list(configuration.environment),
        "capabilities": ["ALL"],
        "guest": plan.specification(),
    }
    return {
        "name": settings.name,
        "namespace": settings.namespace,
        "uid": settings.uid,
        "hostname": hostname,
        "hosts": "\n".join([*hosts, ""]),
        **addressed,
        "restartPolicy": "Never",
        "containers": [container],
    }
