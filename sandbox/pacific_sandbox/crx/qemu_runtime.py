"""The PodRuntime that runs each pod in a QEMU machine."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from ipaddress import IPv4Address

from pacific_infra.errors import PacificError
from pacific_sandbox.crx.claim_disks import ClaimDisks
from pacific_sandbox.crx.command_in_machine import CommandInMachine
from pacific_sandbox.crx.image_store import Image, ImageStore
from pacific_sandbox.crx.machine_observations import waiting
from pacific_sandbox.crx.machines import Machines
from pacific_sandbox.crx.pod_in_machine import PodInMachine, Surroundings
from pacific_sandbox.crx.pod_inputs import PodInputs
from pacific_sandbox.crx.running_pods import RunningPods, grace_period, read_logs
from pacific_sandbox.kubernetes_api import KubernetesAPI, Object
from pacific_sandbox.spherelet.pod_runtime import LogRequest, PodObservation, RuntimeCannot, Terminal

_IMAGE_AGAIN = 2.0
"""Seconds between two looks for an image that is not in the store."""
_ASK_AGAIN = 1.0


class QemuRuntime:
    """Pods in machines of their own. All methods belong to one event loop."""

    def __init__(self, api: KubernetesAPI, *, machines: Machines, images: ImageStore) -> None:
        self._images = images
        self._changed: Callable[[str], None] = lambda uid: None
        self._pods: RunningPods[PodInMachine] = RunningPods()
        self._refused: set[str] = set()
        # What a killed process has left of its pods: their machines died with it.
        shutil.rmtree(machines.directory / "pods", ignore_errors=True)
        self._surroundings = Surroundings(
            api=api,
            inputs=PodInputs(api, ClaimDisks(api, machines.directory / "disks")),
            machines=machines,
        )

    def listen(self, changed: Callable[[str], None]) -> None:
        """Have ``changed`` called with a pod's uid when there is something new to observe."""
        self._changed = changed

    async def observe(self, pod: Object, address: str) -> PodObservation:
        """Start the pod's machine, if it is not started, and say what the pod does."""
        uid = pod["metadata"]["uid"]
        running = self._pods.get(uid)
        if running is None:
            images = self._find_images(pod)
            missing = {name for name, image in images.items() if image is None}
            if missing:
                return self._without_images(pod, missing)
            self._refused.discard(uid)
            present = {name: image for name, image in images.items() if image is not None}
            running = PodInMachine(pod, address, present, self._surroundings, lambda: self._changed(uid))
            self._pods[uid] = running
        return running.observation

    async def stop(self, pod: Object) -> float | None:
        """End the pod's containers within its grace period: None once they have ended, else seconds to ask again."""
        running = self._pods.of(pod)
        if running is None or running.ended:
            return None
        await running.stop(grace_period(pod))
        return _ASK_AGAIN

    async def logs(self, pod: Object, request: LogRequest) -> AsyncIterator[bytes]:
        """Parts of a container's log, as they come. Raises RuntimeCannot."""
        async for part in read_logs(self._known(pod), request):
            yield part

    async def execute(self, pod: Object, container: str, command: Sequence[str], terminal: Terminal) -> int:
        """Run a command in a container: its exit code. Raises RuntimeCannot."""
        return await CommandInMachine(self._known(pod), terminal).run(container, command)

    async def connect(self, pod: Object, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A TCP connection to a port of the pod. Raises RuntimeCannot and OSError."""
        address = pod.get("status", {}).get("podIP")
        endpoint = self._surroundings.machines.router.dial((IPv4Address(address).packed, port)) if address else None
        if endpoint is None:
            raise RuntimeCannot("the pod's machine is not up")
        machine_end, host_end = socket.socketpair()
        await asyncio.get_running_loop().create_connection(lambda: endpoint, sock=machine_end)
        return await asyncio.open_connection(sock=host_end)

    def forget(self, uid: str) -> None:
        """The pod is gone: drop what is kept for it; what still runs is killed."""
        self._refused.discard(uid)
        self._pods.forget(uid)

    async def close(self) -> None:
        """Forget all pods, and wait until their machines are gone."""
        await self._pods.close()

    def process_number(self, uid: str) -> int | None:
        """The process number of a pod's QEMU while it runs."""
        running = self._pods.get(uid)
        return running.process_number if running is not None else None

    def _known(self, pod: Object) -> PodInMachine:
        running = self._pods.of(pod)
        if running is None:
            raise RuntimeCannot("the pod has no machine; it ran before the sandbox was last started, or waits")
        return running

    def _find_images(self, pod: Object) -> dict[str, Image | None]:
        containers = (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"])
        images: dict[str, Image | None] = {}
        for container in containers:
            try:
                images[container["image"]] = self._images.find(container["image"])
            except PacificError:  # A damaged image is as good as none: building it again mends both.
                images[container["image"]] = None
        return images

    def _without_images(self, pod: Object, missing: set[str]) -> PodObservation:
        """What a kubelet says of images that it cannot pull: first the error, then that it waits."""
        uid = pod["metadata"]["uid"]
        again, problems = uid in self._refused, {}
        for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]):
            image = container["image"]
            if image not in missing:
                continue
            build = f"not in the sandbox's image store: pacific sandbox image build DIR --tag {image}"
            if container.get("imagePullPolicy") == "Never":
                problems[container["name"]] = ("ErrImageNeverPull", f'Container image "{image}" is {build}')
            elif again:
                problems[container["name"]] = ("ImagePullBackOff", f'Back-off pulling image "{image}": {build}')
            else:
                problems[container["name"]] = ("ErrImagePull", f'image "{image}" is {build}')
        self._refused.add(uid)
        return waiting(pod, problems, again=_IMAGE_AGAIN)
