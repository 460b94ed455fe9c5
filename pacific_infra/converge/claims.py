"""What a changed claim would do to existing volumes, according to the state. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.errors import PacificError, PacificErrors

if TYPE_CHECKING:
    from pacific_infra.documents import Document, Estate

CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
"""Type token of the object."""
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
"""Type token of the object."""

Recorded: TypeAlias = Mapping[str, Any]
"""A resource as ``pulumi stack export`` writes it."""


def is_retained(resource: Recorded) -> bool:
    """Whether the object stays when its resource is removed: by the engine's option, or by the policy that the provider
    of vCenter's objects has recorded.
    """
    policy = (resource.get("inputs") or {}).get("deletionPolicy")
    return bool(resource.get("retainOnDelete")) or (
        policy == "Retain" and str(resource["type"]).startswith("pacific:vcenter:")
    )


def retained_of(going: Sequence[Recorded]) -> frozenset[str]:
    """URNs of those of the resources ``going`` whose objects stay. A StatefulSet may take its replicas' claims along,
    though the engine leaves them.
    """
    sets = [resource for resource in going if resource["type"] == STATEFUL_SET and takes_claims(resource["inputs"])]
    return frozenset(
        resource["urn"]
        for resource in going
        if is_retained(resource)
        and not any(
            resource.get("parent") == stateful_set.get("parent") and is_of_replica(resource, stateful_set)
            for stateful_set in sets
        )
    )


def takes_claims(stateful_set: Mapping[str, Any]) -> bool:
    """Whether Kubernetes deletes the replicas' claims of a StatefulSet, given by its inputs, with it."""
    policy = (stateful_set.get("spec") or {}).get("persistentVolumeClaimRetentionPolicy")
    return isinstance(policy, Mapping) and policy.get("whenDeleted") == "Delete"


def is_of_replica(resource: Recorded, stateful_set: Recorded) -> bool:
    """Whether the resource is the claim of one of the StatefulSet's replicas."""
    if resource["type"] != CLAIM:
        return False
    claim, owner = (_name(resource) for resource in (resource, stateful_set))
    templates = (template["metadata"]["name"] for template in _templates(stateful_set))
    return any(_is_replicas(claim, f"{template}-{owner}-") for template in templates)


def check_claims(resources: Sequence[Recorded], estate: "Estate") -> None:
    """Raises PacificErrors for volumes that would shrink, and for those that a StatefulSet cannot get any more."""
    finder = NodeFinder()
    by_node: dict[str | None, list[Recorded]] = {}
    for resource in resources:
        node = finder.node(resource["urn"], resource.get("parent"))
        if resource["type"] in (CLAIM, STATEFUL_SET) and not resource.get("delete"):
            by_node.setdefault(node, []).append(resource)
    problems = [problem for document in estate for problem in _problems(document, tuple(by_node.get(document.id, ())))]
    if problems:
        raise PacificErrors(problems)


def _problems(document: "Document", recorded: Sequence[Recorded]) -> Iterator[PacificError]:
    from pacific_infra.documents.quantity import parse_quantity  # noqa: PLC0415 - who asks for a type alone does without

    stateful_sets = [resource for resource in recorded if resource["type"] == STATEFUL_SET]
    for claim in document.claims():
        volume, of_replicas = claim.volume, claim.of_replicas
        sets = stateful_sets if of_replicas else []
        names = f"{volume}-{document.name}-" if of_replicas else f"{document.name}-{volume}"
        sizes = list(_recorded_sizes(volume, names, recorded, sets))
        if not sizes and sets:
            yield PacificError(
                f"{document.id}: an existing StatefulSet cannot get further claims",
                place=document.place(claim.path),
                value=volume,
                fix="take the volume out, or make another StatefulSet with it and copy the data",
            )
            continue
        largest = max(sizes, key=parse_quantity, default=claim.size)
        if parse_quantity(claim.size) < parse_quantity(largest):
            another = "StatefulSet" if of_replicas else "volume"
            yield PacificError(
                f"{document.id}: a volume can grow, not shrink",
                place=document.place(claim.path),
                value=claim.size,
                allowed=f"{largest} or more",
                fix=f"keep {largest}, or make another {another} and copy the data",
            )


def _recorded_sizes(volume: str, names: str, recorded: Sequence[Recorded], sets: Sequence[Recorded]) -> Iterator[str]:
    """Sizes of the volume: of its claim, or of those of all replicas and of the template. ``names``: of the claim, or
    up to the replica's number.
    """
    for stateful_set in sets:
        yield from (_size(template) for template in _templates(stateful_set) if template["metadata"]["name"] == volume)
    for resource in recorded:
        name = _name(resource) if resource["type"] == CLAIM else ""
        if name == names or (names.endswith("-") and _is_replicas(name, names)):
            yield _size(resource["inputs"])


def _is_replicas(name: str, head: str) -> bool:
    return name.startswith(head) and name.removeprefix(head).isdigit()


def _name(resource: Recorded) -> str:
    return str(((resource.get("inputs") or {}).get("metadata") or {}).get("name", ""))


def _templates(stateful_set: Recorded) -> Sequence[Mapping[str, Any]]:
    return stateful_set["inputs"]["spec"].get("volumeClaimTemplates") or ()


def _size(claim: Mapping[str, Any]) -> str:
    return str(claim["spec"]["resources"]["requests"]["storage"])
