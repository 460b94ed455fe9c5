"""What admission's unit tests ask with: a namespace ``shop`` with one storage class and two images."""

from collections.abc import Iterable
from typing import Any

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.vm_operator.admission.review import Request

IMAGE = {"kind": "VirtualMachineImage", "name": "vmi-1"}
GOOD = {"className": "small", "imageName": "debian-12", "image": IMAGE, "storageClass": "gold"}


class Supervisor:
    """Implements ``Lookups``."""

    def __init__(self) -> None:
        self.machines: dict[str, Object] = {}

    def storage_class(self, name: str) -> Object | None:
        return {"parameters": {"storagePolicyID": f"policy-{name}"}} if name in ("gold", "silver") else None

    def storage_quotas(self, namespace: str) -> Iterable[Object]:
        return [{"spec": {"storagePolicyId": "policy-gold"}}]

    def zone(self, namespace: str, name: str) -> Object | None:
        return {"metadata": {"name": name}} if name == "zone-1" else None

    def find_image(self, namespace: str, name: str) -> Object | str:
        return IMAGE if name == "debian-12" else f'no VM image exists for "{name}" in namespace or cluster scope'

    def virtual_machine(self, namespace: str, name: str) -> Object | None:
        return self.machines.get(name)


def machine(spec: Object | None = None, **metadata: Any) -> Object:
    described = {"name": "v", "namespace": "shop", **metadata}
    return {"metadata": described, "spec": {**GOOD, "powerState": "PoweredOn", **(spec or {})}}


def create(spec: Object | None = None, *, privileged: bool = False, **metadata: Any) -> Request:
    return Request("CREATE", machine(spec, **metadata), privileged=privileged)


def update(before: Object, after: Object, *, privileged: bool = False) -> Request:
    """From one spec to another, each given as what differs from a good one."""
    return Request("UPDATE", machine(after), machine(before), privileged)
