"""VirtualMachines of v1alpha2 to v1alpha4 as v1alpha5, and back. Pure.

What an older version has no field for goes along in an annotation, as in VM Operator, so that nothing is lost when an
older client writes back what it has read.
"""

import copy
import json
from collections.abc import Mapping
from typing import Any, Final

from pacific_sandbox.kubernetes_api import Object

GROUP: Final = "vmoperator.vmware.com"
STORED: Final = "v1alpha5"
OLDER: Final = ("v1alpha2", "v1alpha3", "v1alpha4")
ANNOTATION: Final = "vmoperator.vmware.com/conversion-data"


def to_older(item: Object, version: str, spec_schema: Object) -> Object:
    """A stored VirtualMachine in an older version; ``spec_schema`` is that version's schema of ``spec``."""
    older = copy.deepcopy(item)
    older["apiVersion"] = f"{GROUP}/{version}"
    spec, status = older.get("spec", {}), older.get("status", {})
    drives = (spec.get("hardware") or {}).get("cdrom")
    if drives is not None and version != "v1alpha2":
        spec["cdrom"] = spec["hardware"].pop("cdrom")
    if "nodeName" in status and version != "v1alpha4":
        status["host"] = status.pop("nodeName")
    rest = unknown(spec, spec_schema)
    if rest:
        annotations = older["metadata"].get("annotations") or {}
        older["metadata"]["annotations"] = {**annotations, ANNOTATION: json.dumps(rest, sort_keys=True)}
    return older


def to_stored(item: Object) -> Object:
    """A VirtualMachine of an older version as it is stored."""
    stored = copy.deepcopy(item)
    stored["apiVersion"] = f"{GROUP}/{STORED}"
    spec, status = stored.setdefault("spec", {}), stored.get("status", {})
    annotations = stored["metadata"].get("annotations") or {}
    rest = annotations.pop(ANNOTATION, None)
    if rest is not None:
        spec = stored["spec"] = merged(spec, json.loads(rest))
    drives = spec.pop("cdrom", None)
    if drives is not None:
        spec["hardware"] = {**(spec.get("hardware") or {}), "cdrom": drives}
    if "host" in status:
        status["nodeName"] = status.pop("host")
    return stored


def unknown(value: Mapping[str, Any], schema: Object) -> Object:
    """The part of an object that a schema has no field for. Of lists only the named elements can be told apart."""
    known = schema.get("properties")
    if known is None:
        return {}
    rest: Object = {}
    for key, inner in value.items():
        if key not in known:
            rest[key] = inner
        elif isinstance(inner, dict):
            rest |= {key: unknown_part} if (unknown_part := unknown(inner, known[key])) else {}
        elif isinstance(inner, list):
            elements = [
                {"name": element["name"], **unknown_part}
                for element in inner
                if isinstance(element, dict)
                and "name" in element
                and (unknown_part := unknown(element, known[key].get("items", {})))
            ]
            rest |= {key: elements} if elements else {}
    return rest


def merged(value: Object, rest: Object) -> Object:
    """An object with the part that was kept aside; elements of lists that are there no more stay away."""
    result = dict(value)
    for key, kept in rest.items():
        present = value.get(key)
        if isinstance(kept, dict):
            result[key] = merged(present if isinstance(present, dict) else {}, kept)
        elif isinstance(kept, list) and isinstance(present, list):
            by_name = {element["name"]: element for element in kept if isinstance(element, dict) and "name" in element}
            result[key] = [merged(element, by_name.get(element.get("name"), {})) for element in present]
        elif present is None:
            result[key] = kept
    return result
