"""Template: documents with parameters, which others use by a kind of its own, as kro and Crossplane have it.

https://kro.run/docs/concepts/resource-group-definitions,
https://docs.crossplane.io/latest/composition/composite-resource-definitions/. Nothing in it is executed.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from pacific_infra.documents.guess import nearest
from pacific_infra.documents.kinds import KINDS
from pacific_infra.documents.model import CheckedModel, Listed, Metadata, Model, NamespacedMetadata
from pacific_infra.documents.names import TEMPLATE_KIND
from pacific_infra.documents.parameter import Parameter, ParameterName, object_schema
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.source import Path
from pacific_infra.documents.substitution import Scope, is_name

ROOTS = ("parameters", "choices", "metadata")
"""With which names in a template begin."""
MARK = "${"
MOST_DOCUMENTS = 1000
"""Documents of one template."""
_USES = Scope(ROOTS, "parameter").uses
_METADATA = ("name", "namespace")
_OF_USES = ("dependsOn",)
"""What the spec of every use has, so that no parameter is called so."""
_READ_ONLY = tuple(name for name, kind in KINDS.items() if not kind.of_estate)
"""Kinds of documents that say what is read."""

TemplateKind = Annotated[str, Field(pattern=TEMPLATE_KIND)]
TemplateDocument = dict[str, Any]


class Use(Model):
    """A document whose kind is a template's: it stands for the template's documents."""

    api_version: Literal["pacific.infra/v1alpha1"]
    """Version of the document's form."""
    kind: str
    """The kind that the template gives its uses."""
    metadata: Metadata
    """Name of the use; its labels and annotations are those of all its documents too."""
    spec: dict[str, Any] = Field(default_factory=dict)
    """The template's parameters, and `dependsOn`: what must be there before any of its documents."""


class NamespacedUse(Use):
    """A use of a template whose documents are in one vSphere Namespace."""

    metadata: NamespacedMetadata
    """Name and namespace of the use; its labels and annotations are those of all its documents too."""


class TemplateSpec(CheckedModel):
    """What a use becomes."""

    kind: TemplateKind
    """The kind of the documents that use it, such as TeamSpace."""
    namespaced: bool = False
    """Whether a use is in a vSphere Namespace: it then has metadata.namespace, and `${metadata.namespace}` is that."""
    parameters: dict[ParameterName, Parameter] = Field(default_factory=dict)
    """What a use gives in its spec, by name."""
    documents: Annotated[Listed[TemplateDocument], Field(min_length=1, max_length=MOST_DOCUMENTS)]
    """The documents that a use becomes, in which `${parameters.NAME}`, `${choices.NAME.PART}`, `${metadata.name}` and
    `${metadata.namespace}` stand for what it gives. Files that they name lie beside the template."""

    @cached_property
    def structural_schema(self) -> Mapping[str, Any]:
        """The structural schema of a use's spec, without what every use has."""
        return object_schema(self.parameters)

    def problems(self) -> Iterator[Problem]:
        if self.kind in KINDS:
            problem = "a built-in kind has this name"
            yield Problem(problem, ("kind",), self.kind, fix="choose another name, such as Team" + self.kind)
        for name in _OF_USES:
            if name in self.parameters:
                problem = "every use has a field of this name"
                yield Problem(problem, ("parameters", name), name, fix="choose another name")
        named: set[str] = set()
        for index, document in enumerate(self.documents):
            yield from _kind_problems(document, ("documents", index))
            yield from self._name_problems(document, ("documents", index), named)
        for name in self.parameters:
            if name not in named:
                yield Problem(
                    "no document of the template names this parameter",
                    ("parameters", name),
                    name,
                    fix=f"write ${{parameters.{name}}} where it belongs, or remove it",
                )

    def _name_problems(self, value: Any, path: Path, named: set[str]) -> Iterator[Problem]:
        if isinstance(value, dict):
            for key, held in value.items():
                yield from self._name_problems(held, (*path, key), named)
        elif isinstance(value, list):
            for index, held in enumerate(value):
                yield from self._name_problems(held, (*path, index), named)
        elif isinstance(value, str) and MARK in value:
            for match in _USES.finditer(value):
                if not match[1]:
                    problem = self._name_problem(
                        match, named, whole=match[0] == value, in_list=isinstance(path[-1], int)
                    )
                    if problem is not None:
                        yield problem._replace(path=path, value=match[0][:100])

    def _name_problem(self, match: re.Match[str], named: set[str], *, whole: bool, in_list: bool) -> Problem | None:
        """What is wrong with a name; ``whole``: it is all of a text; ``in_list``: the text is an item of a list."""
        root, name = match[2], match[3]
        if not match[0].endswith("}") or not is_name(name):
            return Problem("this names no parameter", fix=f"write ${{{root}.NAME}}, or $${{ for the text itself")
        first, _, rest = name.partition(".")
        if root == "metadata":
            return self._metadata_problem(name)
        parameter = self.parameters.get(first)
        if parameter is None:
            near = nearest(first, self.parameters)
            fix = f"write ${{{root}.{near[0]}}}, or add {first}" if near else f"add {first} to spec.parameters"
            return Problem("the template has no such parameter", allowed=", ".join(self.parameters) or None, fix=fix)
        named.add(first)
        if root == "choices":
            return _choice_problem(parameter, first, rest)
        return _part_problem(parameter, name, whole=whole, in_list=in_list)

    def _metadata_problem(self, name: str) -> Problem | None:
        known = _METADATA if self.namespaced else _METADATA[:1]
        fix = "add spec.namespaced: true" if name == "namespace" else None
        return None if name in known else Problem("a use has no such metadata", allowed=", ".join(known), fix=fix)


class Template(Model):
    """Documents with parameters. A document of the kind that it gives stands for them."""

    api_version: Literal["pacific.infra/v1alpha1"]
    """Version of the document's form."""
    kind: Literal["Template"]
    """What the document is."""
    metadata: Metadata
    """Name of the template."""
    spec: TemplateSpec
    """What a use becomes."""

    @property
    def id(self) -> str:
        """``Template/name``."""
        return f"{self.kind}/{self.metadata.name}"


def kind_of_uses(value: Any) -> Any:
    """What a template that may be wrong says is the kind of its uses."""
    spec = value.get("spec") if isinstance(value, dict) else None
    return spec.get("kind") if isinstance(spec, dict) else None


def _kind_problems(document: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    kind = document.get("kind")
    if not isinstance(kind, str):
        yield Problem("the document has no kind", path, fix="add apiVersion and kind")
    elif MARK in kind:
        problem = "the kind of a template's document is written out"
        yield Problem(problem, (*path, "kind"), kind[:100], fix="write a template for each kind")
    elif kind in _READ_ONLY:
        problem = f"a template makes no {kind}"
        yield Problem(problem, (*path, "kind"), kind, fix="move it out of the template")


def _choice_problem(parameter: Parameter, name: str, rest: str) -> Problem | None:
    if parameter.choices is None:
        return Problem(f"the parameter {name} has no choices", fix=f"write ${{parameters.{name}}}, or add choices")
    first = rest.partition(".")[0]
    for choice, parts in parameter.choices.items():
        if first not in parts:
            allowed = ", ".join(parts) or None
            return Problem(
                f"the choice {choice} of {name} has no such part", allowed=allowed, fix=f"add it to {choice}"
            )
    if parameter.optional:
        return Problem(
            f"{name} may be left out, and so its choice", fix=f"add default or required to parameters.{name}"
        )
    return None


def _part_problem(parameter: Parameter, name: str, *, whole: bool, in_list: bool) -> Problem | None:
    """What is wrong with ``name``, which begins at ``parameter`` and may lead into it."""
    optional = parameter.optional
    for part in name.split(".")[1:]:
        if parameter.type != "object":
            return Problem("only an object has parts", fix="name the parameter itself")
        if not parameter.properties:
            break  # it may have any field: whether it has this one is said at the use
        if part not in parameter.properties:
            return Problem("the parameter has no such part", allowed=", ".join(parameter.properties))
        parameter = parameter.properties[part]
        optional |= parameter.optional
    if optional and (in_list or not whole):
        refusal = "a parameter that may be left out is a whole field of an object"
        return Problem(refusal, fix=f"add default or required to parameters.{name}")
    if not whole and parameter.type in ("array", "object"):
        return Problem("only a text, a number or a truth value goes into a text", fix="make it a whole field")
    return None
