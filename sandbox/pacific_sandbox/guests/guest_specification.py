"""What a machine is told of the virtual machine it is: a pod of one container with all rights. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pacific_sandbox.crx.image_store import Image
from pacific_sandbox.crx.pod_specification import MachineNetwork, resolver
from pacific_sandbox.guests.cloud_config import GuestPlan

CONSOLE: Final = "console"
"""Name of the only container, and of its log."""
_SECONDS: Final = 10
"""Between two probes, and until one has failed: VM Operator's defaults."""


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
    probe: Mapping[str, Any] = field(default_factory=dict)
    """The VirtualMachine's ``readinessProbe``."""


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
        **_probe(settings),
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


def _probe(settings: GuestSettings) -> dict[str, Any]:
    """A probe of a TCP port; VM Operator connects from outside, here the machine's own init does."""
    tcp, network = settings.probe.get("tcpSocket"), settings.network
    if tcp is None or network is None:
        return {}
    target = {"host": tcp.get("host") or network.address, "port": int(tcp["port"])}
    period, timeout = settings.probe.get("periodSeconds") or _SECONDS, settings.probe.get("timeoutSeconds") or _SECONDS
    probe = {"tcp": target, "delay": 0, "period": period, "timeout": timeout, "successes": 1, "failures": 1}
    return {"readinessProbe": probe}
