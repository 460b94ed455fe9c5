from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox.toolchain.components import Component
from pacific_sandbox.toolchain.preflight import Computer, announce, check

ENGINE = Component(name="engine", title="Pulumi 3", seconds=240, disk=2048)
PROVIDER = Component(name="provider", title="Provider 4", seconds=180, disk=1024)
CACHES = [Path("/cache"), Path("/go")]


def test_what_it_will_take_is_said_before() -> None:
    computer = Computer(memory=8192, disk=10240, cores=4)
    assert announce([ENGINE, PROVIDER], {"provider": 300.0}, computer) == (
        "toolchain: to build once: Pulumi 3, Provider 4; about 7 min on 4 cores, "
        "3.0 GiB of disk (10.0 GiB free), 3.0 GiB of memory (8.0 GiB free)"
    )


def test_too_little_disk() -> None:
    with pytest.raises(PacificError) as raised:
        check([ENGINE, PROVIDER], [], Computer(memory=8192, disk=3000, cores=2), CACHES)
    assert str(raised.value) == (
        "too little disk to build the toolchain: got '2.9 GiB free'; allowed: 3.0 GiB or more; "
        "fix: free some in one of /cache, /go, "
        "or set GOCACHE, GOMODCACHE and XDG_CACHE_HOME to folders on a larger disk"
    )


def test_what_was_begun_before_lies_on_the_disk_already() -> None:
    check([ENGINE, PROVIDER], ["engine"], Computer(memory=8192, disk=1100, cores=2), CACHES)


def test_too_little_memory() -> None:
    with pytest.raises(PacificError) as raised:
        check([ENGINE], [], Computer(memory=2048, disk=9000, cores=2), CACHES)
    assert str(raised.value) == (
        "too little memory to build the toolchain: got '2.0 GiB free'; allowed: 3.0 GiB or more; "
        "fix: end other programs, or give the virtual machine or container more"
    )


def test_this_computer_is_measured_where_a_folder_is_not_there_yet(tmp_path: Path) -> None:
    computer = Computer.inspect([tmp_path / "not" / "yet"])
    assert computer.memory > 0
    assert computer.disk > 0
    assert computer.cores >= 1
