"""A VirtualMachinePublishRequest of the VM Operator."""

import json
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import VirtualMachinePublishRequestArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import DELETE_DEADLINE, VM_OPERATOR, KubernetesObject, Wire
from pacific_components.plumbing import NamespacedPlumbing
from pacific_infra.documents.readiness import ready_conditions, wait_for
from pacific_infra.documents.virtual_machine_publish_request import VirtualMachinePublishRequestSpec

DEADLINE = "60m"
"""Until the disks are copied and the image is there."""
_LIBRARY = {"apiVersion": "imageregistry.vmware.com/v1alpha1", "kind": "ContentLibrary"}


class VirtualMachinePublishRequest(DocumentComponent[NamespacedPlumbing, VirtualMachinePublishRequestSpec]):
    """A VirtualMachinePublishRequest, awaited until the image is there. It stays when the request is deleted."""

    name: pulumi.Output[str]
    """Name of the request."""
    image: pulumi.Output[str]
    """Name of the VirtualMachineImage that it has become."""

    @overload
    def __init__(self, resource_name: str, /, args: VirtualMachinePublishRequestArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, /, *, opts: Options = None, **args: Unpack[VirtualMachinePublishRequestArgs]
    ) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:VirtualMachinePublishRequest", resource_name, args, keywords, opts)
        conditions = wait_for(ready_conditions(VM_OPERATOR, "VirtualMachinePublishRequest", has_conditions=True))
        request = KubernetesObject(
            VM_OPERATOR,
            "VirtualMachinePublishRequest",
            f"{resource_name}-request",
            metadata=self._metadata(
                self._object, self._plumbing.namespace, annotations={"pulumi.com/waitFor": json.dumps(conditions)}
            ),
            fields={"spec": request_spec(self._spec)},
            opts=self._child(deadline=DEADLINE, delete_deadline=DELETE_DEADLINE),
        )
        self.name = request.metadata.apply(lambda metadata: str(metadata["name"]))
        self.image = request.status.apply(lambda status: str((status or {}).get("imageName") or ""))
        self.register_outputs({"name": self.name, "image": self.image})


def request_spec(spec: VirtualMachinePublishRequestSpec) -> Wire:
    """The spec of the VirtualMachinePublishRequest."""
    item = {"name": spec.item, "description": spec.description}
    target: dict[str, Any] = {"location": {**_LIBRARY, "name": spec.content_library}}
    target["item"] = {name: value for name, value in item.items() if value is not None}
    return {
        "source": {"apiVersion": VM_OPERATOR, "kind": "VirtualMachine", "name": spec.virtual_machine},
        "target": target if target["item"] else {"location": target["location"]},
        "backoffLimit": spec.backoff_limit,
    }
