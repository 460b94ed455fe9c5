"""A user of vCenter Single Sign-On."""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import SsoUserArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.plumbing import ComponentPlumbing
from pacific_components.values import text_value
from pacific_components.vsphere import VSphereObject
from pacific_infra.documents.sso_user import SsoUserSpec


class SsoUser(DocumentComponent[ComponentPlumbing, SsoUserSpec]):
    """A user of vCenter Single Sign-On."""

    name: pulumi.Output[str]
    """Its name in vCenter."""

    @overload
    def __init__(self, resource_name: str, /, args: SsoUserArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(self, resource_name: str, /, *, opts: Options = None, **args: Unpack[SsoUserArgs]) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:SsoUser", resource_name, args, keywords, opts)
        spec = self._spec
        properties = {
            "name": self._object,
            "password": text_value(spec.password),
            "description": spec.description,
            "firstName": spec.first_name,
            "lastName": spec.last_name,
            "emailAddress": spec.email_address,
        }
        resource = VSphereObject("SsoUser", f"{resource_name}-sso-user", properties, self._child())
        self.name = resource.id.apply(lambda _: self._object)
        self.register_outputs({"name": self.name})
