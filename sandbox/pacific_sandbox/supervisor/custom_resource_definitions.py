"""VM Operator's own custom resource definitions, with those versions that the sandbox can convert."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from pacific_infra.errors import PacificError
from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.vm_operator.conversion.virtual_machines import OLDER

CONVERTED = "virtualmachines.vmoperator.vmware.com"
"""The definition of which older versions are served."""


def read_definitions(vm_operator: Path, conversion: Object | None = None) -> Sequence[Object]:
    """The definitions in VM Operator's module folder. Raises PacificError where there are none.

    ``conversion``: how VirtualMachines of older versions are converted; without it they are not served.
    """
    files = [
        file
        for folder in ("bases", "external-crds")
        for file in sorted((vm_operator / "config" / "crd" / folder).glob("*.yaml"))
    ]
    documents = [document for file in files for document in yaml.load_all(file.read_bytes(), yaml.CSafeLoader)]
    definitions = [
        with_conversion(document, conversion)
        if conversion is not None and document["metadata"]["name"] == CONVERTED
        else without_conversion(document)
        for document in documents
        if document
    ]
    if not definitions:
        raise PacificError(
            "VM Operator's custom resource definitions are not there",
            value=str(vm_operator),
            fix="pacific toolchain install",
        )
    return definitions


def with_conversion(definition: Object, conversion: Object) -> Object:
    """The definition of VirtualMachines with the versions that can be converted."""
    versions = [version for version in definition["spec"]["versions"] if version["storage"] or version["name"] in OLDER]
    return _with_versions(definition, versions, conversion=conversion)


def without_conversion(definition: Object) -> Object:
    """The definition with its storage version alone.

    The versions differ in their fields: an older one served without conversion would lose fields without a word.
    """
    return _with_versions(definition, [version for version in definition["spec"]["versions"] if version["storage"]])


def _with_versions(definition: Object, versions: Sequence[Object], **more: Object) -> Object:
    spec = {key: value for key, value in definition["spec"].items() if key != "conversion"}
    spec |= {"versions": versions, **more}
    metadata = {key: value for key, value in definition["metadata"].items() if key != "creationTimestamp"}
    return {
        "apiVersion": definition["apiVersion"],
        "kind": definition["kind"],
        "metadata": metadata,
        "spec": spec,
    }
