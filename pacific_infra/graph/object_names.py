"""Whether the servers take the names of the objects that documents become: those of some kinds are short."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pacific_infra.documents import Document
from pacific_infra.documents.capabilities import DeclaredObject
from pacific_infra.documents.source import Path
from pacific_infra.errors import PacificError
from pacific_infra.graph.collisions import field_of

_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


@dataclass(frozen=True)
class NameRule:
    """What names of a kind may be."""

    longest: int
    reason: str
    is_label: bool = False
    """Whether it begins with a letter and has no dots."""

    def takes(self, name: str) -> bool:
        """Whether ``name`` is one."""
        return 0 < len(name) <= self.longest and (not self.is_label or _DNS_1035.fullmatch(name) is not None)


ANY = NameRule(253, "no name in Kubernetes is longer")
"""The rule of kinds that have no rule of their own."""

RULES: Mapping[tuple[str, str], NameRule] = {
    ("", "Service"): NameRule(63, "it is a DNS label", is_label=True),
    ("apps", "StatefulSet"): NameRule(52, "its pods carry it with a hash of 11 characters as a label of 63"),
    ("batch", "CronJob"): NameRule(52, "Kubernetes adds 11 characters for each Job"),
    ("batch", "Job"): NameRule(63, "its pods carry it as a label"),
    ("cluster.x-k8s.io", "Cluster"): NameRule(40, "its machines' names add 23 characters"),
    ("serving.knative.dev", "Service"): NameRule(63, "it is a DNS label", is_label=True),
    ("sources.knative.dev", "PingSource"): NameRule(63, "Knative carries it as a label"),
    ("storage.k8s.io", "StorageClass"): NameRule(225, "quotas by storage policy add 28 characters"),
    ("vmoperator.vmware.com", "VirtualMachineService"): NameRule(63, "it becomes a Service", is_label=True),
}
"""By API group and kind. Of a StatefulSet: its label controller-revision-hash; of a CronJob: Kubernetes' own rule."""


def name_errors(declared: Iterable[tuple[Document, DeclaredObject]]) -> Iterator[PacificError]:
    """One error for each field that gives an object a name that its server does not take."""
    reported: set[tuple[str, Path]] = set()
    for document, declaration in declared:
        rule = RULES.get((declaration.group, declaration.kind), ANY)
        source = (document.id, declaration.path)
        if rule.takes(declaration.name) or source in reported:
            continue
        reported.add(source)
        place, field = document.place(declaration.path), field_of(declaration, declaration.path)
        longer = len(declaration.name) - rule.longest
        if not declaration.name:
            problem = f"{document.id} becomes a {declaration.kind} whose name has no letter or digit"
            yield PacificError(problem, place=place, value=declaration.content, fix=f"change {field}")
        elif longer > 0:
            yield PacificError(
                f"{document.id} becomes {declaration.text}, a name of {len(declaration.name)} characters",
                place=place,
                allowed=f"{rule.longest} characters or less, since {rule.reason}",
                fix=f"make {field} shorter by {longer}",
            )
        else:
            yield PacificError(
                f"{document.id} becomes {declaration.text}, a name that begins with no letter",
                place=place,
                value=declaration.name,
                allowed="an RFC 1035 label: lower-case letters, digits and '-', a letter first",
                fix=f"change {field}",
            )
