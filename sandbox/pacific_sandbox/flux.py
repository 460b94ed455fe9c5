"""Flux' source-controller and kustomize-controller, as `pacific toolchain install --gitops` builds them, for a cluster.

They run as processes of this computer beside the cluster's API server, and listen on 127.0.0.1 alone. Flags and
variables: cmd of both modules, https://fluxcd.io/flux/components/.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import yaml

from pacific_infra.errors import PacificError
from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, KubernetesUnreachable, Object, Resource
from pacific_sandbox.ports import free_port
from pacific_sandbox.processes.processes import SandboxProcess
from pacific_sandbox.stack_operator.definitions import define

CONTROLLERS: Final = ("source-controller", "kustomize-controller")
NAMESPACE: Final = "flux-system"
"""Where the objects of `pacific render flux` lie; the controllers watch all namespaces."""
_NAMESPACES: Final = Resource("v1", "namespaces", namespaced=False)
_STARTED_WITHIN = 60.0
_COMMON: Final = (
    "--watch-all-namespaces",
    "--enable-leader-election=false",
    "--metrics-addr=127.0.0.1:0",
    "--health-addr=127.0.0.1:0",
)


async def run_flux(
    kubeconfig: Path, programs: Mapping[str, Path], log: Callable[[str], Path], say: Callable[[str], object]
) -> None:
    """Apply what GitRepositories and Kustomizations of a cluster say until cancelled.

    ``programs``: those of CONTROLLERS, by name. ``log``: the file of a program's log. Raises PacificError where the
    cluster does not answer, has these kinds from the stand-in, or a controller does not start.
    """
    async with KubernetesAPI.from_kubeconfig(kubeconfig, field_manager="flux") as api:
        try:
            await define(api, [item for program in programs.values() for item in _definitions(program)])
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
            await api.apply(_NAMESPACES, namespace)
        except (KubernetesError, KubernetesUnreachable) as error:
            raise PacificError(f"Flux' definitions cannot be made: {error}", place=str(kubeconfig)) from None
    folder = kubeconfig.parent / "flux"
    folder.mkdir(exist_ok=True)
    environment = {"KUBECONFIG": str(kubeconfig), "RUNTIME_NAMESPACE": NAMESPACE, "TUF_ROOT": str(folder / "tuf")}
    address = f"127.0.0.1:{free_port()}"
    options = {
        "source-controller": (
            f"--storage-path={folder}",
            f"--storage-addr={address}",
            f"--storage-adv-addr={address}",
            "--events-addr=",
        ),
        # A wave begins so many seconds after the one before is ready; by Flux' own default 30.
        "kustomize-controller": ("--requeue-dependency=2s", "--events-addr="),
    }
    processes = [_process(name, programs[name], options[name], log(name), environment) for name in CONTROLLERS]
    try:
        for process in processes:
            await process.start(_STARTED_WITHIN)
            say(f"{process.status.name} is ready")
        await asyncio.Event().wait()
    finally:
        await asyncio.gather(*(process.stop() for process in processes))


def _process(
    name: str, program: Path, options: tuple[str, ...], log: Path, environment: Mapping[str, str]
) -> SandboxProcess:
    async def ready() -> bool:
        return process.has_said(b"Starting workers")

    process = SandboxProcess(name, [str(program), *_COMMON, *options], ready, log, environment=environment)
    return process


def _definitions(program: Path) -> Iterator[Object]:
    """Those that lie beside a controller."""
    for file in sorted((program.parents[1] / "share" / "config" / "crd" / "bases").glob("*.yaml")):
        definition: Object = yaml.load(file.read_bytes(), yaml.CSafeLoader)
        # What the generator of the files writes there is no time.
        definition["metadata"].pop("creationTimestamp", None)
        yield definition
