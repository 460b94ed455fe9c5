"""Turns API servers' answers to a dry run into errors and remarks that name a document's line. Pure."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.dry_run import FIELD_MANAGER, Answers, Refusal, is_drift
from pacific_infra.converge.preview import split_path
from pacific_infra.converge.refusals import Refused
from pacific_infra.converge.rendering import RenderedResource
from pacific_infra.documents import Document
from pacific_infra.documents.source import Path
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph
from pacific_infra.plan.server_answers import ServerAnswers

FIRST_MANAGER = "pacific-infra"
"""The field manager of all stacks in the first versions. An object's owner is in its annotation instead."""


def judge(
    answers: Answers,
    graph: DependencyGraph,
    rendered: Sequence[RenderedResource],
    recorded: Mapping[str, Recorded],
    *,
    refresh: bool,
    released: Collection[str] = (),
) -> tuple[list[PacificError], ServerAnswers]:
    """Errors that stop the run, and a report of the rest. ``recorded``: by URN. ``refresh``: fields that others have
    changed are reset. ``released``: documents whose autoscaler is removed before the run, which releases the number of
    pods.
    """
    changing = {resource.node for resource in rendered if resource.operation != "same" and resource.node}
    errors: list[PacificError] = []
    doubtful: list[str] = []
    reclaimed: list[str] = []
    handed_over = 0
    for refusal in answers.refusals:
        if _is_replaced(refusal, recorded) or _is_left_to_others(refusal):
            continue
        if refusal.resource.node in released and _is_conflict_of(refusal, ("spec.replicas",)):
            reclaimed.append(f"{refusal.resource.node}: takes spec.replicas back from its autoscaler, which goes first")
            continue
        if _of_earlier_manager(refusal, recorded):
            handed_over += 1
            continue
        own_drift = refusal.refused.kind == "conflict" and is_drift(refusal, recorded)
        if own_drift and refresh:
            fields = ", ".join(f"{field.field} ({field.text})" for field in refusal.refused.fields)
            reclaimed.append(f"{refusal.resource.node}: takes back {fields} of {refusal.object_name}")
        elif waiting := _changing_needs(refusal, graph, changing):
            doubtful.append(f"{refusal_error(refusal, graph, recorded)}; it may pass once {waiting} has changed")
        else:
            errors.append(refusal_error(refusal, graph, recorded))
    return errors, ServerAnswers(answers.checked, tuple(doubtful), tuple(reclaimed), handed_over, answers.skipped)


_REPLACED: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("spec.selector",),
    "StatefulSet": (
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    "Job": ("spec.selector", "spec.template"),
    "Service": ("spec.clusterIP", "spec.type"),
    "Secret": ("type",),
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
}
"""Fields for which the Kubernetes provider replaces an object by itself, as the plan says then: provider/pkg/provider
of pulumi-kubernetes. Without claims: what replaces a claim takes its data.
"""


def _is_replaced(refusal: Refusal, recorded: Mapping[str, Recorded]) -> bool:
    """Whether the object cannot change so, and the engine replaces it."""
    resource, fields = refusal.resource, _REPLACED.get(str(refusal.resource.inputs.get("kind")), ())
    before = (recorded.get(resource.urn) or {}).get("inputs") or {}
    changed = [path for path, _, _ in _changed_fields(refusal.refused, resource.inputs, before)]
    return refusal.refused.kind == "immutable" and bool(changed) and all(map(_within(fields), changed))


def _is_left_to_others(refusal: Refusal) -> bool:
    """Whether the engine leaves the fields to the managers that have set them."""
    return _is_conflict_of(refusal, refusal.resource.ignored)


def _is_conflict_of(refusal: Refusal, fields: tuple[str, ...]) -> bool:
    owned = refusal.refused.fields
    return refusal.refused.kind == "conflict" and bool(owned) and all(_within(fields)(field.field) for field in owned)


def _of_earlier_manager(refusal: Refusal, recorded: Mapping[str, Recorded]) -> bool:
    """Whether the stack itself owns the fields, by the field manager under which it has recorded the object."""
    metadata = ((recorded.get(refusal.resource.urn) or {}).get("inputs") or {}).get("metadata") or {}
    earlier = {(metadata.get("annotations") or {}).get(FIELD_MANAGER), FIRST_MANAGER}
    return refusal.refused.kind == "conflict" and all(field.manager in earlier for field in refusal.refused.fields)


def _within(fields: tuple[str, ...]) -> Callable[[str], bool]:
    return lambda path: any(path == field or path.startswith((f"{field}.", f"{field}[")) for field in fields)


def refusal_error(refusal: Refusal, graph: DependencyGraph, recorded: Mapping[str, Recorded]) -> PacificError:
    """The refusal at the line of its document: the field, its recorded and its new value, and what to do."""
    resource, refused = refusal.resource, refusal.refused
    document = graph.estate.by_id.get(resource.node or "")
    changed = list(_changed_fields(refused, resource.inputs, (recorded.get(resource.urn) or {}).get("inputs") or {}))
    if refused.kind == "immutable" and changed:
        path, old, new = changed[0]
        names = ", ".join(path for path, _, _ in changed)
        return PacificError(
            f"{resource.node}: {names} of {refusal.object_name} cannot change after creation",
            place=place_of(document, resource, path),
            value=new,
            allowed=str(old),
            fix=f"restore {old!r}, or add a document with another name, copy the data, and remove the old one",
        )
    field = refused.fields[0].field if refused.fields else ""
    return PacificError(
        f"{resource.node}: the API server refuses {refusal.object_name}: {refused.text}",
        place=place_of(document, resource, field),
        fix=_fix(refusal, graph, document, recorded),
    )


def _fix(refusal: Refusal, graph: DependencyGraph, document: Document | None, recorded: Mapping[str, Recorded]) -> str:
    namespace = graph.estate.by_id.get(f"Namespace/{document.namespace}") if document is not None else None
    if refusal.refused.kind == "quota" and namespace is not None:
        if namespace.external:
            return f"have the owner of {namespace.id} raise the limit, or ask for less"
        return f"raise the limit at {namespace.place(('spec', 'objectCounts'))}, or ask for less"
    if refusal.refused.kind == "conflict" and not is_drift(refusal, recorded):
        return "remove them from the document, or have their manager release them"
    return refusal.refused.fix


def _changing_needs(refusal: Refusal, graph: DependencyGraph, changing: set[str]) -> str:
    """Which of the documents that it needs change in the same run, where that could make a difference."""
    node = refusal.resource.node
    if refusal.refused.kind in ("immutable", "conflict", "forbidden") or node is None or node not in graph.predecessors:
        return ""
    return ", ".join(needed for needed in graph.needs(node) if needed in changing)


def _changed_fields(
    refused: Refused, inputs: Mapping[str, Any], recorded: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    """Path, recorded and wanted value of what differs in the fields that are refused."""
    for refusal in refused.fields:
        for path, old, new in differences(recorded, inputs):
            if not refusal.field or _within((refusal.field,))(path):
                yield path, old, new


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Path and both values of the innermost parts of ``new`` that differ from ``old``, and of what left."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in {**old, **new}:
            yield from differences(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, f"{path}[{index}]")
    elif old != new:
        yield path, old, new


_WORDS: Mapping[str, Path] = {
    "spec.imageName": ("spec", "image"),
    "spec.image": ("spec", "image"),
    "spec.className": ("spec", "class"),
    "spec.storageClass": ("spec", "storagePolicy"),
    "spec.bootstrap": ("spec", "cloudInit"),
    "spec.powerState": ("spec", "powerState"),
    "spec.network": ("spec", "network"),
    "spec.replicas": ("spec", "replicas"),
    "spec.ports": ("spec", "service", "ports"),
    "spec.type": ("spec", "service", "type"),
    "spec.schedule": ("spec", "schedule"),
}
"""Fields of objects, and where the document says them; the longest that fits counts."""
_CONTAINER = re.compile(r"(?:^|\.)template\.spec\.(?P<rest>containers\[.*)")
_CLAIM = {"spec.storageClassName": "storagePolicy", "spec.accessModes": "accessMode", "spec.resources": "size"}


def place_of(document: Document | None, resource: RenderedResource, field: str) -> str | None:
    """``file:line`` of what a field of an object comes from, or of the nearest part of the document around it."""
    if document is None:
        return None
    return document.place(_path(document, resource, field))


def _path(document: Document, resource: RenderedResource, field: str) -> Path:
    called = resource.inputs.get("kind"), (resource.inputs.get("metadata") or {}).get("name")
    for declared in document.objects({}):
        if declared.manifest is not None and (declared.kind, declared.name) == called:
            return (*declared.path, *split_path(field))
    container = _CONTAINER.search(field)
    if container is not None:
        path = container["rest"].replace("env[", "environment[")
        return ("spec", *(part for part in split_path(re.sub(r"\[name=[^\]]*\]", "", path))))
    if resource.inputs.get("kind") == "PersistentVolumeClaim":
        word = next((word for start, word in _CLAIM.items() if field.startswith(start)), "")
        return ("spec", "volumes", *_volume(document, resource), *((word,) if word else ()))
    for known in sorted(_WORDS, key=len, reverse=True):
        if _within((known,))(field):
            return _WORDS[known]
    return document.path_in_object(tuple(split_path(field)))


def _volume(document: Document, resource: RenderedResource) -> Iterable[str | int]:
    """The volume of the document that a claim is for: the index, and ``claim`` where the volume has one."""
    name = str(resource.inputs["metadata"].get("name", ""))
    for index, volume in enumerate(getattr(document.spec, "volumes", ())):
        if name == f"{document.name}-{volume.name}" or name.startswith(f"{volume.name}-{document.name}-"):
            return (index, "claim") if getattr(volume, "claim", None) is not None else (index,)
    return ()
