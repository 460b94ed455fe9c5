"""A server-side dry run, before the run itself, of each object that the run would send. The API servers apply their
webhooks, quotas and validation; nothing is stored.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.refusals import Refused, conflict_refusal, read_refusal
from pacific_infra.converge.rendering import RenderedResource
from pacific_infra.errors import PacificError
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI, Object
from pacific_infra.vcenter.kubernetes_refusal import KubernetesRefusal

FIELD_MANAGER = "pulumi.com/patchFieldManager"
"""The annotation that names the field manager of an object."""
DEADLINE = 60.0
"""Seconds for all questions to one API server."""
_KUBERNETES = "kubernetes:"
KUBERNETES_PROVIDER = "pulumi:providers:kubernetes"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An object that its API server refuses."""

    resource: RenderedResource
    refused: Refused

    @property
    def object_name(self) -> str:
        """``Deployment shop/web``."""
        metadata = self.resource.inputs["metadata"]
        place = [str(metadata[key]) for key in ("namespace", "name") if metadata.get(key)]
        return f"{self.resource.inputs['kind']} {'/'.join(place)}"


@dataclass(frozen=True)
class Answers:
    """The servers' answers."""

    checked: int = 0
    """How many objects they were asked about."""
    refusals: tuple[Refusal, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Why objects could not be asked about, and how many."""


def kubernetes_objects(rendered: Iterable[RenderedResource], *, unchanged: bool) -> list[RenderedResource]:
    """The objects that a run sends to API servers; with ``unchanged`` also those that are recorded just so. Patches of
    what others have made are left out.
    """
    return [
        resource
        for resource in rendered
        if resource.type.startswith(_KUBERNETES)
        and not resource.type.endswith("Patch")
        and (unchanged or resource.operation != "same")
    ]


def kubeconfigs(
    rendered: Iterable[RenderedResource], finish: Callable[[dict[str, Any]], dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """The kubeconfig of each Kubernetes provider that is known before the run, by the provider's name. ``finish``:
    completes one for this computer.
    """
    known = {
        resource.name: resource.inputs.get("kubeconfig")
        for resource in rendered
        if resource.type == KUBERNETES_PROVIDER and resource.known
    }
    return {name: finish(json.loads(text)) for name, text in known.items() if text}


async def ask_servers(objects: Sequence[RenderedResource], logins: Mapping[str, Mapping[str, Any]]) -> Answers:
    """Ask about ``objects``, all servers together. ``logins``: kubeconfigs by provider.

    A server that does not answer, or to which nobody can log in, is among ``skipped`` with its reason.
    """
    by_provider: dict[str, list[RenderedResource]] = {}
    for resource in objects:
        by_provider.setdefault(resource.provider, []).append(resource)
    answers = await asyncio.gather(
        *(_ask_server(provider, group, logins.get(provider)) for provider, group in by_provider.items())
    )
    skipped: Counter[str] = Counter()
    for answer in answers:
        skipped.update(answer.skipped)
    refusals = tuple(refusal for answer in answers for refusal in answer.refusals)
    return Answers(sum(answer.checked for answer in answers), refusals, dict(skipped))


async def _ask_server(
    provider: str, objects: Sequence[RenderedResource], kubeconfig: Mapping[str, Any] | None
) -> Answers:
    server = provider.removesuffix("-kubernetes")
    if kubeconfig is None:
        return Answers(skipped={f"the API server of {server} is not known before the run": len(objects)})
    known = [resource for resource in objects if resource.known]
    try:
        async with asyncio.timeout(DEADLINE), KubernetesAPI.of_kubeconfig(kubeconfig) as api:
            # The run's provider asks for it first of all, and waits.
            schema = asyncio.create_task(api.prepare_schema())
            try:
                return await ask(api, known, unknown=len(objects) - len(known))
            finally:
                schema.cancel()
    except TimeoutError:
        return Answers(
            skipped={f"the API server of {server} did not answer all questions within {DEADLINE:.0f} s": len(objects)}
        )
    except PacificError as error:
        return Answers(skipped={str(error): len(objects)})


async def ask(api: KubernetesAPI, objects: Sequence[RenderedResource], *, unknown: int = 0) -> Answers:
    """Ask one server about ``objects``. ``unknown``: how many more have values that only the run will know.

    Raises PacificError where it does not answer.
    """
    namespaces = await _namespaces(api, {_namespace(resource) for resource in objects} - {None})
    skipped: Counter[str] = Counter({"they depend on what the run makes": unknown} if unknown else {})
    present = []
    for resource in objects:
        namespace = _namespace(resource)
        if namespace is None or namespace in namespaces:
            present.append(resource)
        else:
            skipped[f"namespace {namespace} does not exist yet"] += 1
    replies = await asyncio.gather(*(_refusal(api, resource) for resource in present))
    for resource, reply in zip(present, replies, strict=True):
        if reply is not None and reply.of_missing:
            skipped[f"kind {resource.inputs['kind']} is not served yet"] += 1
    refused = [
        Refusal(resource, _read(reply))
        for resource, reply in zip(present, replies, strict=True)
        if reply is not None and not reply.of_missing
    ]
    checked = sum(reply is None or not reply.of_missing for reply in replies)
    return Answers(checked, tuple(refused), dict(skipped))


async def _namespaces(api: KubernetesAPI, names: Iterable[str | None]) -> set[str]:
    """The existing namespaces. One that the user may not read counts as existing; the dry run then shows the truth."""

    async def is_there(name: str) -> bool:
        try:
            namespace = await api.get("v1", "Namespace", name)
        except KubernetesRefusal as refusal:
            return refusal.status == 403
        return namespace is not None and not namespace["metadata"].get("deletionTimestamp")

    known = [name for name in names if name is not None]
    answers = await asyncio.gather(*map(is_there, known))
    return {name for name, answer in zip(known, answers, strict=True) if answer}


async def _refusal(api: KubernetesAPI, resource: RenderedResource) -> KubernetesRefusal | None:
    manifest = manifest_of(resource)
    manager = manifest["metadata"].get("annotations", {}).get(FIELD_MANAGER, "pacific-infra")
    try:
        await api.apply(manifest, field_manager=manager, dry_run=True)
    except KubernetesRefusal as refusal:
        return refusal
    return None


def manifest_of(resource: RenderedResource) -> Object:
    """The object as it is sent."""
    return {key: value for key, value in resource.inputs.items() if key != "status"}


def _namespace(resource: RenderedResource) -> str | None:
    namespace = resource.inputs.get("metadata", {}).get("namespace")
    return str(namespace) if namespace else None


def _read(refusal: KubernetesRefusal) -> Refused:
    conflicts = [(cause.field, cause.manager) for cause in refusal.conflicts if cause.manager is not None]
    return conflict_refusal(conflicts) if conflicts else read_refusal(refusal.message)


def is_drift(refusal: Refusal, recorded: Mapping[str, Recorded]) -> bool:
    """Whether a conflict is about fields that were ours: recorded as applied, and set by others since."""
    inputs = (recorded.get(refusal.resource.urn) or {}).get("inputs")
    return bool(refusal.refused.fields) and all(has_field(inputs, refused.field) for refused in refusal.refused.fields)


def has_field(value: Any, path: str) -> bool:
    """Whether ``value`` has the field at a field manager's path: ``spec.ports[port=80,protocol="TCP"].targetPort``."""
    for part in _steps(path):
        if isinstance(part, dict):
            value = next((item for item in value if _matches(item, part)), None) if isinstance(value, list) else None
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is None:
            return False
    return True


def _matches(item: Any, keys: Mapping[str, Any]) -> bool:
    defaults = {"protocol": "TCP"}
    return isinstance(item, Mapping) and all(item.get(key, defaults.get(key)) == value for key, value in keys.items())


def _steps(path: str) -> Iterable[str | dict[str, Any]]:
    """Names, and the keys of list items."""
    rest = path.removeprefix(".")
    while rest:
        if rest.startswith("["):
            inner, _, rest = rest[1:].partition("]")
            yield {
                key: json.loads(value) for key, _, value in (pair.partition("=") for pair in inner.split(",")) if value
            }
        else:
            end = min((at for at in (rest.find("."), rest.find("[")) if at >= 0), default=len(rest))
            yield rest[:end]
            rest = rest[end:]
        rest = rest.removeprefix(".")
