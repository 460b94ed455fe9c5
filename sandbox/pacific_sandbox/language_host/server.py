"""The LanguageRuntime service for Python, as Pulumi's proto/pulumi/language.proto describes it."""
# ruff: noqa: N802 - the methods are called as in the protocol

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from pulumi.runtime.proto import language_pb2 as messages
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeServicer

from pacific_infra import __version__, program_run, sdk_speed
from pacific_infra.errors import PacificError
from pacific_infra.program_run import SHOWN
from pacific_sandbox.language_host import sdk
from pacific_sandbox.language_host.child import Children, python_command
from pacific_sandbox.language_host.interpreter import interpreter, virtual_environment

QUERY_DEADLINE = 60.0
"""Seconds for asking an interpreter about itself."""


class SdkHost(LanguageRuntimeServicer):
    """Writes SDKs for ``language``, and does nothing else. ``engine`` is the engine's address, host:port."""

    def __init__(self, engine: str, children: Children, language: str) -> None:
        self._engine = engine
        self._children = children
        self._language = language

    def Handshake(self, request: messages.LanguageHandshakeRequest, _call: Any) -> messages.LanguageHandshakeResponse:
        """The engine's first call."""
        self._engine = request.engine_address or self._engine
        return messages.LanguageHandshakeResponse()

    def Run(self, _request: messages.RunRequest, _call: Any) -> messages.RunResponse:
        """Say who would run the program."""
        return messages.RunResponse(error=self._runs_no_programs())

    def GetRequiredPackages(self, _request: Any, _call: Any) -> messages.GetRequiredPackagesResponse:
        """None beforehand: the engine would download the plugin of each installed SDK's own version.

        Programs ask for the plugins that the toolchain has installed through their providers' ``version``.
        """
        return messages.GetRequiredPackagesResponse()

    def InstallDependencies(self, _request: Any, _call: Any) -> Iterator[messages.InstallDependenciesResponse]:
        """Say how the user installs them."""
        note = f"dependencies are not installed by pacific-sandbox: {sdk.INSTALLERS[self._language]} installs them\n"
        yield messages.InstallDependenciesResponse(stdout=note.encode())

    def _runs_no_programs(self) -> str:
        problem = f"pulumi-language-{self._language} of pacific-sandbox only writes SDKs and runs no programs"
        fix = "install Pulumi 3.225 or newer, which brings its own, and have it on PATH (docs/toolchain.md)"
        return str(PacificError(problem, fix=fix))

    def GetPluginInfo(self, _request: Empty, _call: Any) -> plugin_pb2.PluginInfo:
        """Our version, which is not that of Pulumi's own host."""
        return plugin_pb2.PluginInfo(version=__version__)

    def GeneratePackage(self, request: messages.GeneratePackageRequest, call: Any) -> messages.GeneratePackageResponse:
        """Write the SDK of a package."""
        try:
            return sdk.generate(self._language, request, self._children, call)
        except PacificError as error:
            call.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
            raise

    def Link(self, request: messages.LinkRequest, call: Any) -> messages.LinkResponse:
        """For ``pulumi package add``: the project depends on the SDKs that were written into it."""
        try:
            return messages.LinkResponse(import_instructions=sdk.link(self._language, request))
        except PacificError as error:
            call.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
            raise

    def Cancel(self, _request: Empty, _call: Any) -> Empty:
        """End what runs."""
        self._children.close()
        return Empty()


class LanguageHost(SdkHost):
    """Runs programs and plugins with the Python of their project."""

    def __init__(self, engine: str, children: Children) -> None:
        super().__init__(engine, children, "python")

    def GetRequiredPlugins(self, _request: Any, _call: Any) -> messages.GetRequiredPluginsResponse:
        """The older form of the same question."""
        return messages.GetRequiredPluginsResponse()

    def RuntimeOptionsPrompts(self, _request: Any, _call: Any) -> messages.RuntimeOptionsResponse:
        """``pulumi new`` need not ask anything."""
        return messages.RuntimeOptionsResponse()

    def Run(self, request: messages.RunRequest, call: Any) -> messages.RunResponse:
        """Run a program; returns when it has ended."""
        info = request.info
        program = Path(info.program_directory, info.entry_point)
        if program.is_dir() and not (program / "__main__.py").exists():
            return messages.RunResponse(error=f"there is no __main__.py in {program}")
        run = {
            "options": {
                "project": request.project,
                "stack": request.stack,
                "root_directory": info.root_directory,
                "parallel": request.parallel,
                "engine_address": self._engine,
                "monitor_address": request.monitor_address,
                "preview": request.dryRun,
                "organization": request.organization or "organization",
            },
            "configuration": dict(request.config),
            "secret_keys": list(request.configSecretKeys),
            "program": str(program),
            "sdk_speed": sdk_speed.__file__,
            "program_run": program_run.__file__,
            "program_directory": str(program if program.is_dir() else program.parent),
            "arguments": list(request.args),
        }
        try:
            python = interpreter(info.root_directory, MessageToDict(info.options))
        except PacificError as error:
            return messages.RunResponse(error=str(error))
        directory = request.pwd or info.program_directory
        command = python_command(python, "program.py")
        code = self._children.run(call, command, directory, json.dumps(run).encode())
        if code == SHOWN or not call.is_active():
            return messages.RunResponse(bail=True)
        if code:
            return messages.RunResponse(error=f"Program exited with non-zero exit code: {code}")
        return messages.RunResponse()

    def RunPlugin(self, request: messages.RunPluginRequest, call: Any) -> Iterator[messages.RunPluginResponse]:
        """Run a plugin written in Python: its ``__main__.py``, else the distribution that its pyproject.toml names."""
        info = request.info
        try:
            python = interpreter(info.root_directory, MessageToDict(info.options))
            program = Path(info.program_directory, info.entry_point)
            command = [str(python), "-u", *_plugin_program(program), *request.args]
        except PacificError as error:
            call.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        environment = dict(entry.split("=", 1) for entry in request.env if "=" in entry) or dict(os.environ)
        for name, data in self._children.stream(call, command, request.pwd or str(program), environment):
            if name == "stdout":
                yield messages.RunPluginResponse(stdout=data)
            elif name == "stderr":
                yield messages.RunPluginResponse(stderr=data)
            else:
                yield messages.RunPluginResponse(exitcode=int(data))

    def About(self, request: messages.AboutRequest, call: Any) -> messages.AboutResponse:
        """The program's interpreter and its version, for ``pulumi about`` and before each run."""
        python = self._interpreter(request.info, call)
        if str(python) == sys.executable:
            return messages.AboutResponse(executable=str(python), version=platform.python_version())
        version = _ask([str(python), "-I", "-c", "import platform; print(platform.python_version())"])
        return messages.AboutResponse(executable=str(python), version=version.strip())

    def GetProgramDependencies(
        self, request: messages.GetProgramDependenciesRequest, call: Any
    ) -> messages.GetProgramDependenciesResponse:
        """The distributions in the program's environment."""
        python = self._interpreter(request.info, call)
        flags = ["--transitive"] if request.transitiveDependencies else []
        distributions = json.loads(_ask(python_command(python, "distributions.py", *flags)))
        return messages.GetProgramDependenciesResponse(
            dependencies=[
                messages.DependencyInfo(name=distribution["name"], version=distribution["version"])
                for distribution in distributions
            ]
        )

    def InstallDependencies(
        self, request: messages.InstallDependenciesRequest, call: Any
    ) -> Iterator[messages.InstallDependenciesResponse]:
        """For ``pulumi install``: make the project's virtual environment from its requirements.

        As in Pulumi's own host nothing is installed where the project names none: that environment is the user's.
        """
        root = request.info.root_directory or request.directory
        environment = virtual_environment(root, MessageToDict(request.info.options))
        if environment is None:
            if not request.is_plugin:
                note = (
                    "The project names no virtual environment: its dependencies are those of the environment in use.\n"
                )
                yield messages.InstallDependenciesResponse(stdout=note.encode())
            return
        python = environment / "bin" / "python"
        commands = []
        if not python.exists():
            commands.append([str(interpreter(root, {})), "-I", "-m", "venv", str(environment)])
        directory = request.directory or request.info.program_directory
        requirements = _requirements(Path(directory)) or _requirements(Path(root))
        if requirements:
            commands.append([str(python), "-I", "-m", "pip", "install", "--disable-pip-version-check", *requirements])
        for command in commands:
            for name, data in self._children.stream(call, command, directory):
                if name == "stdout":
                    yield messages.InstallDependenciesResponse(stdout=data)
                elif name == "stderr":
                    yield messages.InstallDependenciesResponse(stderr=data)
                elif data != b"0":
                    call.abort(grpc.StatusCode.UNKNOWN, f"{' '.join(command)}: exit code {data.decode()}")

    def GenerateProgram(self, request: messages.GenerateProgramRequest, _call: Any) -> messages.GenerateProgramResponse:
        """For ``pulumi import``: what to declare for what was imported."""
        return messages.GenerateProgramResponse(source={"__main__.py": sdk.described_program(request.source)})

    def _interpreter(self, info: messages.ProgramInfo, call: Any) -> Path:
        try:
            return interpreter(info.root_directory, MessageToDict(info.options))
        except PacificError as error:
            call.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
            raise


def _plugin_program(program: Path) -> list[str]:
    if not program.is_dir() or (program / "__main__.py").exists():
        return [str(program)]
    project = program / "pyproject.toml"
    if project.exists():
        import tomllib  # noqa: PLC0415

        name = tomllib.loads(project.read_text()).get("project", {}).get("name")
        if name:
            return ["-m", "pulumi.run.plugin", str(name)]
    raise PacificError(
        "there is nothing to run in the plugin's folder",
        value=str(program),
        allowed="a __main__.py, or a pyproject.toml with project.name",
    )


def _requirements(directory: Path) -> list[str]:
    if (directory / "requirements.txt").exists():
        return ["-r", str(directory / "requirements.txt")]
    if (directory / "pyproject.toml").exists():
        return ["-e", str(directory)]
    return []


def _ask(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=QUERY_DEADLINE).stdout
