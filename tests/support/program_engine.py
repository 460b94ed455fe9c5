"""The engine as a program sees it: its monitor and its log, over the wire, and what the program said to them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc  # type: ignore[import-untyped]  # no stubs are installed
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]  # as above
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, language_pb2, language_pb2_grpc, resource_pb2
from pulumi.runtime.proto import resource_pb2_grpc as monitor_grpc

from tests.support.waiting import PATIENCE


class ProgramEngine(monitor_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Answers that every resource is as it was declared."""

    def __init__(self) -> None:
        self.registered: list[str] = []
        """Names, in the order in which they came."""
        self.errors: list[str] = []
        """What the program logged as an error."""
        self.refused: dict[str, tuple[grpc.StatusCode, str]] = {}
        """How a registration is refused, by name."""
        self.address = ""

    def GetDeploymentInfo(self, _request: Empty, _call: Any) -> Any:  # noqa: N802 - the method's name in gRPC
        return resource_pb2.DeploymentInfo()

    def RegisterResource(self, request: Any, call: Any) -> Any:  # noqa: N802 - the method's name in gRPC
        if request.name in self.refused:
            call.abort(*self.refused[request.name])
        self.registered.append(request.name)
        urn = f"urn:pulumi:{request.type}::{request.name}"
        return resource_pb2.RegisterResourceResponse(urn=urn, id=request.name, object=request.object)

    def RegisterResourceOutputs(self, _request: Any, _call: Any) -> Empty:  # noqa: N802 - the method's name in gRPC
        return Empty()

    def SignalAndWaitForShutdown(self, _request: Empty, _call: Any) -> Empty:  # noqa: N802 - the method's name in gRPC
        return Empty()

    def Log(self, request: Any, _call: Any) -> Empty:  # noqa: N802 - the method's name in gRPC
        if request.severity == engine_pb2.ERROR:
            self.errors.append(request.message)
        return Empty()

    def run(self, runtime: str) -> Any:
        """Have the language runtime at an address run its program, as an engine with one stack does."""
        with grpc.insecure_channel(runtime) as channel:
            request = language_pb2.RunRequest(
                project="estate", stack="dev", parallel=4, monitor_address=self.address, args=[self.address]
            )
            request.config["estate:greeting"] = "hello"
            return language_pb2_grpc.LanguageRuntimeStub(channel).Run(request, timeout=PATIENCE)


@contextmanager
def program_engine() -> Iterator[ProgramEngine]:
    """An engine for programs, as long as the block runs."""
    server, engine = grpc.server(ThreadPoolExecutor(8)), ProgramEngine()
    monitor_grpc.add_ResourceMonitorServicer_to_server(engine, server)
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    engine.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield engine
    finally:
        server.stop(grace=0).wait()
