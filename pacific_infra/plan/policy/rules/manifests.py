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
        yield from _server_fields(read)
    for hook in source.hooks:
        problem = f"{hook.text}, {hook.where()}, is a hook or a test of the chart, and is left out"
        yield Violation(
            ("spec", *hook.path_in_spec()), None, problem, "run it by hand, or write it as a document of its own"
        )
    if source.others:
        problem = f"{source.others} other objects of the manifest are not applied by this document"
        fix = "name them in documents of their own, or remove them"
        yield Violation(("spec", source.field), None, problem, fix)


def _server_fields(read: ReadObject) -> Iterator[Violation]:
    for path in read.left_out:
        problem = f"{dotted(path)} of {read.text}, {read.where(path)}, is written by the server and left out"
        yield Violation(("spec", *read.path_in_spec(path)), None, problem, "remove it")


MANIFEST_RULES = (
    Rule(
        "left-out",
        "warning",
        "manifests hold only what is applied",
        "what the server writes, and objects that no document names, are left out",
        _left_out,
    ),
)
