"""Where the objects of a document come from: text, files, folders, the document itself, Kustomize and Helm."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Discriminator, Field, PrivateAttr, Tag, ValidationInfo, model_serializer, model_validator

from pacific_infra.documents.chart_store import chart_in_store
from pacific_infra.documents.kubernetes_objects import Origin, ReadObject, objects_of, read_objects, reading_problem
from pacific_infra.documents.kubernetes_yaml import read_kubernetes_yaml
from pacific_infra.documents.model import CheckedModel, Listed, Model
from pacific_infra.documents.named_files import NamedFiles
from pacific_infra.documents.names import Label
from pacific_infra.documents.numbers import EXACT_NUMBERS, QUOTE_IF_TEXT, inexact_numbers
from pacific_infra.documents.problems import Problem, problems_error
from pacific_infra.documents.rendering import Release
from pacific_infra.documents.source import Path
from pacific_infra.documents.stack_secret import MARK, SecretTemplate, TaggedSecretTemplate, tag_of_secret
from pacific_infra.documents.text import Text, TextSource
from pacific_infra.documents.yaml_reader import TextError
from pacific_infra.errors import PacificError

FIELD: Path = ("manifests",)
HOOK = "helm.sh/hook"
"""Annotation of what Helm runs at certain times: hooks and tests. They are no part of a release."""
_SOURCE = re.compile(r"^# Source: (\S+)$", re.MULTILINE)
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_REMOTE = re.compile(r"^[a-z0-9+.-]+://|^git@|^[^/]+\.[a-z]+/[^/]+/|\?ref=", re.IGNORECASE)


_REFERENCE = re.compile(r"(stack|[A-Z][A-Za-z]+)/[a-z0-9]")
"""Beginning of a document's id, or the name of another stack."""


class SourceText(NamedTuple):
    """A text of manifests and where it is from."""

    text: str
    origin: Origin


def _joined(texts: Iterable[SourceText]) -> dict[str, str]:
    """What was read, in place of where: a document that is kept means the same later, and its digest tells a change."""
    return {"text": "\n---\n".join(text.text for text in texts)}


class _NamedSource(CheckedModel):
    """A source in files: it is read, or rendered, when the document is."""

    _texts: tuple[SourceText, ...] = PrivateAttr(())

    @property
    def texts(self) -> tuple[SourceText, ...]:
        """What was read."""
        return self._texts

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> Self:
        context = info.context or {}
        files: NamedFiles | None = context.get("files")
        if files is None:
            fix = "give the manifests themselves"
            problem = "files can only be named by a document that was read from a file"
            raise problems_error(Problem(problem, fix=fix))
        self._texts = tuple(self.read(files, context.get("document")))
        return self

    @model_serializer
    def _written_out(self) -> dict[str, str]:
        return _joined(self._texts)

    def read(self, files: NamedFiles, document: Any) -> Iterator[SourceText]:
        """Each text. ``document``: the whole document, as it is written. Raises ``problems_error``."""
        yield from ()


class ManifestFiles(_NamedSource):
    """Several files."""

    files: Annotated[Listed[str], Field(min_length=1)]
    """Files, relative to this document, in this order."""

    def read(self, files: NamedFiles, document: Any) -> Iterator[SourceText]:
        for name in self.files:
            yield SourceText(files.read(name, "files"), Origin(FIELD, name))


class ManifestFolder(_NamedSource):
    """A folder."""

    folder: str
    """Folder, relative to this document: all .yaml, .yml and .json files in it and below it, hidden ones left out."""

    def read(self, files: NamedFiles, document: Any) -> Iterator[SourceText]:
        for name in files.files_in(self.folder, "folder"):
            yield SourceText(files.read(name, "folder"), Origin(FIELD, name))


class Kustomization(_NamedSource):
    """A folder of Kustomize."""

    kustomize: str
    """Folder with a kustomization.yaml, relative to this document, rendered by `kustomize build` without a network."""

    def read(self, files: NamedFiles, document: Any) -> Iterator[SourceText]:
        folder = files.folder(self.kustomize, "kustomize")
        try:
            folders: dict[FilePath, None] = {}
            _kustomize_folders(folder, files, folders)
            text = files.renderer.kustomize(folder, list(folders))
        except PacificError as error:
            raise problems_error(_of_tool(error, "kustomize", self.kustomize)) from None
        yield SourceText(text, Origin(FIELD, template=self.kustomize))


class HelmChart(_NamedSource):
    """A Helm chart and its values."""

    chart: str
    """The chart: a folder or an archive (.tgz), relative to this document, or oci://REGISTRY/PATH/NAME of `store`."""
    version: str | None = None
    """Version of a chart of `store`."""
    store: str | None = None
    """Folder with charts as OCI artifacts (an OCI image layout), relative to this document."""
    release: Label | None = None
    """Name of the release; default: the document's."""
    kubernetes_version: str | None = None
    """Version of Kubernetes that the chart is told, such as 1.33.0; default: Helm's own."""
    values: dict[str, Any] = Field(default_factory=dict)
    """Values of the chart; they come before those of `valuesFiles` and of the chart itself."""
    values_files: Listed[str] = ()
    """Files of values, relative to this document; later ones come before earlier ones."""

    def problems(self) -> Iterator[Problem]:
        remote = self.chart.startswith("oci://")
        if remote and (self.store is None or self.version is None):
            fix = "add store and version: nothing is fetched from a registry"
            yield Problem("a chart of a registry is taken from a store", ("chart",), self.chart, fix=fix)
        elif not remote and "://" in self.chart:
            yield Problem(
                "charts are not fetched", ("chart",), self.chart, "a folder, an archive, or oci:// of a store"
            )
        elif not remote and (self.store is not None or self.version is not None):
            field = "store" if self.store is not None else "version"
            yield Problem(f"only a chart of a store has a {field}", (field,), fix=f"remove {field}")
        yield from _unknown_values(self.values, ("values",))
        for path, number in inexact_numbers(self.values):
            yield Problem("would be changed on its way", ("values", *path), number, EXACT_NUMBERS, QUOTE_IF_TEXT)

    def read(self, files: NamedFiles, document: Any) -> Iterator[SourceText]:
        chart = self._chart(files)
        more = [files.file(name, "valuesFiles") for name in self.values_files]
        name, namespace = _release(document)
        try:
            release = Release(self.release or name, namespace, self.kubernetes_version)
            text = files.renderer.helm(chart, release, self.values, more)
        except PacificError as error:
            raise problems_error(_of_tool(error, "chart", self.chart)) from None
        yield from _of_templates(text)

    def _chart(self, files: NamedFiles) -> FilePath:
        if self.store is not None:
            try:
                return chart_in_store(files.folder(self.store, "store"), self.chart, str(self.version))
            except PacificError as error:
                raise problems_error(
                    Problem(error.problem, ("store",), error.value, error.allowed, error.fix)
                ) from None
        if self.chart.endswith((".tgz", ".tar.gz")):
            return files.file(self.chart, "chart")
        return files.folder(self.chart, "chart")


class Chart(Model):
    """Objects of a Helm chart."""

    helm: HelmChart
    """The chart, rendered by `helm template` without a network: its definitions are included, its hooks and tests left
    out."""

    @property
    def texts(self) -> tuple[SourceText, ...]:
        """What was rendered."""
        return self.helm.texts

    @model_serializer
    def _written_out(self) -> dict[str, str]:
        return _joined(self.texts)


def _unknown_values(value: Any, path: Path) -> Iterator[Problem]:
    """Values that a container takes and a chart cannot: it is rendered before anything is made."""
    if isinstance(value, dict) and set(value) >= {"from", "output"} and _REFERENCE.match(str(value["from"])):
        problem = "a chart is rendered before this value is known"
        fix = "write the value itself, or have the chart read a Secret or ConfigMap that holds it"
        yield Problem(problem, path, f"{value['from']} {value['output']}", fix=fix)
    elif isinstance(value, str) and MARK in value:
        fix = "have the chart read a Secret, and make it by a document Manifests with {template: text}"
        yield Problem("a secret of the stack's configuration would stand in the plan here", path, value, fix=fix)
    for key, held in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _unknown_values(held, (*path, key))


def _tag(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "<objects>"
    for tag, model in (
        ("files", ManifestFiles),
        ("folder", ManifestFolder),
        ("kustomize", Kustomization),
        ("helm", Chart),
    ):
        if isinstance(value, model) or (isinstance(value, dict) and tag in value):
            return f"<{tag}>"
    return "<template>" if tag_of_secret(value) == "<template>" else "<text>"


InlineObjects = Listed[dict[str, Any]]
ManifestsValue = Annotated[
    Annotated[Text, Tag("<text>")]
    | TaggedSecretTemplate
    | Annotated[InlineObjects, Tag("<objects>")]
    | Annotated[ManifestFiles, Tag("<files>")]
    | Annotated[ManifestFolder, Tag("<folder>")]
    | Annotated[Kustomization, Tag("<kustomize>")]
    | Annotated[Chart, Tag("<helm>")],
    Discriminator(_tag),
]
"""Text, a file, a text with secrets in it, objects, files, a folder, a folder of Kustomize, or a Helm chart."""


def source_texts(value: Any) -> tuple[SourceText, ...]:
    """The texts of a value of the field; none where it is objects."""
    if isinstance(value, tuple):
        return ()
    if isinstance(value, SecretTemplate):
        value = value.template
    if isinstance(value, TextSource):
        return (SourceText(value.text, Origin(FIELD, value.file)),)
    texts: tuple[SourceText, ...] = value.texts
    return texts


def read_manifests(value: Any) -> tuple[list[ReadObject], list[Problem]]:
    """The objects of a value of the field, hooks of charts included, and why texts of it cannot be read."""
    objects: list[ReadObject] = []
    problems: list[Problem] = []
    for index, item in enumerate(value if isinstance(value, tuple) else ()):
        objects += objects_of(item, Origin((*FIELD, index)))
    for text, origin in source_texts(value):
        try:
            objects += read_objects(text, origin)
        except TextError as error:
            problems.append(reading_problem(error, origin))
    return objects, problems


def is_hook(read: ReadObject) -> bool:
    """Whether an object of a chart is a hook or a test."""
    metadata = read.value.get("metadata") if isinstance(read.value, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return read.origin.template is not None and isinstance(annotations, dict) and HOOK in annotations


def _release(document: Any) -> tuple[str, str]:
    """Name and namespace of a document's release; of what is not text others say that it is wrong."""
    metadata, spec = (document.get(part) if isinstance(document, dict) else None for part in ("metadata", "spec"))
    names = metadata if isinstance(metadata, dict) else {}
    fields = spec if isinstance(spec, dict) else {}
    namespace = fields.get("objectNamespace", "default") if "cluster" in fields else names.get("namespace")
    return str(names.get("name")), str(namespace)


def _of_templates(text: str) -> Iterator[SourceText]:
    """What ``helm template`` wrote, by the template that each part comes from."""
    for part in re.split(r"^---$", text, flags=re.MULTILINE):
        source = _SOURCE.search(part)
        if part.strip():
            yield SourceText(part, Origin(FIELD, template=source[1] if source else "the chart"))


def _kustomize_folders(folder: FilePath, files: NamedFiles, folders: dict[FilePath, None]) -> None:
    """Add ``folder``, and those that its kustomization names. Raises PacificError for what is not on this computer."""
    if folder in folders:
        return
    folders[folder] = None
    kustomization = next((folder / name for name in _KUSTOMIZATIONS if (folder / name).is_file()), None)
    if kustomization is None:
        raise PacificError("the folder has no kustomization.yaml", value=str(folder.relative_to(files.root)))
    for name in _kustomization_resources(kustomization, files):
        if _REMOTE.search(name) and not (folder / name).exists():
            fix = "put a copy of it next to the document"
            raise PacificError("resources are not fetched from a network", value=name, fix=fix)
        path = (folder / name).resolve()
        if not path.is_relative_to(files.root):
            fix = "put it below the document's folder"
            raise PacificError("a resource is outside the document's folder", value=name, fix=fix)
        files.take(path)
        if path.is_dir():
            _kustomize_folders(path, files, folders)


def _kustomization_resources(file: FilePath, files: NamedFiles) -> Iterator[str]:
    """What a kustomization is made of: files and folders."""
    name = str(file.relative_to(files.root))
    try:
        values = [raw.value for raw in read_kubernetes_yaml(files.read(name, "kustomize"))]
    except TextError as error:
        raise PacificError(f"{name}:{error.line}: {error.problem}", value=error.value, fix=error.fix) from None
    for value in values:
        for field in ("resources", "bases", "components") if isinstance(value, Mapping) else ():
            for item in value.get(field) or ():
                if isinstance(item, str) and "\n" not in item:
                    yield item


def _of_tool(error: PacificError, field: str, name: str) -> Problem:
    """What a tool said of the chart or folder ``name``."""
    return Problem(f"{name}: {error.problem}", (field,), error.value, error.allowed, error.fix)
