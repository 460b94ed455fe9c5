"""What is there already of what a run would make, and whose it is: asked before the engine starts."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from pacific_infra.converge.lost import provider_of
from pacific_infra.converge.nodes import split_urn
from pacific_infra.converge.preview import UNKNOWN
from pacific_infra.converge.rendering import RenderedResource
from pacific_infra.documents import Document
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph import DependencyGraph
from pacific_infra.plan import Standing
from pacific_infra.provider.configuration import Configuration
from pacific_infra.provider.engine import EngineLog
from pacific_infra.provider.ownership import Owner, verdict
from pacific_infra.provider.resources.registry import RESOURCES
from pacific_infra.provider.session import Session
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.contents import STACK_ANNOTATION
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.kubernetes_refusal import KubernetesRefusal
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisors import list_supervisors

_KUBERNETES = "kubernetes:"
_PROVIDER = "pulumi:providers:kubernetes"
_NOT_TO_BE_LISTED = (403, 404, 405)
"""What the user may not list, and what is not served: the write will say."""
_OURS = "it carries this stack's mark, and its record was lost"
_ADOPTED = "nobody known owns it, and its document says adopt: true"


@dataclass(frozen=True)
class StandingObjects:
    """The objects that are there already, by the URN of the resource that would make or change them."""

    standing: Mapping[str, Standing] = field(default_factory=dict)
    refusals: tuple[PacificError, ...] = ()
    """One for each that is another's, at the line of its document."""

    def require_ours(self) -> None:
        """Raises PacificErrors where an object is another's."""
        if self.refusals:
            raise PacificErrors(self.refusals)

    def allowed(self, rendered: Iterable[RenderedResource]) -> list[RenderedResource]:
        """The resources whose objects are not another's."""
        refused = {urn for urn, standing in self.standing.items() if standing.operation == "refused"}
        return [one for one in rendered if one.urn not in refused]


async def find_standing(
    rendered: Sequence[RenderedResource],
    graph: DependencyGraph,
    stack: Owner,
    settings: VCenterSettings | None,
    logins: Mapping[str, Mapping[str, Any]],
) -> StandingObjects:
    """Look up every object that ``rendered`` would make or change.

    ``settings``: the vCenter of the stack, where it has one. ``logins``: kubeconfigs by Kubernetes provider, of those
    that are recorded. Raises PacificError where vCenter or a Supervisor does not answer.
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
            objects = [one for one in rendered if one.provider == provider and _is_looked_up(one)]
            found = await in_cluster(api, objects, graph, stack)
            standing |= found.standing
            refusals += found.refusals
    return StandingObjects(standing, tuple(refusals))


async def _in_vcenter(
    rendered: Sequence[RenderedResource],
    graph: DependencyGraph,
    stack: Owner,
    settings: VCenterSettings,
    endpoints: dict[str, str],
) -> StandingObjects:
    """``endpoints``: gets the address of each Supervisor that is adopted, by its document."""
    kinds = {resource.kind.token: resource for resource in RESOURCES}
    new = [one for one in rendered if one.type in kinds and one.operation == "create"]
    if not new:
        return StandingObjects()
    named = Configuration(server=settings.server, username=settings.username)
    session = Session(named, EngineLog(None), lambda _: VCenterClient(settings))
    standing: dict[str, Standing] = {}
    refusals: list[PacificError] = []
    try:
        for one in new:
            inputs = {name: None if _is_unknown(value) else value for name, value in one.inputs.items()}
            try:
                there = await kinds[one.type].existing_object(session, inputs)
            except PacificError as error:
                if hasattr(error, "status"):
                    raise
                continue  # it names what is not there, which its check says
            if there is None:
                continue
            refused = there.refusal_for(stack, adopt=bool(inputs.get("adopt")))
            if refused is not None:
                refusals.append(_placed(refused, graph.estate.by_id.get(one.node or "")))
                standing[one.urn] = Standing("refused", refused.problem)
                continue
            standing[one.urn] = Standing("adopt", _OURS if there.owner == stack else _ADOPTED)
            if one.type == "pacific:vcenter:Supervisor" and one.node is not None:
                supervisors = (await list_supervisors(session.client)).values()
                address = next((info.get("apiendpoint") for info in supervisors if info["name"] == inputs["name"]), "")
                endpoints[one.node] = str(address or "")
    finally:
        await session.client.close()
    return StandingObjects(standing, tuple(refusals))


def _apis(
    rendered: Iterable[RenderedResource],
    settings: VCenterSettings | None,
    logins: Mapping[str, Mapping[str, Any]],
    endpoints: Mapping[str, str],
) -> dict[str, KubernetesAPI]:
    """The API servers that are there, by Kubernetes provider: those recorded, and those of adopted Supervisors."""
    apis = {provider: KubernetesAPI.of_kubeconfig(kubeconfig) for provider, kubeconfig in logins.items()}
    for one in rendered:
        endpoint = endpoints.get(one.node or "")
        if one.type == _PROVIDER and one.name not in apis and endpoint and settings is not None:
            apis[one.name] = KubernetesAPI.of_supervisor(endpoint, settings)
    return apis


async def in_cluster(
    api: KubernetesAPI, objects: Sequence[RenderedResource], graph: DependencyGraph, stack: Owner
) -> StandingObjects:
    """The same of the Kubernetes ``objects`` of one API server: a list of each kind in each namespace."""
    groups: dict[tuple[str, str, str | None], list[RenderedResource]] = {}
    for one in objects:
        key = (str(one.inputs["apiVersion"]), str(one.inputs["kind"]), _namespace(one, graph))
        groups.setdefault(key, []).append(one)
    lists = await asyncio.gather(*(_annotations(api, *key) for key in groups))
    standing: dict[str, Standing] = {}
    refusals: list[PacificError] = []
    for wanted, there in zip(groups.values(), lists, strict=True):
        for one in wanted:
            name = str(one.inputs["metadata"]["name"])
            if name not in there:
                continue
            document = graph.estate.by_id.get(one.node or "")
            owner = there[name].get(STACK_ANNOTATION)
            where = f"{_namespace(one, graph)}/{name}" if _namespace(one, graph) else name
            found, error = judged(one, where, Owner(owner) if owner else None, stack, document)
            if found is not None:
                standing[one.urn] = found
            if error is not None:
                refusals.append(error)
    return StandingObjects(standing, tuple(refusals))


def judged(
    resource: RenderedResource, where: str, owner: Owner | None, stack: Owner, document: Document | None
) -> tuple[Standing | None, PacificError | None]:
    """What becomes of an object in Kubernetes that is there and has this ``owner``. ``where``: NAMESPACE/NAME. Pure."""
    adopt = document is not None and document.spec.adopt
    # Claims of a StatefulSet's replicas carry no mark: the StatefulSet makes them too.
    unmarked = STACK_ANNOTATION not in (resource.inputs["metadata"].get("annotations") or {})
    if resource.operation != "create" and owner in (None, stack):
        return None, None
    if verdict(owner, stack, adopt=adopt or unmarked) == "adopt":
        return Standing("adopt", _OURS if owner == stack or unmarked else _ADOPTED), None
    error = _refusal(str(resource.inputs["kind"]), where, owner)
    return Standing("refused", error.problem), _placed(error, document)


def _refusal(kind: str, where: str, owner: Owner | None) -> PacificError:
    what = f"{kind} {where}"
    if owner is None:
        return PacificError(
            f"{what} exists already and has no known owner",
            fix="give the document another name, delete the object, or say adopt: true in the document",
        )
    namespace, _, name = where.rpartition("/")
    inside = f" -n {namespace}" if namespace else ""
    command = f"kubectl annotate {kind.lower()} {name}{inside} {STACK_ANNOTATION}-"
    return PacificError(
        f"{what} belongs to {owner.name}",
        fix=f"give the document another name; to take it from that stack: {command}, and adopt: true in the document",
    )


def _placed(error: PacificError, document: Document | None) -> PacificError:
    """``error`` at the line of the document."""
    if document is None:
        return error
    return PacificError(f"{document.id}: {error.problem}", place=document.place(), fix=error.fix)


async def _annotations(
    api: KubernetesAPI, api_version: str, kind: str, namespace: str | None
) -> dict[str, Mapping[str, str]]:
    """Annotations by name of the objects of a kind; of none where the user may not list them."""
    try:
        items = await api.list(api_version, kind, namespace, metadata_only=True)
    except KubernetesRefusal as refusal:
        if refusal.status in _NOT_TO_BE_LISTED:
            return {}
        raise
    return {str(item["metadata"]["name"]): item["metadata"].get("annotations") or {} for item in items}


def _is_looked_up(resource: RenderedResource) -> bool:
    if not resource.type.startswith(_KUBERNETES) or resource.type.endswith("Patch") or resource.operation == "same":
        return False
    name = (resource.inputs.get("metadata") or {}).get("name")
    return bool(name) and not _is_unknown(name)


def _namespace(resource: RenderedResource, graph: DependencyGraph) -> str | None:
    """The namespace of an object; where it is an output that no run has made yet, that of the document."""
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
    """One error for each recorded object that is to be deleted and that another stack has marked since.

    ``going``: resources of the record. ``logins``: kubeconfigs by Kubernetes provider; what another one made is left to
    the engine.
    """
    by_provider: dict[str, list[Mapping[str, Any]]] = {}
    for one in going:
        kept = one.get("retainOnDelete") or one.get("external") or one["type"].endswith("Patch")
        provider = split_urn(provider_of(one))[1] if provider_of(one) else ""
        if one["type"].startswith(_KUBERNETES) and not kept and provider in logins:
            by_provider.setdefault(provider, []).append(one)
    errors: list[PacificError] = []
    for provider, objects in by_provider.items():
        async with KubernetesAPI.of_kubeconfig(logins[provider]) as api:
            errors += await marked_by_others(api, objects, stack)
    return errors


async def marked_by_others(
    api: KubernetesAPI, objects: Sequence[Mapping[str, Any]], stack: Owner
) -> list[PacificError]:
    """The same of the recorded ``objects`` of one API server."""
    groups: dict[tuple[str, str, str | None], list[tuple[str, str]]] = {}
    for one in objects:
        state = one.get("outputs") or one["inputs"]
        metadata = state.get("metadata") or {}
        key = (str(state.get("apiVersion")), str(state.get("kind")), metadata.get("namespace"))
        groups.setdefault(key, []).append((str(metadata.get("name")), str(one["urn"])))
    lists = await asyncio.gather(*(_annotations(api, *key) for key in groups))
    errors = []
    for ((_, kind, namespace), listed), there in zip(groups.items(), lists, strict=True):
        for name, urn in listed:
            owner = there.get(name, {}).get(STACK_ANNOTATION)
            if owner not in (None, stack.name):
                where = f"{namespace}/{name}" if namespace else name
                errors.append(
                    PacificError(
                        f"{kind} {where} belongs to {owner} by now, so that this stack does not delete it",
                        fix=f"take it out of this stack's record: pulumi state delete '{urn}'",
                    )
                )
    return errors
