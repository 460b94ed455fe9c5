"""Pods that run as processes: real ones, in namespaces of their own, with an API server in memory."""

import asyncio
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pacific_sandbox.kubernetes_api import Object, Resource
from pacific_sandbox.process_pods.process_images import ProcessImages
from pacific_sandbox.process_pods.process_runtime import MARK, ProcessRuntime
from pacific_sandbox.spherelet.pod_runtime import LogRequest, PodObservation, RuntimeCannot
from pacific_sandbox.spherelet.simulated_runtime import SimulatedRuntime
from tests.support.controller_fakes import FakeKubernetes
from tests.support.needs import Need
from tests.support.waiting import PATIENCE

NAMESPACES = Need("user namespaces of Linux", "sysctl user.max_user_namespaces, and allow them to users")
IMAGE = "tools:1"


def has_namespaces() -> bool:
    if sys.platform != "linux":
        return False
    command = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


class FakeServer(FakeKubernetes):
    server = "https://127.0.0.1:6443"


def pod(script: str, policy: str = "Never", **spec: Any) -> Object:
    container = {"name": "main", "image": IMAGE, "command": ["/bin/sh", "-c", script], **spec.pop("container", {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "pod", "namespace": "n", "uid": "uid-pod", "annotations": {MARK: "process"}},
        "spec": {"restartPolicy": policy, "containers": [container], **spec},
    }


class Bench:
    """A runtime with one image, and a look at a pod until it is as expected."""

    def __init__(self, folder: Path, api: FakeServer) -> None:
        images = ProcessImages(folder / "images")
        images.add(IMAGE, {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"})
        others = SimulatedRuntime()
        self.runtime = ProcessRuntime(api, others, images=images, directory=folder / "pods")  # type: ignore[arg-type]

    async def until(self, pod: Object, condition: Callable[[PodObservation], bool]) -> PodObservation:
        async with asyncio.timeout(PATIENCE):
            while True:
                observed = await self.runtime.observe(pod, "10.244.0.9")
                if condition(observed):
                    return observed
                await asyncio.sleep(0.02)

    async def log(self, pod: Object) -> str:
        return b"".join([part async for part in self.runtime.logs(pod, LogRequest("main"))]).decode()


def has_ended(observed: PodObservation) -> bool:
    return observed.containers[0].state == "terminated"


@NAMESPACES.unless(has_namespaces())
def test_a_container_has_its_volumes_its_variables_and_processes_of_its_own(tmp_path: Path) -> None:
    async def scenario() -> None:
        api = FakeServer()
        content = {"password": b64encode(b"secret").decode()}
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "login", "namespace": "n"},
            "data": content,
        }
        api.put(Resource("v1", "secrets"), secret)
        bench = Bench(tmp_path, api)
        mounts = [
            {"name": "login", "mountPath": "/run/not-there/before/password", "subPath": "password"},
            {"name": "share", "mountPath": "/share"},
        ]
        variable = {"name": "FROM_SECRET", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}
        script = (
            "cat /run/not-there/before/password; echo; echo $FROM_SECRET $HOSTNAME $$$$; echo kept > /share/file; "
            "cat /share/file; test -d /etc; echo to-stderr >&2; exit 3"
        )
        item = pod(
            script,
            container={"volumeMounts": mounts, "env": [variable]},
            volumes=[{"name": "login", "secret": {"secretName": "login"}}, {"name": "share", "emptyDir": {}}],
        )
        (ended,) = (await bench.until(item, has_ended)).containers
        assert (ended.exit_code, ended.reason) == (3, "Error")
        lines = (await bench.log(item)).splitlines()
        assert sorted(lines) == sorted(["secret", "secret pod 1", "kept", "to-stderr"])
        await bench.runtime.close()

    asyncio.run(scenario())
    assert not Path("/run/not-there").exists()
    assert not Path("/share/file").exists()
    assert not (tmp_path / "pods" / "uid-pod").exists()


@NAMESPACES.unless(has_namespaces())
def test_what_fails_is_started_again_and_what_runs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    async def scenario() -> None:
        bench = Bench(tmp_path, FakeServer())
        marker = tmp_path / "second"
        script = f"[ -e {marker} ] || {{ touch {marker}; exit 1; }}; setsid sleep 1000 & sleep 1000"
        item = pod(script, policy="Always")
        observed = await bench.until(
            item, lambda seen: seen.containers[0].ready and seen.containers[0].restart_count > 0
        )
        (running,) = observed.containers
        assert running.previous is not None
        assert running.previous.exit_code == 1
        item["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": 0}
        assert await bench.runtime.stop(item) is not None
        await bench.until(item, has_ended)
        assert await bench.runtime.stop(item) is None
        await bench.runtime.close()

    asyncio.run(scenario())


def test_an_image_that_was_not_named_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        bench = Bench(tmp_path, FakeServer())
        item = pod("true", container={"image": "other:1"})
        (observed,) = (await bench.runtime.observe(item, "10.244.0.9")).containers
        assert (observed.state, observed.reason) == ("waiting", "ErrImagePull")
        assert observed.message == (
            'image "other:1" was not named as one that may run on this computer: pacific sandbox image process other:1'
        )

    asyncio.run(scenario())


def test_claims_are_refused_and_other_pods_go_to_the_other_runtime(tmp_path: Path) -> None:
    async def scenario() -> None:
        bench = Bench(tmp_path, FakeServer())
        claim = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
        (observed,) = (await bench.runtime.observe(pod("true", volumes=[claim]), "10.244.0.9")).containers
        assert observed.message == "a pod that runs as processes has no persistent volumes"
        item = pod("sleep 1000")
        item["metadata"] |= {"annotations": {}, "uid": "uid-simulated"}
        await bench.runtime.observe(item, "10.244.0.9")
        with pytest.raises(RuntimeCannot, match="simulated pod"):
            await bench.runtime.connect(item, 80)

    asyncio.run(scenario())
