"""``pacific login`` and ``pacific credential``: kubectl on a Supervisor, with tokens that are fetched when needed."""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from pacific_infra import credential as plugin
from pacific_infra.cli.options import CURRENT_FOLDER, ProjectOption, StackOption
from pacific_infra.cli.vcenter import login_settings
from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.cluster_login import cluster_kubeconfig, read_cluster_login
from pacific_infra.vcenter.kubeconfig import PASSWORD_VARIABLE, kubeconfig, merge_kubeconfigs
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.user_namespaces import SupervisorOfUser, find_supervisor


def login(
    supervisor: Annotated[str, typer.Argument(help="The Supervisor, by name, identifier or address.")],
    *,
    cluster: Annotated[
        str | None, typer.Option(metavar="NAMESPACE/NAME", help="A workload cluster, for which a context is added too.")
    ] = None,
    server: Annotated[str | None, typer.Option(help="vCenter, host or host:port; else the stack's.")] = None,
    username: Annotated[str | None, typer.Option(help="For example alice@vsphere.local; else the stack's.")] = None,
    password_file: Annotated[
        Path | None, typer.Option(help=f"File whose first line is the password; else {PASSWORD_VARIABLE}, else asked.")
    ] = None,
    ca_file: Annotated[Path | None, typer.Option(help="PEM bundle that signs the certificates.")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Do not verify the certificates.")] = False,
    file: Annotated[
        str, typer.Option("--kubeconfig", envvar="KUBECONFIG", help="The file to add the contexts to.")
    ] = "~/.kube/config",
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
) -> None:
    """Log in at a Supervisor and add it to your kubeconfig: a context for it and for each namespace of yours.

    No token is written: kubectl asks `pacific-credential` for one, which logs in again when the last has ended. At a
    workload cluster you are its administrator: whoever may read its kubeconfig on the Supervisor may be that. Its
    certificate is not written either, but read from the Supervisor for each command.
    """
    settings = login_settings(
        server=server,
        username=username,
        password_file=password_file,
        ca_file=ca_file,
        insecure=insecure,
        project=project,
        stack=stack,
    )
    supervisor_of_user = asyncio.run(_find(supervisor, settings))
    endpoint = supervisor_of_user.endpoint
    token = plugin.fresh_token(endpoint, settings, Settings.read().cache_directory / "credentials")
    login_of_cluster = None if cluster is None else read_cluster_login(endpoint, settings, token, cluster)
    target = Path(file.split(os.pathsep)[0]).expanduser()
    command = "pacific-credential"
    program = shutil.which(command) or str(Path(sys.prefix) / "bin" / command)
    added = json.loads(
        kubeconfig(
            endpoint,
            settings,
            [program],
            name=supervisor_of_user.name,
            namespaces=supervisor_of_user.namespaces,
            keep_password=False,
        )
    )
    if cluster is not None and login_of_cluster is not None:
        added = merge_kubeconfigs(added, cluster_kubeconfig(login_of_cluster, added, cluster))
    _write(target, merge_kubeconfigs(_read(target), added))
    contexts = ", ".join(context["name"] for context in added["contexts"])
    typer.echo(f"logged in at {endpoint} as {settings.username}; {target} has: {contexts}")
    if cluster is not None:
        typer.echo(f"at {cluster} you are its administrator: the certificate is read from its Secret for each command")


def credential(context: typer.Context) -> None:
    """Print a fresh token for kubectl: the exec credential plugin, the same as the program pacific-credential."""
    raise typer.Exit(plugin.main(context.args))


async def _find(supervisor: str, settings: VCenterSettings) -> SupervisorOfUser:
    client = VCenterClient(settings)
    try:
        return await find_supervisor(client, supervisor)
    finally:
        await client.close()


def _read(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, yaml.YAMLError) as error:
        raise PacificError(
            "cannot read the kubeconfig", place=str(file), fix="fix the file, or name another with --kubeconfig"
        ) from error
    if content is not None and not isinstance(content, dict):
        raise PacificError("not a kubeconfig", place=str(file), fix="fix the file, or name another with --kubeconfig")
    return content or {}


def _write(file: Path, content: dict[str, Any]) -> None:
    """Whole or not at all, readable by its user only."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(descriptor, "w") as stream:
            yaml.safe_dump(content, stream, sort_keys=False)
        Path(name).replace(file)
    except OSError as error:
        raise PacificError("cannot write the kubeconfig", place=str(file), value=str(error)) from error
