"""The kinds' names, and references between documents as the user writes them."""

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from pacific_infra.documents.guess import nearest
from pacific_infra.documents.problems import Problem, problems_error

VCENTER_KINDS = ("SupervisorCluster", "VirtualMachineClass", "Namespace", "CustomResourceDefinition")
"""Kinds whose documents lie in no namespace."""
NAMESPACED_KINDS = (
    "CrxWorkload",
    "VirtualMachine",
    "Controller",
    "CustomResource",
    "Function",
    "WorkloadCluster",
    "Manifests",
)
"""Kinds whose documents lie in a vSphere Namespace."""
KINDS = (*VCENTER_KINDS, *NAMESPACED_KINDS)
GROUPING_KINDS = ("Application",)
"""Kinds of documents that say what belongs together, and become nothing themselves."""
LOADING_KINDS = ("Include", "Values")
"""Kinds of documents that say what is read, and become nothing themselves."""
DOCUMENT_KINDS = (*KINDS, *GROUPING_KINDS, *LOADING_KINDS)
"""All that a file of documents may hold."""

OUTPUTS = {
    "SupervisorCluster": ("endpoint",),
    "VirtualMachineClass": ("name",),
    "Namespace": ("name",),
    "CrxWorkload": ("address", "host", "name", "url"),
    "VirtualMachine": ("address", "name", "serviceAddress"),
    "CustomResourceDefinition": ("name",),
    "Controller": ("name",),
    "CustomResource": ("name",),
    "Function": ("internalUrl", "name", "url"),
    "WorkloadCluster": ("endpoint", "kubeconfig", "name"),
    "Manifests": (),
}
"""What another document can take from a document of each kind.

endpoint: address[:port] of the Kubernetes API of the Supervisor or cluster. name: the object's name. host: DNS name of
the Service inside the Supervisor. address: of a workload, the Service's load balancer or cluster address; of a VM, its
primary IPv4 address. serviceAddress: the load balancer or cluster address of the VM's service. url: http://address:first
port; of a Function, the URL by which it is called. internalUrl: the URL of a Function inside the Supervisor.
kubeconfig: that of a cluster's administrator, a secret.
"""
OUTPUT_TREES = {"CustomResource": ("spec", "status")}
"""Objects of which another document can take any field, as ``status.endpoint``; ``status.addresses.0`` is a list's
first item."""
SECRET_OUTPUTS = ("kubeconfig",)
"""Outputs that are secret: a variable with one goes through a Secret."""
OUTPUTS_OF_A_SERVICE = {"CrxWorkload": ("address", "host", "url"), "VirtualMachine": ("serviceAddress",)}
"""Outputs that only a document with a ``service`` has."""

_REFERENCE = re.compile(r"([A-Za-z]+)/([a-z0-9][-a-z0-9]*)(?:/([a-z0-9][-a-z0-9]*))?")
_ALLOWED = "Kind/name, or Kind/namespace/name"


def _check_reference(text: str, kinds: Sequence[str] = KINDS) -> str:
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise problems_error(Problem("this is no reference to a document", (), text, _ALLOWED))
    kind, _name, in_namespace = match.groups()
    if kind not in kinds:
        near = nearest(kind, kinds)
        fix = f"write {text.replace(kind, near[0], 1)}" if near else None
        raise problems_error(Problem(f"unknown kind {kind!r}", (), text, ", ".join(kinds), fix))
    if in_namespace and kind not in NAMESPACED_KINDS:
        what = f"a {kind} lies in no namespace"
        raise problems_error(Problem(what, (), text, "Kind/name", f"write {kind}/{in_namespace}"))
    return text


def _check_order_reference(text: str) -> str:
    return _check_reference(text, (*KINDS, *GROUPING_KINDS))


def _schema_of_references(kinds: Sequence[str], *examples: str) -> WithJsonSchema:
    pattern = f"^(({'|'.join(kinds)})|({'|'.join(NAMESPACED_KINDS)})(/[-a-z0-9]+)?)/[-a-z0-9]+$"
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


DocumentReference = Annotated[
    str,
    AfterValidator(_check_reference),
    _schema_of_references(VCENTER_KINDS, "Namespace/shop", "VirtualMachine/database"),
]
"""``Kind/name``, or ``Kind/namespace/name`` of a document in another namespace than one's own."""
OrderReference = Annotated[
    str,
    AfterValidator(_check_order_reference),
    _schema_of_references((*VCENTER_KINDS, *GROUPING_KINDS), "VirtualMachine/database", "Application/shop"),
]
"""A ``DocumentReference``, or ``Application/name`` for all parts of an application."""


def target_of(reference: str, namespace: str | None) -> str:
    """The id that ``reference`` means in a document of ``namespace``."""
    kind, _, rest = reference.partition("/")
    if kind in NAMESPACED_KINDS and "/" not in rest and namespace is not None:
        return f"{kind}/{namespace}/{rest}"
    return reference


def short_reference_problem(reference: str, path: tuple[str | int, ...]) -> Problem | None:
    """What is wrong with ``reference`` in a document that lies in no namespace, if anything."""
    kind, _, rest = reference.partition("/")
    if kind in NAMESPACED_KINDS and "/" not in rest:
        fix = f"write {kind}/NAMESPACE/{rest}"
        return Problem(f"the namespace of this {kind} is missing", path, reference, "Kind/namespace/name", fix)
    return None
