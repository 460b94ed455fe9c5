"""Replays the engine's journal entries onto a deployment. Pure.

Follows ``backend.JournalReplayer`` of github.com/pulumi/pulumi/pkg/v3 v3.274.1 (backend/journal.go), with one
difference: a pending creation of an earlier run is dropped where its resource is recorded now, so that nobody has to
clear it by hand.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from pacific_infra.errors import PacificError

JOURNAL_VERSION = 1
"""The newest version of entries that is understood; the engine is told so and sends no newer ones."""

BEGIN, SUCCESS, FAILURE, REFRESH, OUTPUTS, WRITE, SECRETS, REBUILT, EXTENSION, SNIPPETS = range(10)
"""The kinds of entries: sdk/go/common/apitype/journal.go."""

FEATURES: Mapping[str, str] = {
    "refreshBeforeUpdate": "refreshBeforeUpdate",
    "viewOf": "views",
    "resourceHooks": "hooks",
    "taint": "taint",
    "replaceWith": "replaceWith",
    "extensionRef": "extensionParameterization",
    "snippetID": "snippets-prototype",
}
"""A resource's field and the feature that a checkpoint with it declares: pkg/resource/stack/deployment.go."""

Deployment: TypeAlias = dict[str, Any]
"""``apitype.DeploymentV3``: manifest, secrets_providers, resources, pending_operations, metadata."""
Entry: TypeAlias = Mapping[str, Any]
"""``apitype.JournalEntry``."""
Resource: TypeAlias = dict[str, Any]


class Replay:
    """Takes in entries in the order of their sequence and gives the deployment that they make of ``base``."""

    def __init__(self, base: Deployment) -> None:
        self._base = base
        self._forget_changes()

    def _forget_changes(self) -> None:
        self._resources: list[Resource] = []
        """What this run has registered, in its order."""
        self._position: dict[int, int] = {}
        """Operation to the position of its resource in ``_resources``."""
        self._removed_operations: set[int] = set()
        self._removed: set[int] = set()
        """Positions in the base, as all below."""
        self._replaced: dict[int, Resource] = {}
        self._to_delete: set[int] = set()
        self._to_replace: set[int] = set()
        self._open: dict[int, Entry] = {}
        self._extensions: dict[str, Any] = {}
        self._refreshed = False

    def add(self, entry: Entry) -> None:
        """Take in one entry. Raises PacificError for one of a version or kind that is not understood."""
        version, kind = entry.get("version"), entry.get("kind")
        if version != JOURNAL_VERSION:
            raise PacificError("the journal has an entry of another version", value=version, allowed="1")
        if kind in (SUCCESS, REFRESH, FAILURE):
            self._open.pop(_operation(entry), None)
        if kind == BEGIN:
            self._open[_operation(entry)] = entry
        elif kind == SUCCESS:
            self._succeed(entry, entry.get("state"))
        elif kind == REFRESH:
            self._refreshed = True
            self._put(entry, entry.get("state"))
        elif kind == OUTPUTS:
            if entry.get("state") is not None:
                self._put(entry, entry["state"])
        elif kind != FAILURE:
            self._change_base(kind, entry)

    def _change_base(self, kind: object, entry: Entry) -> None:
        if kind == WRITE:
            self._base = dict(entry.get("newSnapshot") or {})
        elif kind == SECRETS:
            self._base["secrets_providers"] = entry["secretsProvider"]
        elif kind == SNIPPETS:
            self._base["snippets"] = entry.get("snippets")
        elif kind == REBUILT:
            self._base = self.deployment()
            self._forget_changes()
        elif kind == EXTENSION:
            self._extensions[entry["extensionRef"]] = entry["extension"]
        else:
            raise PacificError("the journal has an entry of a kind that is not known", value=kind)

    def _succeed(self, entry: Entry, state: Resource | None) -> None:
        if state is not None:
            self._position[_operation(entry)] = len(self._resources)
            self._resources.append(dict(state))
        if (index := entry.get("removeOld")) is not None:
            self._removed.add(index)
        if (made_by := entry.get("removeNew")) is not None:
            self._removed_operations.add(made_by)
        if (index := entry.get("deleteOld")) is not None:
            self._to_delete.add(index)
        if (made_by := entry.get("deleteNew")) is not None:
            self._resources[self._position[made_by]]["delete"] = True
        if (index := entry.get("pendingReplacementOld")) is not None:
            self._to_replace.add(index)
        if (made_by := entry.get("pendingReplacementNew")) is not None:
            self._resources[self._position[made_by]]["pendingReplacement"] = True
        self._refreshed = self._refreshed or bool(entry.get("isRefresh"))

    def _put(self, entry: Entry, state: Resource | None) -> None:
        """A refreshed state in place of the one before; None: the resource is gone."""
        index, made_by = entry.get("removeOld"), entry.get("removeNew")
        if index is not None:
            if state is None:
                self._removed.add(index)
            else:
                self._replaced[index] = dict(state)
        if made_by is not None:
            if state is None:
                self._removed_operations.add(made_by)
            else:
                self._resources[self._position[made_by]] = dict(state)

    def deployment(self) -> Deployment:
        """The deployment as it is after the entries so far; operations without an end are pending in it."""
        removed = {self._position[operation] for operation in self._removed_operations if operation in self._position}
        resources = [dict(resource) for index, resource in enumerate(self._resources) if index not in removed]
        resources += self._kept_resources()
        if self._refreshed:
            _rebuild_dependencies(resources)
        pending = [entry["operation"] for entry in self._open.values() if entry.get("operation")]
        recorded = {resource["urn"] for resource in resources}
        pending += [
            operation
            for operation in self._base.get("pending_operations") or ()
            if operation["type"] == "creating" and operation["resource"]["urn"] not in recorded
        ]
        deployment = {**self._base, "resources": _normalize(resources)}
        deployment.setdefault("manifest", {"time": "", "magic": "", "version": ""})
        deployment["manifest"] = {**deployment["manifest"], "time": datetime.now(UTC).isoformat()}
        deployment.pop("pending_operations", None)
        if pending:
            deployment["pending_operations"] = pending
        if extensions := {**self._extensions, **(self._base.get("extensions") or {})}:
            deployment["extensions"] = extensions
        return deployment

    def _kept_resources(self) -> Iterable[Resource]:
        """What of the base this run has not replaced, with the marks that it has put on it."""
        for index, resource in enumerate(self._base.get("resources") or ()):
            if index in self._removed:
                continue
            if index in self._replaced:
                yield self._replaced[index]
                continue
            kept = dict(resource)
            if index in self._to_replace:
                kept["pendingReplacement"] = True
            if index in self._to_delete:
                kept["delete"] = True
            yield kept


def _operation(entry: Entry) -> int:
    return int(entry.get("operationID") or 0)


def features_of(deployment: Deployment, *, byte_strings: bool) -> list[str]:
    """The features that a checkpoint with this deployment declares. ``byte_strings``: whether an entry named them."""
    features = {"byteString"} if byte_strings else set()
    for resource in deployment.get("resources") or ():
        features.update(feature for field, feature in FEATURES.items() if resource.get(field))
    if deployment.get("snippets"):
        features.add("snippets-prototype")
    return sorted(features)


def _rebuild_dependencies(resources: list[Resource]) -> None:
    """Take away what refers to resources that a refresh has removed. A resource comes after all that it needs."""
    known: set[str] = set()
    parents: dict[str, str] = {}
    for resource in resources:
        for field in ("dependencies", "replaceWith"):
            if resource.get(field):
                resource[field] = [urn for urn in resource[field] if urn in known]
        if resource.get("propertyDependencies"):
            resource["propertyDependencies"] = {
                name: [urn for urn in urns or () if urn in known]
                for name, urns in resource["propertyDependencies"].items()
            }
        if resource.get("deletedWith") and resource["deletedWith"] not in known:
            resource.pop("deletedWith")
        known.add(resource["urn"])
    for resource in resources:
        parent = resource.get("parent") or ""
        if parent and parent not in known:
            resource["parent"] = parents.get(parent, "")
        parents[resource["urn"]] = resource.get("parent") or ""


def _normalize(resources: list[Resource]) -> list[Resource]:
    """Have references name the URNs that resources have now, where they had others before: apitype/core.go."""
    current = _current_urns(resources)
    if current:
        for resource in resources:
            _rename(resource, current)
    return resources


def _current_urns(resources: Iterable[Resource]) -> Mapping[str, str]:
    """By former URN: of a resource with aliases, and of one whose parent has another type now."""
    current: dict[str, str] = {}
    for resource in resources:
        for alias in resource.get("aliases") or ():
            current[alias] = resource["urn"]
        parent = current.get(resource.get("parent") or "")
        if parent and not parent.split("::")[2].endswith("pulumi:pulumi:Stack"):
            head, project, types, name = resource["urn"].split("::", 3)
            kind = types.rpartition("$")[2]
            current[resource["urn"]] = f"{head}::{project}::{parent.split('::')[2]}${kind}::{name}"
    return current


def _rename(resource: Resource, current: Mapping[str, str]) -> None:
    for field in ("urn", "parent", "deletedWith", "viewOf"):
        if resource.get(field):
            resource[field] = current.get(resource[field], resource[field])
    if resource.get("provider"):
        urn, separator, identifier = resource["provider"].rpartition("::")
        resource["provider"] = f"{current.get(urn, urn)}{separator}{identifier}"
    if resource.get("dependencies"):
        resource["dependencies"] = [current.get(urn, urn) for urn in resource["dependencies"]]
    if resource.get("propertyDependencies"):
        resource["propertyDependencies"] = {
            name: [current.get(urn, urn) for urn in urns or ()]
            for name, urns in resource["propertyDependencies"].items()
        }
    resource.pop("aliases", None)
