"""What manifests of others hold beside what is applied."""

from collections.abc import Iterator

from pacific_infra.documents import Document, Estate
from pacific_infra.documents.kubernetes_objects import ReadObject
from pacific_infra.documents.manifest_pods import ignored, needs_more_than_edit
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


def _on_supervisors(document: Document, estate: Estate) -> Iterator[Violation]:
    if document.namespace is None or document.guest_cluster is not None:
        return
    for declared in document.objects(estate.by_id):
        if declared.manifest is None:
            continue
        manifest = declared.manifest.value
        for path, fix in ignored(manifest):
            problem = f"a Supervisor ignores {dotted(path)} of {declared.manifest.text}"
            yield Violation((*declared.path, *path), None, problem, fix)
        if needs_more_than_edit(manifest, cluster_wide=not declared.namespace):
            problem = f"{declared.manifest.text} takes more than the role EDIT of the namespace"
            yield Violation(declared.path, None, problem, "have an administrator of the Supervisor bring it up")


MANIFEST_RULES = (
    Rule(
        "left-out",
        "warning",
        "manifests hold only what is applied",
        "what the server writes, and objects that no document names, are left out",
        _left_out,
    ),
    Rule(
        "supervisor",
        "warning",
        "objects in a vSphere Namespace are such as a Supervisor takes from those who may edit there",
        "what it ignores has no effect, and what the role EDIT does not allow is refused in the middle of a run",
        _on_supervisors,
    ),
)
