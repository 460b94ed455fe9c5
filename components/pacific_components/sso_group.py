"""A group of vCenter Single Sign-On with its members."""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import SsoGroupArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.plumbing import ComponentPlumbing
from pacific_components.values import api_fields
from pacific_components.vsphere import VSphereObject
from pacific_infra.documents.sso_group import SsoGroupSpec


class SsoGroup(DocumentComponent[ComponentPlumbing, SsoGroupSpec]):
    """A group of vCenter Single Sign-On with its members."""

    name: pulumi.Output[str]
    """Its name in vCenter."""

    @overload
    def __init__(self, resource_name: str, /, args: SsoGroupArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(self, resource_name: str, /, *, opts: Options = None, **args: Unpack[SsoGroupArgs]) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:SsoGroup", resource_name, args, keywords, opts)
        spec = self._spec
        properties = {
            "name": self._object,
            "description": spec.description,
            "memberUsers": [api_fields(member) for member in spec.users] or None,
            "memberGroups": [api_fields(member) for member in spec.groups] or None,
        }
        resource = VSphereObject("SsoGroup", f"{resource_name}-sso-group", properties, self._child())
        self.name = resource.id.apply(lambda _: self._object)
        self.register_outputs({"name": self.name})
