"""A PodRuntime that runs marked pods as processes of this computer, and leaves all others to another one."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final

from pacific_sandbox.crx.claim_disks import ClaimDisks
from pacific_sandbox.crx.machine_observations import waiting
from pacific_sandbox.crx.pod_inputs import PodInputs
from pacific_sandbox.crx.pod_volumes import claims
from pacific_sandbox.crx.running_pods import RunningPods, grace_period, read_logs
from pacific_sandbox.kubernetes_api import KubernetesAPI, Object
from pacific_sandbox.process_pods.process_images import ProcessImages
from pacific_sandbox.process_pods.process_pod import Computer, ProcessPod
from pacific_sandbox.spherelet.pod_runtime import LogRequest, PodObservation, PodRuntime, RuntimeCannot, Terminal

MARK: Final = "sandbox.pacific.infra/runtime"
"""The annotation of a pod that is to run as processes; its value is ``process``."""
_IMAGE_AGAIN = 2.0
"""Seconds between two looks for an image that is not named."""
_ASK_AGAIN = 0.2


class ProcessRuntime:
    """Marked pods as processes, all others in ``others``. All methods belong to one event loop."""

    def __init__(self, api: KubernetesAPI, others: PodRuntime, *, images: ProcessImages, directory: Path) -> None:
        """``directory``: where the pods' volumes and logs lie; what a killed process has left in it goes."""
        self._others, self._images = others, images
        self._changed: Callable[[str], None] = lambda uid: None
        self._pods: RunningPods[ProcessPod] = RunningPods()
        shutil.rmtree(directory, ignore_errors=True)
        inputs = PodInputs(api, ClaimDisks(api, directory / "disks"))
        self._computer = Computer(inputs, directory, api.server.removeprefix("https://"))

    def listen(self, changed: Callable[[str], None]) -> None:
        """Have ``changed`` called with a pod's uid when there is something new to observe."""
        self._changed = changed
        self._others.listen(changed)

    async def observe(self, pod: Object, address: str) -> PodObservation:
        """Start the pod with this address, if it is not started, and say what it does."""
        if not is_marked(pod):
            return await self._others.observe(pod, address)
        uid = pod["metadata"]["uid"]
        running = self._pods.get(uid)
        if running is None:
            containers = [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]
            images = {container["image"]: self._images.variables(container["image"]) for container in containers}
            problems = {item["name"]: _refused(item["image"]) for item in containers if not images[item["image"]]}
            if claims(pod):
                refusal = ("CreateContainerConfigError", "a pod that runs as processes has no persistent volumes")
                problems = dict.fromkeys((container["name"] for container in containers), refusal)
            if problems:
                return waiting(pod, problems, again=_IMAGE_AGAIN)
            variables = {image: values for image, values in images.items() if values is not None}
            running = ProcessPod(pod, address, variables, self._computer, lambda: self._changed(uid))
            self._pods[uid] = running
        return running.observation

    async def stop(self, pod: Object) -> float | None:
        """End the pod's containers within its grace period: None once they have ended, else seconds to ask again."""
        if not is_marked(pod):
            return await self._others.stop(pod)
        running = self._pods.of(pod)
        if running is None or running.ended:
            return None
        running.stop(grace_period(pod))
        return _ASK_AGAIN

    async def logs(self, pod: Object, request: LogRequest) -> AsyncIterator[bytes]:
        """Parts of a container's log, as they come. Raises RuntimeCannot."""
        if not is_marked(pod):
            async for part in self._others.logs(pod, request):
                yield part
            return
        async for part in read_logs(self._known(pod), request):
            yield part

    async def execute(self, pod: Object, container: str, command: Sequence[str], terminal: Terminal) -> int:
        """Run a command in a container: its exit code. Raises RuntimeCannot, always for a marked pod."""
        if not is_marked(pod):
            return await self._others.execute(pod, container, command, terminal)
        raise RuntimeCannot("no command can be run in a pod that runs as processes; read its log")

    async def connect(self, pod: Object, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A TCP connection to a port of the pod: a marked one has this computer's. Raises RuntimeCannot, OSError."""
        if not is_marked(pod):
            return await self._others.connect(pod, port)
        return await asyncio.open_connection("127.0.0.1", port)

    def forget(self, uid: str) -> None:
        """The pod is gone: drop what is kept for it; what still runs is killed."""
        if not self._pods.forget(uid):
            self._others.forget(uid)

    async def close(self) -> None:
        """Forget all pods, and wait until their processes are gone."""
        await self._pods.close()

    def _known(self, pod: Object) -> ProcessPod:
        running = self._pods.of(pod)
        if running is None:
            raise RuntimeCannot("the pod has no processes; it ran before the sandbox was last started, or waits")
        return running


def is_marked(pod: Object) -> bool:
    """Whether a pod asks to run as processes."""
    return bool((pod["metadata"].get("annotations") or {}).get(MARK) == "process")


def _refused(image: str) -> tuple[str, str]:
    remedy = f"pacific sandbox image process {image}"
    return "ErrImagePull", f'image "{image}" was not named as one that may run on this computer: {remedy}'
