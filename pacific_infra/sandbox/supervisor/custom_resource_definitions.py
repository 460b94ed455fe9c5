"""VM Operator's own custom resource definitions, made fit for a Supervisor without VM Operator's conversion webhook."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from pacific_infra.errors import PacificError
from pacific_infra.sandbox.kubernetes_api import Object


def read_definitions(vm_operator: Path) -> Sequence[Object]:
    """The definitions in VM Operator's module folder. Raises PacificError where there are none."""
    files = [
        file
        for folder in ("bases", "external-crds")
        for file in sorted((vm_operator / "config" / "crd" / folder).glob("*.yaml"))
    ]
    documents = [document for file in files for document in yaml.load_all(file.read_bytes(), yaml.CSafeLoader)]
    definitions = [without_conversion(document) for document in documents if document]
    if not definitions:
        raise PacificError(
            "VM Operator's custom resource definitions are not there",
            value=str(vm_operator),
            fix="pacific toolchain install",
        )
    return definitions


def without_conversion(definition: Object) -> Object:
    """The definition with its storage version alone.

    The versions differ in their fields, and only VM Operator's webhook converts between them: an older one served
    without it would lose fields without a word.
    """
    spec = {key: value for key, value in definition["spec"].items() if key != "conversion"}
    spec["versions"] = [version for version in spec["versions"] if version["storage"]]
    metadata = {key: value for key, value in definition["metadata"].items() if key != "creationTimestamp"}
    return {
        "apiVersion": definition["apiVersion"],
        "kind": definition["kind"],
        "metadata": metadata,
        "spec": spec,
    }
