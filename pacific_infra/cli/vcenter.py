"""Which vCenter a stack is on, and as whom: for commands that ask it themselves."""

from collections.abc import Callable
from pathlib import Path

from pacific_infra.converge.project import Project
from pacific_infra.errors import PacificError
from pacific_infra.sandbox import find_sandbox
from pacific_infra.settings import Settings
from pacific_infra.vcenter.settings import VCenterSettings


def vcenter_settings(
    project: Project, settings: Settings, secret: Callable[[str], str | None] | None = None
) -> VCenterSettings:
    """What the stack's configuration names, or its sandbox's vCenter.

    ``secret`` gives a secret of the configuration by its key; without it a password that is kept as one is left out.
    Raises PacificError for a stack that has a kubeconfig and no login at vCenter.
    """
    values = {key.removeprefix("pacific:"): value for key, value in project.configuration.items()}
    if project.sandboxed:
        return find_sandbox(project.sandbox_directory or settings.sandbox_directory, settings).settings()

    if not values.get("server"):
        raise PacificError(
            f"the stack {project.name}/{project.stack} has no login at vCenter",
            fix="set pacific:server, pacific:username and pacific:passwordFile",
        )

    def path(name: str) -> Path | None:
        return project.directory / Path(str(values[name])).expanduser() if values.get(name) else None

    password_file = path("passwordFile")
    return VCenterSettings(
        server=str(values["server"]),
        username=str(values.get("username") or ""),
        password=None if password_file or secret is None else secret("pacific:password"),
        password_file=password_file,
        ca_file=path("caFile"),
        insecure=str(values.get("insecure", "")).lower() == "true",
    )
