"""The simulated vCenter in this process, on doubles of what it talks to."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pacific_infra.settings import Settings
from pacific_sandbox.certificates import CertificateAuthority
from pacific_sandbox.toolchain import BuiltToolchain
from pacific_sandbox.vcenter import VCenterConfiguration, create_app
from tests.support.needs import TOOLCHAIN
from tests.support.vcenter_client import PASSWORDS, VCenter
from tests.support.vcenter_doubles import ControlPlanesDouble, InventoryDouble
from tests.support.waiting import PATIENCE

_GROUPS = {"administrator@vsphere.local": ["Administrators"], "alice@vsphere.local": ["blue-developers"]}


@pytest.fixture(scope="session")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return CertificateAuthority.open(tmp_path_factory.mktemp("certificates")).certificate_file


@pytest.fixture
def configuration(tmp_path: Path, ca_file: Path) -> VCenterConfiguration:
    users = {name: {"password": password, "groups": _GROUPS.get(name, [])} for name, password in PASSWORDS.items()}
    (tmp_path / "users.json").write_text(json.dumps(users))
    (tmp_path / "password").write_text("simulator\n")
    return VCenterConfiguration(
        directory=tmp_path / "vcenter",
        users=tmp_path / "users.json",
        # Nothing listens there: what would be passed on is refused.
        simulator_url="https://127.0.0.1:1",
        simulator_username="administrator@vsphere.local",
        simulator_password_file=tmp_path / "password",
        ca_file=ca_file,
        state_change=0.02,
        resynchronization=0.05,
        first_retry=0.02,
    )


@pytest.fixture
def start(configuration: VCenterConfiguration) -> Iterator[Callable[..., VCenter]]:
    """Starts a vCenter on the same state; the one before is stopped first."""
    running: list[TestClient] = []

    def run(planes: ControlPlanesDouble | None = None, inventory: InventoryDouble | None = None) -> VCenter:
        if running:
            running.pop().__exit__(None, None, None)
        planes, inventory = planes or ControlPlanesDouble(), inventory or InventoryDouble()
        client = TestClient(create_app(configuration, planes, inventory), base_url="https://vcenter.test")
        client.__enter__()
        running.append(client)
        vcenter = VCenter(client, planes, inventory)
        vcenter.headers = vcenter.log_in()
        return vcenter

    yield run
    for client in running:
        client.__exit__(None, None, None)


@pytest.fixture
def vcenter(start: Callable[..., VCenter]) -> VCenter:
    return start()


@pytest.fixture(scope="session")
def simulator_program() -> Path:
    """The built simulator."""
    return TOOLCHAIN.installed(lambda: BuiltToolchain(Settings.read()).program("vcenter-simulator"))


@pytest.fixture
def simulator(
    simulator_program: Path, configuration: VCenterConfiguration, tmp_path: Path
) -> Iterator[Callable[[], VCenterConfiguration]]:
    """Starts vcsim, anew where it runs, at one address; gives the configuration for it."""
    authority = CertificateAuthority.open(tmp_path / "authority")
    tls = authority.server()
    processes: list[subprocess.Popen[str]] = []
    address = ["127.0.0.1:0"]

    def stop() -> None:
        for process in processes:
            process.terminate()
            process.wait(PATIENCE)
            assert process.stdout is not None
            process.stdout.close()
        processes.clear()

    def run() -> VCenterConfiguration:
        stop()
        files = {
            "tls-cert-file": tls.certificate,
            "tls-private-key-file": tls.key,
            "password-file": configuration.simulator_password_file,
            "directory": tmp_path / "datastores",
        }
        process = subprocess.Popen(
            [simulator_program, f"--listen={address[0]}", *(f"--{name}={path}" for name, path in files.items())],
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        address[0] = url.removeprefix("https://")
        return replace(configuration, simulator_url=url, ca_file=authority.certificate_file)

    yield run
    stop()
    assert not list((tmp_path / "datastores").glob("govcsim-*"))
