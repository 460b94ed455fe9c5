"""One pod in its machine: started, listened to, started again when the machine is lost, ended."""

import asyncio
import contextlib
import json
import logging
import math
import shutil
import time
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from pacific_sandbox.crx.container_log import ContainerLogs
from pacific_sandbox.crx.image_store import Image
from pacific_sandbox.crx.machine import Machine, MachineEnded, Message
from pacific_sandbox.crx.machine_command import OVERHEAD, Disk, MachineSettings, MachineSize
from pacific_sandbox.crx.machine_observations import lost, remembering, reported, restarts, waiting
from pacific_sandbox.crx.machines import PAUSES, Machines
from pacific_sandbox.crx.pod_inputs import PodInputs
from pacific_sandbox.crx.pod_specification import MachineNetwork, pod_specification
from pacific_sandbox.crx.pod_volumes import Unsupported, VolumeContext
from pacific_sandbox.crx.service_variables import service_variables
from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, KubernetesUnreachable, Object, Resource
from pacific_sandbox.pod_network.computer_ports import PORTS_ANNOTATION, ComputerPorts, always
from pacific_sandbox.pod_network.frames import mac_text
from pacific_sandbox.pod_network.services import PROTOCOLS
from pacific_sandbox.spherelet.pod_machine import size
from pacific_sandbox.spherelet.pod_runtime import runs_once

_PODS: Final = Resource("v1", "pods")
_GRACE_MORE: Final = 10.0
"""Seconds after the grace period at which a machine that does not answer is killed."""
_FILES_EVERY: Final = 60.0
"""Seconds between two looks whether a volume's ConfigMap or Secret has changed, as a kubelet has it."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Surroundings:
    """What all pods share."""

    api: KubernetesAPI
    inputs: PodInputs
    machines: Machines


def content(message: Message) -> bytes:
    """The bytes in a message."""
    return b64decode(message.get("data", ""))


class PodInMachine:
    """A pod from its start to its end. ``changed`` is called when there is something new to observe."""

    def __init__(
        self,
        pod: Object,
        address: str,
        images: Mapping[str, Image],
        surroundings: Surroundings,
        changed: Callable[[], None],
    ) -> None:
        self._pod, self._address, self._images = pod, address, images
        self._surroundings, self._changed = surroundings, changed
        self._directory = surroundings.machines.directory / "pods" / pod["metadata"]["uid"]
        self.logs = ContainerLogs(self._directory / "logs")
        self.observation = waiting(pod, {}, again=None)
        self.ended = False
        """Whether the machine is gone for good: the pod has finished, or was asked to end."""
        self._machine: Machine | None = None
        self._stopping: float | None = None
        self._commands: dict[int, asyncio.Queue[Message]] = {}
        self._last_command = 0
        self._task = asyncio.create_task(self._run(), name=f"crx {pod['metadata']['name']}")
        self._task.add_done_callback(self._note_failure)

    def run_of(self, container: str) -> int:
        """The number of the container's present or last run."""
        for observed in (*self.observation.init_containers, *self.observation.containers):
            if observed.name == container:
                return observed.restart_count
        return 0

    def is_running(self, container: str) -> bool:
        """Whether the container runs, or will again."""
        all_ = (*self.observation.init_containers, *self.observation.containers)
        return not self.ended and any(
            observation.name == container and observation.state == "running" for observation in all_
        )

    @property
    def process_number(self) -> int | None:
        """QEMU's process number while it runs."""
        return self._machine.process_number if self._machine is not None else None

    async def stop(self, grace: float) -> None:
        """Ask the pod's containers to end within ``grace`` seconds. Can be repeated; a shorter time counts."""
        deadline = time.monotonic() + grace
        if self._stopping is not None and self._stopping <= deadline:
            return
        first, self._stopping = self._stopping is None, deadline
        if first:
            asyncio.get_running_loop().call_later(grace + _GRACE_MORE, self._kill)
        else:
            asyncio.get_running_loop().call_later(grace, self._kill)
        if self._machine is None:
            self._task.cancel()
            return
        try:
            await self._machine.send({"type": "stop", "grace": grace})
        except MachineEnded:
            self._kill()

    async def forget(self) -> None:
        """End it at once, and delete what it left."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.to_thread(shutil.rmtree, self._directory, ignore_errors=True)

    def open_command(self) -> tuple[int, "asyncio.Queue[Message]"]:
        """A number for a command in the machine, and where its messages will come."""
        self._last_command += 1
        queue: asyncio.Queue[Message] = asyncio.Queue()
        self._commands[self._last_command] = queue
        return self._last_command, queue

    def close_command(self, number: int) -> None:
        """No more is wanted of a command."""
        self._commands.pop(number, None)

    async def send(self, message: Message) -> None:
        """Tell the machine something. Raises MachineEnded."""
        if self._machine is None:
            raise MachineEnded("the pod's machine is not up")
        await self._machine.send(message)

    async def _run(self) -> None:
        counts = restarts(self._pod)
        try:
            for attempt in range(10**9):
                try:
                    await self._live(counts)
                except MachineEnded as error:
                    self._lose(str(error))
                    if self._stopping is not None or runs_once(self._pod):
                        return
                else:
                    return
                await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
                now = (*self.observation.init_containers, *self.observation.containers)
                counts = {
                    container.name: container.restart_count + (1 if container.started_at is not None else 0)
                    for container in now
                }
        finally:
            self.ended = True
            machine, self._machine = self._machine, None
            if machine is not None:
                machine.kill()
            self._fail_commands()
            self._changed()

    async def _live(self, counts: Mapping[str, int]) -> None:
        """One life of the machine, to the pod's end. Raises MachineEnded."""
        context, disks = await self._inputs()
        machines, metadata = self._surroundings.machines, self._pod["metadata"]
        images = list({image.digest: image for image in self._images.values()}.values())
        layers = {layer.serial: layer for image in images for layer in image.layers}
        memory = size(self._pod).memory + OVERHEAD + math.ceil(sum(layer.size for layer in layers.values()) / 2**20)
        settings = MachineSettings(
            name=f"{metadata['namespace']}/{metadata['name']}",
            size=MachineSize(size(self._pod).processors, memory),
            mac=mac_text(IPv4Address(self._address).packed),
            disks=[*(Disk(layer.path, serial) for serial, layer in layers.items()), *disks],
        )
        plan = machines.router.plan
        variables = service_variables(self._pod, machines.router.cluster.services.list())
        network = MachineNetwork(self._address, plan.pods.prefixlen, plan.gateway, plan.names, variables)
        try:
            specification = pod_specification(context, self._images, network, counts)
        except Unsupported as error:
            raise MachineEnded(str(error)) from None
        machine = self._machine = machines.machine(settings, self._directory)
        ports = ComputerPorts(machines.router)
        pod = (metadata["namespace"], metadata["name"])
        try:
            async with machines.running(machine, settings.name, self._address, pod):
                await machine.send({"type": "start", "pod": specification, "now": time.time()})
                await self._announce(ports)
                await self._listen(machine, specification["volumes"])
        finally:
            ports.close()

    async def _listen(self, machine: Machine, volumes: Sequence[Object]) -> None:
        refreshing = asyncio.create_task(self._refresh(machine, volumes))
        try:
            while True:
                message = await machine.receive()
                kind = message["type"]
                if kind == "log":
                    self.logs.append(
                        message["container"],
                        message.get("run", 0),
                        message["time"],
                        message["stream"],
                        content(message),
                        partial=message.get("partial", False),
                    )
                elif kind in ("state", "end"):
                    self.observation = remembering(self.observation, reported(message))
                    if kind == "end":
                        return
                    self._changed()
                elif (queue := self._commands.get(message.get("id", 0))) is not None:
                    queue.put_nowait(message)
        finally:
            refreshing.cancel()

    async def _refresh(self, machine: Machine, volumes: Sequence[Object]) -> None:
        """Bring changes of ConfigMaps and Secrets into the volumes."""
        known = {volume["name"]: volume for volume in volumes}
        while True:
            await asyncio.sleep(_FILES_EVERY)
            with contextlib.suppress(KubernetesError, KubernetesUnreachable, Unsupported, MachineEnded):
                now = await self._surroundings.inputs.files(self._pod, self._addresses(), known)
                if now:
                    await machine.send({"type": "update", "volumes": now})
                    known |= {status["name"]: status for status in now}

    async def _inputs(self) -> tuple[VolumeContext, list[Disk]]:
        """What the pod refers to, asked for until it can be had."""
        while True:
            try:
                return await self._surroundings.inputs.collect(self._pod, self._addresses())
            except (Unsupported, KubernetesError) as error:
                problem = ("CreateContainerConfigError", str(error))
                self._wait(problem)
            except KubernetesUnreachable as error:
                _log.warning("%s: %s", self._pod["metadata"]["name"], error)
            await asyncio.sleep(2.0)

    def _addresses(self) -> tuple[str, str]:
        return self._address, self._pod.get("status", {}).get("hostIP", "")

    async def _announce(self, ports: ComputerPorts) -> None:
        """Open the pod's ports on this computer, and say in the pod where they are."""
        metadata = self._pod["metadata"]
        desired = {
            (port.get("protocol", "TCP"), port["containerPort"])
            for container in (*self._pod["spec"].get("initContainers", ()), *self._pod["spec"]["containers"])
            for port in container.get("ports", ())
        }
        opened = {}
        for protocol, port in sorted(desired):
            if protocol in PROTOCOLS:
                target = (IPv4Address(self._address).packed, port)
                opened[f"{port}/{protocol.lower()}"] = await ports.open(PROTOCOLS[protocol], always(target))
        text = json.dumps({name: f"127.0.0.1:{local_port}" for name, local_port in opened.items()})
        patch: Object = {"metadata": {"uid": metadata["uid"], "annotations": {PORTS_ANNOTATION: text}}}
        try:
            await self._surroundings.api.patch(_PODS, metadata["name"], patch, metadata["namespace"])
        except (KubernetesError, KubernetesUnreachable) as error:
            _log.warning("%s: its ports could not be said: %s", metadata["name"], error)

    def _wait(self, problem: tuple[str, str]) -> None:
        names = [container["name"] for container in self._pod["spec"]["containers"]]
        observation = waiting(self._pod, dict.fromkeys(names, problem), again=None)
        if observation != self.observation:
            self.observation = observation
            self._changed()

    def _lose(self, message: str) -> None:
        name = self._pod["metadata"]["name"]
        _log.warning("%s: %s", name, message)
        ran = any(container.started_at is not None for container in self.observation.containers)
        if ran:
            self.observation = lost(self.observation, message, time.time())
            self._changed()
        else:
            self._wait(("RunContainerError", message))
        self._machine = None
        self._fail_commands()

    def _fail_commands(self) -> None:
        for queue in self._commands.values():
            queue.put_nowait({"type": "exit", "code": -1, "error": "the pod's machine has ended"})

    def _kill(self) -> None:
        if self._machine is not None:
            self._machine.kill()

    def _note_failure(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            _log.error("%s", self._pod["metadata"]["name"], exc_info=task.exception())
