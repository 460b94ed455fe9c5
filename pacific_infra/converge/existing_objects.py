"""Objects that exist already where a run would create or change them, and their owners. Read before the run."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from pacific_infra.converge.claims import STATEFUL_SET, Recorded
from pacific_infra.converge.dry_run import FIELD_MANAGER
from pacific_infra.converge.lost import provider_of
from pacific_infra.converge.orphans import recorded_objects
from pacific_infra.converge.preview import UNKNOWN
from pacific_infra.converge.rendering import RenderedResource
from pacific_infra.converge.shared_labels import labelled_alike, metadata_of
from pacific_infra.documents import Document
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph import DependencyGraph
from pacific_infra.plan import Standing
from pacific_infra.provider.ownership import Owner, verdict
from pacific_infra.provider.session import Session
from pacific_infra.record.urns import split_urn
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.contents import NAME_LABEL, STACK_ANNOTATION
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisors import list_supervisors

_KUBERNETES = "kubernetes:"
_VCENTER = "pacific:vcenter:"
_PROVIDER = "pulumi:providers:kubernetes"
_OWNED_BY_STACK = "it carries this stack's mark, and its record was lost"
_ADOPTED = "it has no known owner, and its document says adopt: true"


@dataclass(frozen=True)
class ExistingObjects:
    """The existing objects, by the URN of the resource that would create or change them."""

    standing: Mapping[str, Standing] = field(default_factory=dict)
    refusals: tuple[PacificError, ...] = ()
    """One error for each object of another owner, at the line of its document."""

    def require_owned(self) -> None:
        """Raises PacificErrors where an object has another owner."""
        if self.refusals:
            raise PacificErrors(self.refusals)

    def allowed_resources(self, rendered: Iterable[RenderedResource]) -> list[RenderedResource]:
        """The resources whose objects have no other owner."""
        refused = {urn for urn, standing in self.standing.items() if standing.operation == "refused"}
        return [resource for resource in rendered if resource.urn not in refused]


async def find_existing_objects(
    rendered: Sequence[RenderedResource],
    graph: DependencyGraph,
    stack: Owner,
    settings: VCenterSettings | None,
    logins: Mapping[str, Mapping[str, Any]],
    *,
    recorded: Mapping[str, Recorded],
    unchanged: bool = False,
) -> ExistingObjects:
    """Look up every object that ``rendered`` would create or change; with ``unchanged`` all of Kubernetes.

    ``settings``: the vCenter of the stack, where it has one. ``logins``: kubeconfigs by Kubernetes provider, of those
    that are recorded. ``recorded``: the stack's resources by URN. Raises PacificError where vCenter or a Supervisor
    does not answer.
    """
    standing: dict[str, Standing] = {}
    refusals: list[PacificError] = []
    endpoints: dict[str, str] = {}
    if settings is not None:
        vcenter = await _in_vcenter(rendered, graph, stack, settings, endpoints)
        standing, refusals = dict(vcenter.standing), list(vcenter.refusals)
    async with AsyncExitStack() as opened:
        for provider, api in _apis(rendered, settings, logins, endpoints).items():
            await opened.enter_async_context(api)
            objects = [
                resource
                for resource in rendered
                if resource.provider == provider
                and (unchanged or resource.operation != "same")
                and _is_looked_up(resource)
            ]
            existing = await find_in_cluster(api, objects, graph, stack, recorded)
            standing |= existing.standing
            refusals += existing.refusals
    return ExistingObjects(standing, tuple(refusals))


async def _in_vcenter(
    rendered: Sequence[RenderedResource],
    graph: DependencyGraph,
    stack: Owner,
    settings: VCenterSettings,
    endpoints: dict[str, str],
) -> ExistingObjects:
    """``endpoints``: filled with the address of each adopted Supervisor, by its document."""
    changed = [resource for resource in rendered if resource.type.startswith(_VCENTER) and resource.operation != "same"]
    if not changed:
        return ExistingObjects()
    # The provider's models: a quarter of a second.
    from pacific_infra.provider.resources.registry import RESOURCES  # noqa: PLC0415

    kinds = {resource.kind.token: resource for resource in RESOURCES}
    session = Session.reading(VCenterClient(settings))
    standing: dict[str, Standing] = {}
    refusals: list[PacificError] = []
    try:
        for resource in changed:
            inputs = {name: None if _is_unknown(value) else value for name, value in resource.inputs.items()}
            try:
                existing = await kinds[resource.type].existing_object(session, inputs)
            except PacificError as error:
                if hasattr(error, "status"):
                    raise
                continue  # it refers to an object that does not exist; the provider's check reports that
            if existing is None:
                continue
            if resource.operation != "create" and existing.owner in (None, stack):
                continue
            refused = existing.refusal_for(stack, adopt=bool(inputs.get("adopt")))
            if refused is not None:
                refusals.append(_at_document(refused, graph.estate.by_id.get(resource.node or "")))
                standing[resource.urn] = Standing("refused", refused.problem)
                continue
            standing[resource.urn] = Standing("adopt", _OWNED_BY_STACK if existing.owner == stack else _ADOPTED)
            if resource.type == "pacific:vcenter:Supervisor" and resource.node is not None:
                supervisors = (await list_supervisors(session.client)).values()
                address = next((info.get("apiendpoint") for info in supervisors if info["name"] == inputs["name"]), "")
                endpoints[resource.node] = str(address or "")
    finally:
        await session.client.close()
    return ExistingObjects(standing, tuple(refusals))


async def other_owners(client: VCenterClient, resources: Sequence[Recorded], stack: Owner) -> Mapping[str, str]:
    """The stacks, PROJECT/STACK, whose mark recorded objects of vCenter carry in place of that of ``stack``, by URN.

    Raises PacificError where vCenter does not answer.
    """
    from pacific_infra.provider.resources.registry import RESOURCES  # noqa: PLC0415 - as above

    kinds = {resource.kind.token: resource for resource in RESOURCES}
    session = Session.reading(client)
    owners = {}
    for resource in resources:
        if resource["type"] in kinds:
            existing = await kinds[resource["type"]].existing_object(session, dict(resource["inputs"]))
            if existing is not None and existing.owner is not None and existing.owner != stack:
                owners[resource["urn"]] = existing.owner.name
    return owners


def _apis(
    rendered: Iterable[RenderedResource],
    settings: VCenterSettings | None,
    logins: Mapping[str, Mapping[str, Any]],
    endpoints: Mapping[str, str],
) -> dict[str, KubernetesAPI]:
    """The existing API servers by Kubernetes provider: the recorded ones, and those of adopted Supervisors."""
    apis = {provider: KubernetesAPI.of_kubeconfig(kubeconfig) for provider, kubeconfig in logins.items()}
    for resource in rendered:
        endpoint = endpoints.get(resource.node or "")
        if resource.type == _PROVIDER and resource.name not in apis and endpoint and settings is not None:
            apis[resource.name] = KubernetesAPI.of_supervisor(endpoint, settings)
    return apis


async def find_in_cluster(
    api: KubernetesAPI,
    objects: Sequence[RenderedResource],
    graph: DependencyGraph,
    stack: Owner,
    recorded: Mapping[str, Recorded],
) -> ExistingObjects:
    """The same for the Kubernetes ``objects`` of one API server, by one list per kind and namespace."""
    groups: dict[tuple[str, str, str | None], list[RenderedResource]] = {}
    for resource in objects:
        key = (str(resource.inputs["apiVersion"]), str(resource.inputs["kind"]), _namespace(resource, graph))
        groups.setdefault(key, []).append(resource)
    lists = await asyncio.gather(*(metadata_of(api, *key) for key in groups))
    sets = {
        (metadata.get("namespace"), metadata.get("name"))
        for resource in recorded.values()
        if resource["type"] == STATEFUL_SET
        for metadata in (_recorded_metadata(resource),)
    }
    standing: dict[str, Standing] = {}
    refusals: list[PacificError] = []
    for resources, by_name in zip(groups.values(), lists, strict=True):
        for resource in resources:
            name = str(resource.inputs["metadata"]["name"])
            if name not in by_name:
                continue
            document = graph.estate.by_id.get(resource.node or "")
            where = f"{_namespace(resource, graph)}/{name}" if _namespace(resource, graph) else name
            owner = _owner(resource, by_name[name], stack, sets)
            other = is_another(recorded.get(resource.urn), by_name[name])
            verdict_for_plan, error = judge_object(resource, where, owner, stack, document, other=other)
            if verdict_for_plan is not None:
                standing[resource.urn] = verdict_for_plan
            if error is not None:
                refusals.append(error)
    placed = [(str(_namespace(resource, graph)), resource) for resource in objects]
    for resource, alike in await labelled_alike(api, placed, stack, recorded_objects(recorded.values())):
        document = graph.estate.by_id.get(resource.node or "")
        if resource.urn not in standing and not (document is not None and document.adopts):
            label = f"{NAME_LABEL}: {resource.inputs['metadata']['labels'][NAME_LABEL]}"
            problem = f"its pods would carry the label {label} as those of {alike} do, and a Service select both"
            standing[resource.urn] = Standing("refused", problem)
            refusals.append(_at_document(PacificError(problem, fix="give the document another name"), document))
    return ExistingObjects(standing, tuple(refusals))


def judge_object(
    resource: RenderedResource,
    where: str,
    owner: Owner | None,
    stack: Owner,
    document: Document | None,
    *,
    other: bool = False,
) -> tuple[Standing | None, PacificError | None]:
    """What happens to an existing Kubernetes object with this ``owner``. ``where``: NAMESPACE/NAME. ``other``: whether
    it is another one than the one that is recorded. Pure.
    """
    if resource.operation != "create" and (owner == stack or (owner is None and not other)):
        return None, None
    if verdict(owner, stack, adopt=document is not None and document.adopts) == "adopt":
        return Standing("adopt", _OWNED_BY_STACK if owner == stack else _ADOPTED), None
    error = _refusal(str(resource.inputs["kind"]), where, owner)
    if owner is not None and resource.operation != "create":
        error = _if_renamed(error, owner, stack)
    return Standing("refused", error.problem), _at_document(error, document)


def _owner(
    resource: RenderedResource, metadata: Mapping[str, Any], stack: Owner, sets: Collection[tuple[Any, Any]]
) -> Owner | None:
    """Whose an object is by its ``metadata``. Claims of a StatefulSet's replicas carry no mark, since the StatefulSet
    can create them too: they are the stack's where it has written them, or where their StatefulSet is recorded.

    ``sets``: namespace and name of each recorded StatefulSet.
    """
    if (name := (metadata.get("annotations") or {}).get(STACK_ANNOTATION)) is not None:
        return Owner(name)
    declared = resource.inputs["metadata"]
    annotations = declared.get("annotations") or {}
    if STACK_ANNOTATION in annotations:
        return None
    managers = {entry.get("manager") for entry in metadata.get("managedFields") or ()}
    is_written = annotations.get(FIELD_MANAGER) in managers
    its_set = (metadata.get("namespace"), (declared.get("labels") or {}).get(NAME_LABEL))
    return stack if is_written or its_set in sets else None


def is_another(recorded: Recorded | None, metadata: Mapping[str, Any]) -> bool:
    """Whether the object with this ``metadata`` is another one than the recorded: of the same name, made since."""
    uid = _recorded_metadata(recorded or {}).get("uid")
    return uid is not None and metadata.get("uid") not in (None, uid)


def _recorded_metadata(resource: Recorded) -> Mapping[str, Any]:
    metadata = (resource.get("outputs") or resource.get("inputs") or {}).get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _if_renamed(error: PacificError, owner: Owner, stack: Owner) -> PacificError:
    """``error`` of an object that ``stack`` has recorded and that carries the mark of ``owner``, with what helps where
    both are one stack.
    """
    (project, _, before), (this_project, _, now) = owner.name.partition("/"), stack.name.partition("/")
    if project != this_project:
        return error
    fix = f"where this stack was called {before}, give it that name again: pulumi stack rename {before} --stack {now}"
    return PacificError(error.problem, fix=f"{fix}; else {error.fix}")


def _refusal(kind: str, where: str, owner: Owner | None) -> PacificError:
    subject = f"{kind} {where}"
    if owner is None:
        return PacificError(
            f"{subject} exists already and has no known owner",
            fix="give the document another name, delete the object, or say adopt: true in the document",
        )
    namespace, _, name = where.rpartition("/")
    option = f" -n {namespace}" if namespace else ""
    command = f"kubectl annotate {kind.lower()} {name}{option} {STACK_ANNOTATION}-"
    return PacificError(
        f"{subject} belongs to {owner.name}",
        fix=f"give the document another name; to take it from that stack: {command}, and adopt: true in the document",
    )


def _at_document(error: PacificError, document: Document | None) -> PacificError:
    """``error`` at the line of the document."""
    if document is None:
        return error
    return PacificError(f"{document.id}: {error.problem}", place=document.place(), fix=error.fix)


def _is_looked_up(resource: RenderedResource) -> bool:
    if not resource.type.startswith(_KUBERNETES) or resource.type.endswith("Patch"):
        return False
    name = (resource.inputs.get("metadata") or {}).get("name")
    return bool(name) and not _is_unknown(name)


def _namespace(resource: RenderedResource, graph: DependencyGraph) -> str | None:
    """The namespace of an object; the document's where it is an output that is not known yet."""
    namespace = resource.inputs["metadata"].get("namespace")
    if not _is_unknown(namespace):
        return str(namespace) if namespace else None
    document = graph.estate.by_id.get(resource.node or "")
    return None if document is None else document.namespace or document.name


def _is_unknown(value: Any) -> bool:
    return isinstance(value, str) and UNKNOWN in value


async def stale_records(
    going: Sequence[Mapping[str, Any]], logins: Mapping[str, Mapping[str, Any]], stack: Owner
) -> list[PacificError]:
    """One error for each recorded object that is to be deleted but that another stack has marked since, or in whose
    place somebody has made another one.

    ``going``: recorded resources to be deleted. ``logins``: kubeconfigs by Kubernetes provider; objects of other
    providers are not checked.
    """
    by_provider: dict[str, list[Mapping[str, Any]]] = {}
    for resource in going:
        kept = resource.get("retainOnDelete") or resource.get("external") or resource["type"].endswith("Patch")
        # What waits to be made anew is deleted already, and its server may be gone.
        kept = kept or resource.get("pendingReplacement")
        provider = split_urn(provider_of(resource))[1] if provider_of(resource) else ""
        if resource["type"].startswith(_KUBERNETES) and not kept and provider in logins:
            by_provider.setdefault(provider, []).append(resource)
    errors: list[PacificError] = []
    for provider, objects in by_provider.items():
        async with KubernetesAPI.of_kubeconfig(logins[provider]) as api:
            errors += await marked_by_others(api, objects, stack)
    return errors


async def marked_by_others(
    api: KubernetesAPI, objects: Sequence[Mapping[str, Any]], stack: Owner
) -> list[PacificError]:
    """The same for the recorded ``objects`` of one API server."""
    groups: dict[tuple[str, str, str | None], list[Mapping[str, Any]]] = {}
    for resource in objects:
        state = resource.get("outputs") or resource["inputs"]
        key = (str(state.get("apiVersion")), str(state.get("kind")), _recorded_metadata(resource).get("namespace"))
        groups.setdefault(key, []).append(resource)
    lists = await asyncio.gather(*(metadata_of(api, *key) for key in groups))
    errors = []
    for ((_, kind, namespace), listed), by_name in zip(groups.items(), lists, strict=True):
        for resource in listed:
            name = str(_recorded_metadata(resource).get("name"))
            metadata = by_name.get(name, {})
            owner = (metadata.get("annotations") or {}).get(STACK_ANNOTATION)
            where = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
            fix = f"remove it from this stack's record: pulumi state delete '{resource['urn']}'"
            if owner not in (None, stack.name):
                problem = f"{where} belongs to {owner} now, so this stack does not delete it"
                errors.append(_if_renamed(PacificError(problem, fix=fix), Owner(owner), stack))
            elif owner is None and is_another(resource, metadata):
                problem = f"{where} is another one than this stack made, and has no known owner: it is not deleted"
                errors.append(PacificError(problem, fix=fix))
    return errors
