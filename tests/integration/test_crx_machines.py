"""The runtime ``qemu`` with real machines. Each costs seconds, so that each test asks for much of one."""

import asyncio
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import psutil
import pytest

from pacific_sandbox.spherelet.pod_runtime import LogRequest, PodObservation, RuntimeCannot
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.cluster_objects import policy
from tests.support.crx_bench import Bench, Typed, bench, machines, named, pod

pytestmark = pytest.mark.sandbox

SH = "sandbox/prepare:1"
SLEEP = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"]
LIMITS = {"limits": {"memory": "48Mi", "cpu": "500m"}}


@pytest.fixture(scope="module")
def crx(toolchain: BuiltToolchain) -> Path:
    return machines(toolchain)


def shell(name: str, script: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "image": SH, "command": ["sh", "-c", script], "resources": LIMITS, **more}


def test_a_pod_as_its_specification_asks(crx: Path, tmp_path: Path) -> None:
    """Init containers, volumes, variables, user, limits, hooks, restarts, logs and commands of one pod."""
    secured = {
        "runAsUser": 1000,
        "runAsGroup": 1000,
        "runAsNonRoot": True,
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    item = pod(
        "all",
        {
            "name": "main",
            "image": SH,
            "command": SLEEP,
            "resources": LIMITS,
            "securityContext": secured,
            "env": [
                {"name": "COLOUR", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "colour"}}},
                {"name": "SAID", "value": "$(COLOUR) in $(POD)"},
                {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            ],
            "envFrom": [{"secretRef": {"name": "login"}}],
            "volumeMounts": [
                {"name": "settings", "mountPath": "/etc/settings", "readOnly": True},
                {"name": "shared", "mountPath": "/shared"},
                {"name": "data", "mountPath": "/data"},
            ],
            "readinessProbe": {"exec": {"command": ["cat", "/shared/ready"]}, "periodSeconds": 1},
            "lifecycle": {"postStart": {"exec": {"command": ["touch", "/shared/started"]}}},
        },
        shell("crash", "echo run; echo last words > /dev/termination-log; exit 3"),
        shell("hog", "x=0123456789abcdef; while :; do x=$x$x; done"),
        initContainers=[
            shell("first", "echo hello > /shared/first", volumeMounts=[{"name": "shared", "mountPath": "/shared"}])
        ],
        volumes=[
            {"name": "settings", "configMap": {"name": "settings"}},
            {"name": "shared", "emptyDir": {}},
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
        ],
        securityContext={"fsGroup": 2000},
        terminationGracePeriodSeconds=5,
    )

    async def check() -> None:
        async with bench(tmp_path, crx) as b:
            _put_objects(b)
            await b.until(item, "main runs", lambda seen: named(seen, "main").state == "running")
            assert named(await b.observe(item), "first").ready
            assert not named(await b.observe(item), "main").ready
            await _check_container(b, item)
            code, message = await b.run(item, "main", "cat > /shared/ready; ls /shared", b"yes")
            assert (code, message) == (0, "first\nready\nstarted\n")
            await b.until(item, "main is ready", lambda seen: named(seen, "main").ready)
            await _check_restarts(b, item)
            await b.end(item)
            assert named(await b.observe(item), "main").exit_code == 0
            # Its disk is kept: a second pod finds what the first has written.
            again = pod(
                "again",
                shell("read", "cat /data/kept", volumeMounts=[{"name": "data", "mountPath": "/data"}]),
                volumes=item["spec"]["volumes"][2:],
                restartPolicy="Never",
            )
            seen = await b.until(again, "again ends", lambda seen: named(seen, "read").state == "terminated")
            assert (named(seen, "read").exit_code, named(seen, "read").reason) == (0, "Completed")
            assert await b.log(again, LogRequest("read", follow=True)) == "mine\n"

    asyncio.run(check())


def _put_objects(b: Bench) -> None:
    objects = b.objects.stored
    objects["configmaps", "settings"] = {"data": {"colour": "red", "web.toml": "port = 8080\n"}}
    objects["secrets", "login"] = {"data": {"USER_NAME": b64encode(b"alice").decode()}}
    objects["persistentvolumeclaims", "data"] = {
        "spec": {"volumeName": "pv-1", "resources": {"requests": {"storage": "64Mi"}}},
    }
    objects["persistentvolumes", "pv-1"] = {"metadata": {"name": "pv-1"}}


async def _check_container(b: Bench, item: dict[str, Any]) -> None:
    code, message = await b.run(item, "main", 'id; echo "$SAID, $USER_NAME"; cat /etc/settings/web.toml; hostname')
    assert code == 0
    assert message.splitlines() == [
        "uid=1000(web) gid=1000(web) groups=1000(web),2000",
        "red in $(POD), alice",
        "port = 8080",
        "all",
    ]
    # Nothing can be written but the volumes that may be.
    code, message = await b.run(
        item, "main", "touch /x; touch /etc/settings/x; echo mine > /data/kept && cat /shared/first"
    )
    assert code == 0
    assert message.count("Read-only file system") == 2
    assert "hello" in message
    # Its own processes and no others, its own limits, no capabilities and no way to get some.
    code, message = await b.run(
        item, "main", "ps; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max /proc/self/status"
    )
    assert code == 0
    assert "crash" not in message
    assert "50331648\n50000 100000\n" in message
    assert "CapBnd:\t0000000000000000" in message
    assert "NoNewPrivs:\t1" in message
    assert await b.run(item, "main", "exit 7") == (7, "")
    with pytest.raises(RuntimeCannot, match="executable file not found"):
        await b.runtime.execute(item, "main", ["nonesuch"], Typed())


async def _check_restarts(b: Bench, item: dict[str, Any]) -> None:
    def backs_off(seen: PodObservation) -> bool:
        crash = named(seen, "crash")
        return crash.restart_count >= 1 and crash.reason == "CrashLoopBackOff"

    seen = await b.until(item, "crash backs off", backs_off)
    message = r"back-off \d+s restarting failed container=crash pod=all_shop\(uid-all\)"
    assert re.fullmatch(message, named(seen, "crash").message)
    assert await b.log(item, LogRequest("crash", previous=True)) == "run\n"

    end = named(seen, "crash").previous
    assert end is not None
    assert (end.exit_code, end.reason, end.message) == (3, "Error", "last words\n")
    await b.until(item, "hog is killed", lambda seen: was_killed(seen, "hog"))


def was_killed(seen: PodObservation, name: str) -> bool:
    """Whether a container has ever been ended for want of memory; it may run again by now."""
    end = named(seen, name).previous
    killed = {("OOMKilled", 137)}
    return (named(seen, name).reason, named(seen, name).exit_code) in killed or (
        end is not None and (end.reason, end.exit_code) in killed
    )


def test_pods_are_kept_apart(crx: Path, tmp_path: Path) -> None:
    """Two kernels; what one pod does, even with all its might, the other does not see, and stays ready."""
    web = {
        "name": "web",
        "image": "sandbox/web:1",
        "ports": [{"containerPort": 8080}],
        "resources": LIMITS,
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1, "timeoutSeconds": 5},
    }
    calm = pod("calm", web)
    wild = pod(
        "wild",
        {**web, "securityContext": {"privileged": True}},
        shell("bomb", "while [ ! -e /tmp/go ]; do sleep 1; done; f() { f | f & }; f; sleep 1000"),
        shell("hog", "while [ ! -e /tmp/go ]; do sleep 1; done; x=0123456789abcdef; while :; do x=$x$x; done"),
    )

    async def check() -> None:
        async with bench(tmp_path, crx) as b:
            for item in (calm, wild):
                b.cluster.pods.put(item)
                await b.observe(item)
            for item in (calm, wild):
                await b.until(item, "web is ready", lambda seen: named(seen, "web").ready)
            boots = [await b.run(item, "web", "cat /proc/sys/kernel/random/boot_id") for item in (calm, wild)]
            assert boots[0] != boots[1]
            assert boots[0][1].strip() in await b.answer(calm, 8080, "/cgi-bin/uname")
            # With all of root's capabilities there is nothing of the other one, neither process nor file, and over the
            # network what policies let through.
            assert (await b.run(calm, "web", "touch /secret-of-calm; sleep 777 > /dev/null 2>&1 &"))[0] == 0
            _, processes = await b.run(wild, "web", "ps")
            assert "sleep 777" not in processes
            _, files = await b.run(wild, "web", "ls / /tmp /proc/1/root")
            assert "secret-of-calm" not in files
            reach = r"printf 'GET /ready HTTP/1.0\r\n\r\n' | nc -w 5 10.244.1.10 8080 2>&1"
            assert "200 OK" in (await b.run(wild, "web", reach))[1]
            b.cluster.policies.put(policy("deny", policyTypes=["Ingress"]))
            assert "timed out" in (await b.run(wild, "web", reach))[1]
            for container in ("bomb", "hog"):
                assert (await b.run(wild, container, "touch /tmp/go"))[0] == 0
            await b.until(wild, "the hog is killed", lambda seen: was_killed(seen, "hog"))
            for _ in range(20):
                assert named(await b.observe(calm), "web").ready
                await asyncio.sleep(0.5)
            assert boots[0][1].strip() in await b.answer(calm, 8080, "/cgi-bin/uname")

    asyncio.run(check())


def test_probes_sidecars_and_terminals(crx: Path, tmp_path: Path) -> None:
    listen = {"tcpSocket": {"port": 5432}, "periodSeconds": 1}
    item = pod(
        "job",
        shell(
            "work",
            "trap 'exit 5' TERM; touch /tmp/alive; while [ ! -e /tmp/done ]; do sleep 1; done; echo done",
            livenessProbe={"exec": {"command": ["ls", "tmp/alive"]}, "periodSeconds": 1, "failureThreshold": 2},
            readinessProbe=listen,
        ),
        initContainers=[
            {
                "name": "proxy",
                "image": "sandbox/database:1",
                "restartPolicy": "Always",
                "resources": LIMITS,
                "startupProbe": {**listen, "failureThreshold": 60},
                "lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "echo bye > /proc/1/fd/1"]}}},
            }
        ],
        restartPolicy="OnFailure",
        terminationGracePeriodSeconds=5,
    )

    async def check() -> None:
        async with bench(tmp_path, crx) as b:
            # The sidecar has started before the work does, and the work is ready since the sidecar listens.
            seen = await b.until(item, "work is ready", lambda seen: named(seen, "work").ready)
            assert named(seen, "proxy").state == "running"
            terminal = Typed(b"test -t 0 && echo a terminal; exit 4\n", tty=True)
            assert await asyncio.wait_for(b.runtime.execute(item, "work", ["sh"], terminal), 60) == 4
            assert b"\r\na terminal\r\n" in terminal.output
            assert (await b.run(item, "work", "rm /tmp/alive"))[0] == 0
            seen = await b.until(item, "work is restarted", lambda seen: named(seen, "work").restart_count == 1)
            await b.until(item, "work runs again", lambda seen: named(seen, "work").state == "running")
            assert (await b.run(item, "work", "touch /tmp/done"))[0] == 0
            # The work is done: the sidecar is ended, and so is the machine.
            seen = await b.until(item, "the end", lambda seen: b.runtime.process_number("uid-job") is None)
            assert (named(seen, "work").exit_code, named(seen, "work").reason) == (0, "Completed")
            assert named(seen, "proxy").state == "terminated"
            assert await b.log(item, LogRequest("work")) == "done\n"
            assert await b.log(item, LogRequest("proxy")) == "bye\n"

    asyncio.run(check())


def test_a_machine_that_is_killed_comes_back(crx: Path, tmp_path: Path) -> None:
    item = pod("lost", {"name": "main", "image": SH, "command": SLEEP, "resources": LIMITS})

    async def check() -> None:
        async with bench(tmp_path, crx) as b:
            await b.until(item, "main runs", lambda seen: named(seen, "main").state == "running")
            number = b.runtime.process_number("uid-lost")
            assert number is not None
            psutil.Process(number).kill()
            seen = await b.until(item, "main is lost", lambda seen: named(seen, "main").state == "terminated")
            assert named(seen, "main").exit_code == 255
            seen = await b.until(item, "main runs again", lambda seen: named(seen, "main").state == "running")
            assert named(seen, "main").restart_count == 1

    asyncio.run(check())
