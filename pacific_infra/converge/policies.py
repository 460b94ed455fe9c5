"""Deletion policies that documents say and that are not recorded yet: a removal goes by the recorded ones. Pure."""

from collections.abc import Iterator, Sequence

from pacific_infra.converge.claims import STATEFUL_SET, Recorded, is_retained
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.documents import Document, Estate
from pacific_infra.documents.kinds import KINDS
from pacific_infra.errors import PacificError, PacificErrors


def check_policies(resources: Sequence[Recorded], estate: Estate, remaining: Estate | None) -> None:
    """Raises PacificErrors for documents that say Retain and of which something would be deleted, since that policy was
    not brought up yet. ``remaining``: the documents that stay; None: none.
    """
    finder = NodeFinder()
    going: dict[str, list[Recorded]] = {}
    for resource in resources:
        going.setdefault(finder.node(resource["urn"], resource.get("parent")) or "", []).append(resource)
    kept = () if remaining is None else remaining.by_id
    problems = [
        problem
        for document in estate
        if document.id not in kept
        for problem in _problems(document, going.get(document.id, ()))
    ]
    if problems:
        raise PacificErrors(problems)


def _problems(document: Document, recorded: Sequence[Recorded]) -> Iterator[PacificError]:
    if document.deletion_policy != "Retain":
        return
    if any(_is_deleted(resource, document.kind) for resource in recorded):
        yield PacificError(
            f"{document.id}: it would be deleted: deletionPolicy Retain is not recorded yet",
            place=document.place(("spec", "deletionPolicy")),
            fix="run pacific up first, which records it; or write deletionPolicy: Delete",
        )


def _is_deleted(resource: Recorded, kind: str) -> bool:
    """Whether the object is one that the policy is about, and goes."""
    token = resource["type"]
    if not token.startswith(("kubernetes:", "pacific:vcenter:")) or not token.endswith(KINDS[kind].governed):
        return False
    if token == STATEFUL_SET:
        policy = resource["inputs"]["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
        return bool(policy.get("whenDeleted") == "Delete")
    return not is_retained(resource) and not resource.get("external") and not resource.get("delete")
