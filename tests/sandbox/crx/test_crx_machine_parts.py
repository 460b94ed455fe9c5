import asyncio
import lzma
from pathlib import Path
from typing import Any

import pytest

from pacific_sandbox.crx.container_log import ContainerLogs
from pacific_sandbox.crx.machine_command import Disk, MachineFiles, MachineSettings, MachineSize, machine_command
from pacific_sandbox.crx.machine_observations import lost, remembering, reported, restarts, waiting
from pacific_sandbox.spherelet.pod_runtime import LogRequest, PodObservation, RuntimeCannot, Termination
from pacific_sandbox.toolchain.crx_machine import ArchiveEntry, archive, load_order, module_name
from pacific_sandbox.toolchain.debian_packages import real_package


def settings(**more: Any) -> MachineSettings:
    return MachineSettings("shop/web", MachineSize(1, 152), "02:01:0a:f4:00:02", **more)


def command(accelerator: Any = "tcg", **more: Any) -> list[str]:
    files = MachineFiles.of(Path("/m"))
    return machine_command(files, settings(**more), accelerator, Path("/a,b/console.log"), channel=7, network=8)


def test_the_command_line() -> None:
    line = command(disks=[Disk(Path("/l.tar"), "abc")])
    assert line[0] == "/m/qemu-system-x86_64"
    assert line[line.index("-m") + 1] == "152M"
    assert "file:/a,,b/console.log" in line
    assert "socket,id=channel,fd=7" in line
    # Only to the router: none of QEMU's own networks, which would lead to this computer.
    assert line[line.index("-netdev") + 1] == "dgram,id=network,local.type=fd,local.str=8"
    assert line.count("-netdev") == 1
    assert "virtio-net-pci,netdev=network,mac=02:01:0a:f4:00:02,romfile=" in line
    assert "file=/l.tar,id=disk0,if=none,format=raw,readonly=on" in line
    assert "virtio-blk-pci,drive=disk0,serial=abc" in line
    assert command("kvm")[command("kvm").index("-cpu") + 1] == "host"


def test_modules_are_loaded_after_what_they_need(tmp_path: Path) -> None:
    for name, needs in (("virtio-net", b"net_failover,virtio"), ("net_failover", b""), ("virtio", b"")):
        (tmp_path / f"{name}.ko.xz").write_bytes(lzma.compress(b"\0name=x\0depends=" + needs + b"\0"))
    files = {module_name(file.name): file for file in tmp_path.iterdir()}
    assert load_order(files, ["virtio_net", "built_in"]) == ["net_failover", "virtio", "virtio_net"]


def test_the_archive_is_what_the_kernel_reads() -> None:
    content = archive([ArchiveEntry("a", 0o100644, b"hello"), ArchiveEntry("console", 0o20600, device=(5, 1))])
    assert len(content) % 4 == 0
    # Magic and thirteen fields of eight digits, the name with its zero, padding to four bytes, the content.
    first = content[:110].decode()
    assert first[:6] == "070701"
    assert [int(first[6 + 8 * field :][:8], 16) for field in (1, 6, 11)] == [0o100644, 5, 2]
    assert content[110:117] == b"a\0hello"
    second = content[120:].decode()
    assert [int(second[6 + 8 * field :][:8], 16) for field in (9, 10)] == [5, 1]
    assert b"TRAILER!!!\0" in content


@pytest.mark.parametrize(
    ("record", "package", "real"),
    [
        (
            "Depends: linux-image-6.1.0-56-cloud-amd64 (= 6.1-2)\n",
            "linux-image-cloud-amd64",
            "linux-image-6.1.0-56-cloud-amd64",
        ),
        ("Depends: libc6 (>= 2)\n", "linux-image-cloud-amd64", "linux-image-cloud-amd64"),
        ("Package: busybox-static\n", "busybox-static", "busybox-static"),
    ],
)
def test_a_kernels_name_leads_to_its_version(record: str, package: str, real: str) -> None:
    assert real_package(record, package) == real


async def read(logs: ContainerLogs, request: LogRequest, run: int = 0) -> str:
    return b"".join([part async for part in logs.read(request, run, ended=lambda: True)]).decode()


def test_logs(tmp_path: Path) -> None:
    async def check() -> None:
        logs = ContainerLogs(tmp_path)
        logs.append("c", 0, "2026-01-01T00:00:01.000000001Z", "stdout", b"one\n", partial=False)
        logs.append("c", 0, "2026-01-01T00:00:02.000000000Z", "stderr", b"tw", partial=True)
        logs.append("c", 0, "2026-01-01T00:00:02.000000000Z", "stderr", b"o\n", partial=False)
        logs.append("c", 1, "2026-01-01T00:00:03.000000000Z", "stdout", b"again\n", partial=False)
        assert await read(logs, LogRequest("c")) == "one\ntwo\n"
        assert await read(logs, LogRequest("c", follow=True)) == "one\ntwo\n"
        assert await read(logs, LogRequest("c", tail_lines=1), 1) == "again\n"
        assert await read(logs, LogRequest("c", previous=True), 1) == "one\ntwo\n"
        assert await read(logs, LogRequest("c", limit_bytes=5)) == "one\nt"
        assert await read(logs, LogRequest("c", since=1767225602)) == "two\n"
        assert await read(logs, LogRequest("c", timestamps=True), 1) == "2026-01-01T00:00:03.000000000Z again\n"
        assert await read(logs, LogRequest("absent")) == ""
        with pytest.raises(RuntimeCannot, match="previous terminated container"):
            await read(logs, LogRequest("c", previous=True), 0)

    asyncio.run(check())


def test_a_follower_gets_what_comes_and_then_the_end(tmp_path: Path) -> None:
    async def check() -> None:
        logs, over = ContainerLogs(tmp_path), asyncio.Event()
        got: list[bytes] = []

        async def follow() -> None:
            async for part in logs.read(LogRequest("c", follow=True), 0, ended=over.is_set):
                got.append(part)

        following = asyncio.create_task(follow())
        await asyncio.sleep(0)
        logs.append("c", 0, "2026-01-01T00:00:01Z", "stdout", b"late\n", partial=False)
        over.set()
        await asyncio.wait_for(following, 60)
        assert got == [b"late\n"]

    asyncio.run(check())


POD = {"metadata": {}, "spec": {"initContainers": [{"name": "i"}], "containers": [{"name": "c"}, {"name": "d"}]}}


def test_observations() -> None:
    seen = waiting(POD, {"c": ("ErrImagePull", "why")}, again=2.0)
    assert [(item.reason, item.message) for item in (*seen.init_containers, *seen.containers)] == [
        ("PodInitializing", ""),
        ("ErrImagePull", "why"),
        ("PodInitializing", ""),
    ]
    ended = {"name": "i", "state": "terminated", "reason": "Completed", "message": "", "exitCode": 0, "ready": True}
    runs = {
        "name": "c",
        "state": "running",
        "reason": "",
        "message": "",
        "exitCode": 0,
        "ready": True,
        "startedAt": 5.0,
    }
    text = {"initContainers": [ended | {"restartCount": 0}], "containers": [runs | {"restartCount": 3}]}
    after = lost(reported(text), "gone", 9.0)
    assert after.init_containers == reported(text).init_containers
    (container,) = after.containers
    assert (container.state, container.exit_code, container.message, container.ready) == (
        "terminated",
        255,
        "gone",
        False,
    )
    assert (container.started_at, container.finished_at, container.restart_count) == (5.0, 9.0, 3)


def test_the_last_end_is_remembered() -> None:
    def seen(state: str, count: int, **more: Any) -> PodObservation:
        container = {"name": "c", "state": state, "reason": "", "message": "", "exitCode": 0, "ready": False}
        return reported({"containers": [container | {"restartCount": count} | more]})

    first = remembering(waiting(POD, {}, again=None), seen("running", 0, startedAt=1.0))
    assert first.containers[0].previous is None
    ended = remembering(first, seen("terminated", 0, startedAt=1.0, finishedAt=2.0, exitCode=3, reason="Error"))
    assert ended.containers[0].previous is None
    end = Termination(3, "Error", 1.0, 2.0)
    backs_off = remembering(ended, seen("waiting", 0, reason="CrashLoopBackOff"))
    again = remembering(backs_off, seen("running", 1, startedAt=12.0))
    still = remembering(again, seen("running", 1, startedAt=12.0, ready=True))
    assert [item.containers[0].previous for item in (backs_off, again, still)] == [end, end, end]


def test_restarts_go_on_from_the_status() -> None:
    running = {"name": "c", "restartCount": 2, "state": {"running": {}}}
    waits = {"name": "d", "restartCount": 0, "state": {"waiting": {}}}
    assert restarts({**POD, "status": {"containerStatuses": [running, waits]}}) == {"c": 3, "d": 0}
    assert restarts(POD) == {}
