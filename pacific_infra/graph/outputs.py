"""Values that documents take from others: whether these have them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pacific_infra.documents import CustomResource, CustomResourceDefinition, Document, Estate
from pacific_infra.documents.capabilities import Backend
from pacific_infra.documents.document_references import target_of
from pacific_infra.documents.environment import OutputReference
from pacific_infra.documents.field_path import field_problem
from pacific_infra.documents.kinds import KINDS
from pacific_infra.documents.source import Path
from pacific_infra.errors import PacificError


@dataclass(frozen=True, slots=True)
class TakenOutput:
    """One value that ``document`` takes from the document ``source``, said at ``path``."""

    document: Document
    path: Path
    source: str
    """Id of the document that has it."""
    reference: OutputReference

    @property
    def output(self) -> str:
        """Which of its values."""
        return self.reference.output


def taken_outputs(estate: Estate) -> Iterator[TakenOutput]:
    """Each value of another document that the containers of ``estate`` take."""
    for document in estate:
        for path, container in document.containers():
            for variable, value in container.environment.items():
                if isinstance(value, OutputReference):
                    source = target_of(value.source, document.namespace)
                    yield TakenOutput(document, (*path, "environment", variable, "output"), source, value)


def output_errors(estate: Estate) -> Iterator[PacificError]:
    """One error for each value that the document it is taken from does not have."""
    for document in estate:
        yield from _secrets(document)
        yield from _keys(document, estate.by_id)
        for backend in document.backends():
            target = estate.by_id.get(backend.target)
            if target is not None:
                yield from _of_a_backend(document, backend, target)
    for use in taken_outputs(estate):
        if use.reference.is_secret and not use.document.takes_secret_outputs:
            problem = f"a {use.document.kind}'s variable cannot use a secret output"
            fix = "take the key of a Secret instead"
            yield PacificError(problem, place=use.document.place(use.path), value=use.output, fix=fix)
        target = estate.by_id.get(use.source)
        if target is not None:
            yield from _of_a_service(use, target)
        resource = estate.get(use.source, CustomResource)
        if resource is not None and "." in use.output:
            definition = estate.get(f"CustomResourceDefinition/{resource.spec.definition}", CustomResourceDefinition)
            if definition is not None:
                yield from _of_a_custom_resource(use, resource, definition)


def _keys(document: Document, known: Mapping[str, Document]) -> Iterator[PacificError]:
    """Keys that the Secret of another document does not have."""
    for used in document.kubernetes_secrets():
        maker = known.get(used.maker(document.namespace))
        if maker is None or maker.made_secret is None or maker.made_secret.keys is None or used.key is None:
            continue
        if used.key not in maker.made_secret.keys:
            yield PacificError(
                f"the Secret of {maker.id} has no such key",
                place=document.place(used.path),
                value=used.key,
                allowed=", ".join(sorted(maker.made_secret.keys)),
                fix=f"write one of them, or add it at {maker.place(('spec', 'data'))}",
            )


def _secrets(document: Document) -> Iterator[PacificError]:
    for path, reference in document.secret_sources():
        source = target_of(reference, document.namespace)
        if source.split("/")[1:-1] != [document.namespace]:
            problem = "a pod can use only Secrets of its own namespace"
            allowed = f"a document of {document.namespace}"
            yield PacificError(problem, place=document.place(path), value=source, allowed=allowed)


def _of_a_backend(document: Document, backend: Backend, target: Document) -> Iterator[PacificError]:
    place = document.place((*backend.path, "to"))
    if target.namespace != document.namespace:
        problem = "a route leads to services of its own namespace"
        allowed = f"a document of {document.namespace}"
        yield PacificError(problem, place=place, value=target.id, allowed=allowed)
    elif target.service is None:
        fix = f"add spec.service to it at {target.place(('spec',))}"
        yield PacificError(f"{target.id} has no service", place=place, value=target.id, fix=fix)
    elif backend.service_port(target) is None:
        allowed = ", ".join(str(port.name or port.port) for port in target.service.ports)
        problem = f"the service of {target.id} has no such port"
        yield PacificError(problem, place=document.place((*backend.path, "port")), value=backend.port, allowed=allowed)


def _of_a_service(use: TakenOutput, target: Document) -> Iterator[PacificError]:
    if use.output in KINDS[target.kind].service_outputs and use.output not in target.outputs:
        problem = f"{target.id} has no service, and so not this output"
        fix = f"add spec.service to it at {target.place(('spec',))}"
        yield PacificError(problem, place=use.document.place(use.path), value=use.output, fix=fix)


def _of_a_custom_resource(
    use: TakenOutput, target: CustomResource, definition: CustomResourceDefinition
) -> Iterator[PacificError]:
    version = target.spec.version or definition.spec.storage_version
    if version not in definition.spec.versions:
        return  # said at the resource
    tree, *fields = use.output.split(".")
    schema = definition.spec.schema_of(version)
    if not schema:
        return
    problem = field_problem(schema, (tree, *fields))
    if problem is not None:
        yield PacificError(
            f"{target.id} has no such output, by {definition.id}, version {version}: {problem.text}",
            place=use.document.place(use.path),
            value=use.output,
            allowed=problem.allowed,
            fix=problem.fix,
        )
