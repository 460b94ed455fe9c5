"""Rules between a custom resource, its definition and its controllers."""

from collections import defaultdict
from collections.abc import Iterator

from pacific_infra.documents import (
    Controller,
    CustomResource,
    CustomResourceDefinition,
    Estate,
)
from pacific_infra.documents.readiness import is_known
from pacific_infra.documents.resource_secrets import resource_with_secrets
from pacific_infra.documents.structural_schema import schema_problems
from pacific_infra.errors import PacificError
from pacific_infra.graph.dependency_graph import DependencyGraph


def custom_resource_errors(estate: Estate) -> Iterator[PacificError]:
    """One error for each resource that its definition does not allow, and for two controllers of one kind."""
    controllers: dict[tuple[str, str], list[Controller]] = defaultdict(list)
    for resource in estate.of(CustomResource):
        definition = _definition(resource.spec.definition, estate)
        if definition is not None:
            yield from _resource_errors(resource, definition, estate)
    for controller in estate.of(Controller):
        for name in controller.spec.definitions:
            controllers[_where(controller), name].append(controller)
            definition = _definition(name, estate)
            if definition is not None:
                yield from _scope_errors(controller, definition)
    for (_, name), (first, *others) in controllers.items():
        for other in others:
            yield PacificError(
                f"two controllers for one kind: {first.id} works on it already",
                place=other.place(("spec", "definitions")),
                value=name,
                fix=f"remove it there or at {first.place(('spec', 'definitions'))}",
            )


def readiness_errors(graph: DependencyGraph) -> Iterator[PacificError]:
    """One error for each resource that others wait for and of which nothing says when it is ready."""
    for document in graph.estate.of(CustomResource):
        if document.spec.readiness is None:
            definition = _definition(document.spec.definition, graph.estate)
            waiting = graph.needed_by(document.id)
            if waiting and definition is not None:
                yield from _readiness_errors(document, definition, waiting[0])


def _readiness_errors(
    document: CustomResource, definition: CustomResourceDefinition, waiting: str
) -> Iterator[PacificError]:
    spec = definition.spec
    version = document.spec.version or spec.storage_version
    known = is_known(f"{spec.group}/{version}", str(spec.names["kind"]))
    if version not in spec.versions or known or spec.has_conditions(version):
        return
    field = next((name for name, schema in spec.status_of(version).items() if schema.get("type") == "string"), "FIELD")
    yield PacificError(
        f"{waiting} waits for {document.id}, and nothing says when that is ready: "
        f"{definition.id}, version {version}, has no conditions",
        place=document.place(("spec",)),
        fix=f"add spec.readiness: {{jsonPaths: ['{{.status.{field}}}=VALUE']}}, or {{none: true}} where being there is "
        "enough",
    )


def _definition(name: str, estate: Estate) -> CustomResourceDefinition | None:
    return estate.get(f"CustomResourceDefinition/{name}", CustomResourceDefinition)


def _where(controller: Controller) -> str:
    return "" if controller.spec.scope == "Cluster" else str(controller.namespace)


def _resource_errors(
    document: CustomResource, definition: CustomResourceDefinition, estate: Estate
) -> Iterator[PacificError]:
    spec = definition.spec
    namespace = estate.namespace_of(document)
    if namespace is not None and namespace.supervisor != spec.supervisor:
        yield PacificError(
            f"{definition.id} is not on the Supervisor of {namespace.id}",
            place=document.place(("spec", "definition")),
            value=spec.supervisor,
            allowed=namespace.supervisor,
        )
    if spec.definition.get("scope") != "Namespaced":
        refusal = f"{definition.id} defines a cluster-scoped kind"
        yield PacificError(refusal, place=document.place(("spec", "definition")), allowed="scope: Namespaced")
    version = document.spec.version or spec.storage_version
    if version not in spec.versions:
        place = document.place(("spec", "version"))
        refusal = f"{definition.id} does not serve this version"
        yield PacificError(refusal, place=place, value=version, allowed=list(spec.versions))
        return
    schema = {**spec.schema_of(version)}
    resource = resource_with_secrets(document, definition)
    fields = {key: value for key, value in schema.get("properties", {}).items() if key not in ("metadata", "status")}
    schema["properties"] = {key: value for key, value in fields.items() if key not in ("apiVersion", "kind")}
    schema["required"] = [name for name in schema.get("required", ()) if name in schema["properties"]]
    for problem in schema_problems(resource, {**schema, "type": "object"}):
        path = ("spec", "resource", *problem.path)
        where = ".".join(str(element) for element in path)
        yield PacificError(
            f"{where}: {problem.text} by {definition.id}, version {version}",
            place=document.place(path),
            value=problem.value,
            allowed=problem.allowed,
            fix=problem.fix,
        )


def _scope_errors(document: Controller, definition: CustomResourceDefinition) -> Iterator[PacificError]:
    if document.spec.scope == "Namespace" and definition.spec.definition.get("scope") == "Cluster":
        yield PacificError(
            f"{definition.id} defines a cluster-scoped kind: a Role gives no rights on it",
            place=document.place(("spec", "scope")),
            value="Namespace",
            allowed="Cluster",
            fix="set scope: Cluster",
        )
