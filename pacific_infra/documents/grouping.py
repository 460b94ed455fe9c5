"""Puts documents into the applications that name them: what belongs together is said once, and each part knows it."""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pacific_infra.documents.application import PART_OF, Application
from pacific_infra.documents.document import Document, group_of, of_class
from pacific_infra.documents.estate import Estate
from pacific_infra.documents.guess import nearest
from pacific_infra.documents.kinds import KINDS
from pacific_infra.documents.source import Path
from pacific_infra.documents.templates import Templates
from pacific_infra.errors import PacificError


def grouped(documents: Sequence[Document], templates: Templates, errors: list[PacificError]) -> Estate:
    """The estate of ``documents``, in which each part of an application carries its name as a label, waits for what
    the application waits for, and has its deletionPolicy where it says none; ``templates`` know which documents each
    use of one has become. What is wrong is added to ``errors``.
    """
    applications = list(of_class(documents, Application))
    known = tuple(templates.by_kind[kind].template for kind in sorted(templates.by_kind))
    if not applications and not templates.uses:
        return Estate(tuple(documents), templates=known)
    by_id = {document.id: document for document in documents if not KINDS[document.kind].groups}
    owners: dict[str, Application] = {}
    for application in applications:
        named = _named(application, by_id, errors)
        selected = _selected(application, by_id.values())
        for node, path in {**dict.fromkeys(selected, ("spec", "selector")), **named}.items():
            owner = owners.setdefault(node, application)
            if owner is application:
                errors += _misfits(by_id[node], application, path)
            else:
                errors.append(_of_two(node, application, path, owner))
        if not named and not selected and application.spec.selector is not None:
            errors.append(_of_none(application))
    parts = {group.name: tuple(node for node in by_id if owners.get(node) is group) for group in applications}
    errors += _cycles(applications)
    last = {f"Application/{name}": _last(nodes, by_id) for name, nodes in parts.items()}
    nodes_of_uses = {use: tuple(node for node in nodes if node in by_id) for use, nodes in templates.uses.items()}
    errors += _waiting_for_own_use(nodes_of_uses, by_id)
    last |= {use: _last(nodes, by_id) for use, nodes in nodes_of_uses.items()}
    members = [_part_of(owners[node], part) if node in owners else part for node, part in by_id.items()]
    return Estate(tuple(_waiting(member, last) for member in members), parts, nodes_of_uses, known)


def _last(parts: Sequence[str], by_id: Mapping[str, Document]) -> tuple[str, ...]:
    """Those of ``parts`` that no other part needs: who waits for them waits for all."""
    needed = {reference.target for node in parts for reference in by_id[node].references()}
    return tuple(node for node in parts if node not in needed) or tuple(parts)


def _waiting(document: Document, last: Mapping[str, tuple[str, ...]]) -> Document:
    groups = [group_of(text, document.namespace, last) for text in document.spec.depends_on]
    return document.with_applications(last) if any(groups) else document


def _waiting_for_own_use(uses: Mapping[str, Sequence[str]], by_id: Mapping[str, Document]) -> Iterator[PacificError]:
    for use, nodes in uses.items():
        for document in (by_id[node] for node in nodes if by_id[node].spec.depends_on):
            for index, text in enumerate(document.spec.depends_on):
                if group_of(text, document.namespace, uses) == use:
                    yield PacificError(
                        f"{document.id} cannot wait for {use}, which it is a part of",
                        place=document.place(("spec", "dependsOn", index)),
                        value=text,
                        fix="name the documents that it needs",
                    )


def _cycles(applications: Sequence[Application]) -> Iterator[PacificError]:
    by_id = {application.id: application for application in applications}
    waits = {node: [name for name in group.spec.depends_on if name in by_id] for node, group in by_id.items()}
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1][::-1]
        first = by_id[cycle[0]]
        yield PacificError(
            "these applications wait for each other",
            place=first.place(("spec", "dependsOn", first.spec.depends_on.index(cycle[1]))),
            value=" -> ".join(cycle),
            fix="remove one of these from dependsOn of the one before it",
        )


def _named(
    application: Application, by_id: Mapping[str, Document], errors: list[PacificError]
) -> dict[str, tuple[str | int, ...]]:
    """The parts that it lists, each with the place that says so."""
    named: dict[str, tuple[str | int, ...]] = {}
    for index, reference in enumerate(application.spec.parts):
        path = ("spec", "parts", index)
        if reference in by_id:
            named[reference] = path
            continue
        near = nearest(reference, by_id, 3)
        errors.append(
            PacificError(
                f"{application.id} names a document that does not exist",
                place=application.place(path),
                value=reference,
                allowed=near or None,
                fix="write one of them, or remove it" if near else f"add the document {reference}, or remove it",
            )
        )
    return named


def _selected(application: Application, documents: Any) -> list[str]:
    if application.spec.selector is None:
        return []
    labels = application.spec.selector.match_labels.items()
    return [document.id for document in documents if labels <= document.metadata.labels.items()]


def _misfits(part: Document, application: Application, path: Path) -> Iterator[PacificError]:
    label = part.metadata.labels.get(PART_OF)
    if label not in (None, application.name):
        yield PacificError(
            f"{part.id} is a part of {application.id}, and its label says another",
            place=part.place(("metadata", "labels", PART_OF)),
            value=label,
            allowed=application.name,
            fix="remove the label: it is set for every part",
        )
    if application.id in part.spec.depends_on:
        yield PacificError(
            f"{part.id} cannot wait for the application that it is a part of",
            place=part.place(("spec", "dependsOn", part.spec.depends_on.index(application.id))),
            value=application.id,
            fix="name the parts that it needs",
        )
    if part.id in application.spec.depends_on:
        yield PacificError(
            f"{application.id} cannot wait for one of its own parts",
            place=application.place(("spec", "dependsOn", application.spec.depends_on.index(part.id))),
            value=part.id,
            fix=f"remove it here, or from the parts at {application.place(path)}",
        )


def _of_two(node: str, application: Application, path: Path, owner: Application) -> PacificError:
    return PacificError(
        f"{node} is a part of two applications",
        place=application.place(path),
        value=application.name,
        fix=f"keep it in one of them: the other is {owner.id} at {owner.place(('spec',))}",
    )


def _of_none(application: Application) -> PacificError:
    assert application.spec.selector is not None  # noqa: S101 - the caller has looked
    labels = ", ".join(f"{key}={value}" for key, value in application.spec.selector.match_labels.items())
    return PacificError(
        f"no document has the labels that {application.id} selects",
        place=application.place(("spec", "selector")),
        value=labels,
        fix="add them to metadata.labels of its parts, or name these in spec.parts",
    )


def _part_of(application: Application, document: Document) -> Document:
    metadata = document.metadata.model_copy(update={"labels": {**document.metadata.labels, PART_OF: application.name}})
    spec: dict[str, Any] = {"depends_on": (*document.spec.depends_on, *application.spec.depends_on)}
    policy = application.spec.deletion_policy
    fields = type(document.spec).model_fields
    if policy is not None and "deletion_policy" in fields and "deletion_policy" not in document.spec.model_fields_set:
        spec["deletion_policy"] = policy
    return document.model_copy(update={"metadata": metadata, "spec": document.spec.model_copy(update=spec)})
