"""The simulated vCenter in this process, on doubles of what it talks to."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from vcenter_client import PASSWORDS, VCenter
from vcenter_doubles import ControlPlanesDouble, InventoryDouble

from pacific_infra.sandbox.certificates import CertificateAuthority
from pacific_infra.sandbox.vcenter import VCenterConfiguration, create_app

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
