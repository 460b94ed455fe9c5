"""``pacific:vcenter:NamespaceTemplate``: what the namespaces that users make by themselves get.

Follows ``namespaces.NamespaceTemplates`` of the vSphere Automation API 8.0 U3 to 9.1.
"""

from typing import Annotated, Literal

from pacific_infra.provider.models.model import NAME_PATTERN, V8_0_2, Meta, Model, described
from pacific_infra.provider.models.namespace import NamespaceContentLibrary, ResourceSpec, StorageSpec, VmServiceSpec


class TemplateSubject(Model):
    """Who may make namespaces from the template."""

    subject_type: Literal["USER", "GROUP"] = described("Whether the subject is a user or a group.")
    subject: str = described("Name of the user or group, without its domain.", min_length=1)
    domain: str = described("Domain of the subject, for example vsphere.local.", min_length=1)


class NamespaceTemplateInputs(Model):
    """A template of self-service namespaces (deprecated by VMware with vCenter 9.1, which still serves it)."""

    name: Annotated[str, Meta(wire="template", replace=True)] = described(
        "Name, an RFC 1123 label of 63 characters at most; absent: the resource's own name.", pattern=NAME_PATTERN
    )
    supervisor: Annotated[str, Meta(replace=True, reference="Supervisor", local=True)] = described(
        "Supervisor that the namespaces are made on, by name or by identifier.", min_length=1
    )
    resource_spec: ResourceSpec = described("Limits, defaults and object counts of each namespace.")
    storage_specs: Annotated[list[StorageSpec], Meta(key=("policy",))] = described(
        "Storage policies with their limits, one at least.", min_length=1
    )
    networks: Annotated[list[str] | None, Meta(key=("",))] = described(
        "Workload network by identifier, for Supervisors on vSphere networking only, one at most.",
        default=None,
        max_length=1,
    )
    permissions: Annotated[list[TemplateSubject] | None, Meta(key=("subject_type", "subject", "domain"))] = described(
        "Who may make namespaces from it; absent: administrators only.", default=None
    )
    vm_service_spec: VmServiceSpec | None = described("VM classes and image libraries.", default=None)
    content_libraries: Annotated[list[NamespaceContentLibrary] | None, Meta(key=("content_library",), since=V8_0_2)] = (
        described("Content libraries with their rights.", default=None)
    )


class NamespaceTemplateOutputs(Model):
    """What vCenter adds to a template."""

    template: str = described("Identifier of the template, its name.")
