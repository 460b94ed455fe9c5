"""The estate's program in this process: the engine asks a language runtime here for it, as Pulumi's Automation API has
one, and starts no language host. The documents' models and the components are loaded here already.
"""

import contextvars
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # no stubs are installed
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]  # as above
from pulumi.runtime.proto import language_pb2 as messages
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeServicer, add_LanguageRuntimeServicer_to_server

from pacific_infra import __version__
from pacific_infra.program_run import SHOWN, run_program
from pacific_infra.record.gate import Gate
from pacific_infra.sdk_speed import quick_sdk

Program = Callable[[], object]
"""Declares resources; ends with SystemExit(SHOWN) where it has told the engine why it cannot."""
_GRACE = 5.0
"""Seconds that the program has to end after the engine has."""


@contextmanager
def serving_program(program: Program, directory: Path, gate: Gate | None = None) -> Iterator[str]:
    """In the block an engine that is told the address, as ``--client``, runs ``program``. ``directory``: the project's
    folder. ``gate``: before which the program waits.
    """
    server = grpc.server(ThreadPoolExecutor(4))
    add_LanguageRuntimeServicer_to_server(_InlineRuntime(program, directory, gate), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(grace=_GRACE).wait()


class _InlineRuntime(LanguageRuntimeServicer):
    """The part of Pulumi's proto/pulumi/language.proto that an engine asks of a program."""

    def __init__(self, program: Program, directory: Path, gate: Gate | None) -> None:
        self._program = program
        self._gate = gate
        self._directory = str(directory)

    def GetPluginInfo(self, _request: Empty, _call: Any) -> plugin_pb2.PluginInfo:  # noqa: N802 - the method's name in gRPC
        return plugin_pb2.PluginInfo(version=__version__)

    def GetRequiredPackages(self, _request: Any, _call: Any) -> messages.GetRequiredPackagesResponse:  # noqa: N802
        """None beforehand: the program asks for plugins by its providers' versions."""
        return messages.GetRequiredPackagesResponse()

    def GetRequiredPlugins(self, _request: Any, _call: Any) -> messages.GetRequiredPluginsResponse:  # noqa: N802
        """The older form of the same question."""
        return messages.GetRequiredPluginsResponse()

    def About(self, _request: messages.AboutRequest, _call: Any) -> messages.AboutResponse:  # noqa: N802
        return messages.AboutResponse(executable=sys.executable, version=sys.version.split()[0])

    def Run(self, request: messages.RunRequest, _call: Any) -> messages.RunResponse:  # noqa: N802
        """Run the program; returns when it has ended."""
        if self._gate is not None and not self._gate.passes():
            return messages.RunResponse(bail=True)
        options = {
            "project": request.project,
            "stack": request.stack,
            "root_directory": self._directory,
            "parallel": request.parallel,
            "engine_address": request.args[0] if request.args else None,
            "monitor_address": request.monitor_address,
            "preview": request.dryRun,
            "organization": request.organization or "organization",
        }

        def run() -> bool:
            with quick_sdk(positions=False):
                return run_program(self._program, options, request.config, request.configSecretKeys, self._directory)

        try:
            # The SDK's settings are of the context: none of another run are left in it.
            well = contextvars.Context().run(run)
        except SystemExit as end:
            if end.code not in (None, 0, SHOWN):
                return messages.RunResponse(error=f"Program exited with non-zero exit code: {end.code}")
            well = end.code != SHOWN
        return messages.RunResponse(bail=not well)
