"""A monitor that records what a program registers: parents, dependencies, options. It proves nothing of the engine."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc

PROJECT = "estate"
STACK = "test"


@dataclass(frozen=True)
class Registration:
    """One registered resource as the engine would have seen it."""

    urn: str
    type: str
    name: str
    parent: str
    inputs: Mapping[str, Any]
    request: Any

    @property
    def dependencies(self) -> set[str]:
        """Names with types of the resources that it depends on, ``type::name``."""
        return {short(urn) for urn in self.request.dependencies}


def short(urn: str) -> str:
    """``type::name`` of a URN, without the types of its parents."""
    types, name = urn.split("::")[2:]
    return f"{types.rpartition('$')[2]}::{name}"


class Recording(mocks.Mocks):
    """Answers like a cluster in which all went well; ``resources`` are the registrations in their order."""

    def __init__(self) -> None:
        self.resources: list[Registration] = []
        self.looked_up: list[str] = []
        """``type::id`` of what is only read."""
        self.queue_status: dict[str, Any] = {"endpoint": "queue.test", "port": 5672.0}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        outputs = {key: value for key, value in args.inputs.items() if value is not None}
        if args.typ == "pacific:vcenter:Supervisor":
            outputs |= {"supervisor": "supervisor-id", "endpoint": "127.0.0.1:6443"}
        elif args.typ == "pacific:vcenter:Namespace":
            outputs |= {"namespace": args.inputs["name"], "configStatus": "RUNNING"}
        elif args.typ.endswith(":VirtualMachine"):
            outputs["status"] = {"powerState": "PoweredOn", "network": {"primaryIP4": "10.0.0.7"}}
        elif args.typ.endswith((":Service", ":VirtualMachineService")):
            outputs["status"] = {"loadBalancer": {"ingress": [{"ip": "10.0.1.9"}]}}
        elif args.typ == "kubernetes:example.com/v1:Queue":
            outputs |= {"spec": {"size": 3.0}, "status": self.queue_status}
        elif args.typ == "kubernetes:ledger.example.com/v1:Book":
            outputs["spec"] = outputs.get("spec") or {"endpoint": "https://books.test"}
        return f"{args.name}-id", outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if args.token == "pacific:vcenter:getSupervisor":
            return {"id": "supervisor-id", "name": args.args["name"], "endpoint": "127.0.0.1:6443"}, []
        raise AssertionError(f"no program of ours calls {args.token}")

    def __iter__(self) -> Iterator[Registration]:
        return iter(self.resources)

    def only(self, type_and_name: str) -> Registration:
        """The registration ``type::name``; its only one."""
        result = [resource for resource in self if f"{resource.type}::{resource.name}" == type_and_name]
        assert len(result) == 1, f"{type_and_name}: {len(result)} of {[r.urn for r in self]}"
        return result[0]

    def tree(self, parent: str = "") -> list[str]:
        """``type::name <- parent's name`` of every resource, or of the children of ``parent``, in their order."""
        named = {resource.urn: resource.name for resource in self}
        return [
            f"{resource.type}::{resource.name}" + (f" <- {named[resource.parent]}" if resource.parent in named else "")
            for resource in self
            if not parent or named.get(resource.parent) == parent
        ]


@contextlib.contextmanager
def _own_loop() -> Iterator[None]:
    """A loop of this thread's own, closed again: pulumi's mocks would leave theirs open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()


class RecordingMonitor(mocks.MockMonitor):
    """Keeps the requests that pulumi's own mocks throw away (pulumi#14421)."""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the method's name in gRPC
        with _own_loop():
            response = super().RegisterResource(request)
            inputs = rpc.deserialize_properties(request.object, keep_unknowns=True)
        if request.type != "pulumi:pulumi:Stack":
            recording = self.mocks
            assert isinstance(recording, Recording)
            parent = request.parent if "pulumi:pulumi:Stack" not in request.parent.split("::")[2:3] else ""
            recording.resources.append(Registration(response.urn, request.type, request.name, parent, inputs, request))
        return response

    def Invoke(self, request: Any) -> Any:  # noqa: N802
        with _own_loop():
            return super().Invoke(request)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802
        recording = self.mocks
        assert isinstance(recording, Recording)
        recording.looked_up.append(f"{request.type}::{request.id}")
        with _own_loop():
            return super().ReadResource(request)


def record(program: Callable[[], Any], *, preview: bool = False) -> tuple[Recording, Any]:
    """Run ``program`` as Pulumi would; returns what was registered, and what the program's outputs came to."""
    recording = Recording()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    pulumi.runtime.set_mocks(
        recording, project=PROJECT, stack=STACK, preview=preview, monitor=RecordingMonitor(recording)
    )
    result: list[Any] = []

    @pulumi.runtime.test
    def run() -> pulumi.Output[Any]:
        return pulumi.Output.from_input(program()).apply(result.append)

    try:
        run()
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return recording, result[0] if result else None


def is_secret(request_object: Any, *path: str) -> bool:
    """Whether the value at ``path`` of a request's object, or one around it, is marked as secret."""
    value = request_object
    for key in path:
        fields = value.struct_value.fields if hasattr(value, "struct_value") else value.fields
        if rpc._special_sig_key in fields:
            break
        value = fields[key]
    fields = value.struct_value.fields
    return rpc._special_sig_key in fields and fields[rpc._special_sig_key].string_value == rpc._special_secret_sig
