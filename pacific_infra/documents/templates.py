"""All templates of an estate, and what a use of one becomes: its documents, with what the use gives put in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pydantic import ValidationError

from pacific_infra.documents.document_references import target_of
from pacific_infra.documents.explain import Subject, explain
from pacific_infra.documents.external import is_external
from pacific_infra.documents.foreign_kinds import kind_fix
from pacific_infra.documents.guess import nearest
from pacific_infra.documents.kinds import DOCUMENT_KINDS
from pacific_infra.documents.named_files import NamedFiles
from pacific_infra.documents.overlay import raw_id
from pacific_infra.documents.parameter import with_defaults
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.source import Path, Source, dotted
from pacific_infra.documents.structural_schema import schema_problems
from pacific_infra.documents.substitution import Scope, Substitution
from pacific_infra.documents.template import ROOTS, NamespacedUse, Template, Use
from pacific_infra.errors import PacificError

MOST_EXPANDED = 100_000
"""Documents that all uses of an estate may become."""


@dataclass(frozen=True, slots=True)
class WrittenDocument:
    """A document before its model has checked it."""

    value: Any
    source: Source
    files: NamedFiles
    """Reads what it names."""


@dataclass(frozen=True, slots=True, eq=False)
class ExpandedSource(Source):
    """Places of a document of a template: the template's line, and that of the use that gave what is there."""

    base: Source | None = None
    start: Path = ()
    """Where the document is in the template."""
    use: str = ""
    """Id of the use."""
    use_source: Source | None = None
    definitions: Mapping[Path, tuple[str, Source, Path]] = field(default_factory=dict)
    """Name, document and path of what was put in at a path."""

    def place(self, path: Path = ()) -> str:
        assert self.base is not None and self.use_source is not None  # noqa: S101, PT018 - a dataclass wants defaults
        name, source = self.use, self.use_source
        start: Path = ()
        rest: Path = ()
        for length in range(len(path), 0, -1):
            definition = self.definitions.get(path[:length])
            if definition is not None:
                (name, source, start), rest = definition, path[length:]
                break
        return f"{self.base.place((*self.start, *path))} ({name} at {source.place((*start, *rest))})"


@dataclass(frozen=True, slots=True)
class KnownTemplate:
    """A template with its place and what reads the files beside it."""

    template: Template
    source: Source
    files: NamedFiles


class _ValuesOfUse(Scope):
    """What one use gives."""

    def __init__(self, known: KnownTemplate, use: Use, source: Source) -> None:
        spec = known.template.spec
        metadata = {"name": use.metadata.name}
        if isinstance(use, NamespacedUse):
            metadata["namespace"] = use.metadata.namespace
        parameters = with_defaults(use.spec, spec.parameters)
        choices = {
            name: parameter.choices[parameters[name]]
            for name, parameter in spec.parameters.items()
            if parameter.choices is not None and parameters[name] in parameter.choices
        }
        super().__init__(ROOTS, "parameter", {"parameters": parameters, "choices": choices, "metadata": metadata})
        self.use = f"{use.kind}/{use.metadata.name}"
        for name in metadata:
            self.origins["metadata", name] = source, ("metadata", name)
        for name, parameter in spec.parameters.items():
            path = ("spec", "parameters", name)
            default = (known.source, (*path, "default") if parameter.default is not None else path)
            self.origins["parameters", name] = default if use.spec.get(name) is None else (source, ("spec", name))
            if name in choices:
                self.origins["choices", name] = known.source, (*path, "choices", parameters[name])

    def define(self, name: str) -> str:
        return f"give {name} in {self.use}"


class Templates:
    """The templates of an estate by the kind of their uses.

    ``broken``: kinds of uses of templates that are wrong; ``errors``: what is wrong with these.
    """

    def __init__(self, templates: Sequence[KnownTemplate], broken: set[str], errors: Sequence[PacificError]) -> None:
        self.by_kind: dict[str, KnownTemplate] = {}
        self.uses: dict[str, list[str]] = {}
        """Ids of the documents that each use has become, by the use's id."""
        self.errors = list(errors)
        """What is wrong with the templates themselves."""
        self._sources: dict[str, Source] = {}
        self._sizes: dict[str, int] = {}
        """How many documents a use of each kind becomes."""
        self._count = 0
        for known in templates:
            kind = known.template.spec.kind
            earlier = self.by_kind.setdefault(kind, known)
            if earlier is not known:
                place = earlier.source.place(("spec", "kind"))
                fix = f"rename or remove one of them: the other is at {place}"
                place = known.source.place(("spec", "kind"))
                self.errors.append(PacificError("two templates are of one kind", place=place, value=kind, fix=fix))
        self.kinds = frozenset((*self.by_kind, *broken))
        """Kinds of uses."""
        for known in self.by_kind.values():
            self.errors += self._unknown_kinds(known)
        self.errors += self._measure()

    def is_use(self, value: Any) -> bool:
        """Whether a document, as it was read, is a use of a template."""
        kind = value.get("kind") if isinstance(value, dict) else None
        return isinstance(kind, str) and kind in self.kinds

    def expanded(
        self,
        written: WrittenDocument,
        patched: Callable[[Any, Source], tuple[Any, Source]],
        errors: list[PacificError],
        within: tuple[str, ...] = (),
    ) -> Iterator[WrittenDocument]:
        """The documents that ``written`` becomes: itself where it is no use of a template.

        ``patched`` puts overlays' patches into each of them; ``within``: the uses that it is a part of, by id. What is
        wrong is added to ``errors``.
        """
        if not self.is_use(written.value):
            for group in within:
                self.uses[group].append(raw_id(written.value) or "")
            yield written
            return
        known = self.by_kind.get(written.value["kind"])
        use = None if known is None else _checked_use(known, written, errors)
        if known is None or use is None:
            return
        node = id_of_use(use)
        earlier = self._sources.setdefault(node, written.source)
        if earlier is not written.source:
            fix = f"rename or remove one of them: the other is at {earlier.place(('metadata', 'name'))}"
            place = written.source.place(("metadata", "name"))
            errors.append(PacificError("two documents have one name", place=place, value=node, fix=fix))
            return
        self._count += 0 if within else self._sizes[use.kind]
        if self._count > MOST_EXPANDED:
            problem = f"the uses of templates become more than {MOST_EXPANDED} documents"
            place = written.source.place()
            errors.append(PacificError(problem, place=place, value=node, fix="use fewer, or smaller templates"))
            return
        self.uses[node] = []
        for document in _documents(known, use, written.source, errors):
            value, source = patched(document.value, document.source)
            yield from self.expanded(WrittenDocument(value, source, document.files), patched, errors, (*within, node))

    def _unknown_kinds(self, known: KnownTemplate) -> Iterator[PacificError]:
        kinds = [*DOCUMENT_KINDS, *self.kinds]
        for index, document in enumerate(known.template.spec.documents):
            if document["kind"] not in kinds:
                near = nearest(document["kind"], kinds)
                yield PacificError(
                    "unknown kind",
                    place=known.source.place(("spec", "documents", index, "kind")),
                    value=document["kind"],
                    allowed=kinds,
                    fix=f"write {near[0]}" if near else kind_fix(document["kind"], document.get("apiVersion")),
                )

    def _measure(self) -> Iterator[PacificError]:
        """Find out how large uses are; one error where templates use each other."""
        needs = {
            kind: [document["kind"] for document in known.template.spec.documents if document["kind"] in self.by_kind]
            for kind, known in self.by_kind.items()
        }
        try:
            for kind in TopologicalSorter(needs).static_order():
                documents = self.by_kind[kind].template.spec.documents
                self._sizes[kind] = sum(self._sizes.get(document["kind"], 1) for document in documents)
        except CycleError as error:
            cycle: list[str] = error.args[1][::-1]
            known = self.by_kind[cycle[0]]
            kinds = [document["kind"] for document in known.template.spec.documents]
            yield PacificError(
                "these templates use each other",
                place=known.source.place(("spec", "documents", kinds.index(cycle[1]), "kind")),
                value=" -> ".join(cycle),
                fix="remove this document, or one further on",
            )
            self.by_kind.clear()


def id_of_use(use: Use) -> str:
    """``Kind/name``, or ``Kind/namespace/name``."""
    middle = f"{use.metadata.namespace}/" if isinstance(use, NamespacedUse) else ""
    return f"{use.kind}/{middle}{use.metadata.name}"


def _checked_use(known: KnownTemplate, written: WrittenDocument, errors: list[PacificError]) -> Use | None:
    """The use, or None where it is wrong."""
    template, value, source = known.template, written.value, written.source
    metadata = value.get("metadata")
    if not template.spec.namespaced and isinstance(metadata, dict) and "namespace" in metadata:
        errors.append(
            PacificError(
                f"a {template.spec.kind} is in no namespace",
                place=source.place(("metadata", "namespace")),
                value=metadata["namespace"],
                fix=f"remove metadata.namespace; {_by(known)} does not say namespaced: true",
            )
        )
        return None
    model = NamespacedUse if template.spec.namespaced else Use
    try:
        use = model.model_validate(value, context={}, by_alias=True, by_name=False)
    except ValidationError as error:
        errors += explain(error.errors(include_url=False), Subject(model.__name__), source)
        return None
    problems = list(_spec_problems(known, use))
    for problem in problems:
        path = ("spec", *problem.path)
        place = source.place(path)
        text = f"{dotted(path)}: {problem.text}, by {_by(known)}"
        errors.append(PacificError(text, place=place, value=problem.value, allowed=problem.allowed, fix=problem.fix))
    return None if problems else use


def _spec_problems(known: KnownTemplate, use: Use) -> Iterator[Problem]:
    spec = {name: value for name, value in use.spec.items() if name != "dependsOn"}
    yield from schema_problems(spec, known.template.spec.structural_schema)
    waits = use.spec.get("dependsOn")
    if waits is not None and not (isinstance(waits, list) and all(isinstance(item, str) for item in waits)):
        yield Problem("is of the wrong type", ("dependsOn",), None, "a list of Kind/name or Kind/namespace/name")


def _by(known: KnownTemplate) -> str:
    return f"{known.template.id} at {known.source.place()}"


def _documents(known: KnownTemplate, use: Use, source: Source, errors: list[PacificError]) -> Iterator[WrittenDocument]:
    scope = _ValuesOfUse(known, use, source)
    node = id_of_use(use)
    for index, document in enumerate(known.template.spec.documents):
        start: Path = ("spec", "documents", index)
        definitions: dict[Path, tuple[str, Source, Path]] = {}
        places = ExpandedSource(
            known.source.file, known.source.line, None, known.source, start, node, source, definitions
        )
        wrong: list[PacificError] = []
        value = Substitution(scope, places, wrong, definitions).of(document)
        errors += wrong
        if not wrong:
            _add_metadata(value, use, source, definitions)
            _add_waiting(value, use, source, definitions)
            yield WrittenDocument(value, places, known.files)


def _add_metadata(
    value: dict[str, Any], use: Use, source: Source, definitions: dict[Path, tuple[str, Source, Path]]
) -> None:
    """The labels and annotations of the use, where the document does not say another value itself."""
    metadata = value.get("metadata")
    if not isinstance(metadata, dict):
        return
    for name, of_use in (("labels", use.metadata.labels), ("annotations", use.metadata.annotations)):
        of_document = metadata.get(name) or {}
        if of_use and isinstance(of_document, dict):
            metadata[name] = {**of_use, **of_document}
            for key in of_use.keys() - of_document.keys():
                path = ("metadata", name, key)
                definitions[path] = (dotted(path[:2]), source, path)


def _add_waiting(
    value: dict[str, Any], use: Use, source: Source, definitions: dict[Path, tuple[str, Source, Path]]
) -> None:
    """What the use waits for, which each of its documents then waits for; one of others waits for nothing."""
    waits = use.spec.get("dependsOn")
    if not waits or is_external(value):
        return
    spec = value.setdefault("spec", {})
    of_document = spec.get("dependsOn", []) if isinstance(spec, dict) else None
    if isinstance(of_document, list):
        namespace = use.metadata.namespace if isinstance(use, NamespacedUse) else None
        spec["dependsOn"] = [*of_document, *(target_of(text, namespace) for text in waits)]
        for index in range(len(waits)):
            path = ("spec", "dependsOn")
            definitions[(*path, len(of_document) + index)] = ("spec.dependsOn", source, (*path, index))
