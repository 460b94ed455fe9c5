"""One pod whose containers are processes: volumes written, containers started, started again, ended."""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pacific_infra.errors import PacificError
from pacific_sandbox.crx.container_log import ContainerLogs
from pacific_sandbox.crx.machine_observations import restarts
from pacific_sandbox.crx.pod_inputs import PodInputs
from pacific_sandbox.crx.pod_variables import command_line, environment
from pacific_sandbox.crx.pod_volumes import Unsupported, VolumeContext, volume_specifications
from pacific_sandbox.files import private_directory
from pacific_sandbox.kubernetes_api import KubernetesError, KubernetesUnreachable, Object
from pacific_sandbox.process_pods.container_root import Mount, container_command
from pacific_sandbox.reconcile.times import rfc3339_nano
from pacific_sandbox.spherelet.pod_runtime import ContainerObservation, PodObservation, Termination

_BACK_OFF: Final = (0.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
"""Seconds before a container is started again, as a kubelet has them."""
_AGAIN: Final = 2.0
"""Seconds after which what could not be had is asked for again."""
_CHUNK: Final = 2**16
_HOST: Final = "127.0.0.1"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Computer:
    """What all pods share."""

    inputs: PodInputs
    directory: Path
    """Where a pod's volumes and logs lie while it is there."""
    api_server: str
    """``host:port`` of the API server."""


class ProcessPod:
    """A pod from its start to its end. ``changed`` is called when there is something new to observe."""

    def __init__(
        self,
        pod: Object,
        address: str,
        images: Mapping[str, Mapping[str, str]],
        computer: Computer,
        changed: Callable[[], None],
    ) -> None:
        """``images``: the variables of each image that the pod has."""
        self._pod, self._address, self._images = pod, address, images
        self._computer, self._changed = computer, changed
        self._directory: Path = computer.directory / pod["metadata"]["uid"]
        shutil.rmtree(self._directory, ignore_errors=True)
        self.logs = ContainerLogs(self._directory / "logs")
        spec, counts = pod["spec"], restarts(pod)
        reason = "PodInitializing" if spec.get("initContainers") else "ContainerCreating"
        self._init = [container["name"] for container in spec.get("initContainers", ())]
        self._specs = {item["name"]: item for item in (*spec.get("initContainers", ()), *spec["containers"])}
        self._states = {
            name: ContainerObservation(name, "waiting", reason=reason, restart_count=counts.get(name, 0))
            for name in self._specs
        }
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name=f"process pod {pod['metadata']['name']}")

    @property
    def observation(self) -> PodObservation:
        """What the containers do now."""
        init = [self._states[name] for name in self._init]
        return PodObservation(init, [state for name, state in self._states.items() if name not in self._init], None)

    @property
    def ended(self) -> bool:
        """Whether nothing of it runs, nor will."""
        return self._task.done()

    def run_of(self, container: str) -> int:
        """The number of the container's present or last run."""
        return self._states[container].restart_count

    def is_running(self, container: str) -> bool:
        """Whether the container's process runs."""
        return container in self._processes

    def stop(self, grace: float) -> None:
        """Ask its containers to end (SIGTERM), and kill what still runs after ``grace`` seconds."""
        if self._stopping:
            return
        self._stopping = True
        if not self._processes:
            self._task.cancel()
        for process in self._processes.values():
            for child in _children(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGTERM)
        asyncio.get_running_loop().call_later(grace, self._kill)

    async def forget(self) -> None:
        """End it at once, and delete what it left."""
        self._stopping = True
        self._kill()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await asyncio.to_thread(shutil.rmtree, self._directory, ignore_errors=True)

    def _kill(self) -> None:
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _run(self) -> None:
        context = await self._context()
        for name in self._init:
            if not await self._keep(name, context, again=self._policy != "Never", always=False):
                return
        always = self._policy == "Always"
        again = self._policy != "Never"
        names = [name for name in self._states if name not in self._init]
        await asyncio.gather(*(self._keep(name, context, again=again, always=always) for name in names))

    @property
    def _policy(self) -> str:
        return str(self._pod["spec"].get("restartPolicy", "Always"))

    async def _context(self) -> VolumeContext:
        """What the pod refers to, with its volumes written; asked for again until it is there."""
        while True:
            try:
                context, _ = await self._computer.inputs.collect(self._pod, (self._address, _HOST))
                await asyncio.to_thread(self._write_volumes, context)
            except (Unsupported, KubernetesError, OSError, KubernetesUnreachable) as error:
                for name, state in self._states.items():
                    self._set(name, replace(state, reason="CreateContainerConfigError", message=str(error)))
                await asyncio.sleep(_AGAIN)
            else:
                return context

    def _write_volumes(self, context: VolumeContext) -> None:
        for volume in volume_specifications(context):
            folder = private_directory(self._volume(volume["name"]))
            for file in volume.get("files", ()):
                path = folder / file["path"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b64decode(file["content"]))
                path.chmod(file["mode"])

    def _volume(self, name: str) -> Path:
        return self._directory / "volumes" / name

    async def _keep(self, name: str, context: VolumeContext, *, again: bool, always: bool) -> bool:
        """Run a container until it has ended for good; whether it succeeded."""
        tries = 0
        while not self._stopping:
            code = await self._once(name, context)
            if self._stopping or (code == 0 and not always) or not again:
                return code == 0
            state = self._states[name]
            end = Termination(code, state.reason, state.started_at or 0.0, state.finished_at or 0.0)
            wait = _BACK_OFF[min(tries, len(_BACK_OFF) - 1)]
            tries += 1
            text = f"back-off {wait:.0f}s restarting failed container={name}"
            self._set(name, replace(_waiting(state), reason="CrashLoopBackOff", message=text, previous=end))
            await asyncio.sleep(wait)
            self._set(name, replace(self._states[name], restart_count=state.restart_count + 1))
        return False

    async def _once(self, name: str, context: VolumeContext) -> int:
        """Run a container once; its exit code."""
        spec, before = self._specs[name], self._states[name]
        try:
            process = await self._start(spec, context)
        except (PacificError, OSError) as error:
            now = time.time()
            failed = replace(before, state="terminated", reason="StartError", message=str(error), exit_code=128)
            self._set(name, replace(failed, started_at=now, finished_at=now))
            return 128
        self._processes[name] = process
        running = replace(before, state="running", reason="", message="", started_at=time.time(), finished_at=None)
        self._set(name, replace(running, ready=True))
        streams = {"stdout": process.stdout, "stderr": process.stderr}
        copies = (self._copy(name, kind, stream) for kind, stream in streams.items() if stream is not None)
        try:
            await asyncio.gather(*copies)
            code = await process.wait()
        finally:
            del self._processes[name]
        code = 128 - code if code < 0 else code
        ended = replace(running, state="terminated", reason="Error" if code else "Completed", exit_code=code)
        self._set(name, replace(ended, finished_at=time.time()))
        return code

    async def _start(self, spec: Object, context: VolumeContext) -> asyncio.subprocess.Process:
        host, _, port = self._computer.api_server.partition(":")
        home = private_directory(self._directory / "home" / spec["name"])
        root = private_directory(self._directory / "roots" / spec["name"])
        surroundings = {
            **self._images[spec["image"]],
            "HOME": str(home),
            "HOSTNAME": self._pod["metadata"]["name"],
            "KUBERNETES_SERVICE_HOST": host,
            "KUBERNETES_SERVICE_PORT": port,
        }
        variables = environment(self._pod, spec, context.objects, (self._address, _HOST), surroundings)
        words = command_line(spec, ((), ()), variables)
        if not words:
            raise PacificError("an image that stands for this computer has no command: the pod has to name it")
        mounts: list[Mount] = [
            (self._volume(mount["name"]) / mount.get("subPath", ""), mount["mountPath"])
            for mount in spec.get("volumeMounts", ())
        ]
        return await asyncio.create_subprocess_exec(
            *container_command(root, mounts, spec.get("workingDir") or "/", words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=variables,
            start_new_session=True,
        )

    async def _copy(self, name: str, kind: str, stream: asyncio.StreamReader) -> None:
        """Write what a container writes into its log, line by line."""
        run, rest = self.run_of(name), b""
        while data := await stream.read(_CHUNK):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self.logs.append(name, run, rfc3339_nano(time.time_ns()), kind, line, partial=False)
        if rest:
            self.logs.append(name, run, rfc3339_nano(time.time_ns()), kind, rest, partial=True)

    def _set(self, name: str, state: ContainerObservation) -> None:
        self._states[name] = state
        self._changed()


def _waiting(state: ContainerObservation) -> ContainerObservation:
    return ContainerObservation(state.name, "waiting", restart_count=state.restart_count)


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
