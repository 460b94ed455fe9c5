"""References between documents as users write them: ``Kind/name``, and ``Kind/namespace/name``."""

import re
from collections.abc import Collection, Sequence
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema

from pacific_infra.documents.guess import nearest
from pacific_infra.documents.kinds import GROUPING_KINDS, NAMESPACED_KINDS, RESOURCE_KINDS, VCENTER_KINDS
from pacific_infra.documents.problems import Problem, problems_error

_REFERENCE = re.compile(r"([A-Za-z][A-Za-z0-9]*)/([a-z0-9][-a-z0-9]*)(?:/([a-z0-9][-a-z0-9]*))?")
_ALLOWED = "Kind/name, or Kind/namespace/name"


def _check_reference(text: str, kinds: Sequence[str] = RESOURCE_KINDS, templates: Collection[str] = ()) -> str:
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise problems_error(Problem("not a reference to a document", (), text, _ALLOWED))
    kind, _name, in_namespace = match.groups()
    if kind in templates:
        return text
    if kind not in kinds:
        kinds = [*kinds, *sorted(templates)]
        near = nearest(kind, kinds)
        fix = f"write {text.replace(kind, near[0], 1)}" if near else None
        raise problems_error(Problem(f"unknown kind {kind!r}", (), text, ", ".join(kinds), fix))
    if in_namespace and kind not in NAMESPACED_KINDS:
        problem = f"a {kind} is in no namespace"
        raise problems_error(Problem(problem, (), text, "Kind/name", f"write {kind}/{in_namespace}"))
    return text


def _check_order_reference(text: str, info: ValidationInfo) -> str:
    return _check_reference(text, (*RESOURCE_KINDS, *GROUPING_KINDS), (info.context or {}).get("templates", ()))


def _pattern(kinds: Sequence[str], namespaced: Sequence[str]) -> str:
    return f"^(({'|'.join(kinds)})|({'|'.join(namespaced)})(/[-a-z0-9]+)?)/[-a-z0-9]+$"


def order_pattern(templates: Sequence[str]) -> str:
    """What matches an ``OrderReference`` where the uses of templates are of the kinds ``templates``."""
    return _pattern((*VCENTER_KINDS, *GROUPING_KINDS), (*NAMESPACED_KINDS, *templates))


ORDER_PATTERN = order_pattern(())


def _schema_of_references(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


DocumentReference = Annotated[
    str,
    AfterValidator(_check_reference),
    _schema_of_references(_pattern(VCENTER_KINDS, NAMESPACED_KINDS), "Namespace/shop", "VirtualMachine/database"),
]
"""``Kind/name``, or ``Kind/namespace/name`` of a document in another namespace than one's own."""
OrderReference = Annotated[
    str,
    AfterValidator(_check_order_reference),
    _schema_of_references(ORDER_PATTERN, "VirtualMachine/database", "Application/shop"),
]
"""A ``DocumentReference``, ``Application/name`` for all parts of an application, or ``Kind/name`` of a template's use,
whose kinds the validation's context has as ``templates``."""


def target_of(reference: str, namespace: str | None) -> str:
    """The id that ``reference`` means in a document of ``namespace``."""
    kind, _, rest = reference.partition("/")
    if kind in NAMESPACED_KINDS and "/" not in rest and namespace is not None:
        return f"{kind}/{namespace}/{rest}"
    return reference


def short_reference_problem(reference: str, path: tuple[str | int, ...]) -> Problem | None:
    """What is wrong with ``reference`` in a document that is in no namespace, if anything."""
    kind, _, rest = reference.partition("/")
    if kind in NAMESPACED_KINDS and "/" not in rest:
        fix = f"write {kind}/NAMESPACE/{rest}"
        return Problem(f"the namespace of this {kind} is missing", path, reference, "Kind/namespace/name", fix)
    return None
