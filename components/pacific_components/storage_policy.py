"""A storage policy by tags of datastores."""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import StoragePolicyArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.plumbing import ComponentPlumbing
from pacific_components.values import api_fields
from pacific_components.vsphere import VSphereObject
from pacific_infra.documents.storage_policy import StoragePolicySpec


class StoragePolicy(DocumentComponent[ComponentPlumbing, StoragePolicySpec]):
    """A storage policy by tags of datastores."""

    name: pulumi.Output[str]
    """Its name in vCenter."""

    @overload
    def __init__(self, resource_name: str, /, args: StoragePolicyArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(self, resource_name: str, /, *, opts: Options = None, **args: Unpack[StoragePolicyArgs]) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:StoragePolicy", resource_name, args, keywords, opts)
        spec = self._spec
        properties = {
            "name": self._object,
            "description": spec.description,
            "tagRules": [api_fields(rule) for rule in spec.tag_rules],
        }
        resource = VSphereObject("VmStoragePolicy", f"{resource_name}-storage-policy", properties, self._child())
        self.name = resource.id.apply(lambda _: self._object)
        self.register_outputs({"name": self.name})
