"""What ``up`` tells the daemon: the programs to run and how."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pacific_infra.errors import PacificError
from pacific_sandbox.files import read_json, write_json

Runtime = Literal["simulated", "qemu"]
"""What runs pods: times that pass, or a machine for each."""

DEFAULT_TOKEN_LIFETIME = 36000.0
"""Seconds that a token of ``/wcp/login`` lives: 10 hours, as on a Supervisor."""
VCENTER_VERSIONS = {"8.0.3": (8, 0, 3), "9.0": (9, 0, 0), "9.1": (9, 1, 0)}
"""The versions that the simulated vCenter can be; an older one lacks what came later."""
NEWEST_VCENTER = "9.1"
DEFAULT_HOSTS = 4
"""ESXi hosts of each cluster."""


@dataclass(frozen=True)
class SandboxConfiguration:
    """Kept in the sandbox's folder, which it marks as one."""

    control_plane: Path
    vcenter_simulator: Path
    vm_operator: Path
    token_lifetime: float = DEFAULT_TOKEN_LIFETIME
    hosts: int = DEFAULT_HOSTS
    """ESXi hosts of each cluster."""
    runtime: Runtime = "simulated"
    """What was asked for."""
    crx: Path | None = None
    """What machines are made of; None: pods are simulated, also where another runtime was asked for."""
    vcenter_version: str = NEWEST_VCENTER

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read it back. Raises PacificError where it is not there or not whole."""
        value = read_json(path)
        try:
            return cls(
                Path(value["control_plane"]),
                Path(value["vcenter_simulator"]),
                Path(value["vm_operator"]),
                float(value["token_lifetime"]),
                int(value.get("hosts", DEFAULT_HOSTS)),
                # A folder of before there was a choice has neither.
                "qemu" if value.get("runtime") == "qemu" else "simulated",
                Path(value["crx"]) if value.get("crx") else None,
                str(value.get("vcenter_version", NEWEST_VCENTER)),
            )
        except (TypeError, KeyError, ValueError):
            raise PacificError("not a sandbox's folder", value=str(path.parent), fix="pacific sandbox up") from None

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        write_json(
            path,
            {
                "control_plane": str(self.control_plane),
                "vcenter_simulator": str(self.vcenter_simulator),
                "vm_operator": str(self.vm_operator),
                "token_lifetime": self.token_lifetime,
                "hosts": self.hosts,
                "runtime": self.runtime,
                "crx": str(self.crx) if self.crx else None,
                "vcenter_version": self.vcenter_version,
            },
        )


def choose_runtime(
    requested: Runtime | None,
    before: SandboxConfiguration | None,
    directory: Callable[[str], Path],
    say: Callable[[str], object],
    *,
    required: bool = False,
) -> tuple[Runtime, Path | None]:
    """What is to run pods (``asked``, else as ``before``), and the folder of what machines are made of.

    Where machines are not installed, which ``directory`` raises PacificError for, that is said, and pods are simulated;
    where they are ``required``, it is raised.
    """
    runtime = requested or (before.runtime if before else "simulated")
    if runtime == "qemu":
        try:
            return runtime, directory("crx")
        except PacificError as error:
            if required:
                raise
            say(f"sandbox: pods are simulated: {error}")
    return runtime, None
