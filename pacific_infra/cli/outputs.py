"""``pacific outputs``: what the estate gives to its users."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from pacific_infra.cli.options import CURRENT_FOLDER, JsonOption, ProjectOption, StackOption
from pacific_infra.converge.project import Project, find_project
from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings
from pacific_infra.toolchain import find_toolchain

if TYPE_CHECKING:
    from pacific_infra.converge.stack import EstateStack
    from pacific_infra.converge.stack_record import Output, StackRecord


def outputs(
    name: Annotated[
        str | None, typer.Argument(help="One output, or a part of it as in endpoints.supervisor-01; its bare value.")
    ] = None,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    json_output: JsonOption = False,
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="Print secret values, not masked.")] = False,
) -> None:
    """Print the stack's outputs; each Supervisor's kubeconfig is written to a file of your own, which is named."""
    values = _read_outputs(find_project(project, stack), show_secrets=show_secrets)
    if name is not None:
        value = _named(values, name)
        typer.echo(value if isinstance(value, str) else json.dumps(value, indent=2))
    elif json_output:
        typer.echo(json.dumps(values, indent=2))
    else:
        for key, value in values.items():
            if isinstance(value, dict):
                for part, inner in value.items():
                    typer.echo(f"{key}.{part}: {inner if isinstance(inner, str) else json.dumps(inner)}")
            else:
                typer.echo(f"{key}: {value if isinstance(value, str) else json.dumps(value)}")


def _read_outputs(project: Project, *, show_secrets: bool) -> dict[str, Any]:
    """The outputs by name: secrets masked, kubeconfigs replaced by the files that hold them."""
    values: dict[str, Any] = {}
    for name, output in sorted(recorded_outputs(project).items()):
        if name == "kubeconfigs":
            values[name] = {
                supervisor: str(_write_kubeconfig(project.directory, supervisor, kubeconfig))
                for supervisor, kubeconfig in output.value.items()
            }
        else:
            values[name] = "[secret]" if output.secret and not show_secrets else output.value
    return values


def recorded_outputs(project: Project) -> Mapping[str, "Output"]:
    """The stack's outputs; Pulumi is asked where nobody else can read them."""
    from pacific_infra.converge.stack_record import NotReadable, open_joined  # noqa: PLC0415 - few use it from here

    settings = Settings.read().with_backend(project.backend_url)
    record = open_joined(project, settings, find_toolchain(settings).environment(), partial(typer.echo, err=True))
    if record is not None:
        with suppress(NotReadable):
            return record.outputs()
    from pacific_infra.cli.session import begin_on  # noqa: PLC0415 - it reads documents

    return begin_on(project).open_stack().outputs()


def _named(values: Mapping[str, Any], name: str) -> Any:
    output, _, part = name.partition(".")
    result = values.get(output)
    if part:
        result = result.get(part) if isinstance(result, dict) else None
    if result is None:
        parts = [f"{key}.{inner}" for key, value in values.items() if isinstance(value, dict) for inner in value]
        raise PacificError("the output does not exist", value=name, allowed=sorted([*values, *parts]))
    return result


def _write_kubeconfig(directory: Path, supervisor: str, kubeconfig: str) -> Path:
    folder = directory / ".pacific" / "kubeconfig"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{supervisor.replace('/', '-')}.yaml"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(with_program(yaml.safe_load(kubeconfig)), stream, indent=2)
    return file


def supervisor_kubeconfigs(stack: "EstateStack | StackRecord") -> dict[str, dict[str, Any]]:
    """The kubeconfigs of the stack's Supervisors by name, external ones too, as its last run left them."""
    output = stack.outputs().get("kubeconfigs")
    # Those of workload clusters are NAMESPACE/NAME.
    texts = {name: text for name, text in (output.value if output else {}).items() if "/" not in name}
    return {name: with_program(yaml.safe_load(text)) for name, text in texts.items()}


def with_program(kubeconfig: dict[str, Any]) -> dict[str, Any]:
    """The credential program by its path: a user's shell need not have this environment on its PATH."""
    for user in kubeconfig["users"]:
        if "exec" not in user["user"]:
            continue  # of a workload cluster: with a certificate or token of its own
        command = user["user"]["exec"]["command"]
        user["user"]["exec"]["command"] = shutil.which(command) or str(Path(sys.prefix) / "bin" / command)
    return kubeconfig
