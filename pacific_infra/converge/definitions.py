"""What deleting or changing a CustomResourceDefinition would do to resources, from what the state records. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.errors import PacificError
from pacific_infra.record.urns import split_urn
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI

if TYPE_CHECKING:
    from pacific_infra.documents import Document, Estate

DEFINITION = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
"""Type token of the object."""
SHOWN = 10
"""Names of resources in one message; of more the number is said."""

Recorded: TypeAlias = Mapping[str, Any]
"""A resource as ``pulumi stack export`` writes it."""


@dataclass(frozen=True)
class RecordedDefinition:
    """A definition that the stack has made."""

    node: str
    """CustomResourceDefinition/NAME."""
    group: str
    kind: str
    plural: str
    version: str
    """The version by which its resources are read: the stored one."""
    stored: tuple[str, ...]
    """Versions that resources may be stored in."""
    provider: str
    """Name of the provider that it was made by."""
    retained: bool
    """Whether it stays when its document goes."""


def recorded_definitions(resources: Sequence[Recorded]) -> list[RecordedDefinition]:
    """The definitions among a stack's resources."""
    finder = NodeFinder()
    nodes = {resource["urn"]: finder.node(resource["urn"], resource.get("parent")) for resource in resources}
    return [
        _definition(resource, nodes[resource["urn"]] or resource["urn"])
        for resource in resources
        if resource["type"] == DEFINITION
    ]


def _definition(recorded: Recorded, node: str) -> RecordedDefinition:
    spec = recorded["inputs"]["spec"]
    version = next(str(version["name"]) for version in spec["versions"] if version.get("storage"))
    status = recorded.get("outputs", {}).get("status") or {}
    return RecordedDefinition(
        node=node,
        group=str(spec["group"]),
        kind=str(spec["names"]["kind"]),
        plural=str(spec["names"]["plural"]),
        version=version,
        stored=tuple(status.get("storedVersions") or [version]),
        provider=split_urn(str(recorded.get("provider", "urn:::::::")).rpartition("::")[0])[1],
        retained=bool(recorded.get("retainOnDelete")),
    )


def leaving_definitions(recorded: Sequence[RecordedDefinition], estate: "Estate | None") -> list[RecordedDefinition]:
    """The definitions that the next run deletes: those without a document in ``estate``; None: all of them."""
    kept = () if estate is None else estate.by_id
    return [definition for definition in recorded if not definition.retained and definition.node not in kept]


def others(
    definition: RecordedDefinition, live: Sequence[tuple[str, str]], resources: Sequence[Recorded]
) -> list[tuple[str, str]]:
    """Those of the resources ``there`` (namespace, name) that the stack does not delete by itself first."""
    managed = {
        (str(metadata.get("namespace", "")), str(metadata.get("name")))
        for resource in resources
        if resource["type"].startswith(f"kubernetes:{definition.group}/")
        and resource["type"].endswith(f":{definition.kind}")
        # What was only read is not deleted.
        and not resource.get("retainOnDelete")
        and not resource.get("external")
        for metadata in [resource.get("outputs", resource["inputs"]).get("metadata", {})]
    }
    return [name for name in live if name not in managed]


def resources_left(
    definition: RecordedDefinition, left: Sequence[tuple[str, str]], document: "Document | None"
) -> PacificError:
    """Why the definition is not deleted: the resources that would be lost. ``document``: its document, if any."""
    names = sorted(f"{namespace}/{name}" if namespace else name for namespace, name in left)
    more = [f"and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    subject = f"{len(names)} {definition.kind} resources" if len(names) > 1 else f"a {definition.kind} resource"
    keep = "write deletionPolicy: Retain, run pacific up, and remove it then"
    if document is None:
        keep = f"put the document back, {keep}"
    return PacificError(
        f"{definition.node}: deleting the definition deletes {subject} that this stack does not delete",
        place=document.place(("spec", "deletionPolicy")) if document is not None else None,
        value=", ".join([*names[:SHOWN], *more]),
        fix=f"delete what is not needed; or keep the definition: {keep}",
    )


def downgrade_errors(recorded: Sequence[RecordedDefinition], estate: "Estate") -> Iterator[PacificError]:
    """One for each version that resources may be stored in and that a manifest no longer has."""
    from pacific_infra.documents import CustomResourceDefinition  # noqa: PLC0415 - only with an estate

    for definition in recorded:
        document = estate.get(definition.node, CustomResourceDefinition)
        if document is None:
            continue
        versions = [str(version["name"]) for version in document.spec.definition["versions"]]
        for version in definition.stored:
            if version not in versions:
                yield PacificError(
                    f"{definition.node}: resources may be stored in a version that the manifest no longer has",
                    place=document.place(("spec", "manifest")),
                    value=version,
                    allowed=versions,
                    fix=f"keep {version} in the manifest with served: false until they are migrated",
                )


async def list_resources(kubeconfig: Mapping[str, Any], definition: RecordedDefinition) -> list[tuple[str, str]]:
    """Namespace and name of each resource of the definition's kind; none where the kind is no longer served.

    Raises PacificError where the Supervisor does not answer.
    """
    version = f"{definition.group}/{definition.version}"
    try:
        async with KubernetesAPI.of_kubeconfig(kubeconfig) as api:
            resources = await api.list(version, definition.kind, metadata_only=True)
    except PacificError as error:
        raise PacificError(f"{definition.node}: its resources cannot be listed: {error}") from error
    metadata = [resource["metadata"] for resource in resources]
    return [(str(item.get("namespace", "")), str(item["name"])) for item in metadata]
