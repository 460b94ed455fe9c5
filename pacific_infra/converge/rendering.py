"""What an estate's documents become: the resources that its program registers, found out without the engine.

The program runs in this process with a monitor that answers as a preview does: what is recorded of a resource is what
it gives to others, and what nobody knows yet is unknown. It takes a second for some hundred documents, where the
engine's own preview takes many: so it can be asked before each run what the servers would say to it.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pulumi
from google.protobuf import json_format  # type: ignore[import-untyped]  # no stubs are installed
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

from pacific_infra.converge.claims import Recorded, retained_of
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.converge.preview import UNKNOWN, split_path
from pacific_infra.declaration import EstateOptions, ServedCluster, declare_estate
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph
from pacific_infra.plan.changes import Operation, ResourceChange
from pacific_infra.record.secrets import is_recorded_secret
from pacific_infra.record.urns import split_urn
from pacific_infra.sdk_speed import quick_sdk
from pacific_infra.vcenter.kubeconfig_file import KubeconfigFile
from pacific_infra.vcenter.settings import VCenterSettings

_NOT_SAID = "not-said-at-plan"
"""In place of a secret of the configuration: no server is asked with it."""
_SECRET_TYPE = "kubernetes:core/v1:Secret"  # noqa: S105 - type token of the object


@dataclass(frozen=True, slots=True)
class RenderedResource:
    """One resource that the program registers."""

    urn: str
    type: str
    name: str
    """Logical name."""
    node: str | None
    """The document that it belongs to."""
    provider: str
    """Logical name of its provider; empty for a component."""
    inputs: Mapping[str, Any] = field(repr=False)
    """As the program gives them, with secrets in the open."""
    known: bool
    """Whether all of it is known before the run."""
    operation: Operation
    """``create``, ``update`` or ``same``, by what is recorded."""
    ignored: tuple[str, ...] = ()
    """Paths of fields that are left as they are where another field manager has set them."""
    retained: bool = False
    """Whether it stays when its document goes."""
    parent: str | None = None
    """URN of the component that it is a part of."""


LookUp: TypeAlias = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Answers a function of a provider, its token and arguments to its result, and STACK_REFERENCE to a stack's outputs."""

STACK_REFERENCE = "pulumi:pulumi:StackReference"
"""Type token of another stack; its outputs are looked up by it."""


def render(
    graph: DependencyGraph,
    settings: VCenterSettings | None,
    recorded: Sequence[Recorded],
    *,
    owner: str,
    kubeconfig: KubeconfigFile | None = None,
    clusters: Mapping[str, ServedCluster] | None = None,
    look_up: LookUp,
) -> list[RenderedResource]:
    """The resources of the documents of ``graph``, in the order in which the program comes to them.

    ``settings``: the vCenter of the stack, where it has one. ``owner``: the stack, PROJECT/STACK. ``kubeconfig``: by
    which external Supervisors are used. ``clusters``: how Supervisors serve workload clusters. Raises PacificError for
    arguments that a component refuses, and as ``look_up``.
    """
    if not graph.order:
        return []  # of a program that reads no documents
    project, _, stack = owner.partition("/")
    monitor = _Monitor(recorded, look_up)
    options = EstateOptions(
        secret=lambda _key: pulumi.Output.secret(_NOT_SAID), kubeconfig=kubeconfig, clusters=clusters or {}
    )
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    mocks.set_mocks(_NoMocks(), project=project, stack=stack, preview=True, monitor=monitor)

    def program() -> None:
        declare_estate(graph, settings, options)

    run: Callable[[], None] = mocks.test(program)  # type: ignore[no-untyped-call]  # waits for all registrations
    try:
        with quick_sdk(positions=False):
            run()
    except Exception:
        # Pulumi wraps what a function of a provider raises in errors of its own.
        if monitor.failure is not None:
            raise monitor.failure from None
        raise
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return list(monitor.rendered())


def expected_changes(rendered: Iterable[RenderedResource], recorded: Iterable[Recorded]) -> Iterator[ResourceChange]:
    """What the engine's preview would say, but for properties and replacements."""
    urns = set()
    for resource in rendered:
        urns.add(resource.urn)
        yield ResourceChange(resource.urn, resource.type, resource.name, resource.operation, resource.parent)
    going = [before for before in recorded if before["urn"] not in urns and before["type"] != "pulumi:pulumi:Stack"]
    retained = retained_of(going)
    for before in going:
        urn, parent = before["urn"], before.get("parent") or None
        yield ResourceChange(urn, before["type"], split_urn(urn)[1], "delete", parent, retained=urn in retained)


class _NoMocks(mocks.Mocks):
    """The monitor answers by itself."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        raise NotImplementedError(args.typ)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], None]:
        raise NotImplementedError(args.token)


class _Monitor(mocks.MockMonitor):
    """Answers a program as the engine's preview does."""

    def __init__(self, recorded: Iterable[Recorded], look_up: LookUp) -> None:
        super().__init__(_NoMocks())
        self.failure: PacificError | None = None
        """Why a function of a provider could not be answered."""
        self._look_up = look_up
        self._recorded = {resource["urn"]: resource for resource in recorded if not resource.get("delete")}
        self._requests: list[tuple[str, Any]] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the method's name in gRPC
        urn = self._urn(request)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        self._requests.append((urn, request))
        identifier, outputs = self._outputs(urn, request.object)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identifier, object=outputs)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - the method's name in gRPC
        urn = self._urn(request)
        if request.type == STACK_REFERENCE:
            outputs = self._look_up(STACK_REFERENCE, json_format.MessageToDict(request.properties))
            response = resource_pb2.ReadResourceResponse(urn=urn)
            json_format.ParseDict({"name": request.id, "outputs": outputs}, response.properties)
            return response
        return resource_pb2.ReadResourceResponse(urn=urn, properties=self._outputs(urn, request.properties)[1])

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the method's name in gRPC
        try:
            result = self._look_up(request.tok, json_format.MessageToDict(request.args))
        except PacificError as error:
            self.failure = error
            raise
        response = resource_pb2.ResourceInvokeResponse()
        json_format.ParseDict(result, getattr(response, "return"))
        return response

    def rendered(self) -> Iterator[RenderedResource]:
        """All that was registered."""
        finder = NodeFinder()
        for urn, request in self._requests:
            node = finder.node(urn, request.parent or None)
            inputs = _without_none(json_format.MessageToDict(request.object))
            before = self._recorded.get(urn)
            if before is not None:
                for path in request.ignoreChanges:
                    _take_over(inputs, before.get("inputs") or {}, split_path(path))
            operation: Operation = "create"
            if before is not None:
                exact = request.type.startswith("kubernetes:")
                operation = "same" if _same(inputs, before.get("inputs") or {}, exact=exact) else "update"
            opened = _opened(inputs)
            provider = split_urn(request.provider.rpartition("::")[0])[1] if request.provider else ""
            # A definition may want another form of text than what stands for the secret here.
            known = not _holds(opened, UNKNOWN) and (request.type == _SECRET_TYPE or not _holds(opened, _NOT_SAID))
            yield RenderedResource(
                urn,
                request.type,
                request.name,
                node,
                provider,
                opened,
                known,
                operation,
                ignored=tuple(request.ignoreChanges),
                retained=request.retainOnDelete,
                parent=request.parent or None,
            )

    def _urn(self, request: Any) -> str:
        types = request.parent.split("::", 3)[2] if request.parent else ""
        types = "" if types in ("", "pulumi:pulumi:Stack") else f"{types}$"
        return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{types}{request.type}::{request.name}"

    def _outputs(self, urn: str, inputs: Any) -> tuple[str, Any]:
        """Identifier and outputs: those that are recorded, else the inputs; what is in neither is unknown."""
        recorded = self._recorded.get(urn)
        if recorded is None:
            return "", inputs
        outputs = type(inputs)()
        json_format.ParseDict(_hidden(recorded.get("outputs") or {}), outputs)
        return str(recorded.get("id") or ""), outputs


def _hidden(value: Any) -> Any:
    """``value`` with what is encrypted in the record as unknown."""
    if isinstance(value, Mapping):
        if is_recorded_secret(value):
            return UNKNOWN
        return {key: _hidden(inner) for key, inner in value.items()}
    return [_hidden(inner) for inner in value] if isinstance(value, list) else value


def _opened(value: Any) -> Any:
    """``value`` with secrets in the open, and whole numbers as such."""
    if isinstance(value, Mapping):
        if is_recorded_secret(value):
            return _opened(value.get("value"))
        return {key: _opened(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_opened(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(inner) for key, inner in value.items() if inner is not None}
    return [_without_none(inner) for inner in value] if isinstance(value, list) else value


def _holds(value: Any, text: str) -> bool:
    """Whether ``text`` stands anywhere in ``value``."""
    if isinstance(value, Mapping):
        return any(_holds(inner, text) for inner in value.values())
    if isinstance(value, list):
        return any(_holds(inner, text) for inner in value)
    return isinstance(value, str) and text in value


def _same(rendered: Any, recorded: Any, *, exact: bool) -> bool:
    """Whether what is rendered is recorded so; a secret is taken for the same. Unless ``exact``, what is recorded
    beside it, such as a provider's own defaults, is no difference.
    """
    if is_recorded_secret(rendered) or is_recorded_secret(recorded):
        return True
    if isinstance(rendered, Mapping):
        if not isinstance(recorded, Mapping) or (exact and rendered.keys() != recorded.keys()):
            return False
        return all(key in recorded and _same(value, recorded[key], exact=exact) for key, value in rendered.items())
    if isinstance(rendered, list):
        same_length = isinstance(recorded, list) and len(rendered) == len(recorded)
        return same_length and all(
            _same(left, right, exact=exact) for left, right in zip(rendered, recorded, strict=True)
        )
    return bool(rendered == recorded)


def _take_over(inputs: dict[str, Any], recorded: Any, path: Sequence[str | int]) -> None:
    """Set the value at ``path`` to the recorded one, as the engine does for changes that are ignored."""
    into: Any = inputs
    for part in path[:-1]:
        try:
            into, recorded = into[part], recorded[part]
        except (KeyError, IndexError, TypeError):
            return
    last = path[-1]
    if isinstance(into, dict) and isinstance(recorded, Mapping):
        into.pop(str(last), None)
        if last in recorded:
            into[str(last)] = recorded[last]
