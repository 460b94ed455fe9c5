"""What is in vcsim against what is in Kubernetes: each machine has its object, each object its machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyVmomi import vim

from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.soap import objects_of, soap_session

POD = "vSpherePod"
_FINISHED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Machine:
    """A virtual machine of a Supervisor."""

    name: str
    instance_uuid: str
    managed_type: str
    host: str
    power_state: str


def machines(settings: VCenterSettings) -> list[Machine]:
    """All that a Supervisor owns."""
    with soap_session(settings) as session:
        result = []
        for item in objects_of(session, vim.VirtualMachine):
            managed = item.config.managedBy
            kind = managed.type if managed is not None else ""
            runtime = item.runtime
            result.append(Machine(item.name, item.config.instanceUuid, kind, runtime.host.name, runtime.powerState))
        return result


def disagreements(
    result: Sequence[Machine], pods: Sequence[dict[str, Any]], virtual_machines: Sequence[dict[str, Any]]
) -> list[str]:
    """What is there without its counterpart, twice, or on another host; empty where all is as it should be. Pure."""
    problems = []
    alive = {
        pod["metadata"]["uid"]: pod for pod in pods if pod.get("status", {}).get("phase", "Pending") not in _FINISHED
    }
    known = {pod["metadata"]["uid"] for pod in pods}
    expected = {
        virtual_machine["spec"]["instanceUUID"]: virtual_machine["metadata"]["name"]
        for virtual_machine in virtual_machines
    }
    counts: dict[str, int] = {}
    for machine in result:
        counts[machine.instance_uuid] = counts.get(machine.instance_uuid, 0) + 1
        if machine.managed_type == POD and machine.instance_uuid not in known:
            problems.append(f"pod VM {machine.name} without a pod")
        if machine.managed_type != POD and machine.instance_uuid not in expected:
            problems.append(f"VM {machine.name} without a VirtualMachine")
        pod = alive.get(machine.instance_uuid)
        if pod is not None and pod["spec"].get("nodeName") != machine.host:
            problems.append(f"pod VM {machine.name} on {machine.host}, its pod on {pod['spec'].get('nodeName')}")
        if (pod is not None or machine.instance_uuid in expected) and machine.power_state != "poweredOn":
            problems.append(f"VM {machine.name} is {machine.power_state}")
    problems += [f"{count} VMs of instance {uuid}" for uuid, count in counts.items() if count > 1]
    problems += [f"pod {pod['metadata']['name']} without its VM" for uid, pod in alive.items() if uid not in counts]
    problems += [f"VirtualMachine {name} without its VM" for uuid, name in expected.items() if uuid not in counts]
    return problems
