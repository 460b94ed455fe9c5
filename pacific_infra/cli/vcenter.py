"""Which vCenter a command talks to, and as whom: for commands that ask it themselves."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import typer

from pacific_infra.converge.project import Project, find_project
from pacific_infra.errors import PacificError
from pacific_infra.sandbox import find_sandbox
from pacific_infra.settings import Settings
from pacific_infra.vcenter.kubeconfig import PASSWORD_VARIABLE
from pacific_infra.vcenter.settings import VCenterSettings, configured_vcenter


def vcenter_settings(
    project: Project, settings: Settings, secret: Callable[[str], str | None] | None = None
) -> VCenterSettings:
    """What the stack's configuration names, or its sandbox's vCenter.

    ``secret`` gives a secret of the configuration by its key; without it the login is left to the caller. Raises
    PacificError for a stack that has a kubeconfig and no login at vCenter, and as ``configured_vcenter``.
    """
    if project.sandboxed:
        return find_sandbox(project.sandbox_directory or settings.sandbox_directory, settings).settings()
    configured = configured_vcenter(
        lambda name: project.configuration.get(f"pacific:{name}"),
        project.directory,
        None if secret is None else lambda: secret("pacific:password"),
    )
    if configured is None:
        raise PacificError(
            f"the stack {project.name}/{project.stack} has no login at vCenter",
            fix="set pacific:server, pacific:username and pacific:passwordFile",
        )
    return configured


def login_settings(
    *,
    project: Path,
    stack: str | None,
    server: str | None = None,
    username: str | None = None,
    password_file: Path | None = None,
    ca_file: Path | None = None,
    insecure: bool = False,
) -> VCenterSettings:
    """What the command line names, and for the rest what the stack's configuration, or its sandbox, has."""
    configured = None if server else vcenter_settings(find_project(project, stack), Settings.read())
    server, username = (
        server or (configured.server if configured else None),
        username or (configured.username if configured else None),
    )
    if not server or not username:
        raise PacificError("no user to log in as", fix="name one with --username, for example alice@vsphere.local")
    # The file of the stack is that of the stack's own user.
    if password_file is None and configured is not None and configured.username == username:
        password_file = configured.password_file
    # Argv is readable by every user of the computer, so that a password comes by environment or by hand only.
    password = None if password_file else os.environ.get(PASSWORD_VARIABLE)
    if password_file is None and password is None:
        if not sys.stdin.isatty():
            raise PacificError(
                f"no password for {username}", fix=f"name its file with --password-file, or set {PASSWORD_VARIABLE}"
            )
        password = typer.prompt(f"Password of {username}", hide_input=True, err=True)
    return VCenterSettings(
        server=server,
        username=username,
        password=password,
        password_file=password_file.resolve() if password_file else None,
        ca_file=ca_file.resolve() if ca_file else (configured.ca_file if configured else None),
        insecure=insecure or (configured.insecure if configured else False),
    )
