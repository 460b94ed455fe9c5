"""Values that documents take from the outputs of other stacks: whether these have them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_infra.documents import Document, Estate, ExternalDocument
from pacific_infra.documents.environment import StackOutput
from pacific_infra.documents.guess import nearest
from pacific_infra.documents.source import Path
from pacific_infra.errors import PacificError

MOST_NAMES = 10


@dataclass(frozen=True, slots=True)
class NamedOutput:
    """One value of another stack that ``document`` takes, said at ``path``."""

    document: Document
    path: Path
    reference: StackOutput


def stack_outputs(estate: Estate) -> Iterator[NamedOutput]:
    """Each value of another stack that the containers of ``estate`` take."""
    for document in estate:
        for path, container in document.containers():
            for variable, value in container.environment.items():
                if isinstance(value, StackOutput):
                    yield NamedOutput(document, (*path, "environment", variable), value)


def stacks_read(estate: Estate, project: str) -> Mapping[str, Sequence[str]]:
    """The other stacks whose outputs the documents of ``estate`` take, PROJECT/STACK, each with the places that say so.

    ``project``: that of the documents' own stack.
    """
    places: dict[str, list[str]] = {}
    for use in stack_outputs(estate):
        source = use.reference.stack(project)
        places.setdefault(_short(source), []).append(use.document.place((*use.path, "from")))
    for document in estate.of(ExternalDocument):
        if document.stack is not None:
            places.setdefault(_short(document.stack), []).append(document.place(("spec", "external")))
    return places


def _short(stack: str) -> str:
    """PROJECT/STACK of a stack as Pulumi writes it."""
    return stack.partition("/")[2]


def refused_outputs(estate: Estate) -> Iterator[PacificError]:
    """One error for each that a document takes whose variables take no secrets."""
    for use in stack_outputs(estate):
        if not use.document.takes_secret_outputs:
            problem = f"a {use.document.kind}'s variable cannot use the output of another stack, which may be secret"
            place = use.document.place((*use.path, "from"))
            yield PacificError(problem, place=place, value=use.reference.source, fix="take the key of a Secret instead")


def missing_outputs(estate: Estate, outputs: Mapping[str, Mapping[str, Any]], project: str) -> Iterator[PacificError]:
    """One error for each value that the other stack does not have. ``outputs`` by the stack's whole name."""
    for use in stack_outputs(estate):
        stack = use.reference.stack(project)
        known, short = outputs.get(stack) or {}, stack.removeprefix("organization/")
        if not known:
            yield PacificError(
                f"{use.document.id}: the stack {short} does not exist, or has no outputs yet",
                place=use.document.place((*use.path, "from")),
                value=use.reference.source,
                fix=f"bring up {short} first, or correct the name",
            )
        elif use.reference.value_in(known) is None:
            names = list(_names(known, ""))
            near = nearest(use.reference.output, names, 3) or names
            more = f", and {len(near) - MOST_NAMES} more" if len(near) > MOST_NAMES else ""
            yield PacificError(
                f"{use.document.id}: the stack {short} has no such output that is text, a number or true or false",
                place=use.document.place((*use.path, "output")),
                value=use.reference.output,
                allowed=", ".join(near[:MOST_NAMES]) + more,
            )


def _names(outputs: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, value in outputs.items():
        if isinstance(value, Mapping):
            yield from _names(value, f"{prefix}{name}.")
        elif value is not None and not isinstance(value, list):
            yield f"{prefix}{name}"
