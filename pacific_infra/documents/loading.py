"""Documents from files and folders, with every error at once and each with its file and line."""

from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from re import compile as pattern
from typing import Any, TypeVar

from pydantic import ValidationError

from pacific_infra.documents.document import Document
from pacific_infra.documents.estate import Estate, duplicate_errors
from pacific_infra.documents.explain import Subject, explain
from pacific_infra.documents.external import is_external
from pacific_infra.documents.files import read_text, resolved, shown
from pacific_infra.documents.foreign_kinds import kind_fix
from pacific_infra.documents.grouping import grouped
from pacific_infra.documents.guess import nearest
from pacific_infra.documents.includes import Include, Walk
from pacific_infra.documents.json_reader import read_json
from pacific_infra.documents.kinds import DOCUMENT_KINDS, KINDS
from pacific_infra.documents.model import API_VERSION, Model
from pacific_infra.documents.models import EXTERNAL_MODELS, LOADING_MODELS, MODELS
from pacific_infra.documents.named_files import NamedFiles
from pacific_infra.documents.overlay import Overlays
from pacific_infra.documents.rendering import Renderer
from pacific_infra.documents.source import Positions, Source
from pacific_infra.documents.template import Template, kind_of_uses
from pacific_infra.documents.templates import KnownTemplate, Templates, WrittenDocument
from pacific_infra.documents.values import MARK, DefinedValues, Values
from pacific_infra.documents.yaml_reader import TextError, read_positions, read_yaml
from pacific_infra.errors import PacificError, PacificErrors

MAXIMUM_FILE_SIZE = 256 * 1024**2
"""Bytes of a file of documents."""
MOST_ERRORS = 100
"""Errors that are shown at once."""
_SURROGATES = pattern(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


def load_estate(
    paths: Sequence[Path | str], overlays: Sequence[Path | str] = (), renderer: Renderer | None = None
) -> Estate:
    """All documents of the files and folders at ``paths``, folders with what is below them, sorted by path.

    In a folder every file that ends with .yaml, .yml or .json holds documents, save hidden ones and those that a
    document names, such as a VM's cloud-init file; documents of kind Include name more. ``overlays`` are files and
    folders of patches for them; later ones are applied after earlier ones. ``renderer`` runs Kustomize and Helm;
    default: the installed ones. Raises ``PacificErrors`` with everything that is wrong.
    """
    renderer = renderer or Renderer()
    errors: list[PacificError] = []
    patches, values_of_overlays = _read_overlays(overlays, renderer, errors)
    files: dict[Path, _File] = {}

    def read(path: Path) -> _File:
        return files.setdefault(resolved(path), _read(path, renderer, wait=bool(overlays)))

    Walk(read).through(paths, errors)
    values = DefinedValues()
    for file in files.values():
        for defined, source in file.of(Values):
            errors += values.add(defined, source, overlay=False)
    for defined, source in values_of_overlays:
        errors += values.add(defined, source, overlay=True)
    patches.put_in(values, errors)
    templates = _templates(files.values(), values)
    for file in files.values():
        file.finish(values, patches, templates)
    errors += templates.errors
    documents: list[Document] = []
    naming = [file.files for file in files.values() if file.files.names_any]
    for path, file in files.items():
        if not any(named.names(path) for named in naming):
            documents += file.documents
            errors += file.errors
    errors += duplicate_errors(documents)
    errors += patches.errors([*(document.id for document in documents), *templates.uses])
    if not documents and not errors:
        where = ", ".join(map(str, paths))
        errors.append(PacificError("no documents found", place=where, fix="name a folder with .yaml or .json files"))
    # Of documents that cannot be read, every application that names one would say that it is not there.
    estate = Estate(()) if errors else grouped(documents, templates, errors)
    if errors:
        rest = len(errors) - MOST_ERRORS
        more = [PacificError(f"{rest} more errors, not shown")] if rest > 0 else []
        raise PacificErrors([*errors[:MOST_ERRORS], *more])
    return estate


def files_of_documents(paths: Sequence[Path | str]) -> frozenset[Path]:
    """The files that ``load_estate`` reads at ``paths``, with what they include, resolved. What cannot be read is left
    out.
    """
    files: set[Path] = set()

    def read(path: Path) -> _File:
        files.add(resolved(path))
        file = _File(NamedFiles(path.parent, Renderer()))
        with suppress(OSError):
            # Few files name others, and reading YAML takes long.
            if Include.__name__.encode() in path.read_bytes():
                for value, source, _ in _raw(path, file.errors):
                    file.load(value, source)
        return file

    Walk(read).through(paths, [])
    return frozenset(files)


L = TypeVar("L", bound=Model)
T = TypeVar("T")


@dataclass
class _File:
    files: NamedFiles
    """What its documents name."""
    documents: list[Document] = field(default_factory=list)
    errors: list[PacificError] = field(default_factory=list)
    loaded: list[tuple[Model, Source]] = field(default_factory=list)
    """Documents that say what is read."""
    templates: list[tuple[Any, Source, bool]] = field(default_factory=list)
    """Templates, each with whether it may name values."""
    waiting: list[tuple[int, int, Any, Source, bool]] = field(default_factory=list)
    """Documents that name values, may have patches, or use templates, each with how many documents and errors came
    before it and whether it names values: all values and templates must be known first."""

    def of(self, model: type[L]) -> list[tuple[L, Source]]:
        """The documents of a class that say what is read."""
        return [(document, source) for document, source in self.loaded if isinstance(document, model)]

    @property
    def includes(self) -> list[tuple[Include, Source]]:
        """Documents that name other files."""
        return self.of(Include)

    def add(self, value: Any, source: Source, *, names_values: bool, wait: bool) -> None:
        """Take in one document; ``wait``: until values and patches are known."""
        if self.load(value, source):
            return
        if _is_template(value):
            self.templates.append((value, source, names_values))
        elif names_values or wait or _may_name_templates(value):
            self.waiting.append((len(self.documents), len(self.errors), value, source, names_values))
        else:
            self.documents += _document(WrittenDocument(value, source, self.files), frozenset(), self.errors)

    def load(self, value: Any, source: Source) -> bool:
        """Take in a document that says what is read; False: it is another one."""
        kind = value.get("kind") if isinstance(value, dict) else None
        model = LOADING_MODELS.get(kind) if isinstance(kind, str) else None
        if model is None or model is Template:
            return False
        try:
            self.loaded.append((model.model_validate(value, context={}, by_alias=True, by_name=False), source))
        except ValidationError as error:
            self.errors += explain(error.errors(include_url=False), Subject(str(kind)), source)
        return True

    def finish(self, values: DefinedValues, patches: Overlays, templates: Templates) -> None:
        """Read the documents that waited."""
        documents, errors = 0, 0
        for documents_before, errors_before, value, source, names_values in self.waiting:
            wrong: list[PacificError] = []
            valued = values.put_into(value, source, wrong) if names_values else (value, source)
            read_documents: list[Document] = []
            if not wrong:
                patched, places = patches.applied(*valued)
                written = WrittenDocument(patched, places, self.files)
                for document in templates.expanded(written, patches.applied, wrong):
                    read_documents += _document(document, templates.kinds, wrong)
            _insert(read_documents, documents_before + documents, self.documents)
            _insert(wrong, errors_before + errors, self.errors)
            documents += len(read_documents)
            errors += len(wrong)


def _templates(files: Iterable[_File], values: DefinedValues) -> Templates:
    """The templates of all files, with the values put in that they name."""
    known: list[KnownTemplate] = []
    broken: set[str] = set()
    errors: list[PacificError] = []
    for file in files:
        for value, source, names_values in file.templates:
            wrong: list[PacificError] = []
            valued, places = values.put_into(value, source, wrong) if names_values else (value, source)
            try:
                template = Template.model_validate(valued, context={}, by_alias=True, by_name=False)
                known.append(KnownTemplate(template, places, file.files))
            except ValidationError as error:
                wrong += explain(error.errors(include_url=False), Subject(Template.__name__), places)
            if wrong:
                broken.add(str(kind_of_uses(value)))
            errors += wrong
    return Templates(known, broken, errors)


def _insert(items: Sequence[T], at: int, into: list[T]) -> None:
    into[at:at] = items


def _is_template(value: Any) -> bool:
    return isinstance(value, dict) and value.get("kind") == Template.__name__


def _may_name_templates(value: Any) -> bool:
    """Whether a document may be a use of a template, or wait for one."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        return isinstance(kind, str)
    spec = value.get("spec")
    waits = spec.get("dependsOn") if isinstance(spec, dict) else None
    return isinstance(waits, list) and any(str(text).partition("/")[0] not in KINDS for text in waits)


def _read_overlays(
    paths: Sequence[Path | str], renderer: Renderer, errors: list[PacificError]
) -> tuple[Overlays, list[tuple[Values, Source]]]:
    overlays = Overlays()
    files: list[_File] = []

    def read(path: Path) -> _File:
        # Errors of overlays are all shown: a patch names no file of its folder.
        file = _File(NamedFiles(path.parent, renderer), errors=errors)
        files.append(file)
        for value, source, names_values in _raw(path, errors):
            if _is_template(value):
                fix = "move it to the documents, and patch its uses or the documents that these become"
                errors.append(PacificError("an overlay has no templates", place=source.place(("kind",)), fix=fix))
            elif not file.load(value, source):
                overlays.add(value, source, names_values=names_values)
        return file

    Walk(read).through(paths, errors)
    return overlays, [defined for file in files for defined in file.of(Values)]


def _read(path: Path, renderer: Renderer, *, wait: bool) -> _File:
    file = _File(NamedFiles(path.parent, renderer))
    for value, source, names_values in _raw(path, file.errors):
        file.add(value, source, names_values=names_values, wait=wait)
    return file


def _raw(path: Path, errors: list[PacificError]) -> Iterator[tuple[Any, Source, bool]]:
    """The values of a file's documents, up to the first place that cannot be read, and whether they may name values."""
    try:
        text = read_text(path, MAXIMUM_FILE_SIZE)
        names_values = MARK in text
        for raw in read_json(text) if path.suffix == ".json" else read_yaml(text):
            yield raw.value, Source(shown(path), raw.line, _Lines(text, raw.line, raw.start, raw.end)), names_values
    except TextError as error:
        errors.append(
            PacificError(error.problem, place=f"{shown(path)}:{error.line}", value=error.value, fix=error.fix)
        )
    except PacificError as error:
        errors.append(error)


def _document(written: WrittenDocument, templates: Set[str], errors: list[PacificError]) -> tuple[Document, ...]:
    """The document, or nothing where it is wrong; ``templates``: kinds of the uses that it may name."""
    value, source = written.value, written.source
    kind_errors = list(_kind_errors(value, source, templates))
    if kind_errors:
        errors += kind_errors
        return ()
    try:
        models = EXTERNAL_MODELS if is_external(value) else {}
        model = models.get(value["kind"]) or MODELS[value["kind"]]
        context = {"files": written.files, "document": value, "templates": templates}
        document = model.model_validate(value, context=context, by_alias=True, by_name=False)
    except ValidationError as error:
        errors += explain(error.errors(include_url=False), Subject(model.__name__), source)
        return ()
    document._source = source
    return (document,)


def _kind_errors(value: Any, source: Source, templates: Set[str]) -> Iterator[PacificError]:
    if not isinstance(value, dict):
        yield PacificError("a document is an object", place=source.place(), fix="begin with apiVersion and kind")
        return
    kind, version = value.get("kind"), value.get("apiVersion")
    kinds = (*DOCUMENT_KINDS, *sorted(templates))
    if kind is None:
        fix = "add kind, or move the file out of the folder if it holds no documents"
        yield PacificError("the document has no kind", place=source.place(), allowed=kinds, fix=fix)
    elif kind not in kinds:
        other = kind_fix(str(kind), version)
        near = [] if other else nearest(str(kind), kinds)
        fix_text = f"write {near[0]}" if near else other
        place = source.place(("kind",))
        yield PacificError("unknown kind", place=place, value=kind, allowed=kinds, fix=fix_text)
        if other:
            return  # its apiVersion is that of the other kind
    if version != API_VERSION:
        problem = "the document has no apiVersion" if version is None else "unknown apiVersion"
        place = source.place(("apiVersion",))
        yield PacificError(problem, place=place, value=version, allowed=API_VERSION, fix=kind_fix(str(kind), version))


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """Finds the lines of a document's fields by reading its part of the file again."""

    text: str
    line: int
    start: int
    end: int

    def __call__(self) -> Positions:
        return _positions(self)


@lru_cache(maxsize=1024)
def _positions(lines: _Lines) -> Positions:
    # JSON is read as YAML, which has no pairs of \u escapes.
    excerpt = _SURROGATES.sub("?", lines.text[lines.start : lines.end])
    try:
        return read_positions(excerpt, lines.line)
    except (TextError, RecursionError):
        return Positions(lines.line)
