"""Documents that move from one stack to another: their resources change the stack, and nothing else.

What ``pulumi state move`` does, for whole documents: URNs get the other stack's name, providers are copied where the
other stack has none of that name, and dependencies from one stack to the other are dropped: the order of the stacks
takes their place. Secrets stay encrypted as they are: both stacks have one key.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.errors import PacificError
from pacific_infra.record.replay import Deployment

_LISTS = ("dependencies", "replaceWith")
_SINGLE = ("parent", "deletedWith", "viewOf")
Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Move:
    """From which stack to which, of one project."""

    project: str
    source: str
    target: str

    def renamed(self, urn: str) -> str:
        """The URN in the other stack."""
        head, root = f"urn:pulumi:{self.source}::", f"pulumi:pulumi:Stack::{self.project}-"
        if not urn.startswith(head):
            return urn
        rest = urn.removeprefix(head)
        if rest == f"{self.project}::{root}{self.source}":
            rest = f"{self.project}::{root}{self.target}"
        return f"urn:pulumi:{self.target}::{rest}"

    def apply(
        self, source: Deployment, target: Deployment | None, nodes: Collection[str]
    ) -> tuple[Deployment, Deployment]:
        """Both stacks' states after the documents ``nodes`` have moved. May be repeated: what is there already is
        replaced by the same.

        Raises PacificError where the stacks' secrets are encrypted with different keys.
        """
        resources: list[Resource] = list(source.get("resources") or ())
        present: list[Resource] = list((target or {}).get("resources") or ())
        if target and present and target.get("secrets_providers") != source.get("secrets_providers"):
            raise PacificError(
                f"documents cannot move from the stack {self.source} to {self.target}: "
                "their secrets are encrypted with different keys",
                fix=f"run pulumi stack change-secrets-provider passphrase in both, --stack {self.source} and "
                f"--stack {self.target}, with one passphrase",
            )
        moving = {resource["urn"] for resource in _of(resources, nodes)}
        if not moving:
            return source, target or {}
        bases = _bases(resources, moving)
        present_by_urn = {resource["urn"]: resource for resource in present}
        arriving = [self._renamed(resource, present_by_urn) for resource in resources if resource["urn"] in moving]
        news = {resource["urn"] for resource in arriving}
        ground = [
            self._renamed(resource, present_by_urn)
            for resource in resources
            if resource["urn"] in bases and self.renamed(resource["urn"]) not in present_by_urn
        ]
        kept = [resource for resource in present if resource["urn"] not in news]
        known = {resource["urn"] for resource in (*kept, *ground, *arriving)}
        left = [resource for resource in resources if resource["urn"] not in moving]
        remaining = {resource["urn"] for resource in left}
        pending = list(source.get("pending_operations") or ())
        return (
            {
                **source,
                "resources": [needing_only(resource, remaining) for resource in left],
                "pending_operations": [step for step in pending if step["resource"]["urn"] not in moving],
            },
            {
                **source,
                **(target or {}),
                "resources": [needing_only(resource, known) for resource in (*kept, *ground, *arriving)],
                "pending_operations": [
                    *((target or {}).get("pending_operations") or ()),
                    *(
                        {**step, "resource": needing_only(self._renamed(step["resource"], present_by_urn), known)}
                        for step in pending
                        if step["resource"]["urn"] in moving
                    ),
                ],
            },
        )

    def _renamed(self, resource: Resource, present: Mapping[str, Resource]) -> dict[str, Any]:
        renamed: dict[str, Any] = {**resource, "urn": self.renamed(resource["urn"])}
        for name in _SINGLE:
            if resource.get(name):
                renamed[name] = self.renamed(resource[name])
        for name in _LISTS:
            if resource.get(name):
                renamed[name] = [self.renamed(urn) for urn in resource[name]]
        if resource.get("propertyDependencies"):
            renamed["propertyDependencies"] = {
                key: [self.renamed(urn) for urn in urns or ()] for key, urns in resource["propertyDependencies"].items()
            }
        if resource.get("provider"):
            urn, _, identifier = resource["provider"].rpartition("::")
            provider = present.get(self.renamed(urn))
            renamed["provider"] = f"{self.renamed(urn)}::{provider['id'] if provider else identifier}"
        if resource["type"] == "pulumi:pulumi:Stack":
            renamed["outputs"] = {}
        return renamed


def _of(resources: Iterable[Resource], nodes: Collection[str]) -> Iterator[Resource]:
    finder = NodeFinder()
    return (resource for resource in resources if finder.node(resource["urn"], resource.get("parent")) in nodes)


def _bases(resources: Iterable[Resource], moving: Collection[str]) -> set[str]:
    """What resources stand on that stays: the stack, and providers with their parents."""
    by_urn = {resource["urn"]: resource for resource in resources}
    bases: set[str] = set()
    waiting = [by_urn[urn] for urn in moving]
    while waiting:
        resource = waiting.pop()
        for urn in (resource.get("parent") or "", (resource.get("provider") or "").rpartition("::")[0]):
            if urn in by_urn and urn not in moving and urn not in bases:
                bases.add(urn)
                waiting.append(by_urn[urn])
    return bases


def needing_only(resource: Resource, known: Collection[str]) -> Resource:
    """The resource without its references to what is not among the URNs ``known``."""
    kept = dict(resource)
    for name in _LISTS:
        if kept.get(name):
            kept[name] = [urn for urn in kept[name] if urn in known]
    if kept.get("propertyDependencies"):
        kept["propertyDependencies"] = {
            key: [urn for urn in urns or () if urn in known] for key, urns in kept["propertyDependencies"].items()
        }
    if kept.get("deletedWith") and kept["deletedWith"] not in known:
        del kept["deletedWith"]
    return kept
