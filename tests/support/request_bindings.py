"""What VMware's own bindings make of a request body: the same values through their types, and back to JSON."""

import json
import warnings
from typing import Any

with warnings.catch_warnings():
    # The bindings read their texts by a function of importlib that is on its way out, and warn of themselves.
    warnings.simplefilter("ignore", DeprecationWarning)
    from com.vmware.vcenter.namespace_management.supervisors.control_plane_client import (
        Settings as ControlPlaneSettings,
    )
    from com.vmware.vcenter.namespace_management.supervisors_client import VspherePodSettings
    from com.vmware.vcenter.namespace_management_client import Supervisors, VirtualMachineClasses
    from com.vmware.vcenter.namespaces_client import Instances, ResourceQuotaOptionsV1, ResourceQuotaOptionsV1Update
    from vmware.vapi.bindings import type as bindings
    from vmware.vapi.bindings.converter import TypeConverter
    from vmware.vapi.bindings.struct import VapiStruct
    from vmware.vapi.data.serializers.cleanjson import DataValueConverter

__all__ = [
    "ControlPlaneSettings",
    "Instances",
    "ResourceQuotaOptionsV1",
    "ResourceQuotaOptionsV1Update",
    "Supervisors",
    "VirtualMachineClasses",
    "VspherePodSettings",
    "through_bindings",
]


def through_bindings(body: dict[str, Any], struct: type, **dynamic: type) -> Any:
    """``body`` read into ``struct`` and written again; a name or type that the bindings do not know raises.

    ``dynamic``: the type of a field that the bindings leave open.
    """
    kind = struct.get_binding_type()  # type: ignore[attr-defined]
    value = TypeConverter.convert_to_vapi(_built(body, kind, dynamic), kind)
    return json.loads(DataValueConverter.convert_to_json(value))


def _built(value: Any, kind: Any, dynamic: dict[str, type]) -> Any:
    if isinstance(kind, bindings.ReferenceType):
        return _built(value, kind.resolved_type, dynamic)
    if isinstance(kind, bindings.OptionalType):
        return _built(value, kind.element_type, dynamic)
    if isinstance(kind, bindings.ListType):
        return [_built(item, kind.element_type, dynamic) for item in value]
    if isinstance(kind, bindings.SetType):
        return {_built(item, kind.element_type, dynamic) for item in value}
    if isinstance(kind, bindings.StructType):
        return _struct(value, kind, dynamic)
    return value


def _struct(value: dict[str, Any], kind: Any, dynamic: dict[str, type]) -> Any:
    names = kind.binding_class._canonical_to_pep_names
    fields = {}
    for name, item in value.items():
        if name in dynamic:
            open_kind = dynamic[name].get_binding_type()  # type: ignore[attr-defined]
            inner = TypeConverter.convert_to_vapi(_built(item, open_kind, {}), open_kind)
            fields[names.get(name, name)] = VapiStruct(struct_value=inner)
        else:
            fields[names.get(name, name)] = _built(item, kind.get_field(name), dynamic)
    return kind.binding_class(**fields)
