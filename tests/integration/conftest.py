"""A sandbox for the tests that need one: started once for all of them, deleted before the tests of other folders."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from pacific_infra.settings import Settings
from pacific_sandbox.sandbox import Sandbox, SandboxStatus
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.estate_project import SHARED_SUPERVISOR
from tests.support.sandbox_clients import SupervisorClient, VCenter


@pytest.fixture(scope="session")
def toolchain() -> BuiltToolchain:
    return BuiltToolchain(Settings.read())


@pytest.fixture(scope="package")
def running_sandboxes() -> list[Sandbox]:
    """The shared sandbox, once a test has asked for it."""
    return []


@pytest.fixture(scope="package")
def sandbox(
    toolchain: BuiltToolchain, tmp_path_factory: pytest.TempPathFactory, running_sandboxes: list[Sandbox]
) -> Iterator[Sandbox]:
    """A sandbox that is up."""
    started = Sandbox(tmp_path_factory.mktemp("sandbox") / "one", toolchain)
    started.up()
    running_sandboxes.append(started)
    yield started
    running_sandboxes.clear()
    started.reset()


@pytest.fixture(scope="module", autouse=True)
def _leftover_supervisors(running_sandboxes: list[Sandbox]) -> Iterator[None]:
    """Delete what a module's tests left, so that no other test meets it: namespaces, and Supervisors, of which the last
    test errs.
    """
    yield
    for running in running_sandboxes:
        with closing(VCenter(running.up())) as client:
            leftovers = client.delete_supervisors(keep=SHARED_SUPERVISOR)
            client.delete_namespaces()
        assert not leftovers, f"this module's tests left Supervisors: {', '.join(leftovers)}"


@pytest.fixture
def vcenter(sandbox: Sandbox) -> Iterator[VCenter]:
    """A session at the sandbox's vCenter."""
    with closing(VCenter(sandbox.up())) as client:
        yield client


@pytest.fixture(scope="package")
def new_supervisor(sandbox: Sandbox) -> tuple[str, SandboxStatus]:
    """The identifier of a Supervisor on cluster-01, and what ran when it had become ready."""
    with closing(VCenter(sandbox.settings())) as client:
        return client.enable(SHARED_SUPERVISOR, "cluster-01"), sandbox.status()


@pytest.fixture(scope="package")
def supervisor(new_supervisor: tuple[str, SandboxStatus]) -> str:
    """The identifier of a Supervisor on cluster-01 that is ready."""
    return new_supervisor[0]


@pytest.fixture
def supervisor_client(sandbox: Sandbox, vcenter: VCenter, supervisor: str) -> SupervisorClient:
    """kubectl and login at that Supervisor."""
    endpoint = str(vcenter.wait_running(supervisor)["APIEndpoint"])
    ca_file = sandbox.settings().ca_file
    assert ca_file is not None
    return SupervisorClient(endpoint, ca_file, sandbox.directory / "users.json")
