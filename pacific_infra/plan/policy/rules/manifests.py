"""What manifests of others hold beside what is applied."""

from collections.abc import Iterator

from pacific_infra.documents import Document, Estate
from pacific_infra.documents.kubernetes_objects import ReadObject
from pacific_infra.documents.source import dotted
from pacific_infra.plan.policy.rule import Rule, Violation


def _left_out(document: Document, estate: Estate) -> Iterator[Violation]:
    source = document.manifests()
    if source is None:
        return
    for read in source.applied:
        yield from _server_fields(read, source.field, source.file)
    if source.others:
        problem = f"{source.others} other objects of the manifest are not applied by this document"
        fix = "name them in documents of their own, or remove them"
        yield Violation(("spec", source.field), source.file, problem, fix)


def _server_fields(read: ReadObject, field: str, file: str | None) -> Iterator[Violation]:
    for path in read.left_out:
        where = f"line {read.line_of(path)}" + (f" of {file}" if file else "")
        problem = f"{dotted(path)} of {read.text}, {where}, is written by the server and left out"
        yield Violation(("spec", field), None, problem, "remove it")


MANIFEST_RULES = (
    Rule(
        "left-out",
        "warning",
        "manifests hold only what is applied",
        "what the server writes, and objects that no document names, are left out",
        _left_out,
    ),
)
