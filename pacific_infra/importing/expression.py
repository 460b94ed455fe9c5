"""Whether a document says all that its object in vCenter is: what the program would ask for, compared with it."""

from collections.abc import Mapping
from typing import Any

from pacific_components.estate.namespace import supervisor_namespace_args
from pacific_components.estate.supervisor_cluster import supervisor_cluster_args
from pacific_components.estate.virtual_machine_class import virtual_machine_class_args
from pacific_components.supervisor_cluster import supervisor_args
from pacific_components.supervisor_namespace import namespace_args
from pacific_components.vcenter.properties import wire_name
from pydantic import ValidationError

from pacific_infra.documents import Document, Namespace, SupervisorCluster, VirtualMachineClass
from pacific_infra.documents.explain import Subject, explain
from pacific_infra.documents.models import MODELS
from pacific_infra.documents.source import PROGRAM
from pacific_infra.importing.found import Taken
from pacific_infra.provider.resources.resource import Resource
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.version import Version


def unsaid(taken: Taken, resource: Resource, values: Mapping[str, Any], version: Version | None) -> list[str]:
    """Properties of ``values``, the object as ``resource`` has read it, that the document of ``taken`` does not say.

    Empty: an import of it by this document is without a difference. What makes a document invalid is told instead.
    """
    try:
        document = MODELS[taken.kind].model_validate(taken.document, by_alias=True, by_name=False)
    except ValidationError as error:
        return [str(each) for each in explain(error.errors(include_url=False), Subject(taken.kind), PROGRAM)]
    wanted = resource.inputs_of(properties_of(document))
    return sorted({change.path for change in resource.differences(wanted, values, version)})


def properties_of(document: Document) -> dict[str, Any]:
    """What the program asks vCenter for by ``document``, as Pulumi calls the properties."""
    return {wire_name(name): _properties(each) for name, each in _arguments(document).items()}


def _arguments(document: Document) -> Mapping[str, Any]:
    match document:
        case SupervisorCluster():
            nobody = VCenterSettings(server="", username="")
            return supervisor_args(
                document.name, supervisor_cluster_args(document, nobody, lambda key: NotImplemented, None)
            )
        case Namespace():
            return namespace_args(document.name, supervisor_namespace_args(document, document.spec.supervisor))
        case VirtualMachineClass():
            return virtual_machine_class_args(document)
    raise TypeError(f"no resource of vCenter for {document.kind}")


def _properties(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {wire_name(name): _properties(each) for name, each in value.items()}
    return [_properties(each) for each in value] if isinstance(value, list) else value
