"""What manifests of others hold beside what is applied."""

from collections.abc import Iterator

from pacific_infra.documents import CustomResourceDefinition, Document, Estate, Manifests
from pacific_infra.documents.kubernetes_objects import ReadObject
from pacific_infra.documents.source import dotted
from pacific_infra.plan.policy.rule import Rule, Violation


def _left_out(document: Document, estate: Estate) -> Iterator[Violation]:
    if isinstance(document, Manifests):
        for read in document.spec.read:
            yield from _server_fields(read, "manifests", document.spec.file)
    elif isinstance(document, CustomResourceDefinition):
        spec = document.spec
        yield from _server_fields(spec.chosen, "manifest", spec.manifest.file)
        others = len(spec.read) - 1
        if others:
            what = f"{others} other objects of the manifest are not applied by this document"
            fix = "name them in documents of their own, or remove them"
            yield Violation(("spec", "manifest"), spec.manifest.file, what, fix)


def _server_fields(read: ReadObject, field: str, file: str | None) -> Iterator[Violation]:
    for path in read.left_out:
        where = f"line {read.line_of(path)}" + (f" of {file}" if file else "")
        what = f"{dotted(path)} of {read.text}, {where}, is written by the server and left out"
        yield Violation(("spec", field), None, what, "remove it")


MANIFEST_RULES = (
    Rule(
        "left-out",
        "warning",
        "manifests hold only what is applied",
        "what the server writes, and objects that no document names, are left out",
        _left_out,
    ),
)
