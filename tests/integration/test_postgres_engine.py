"""The real engine with its state in Postgres: why it gets more connections than it would take."""

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pacific_infra.record.backend import StackFiles, write_checkpoint
from pacific_infra.record.backends import backend_folder, engine_variables
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.needs import POSTGRES
from tests.support.postgres import PostgresServer, postgres_server, programs
from tests.support.recorded_program import PulumiProject
from tests.support.waiting import PATIENCE

pytestmark = [pytest.mark.sandbox, pytest.mark.postgres, POSTGRES.unless(programs())]
OTHERS = 24
"""Stacks whose outputs the program reads, all at the same time."""
PROGRAM = f"""
import pulumi
for number in range({OTHERS}):
    pulumi.StackReference(f"organization/many/other-{{number}}")
"""


@dataclass
class ManyReferences(PulumiProject):
    """A project that reads the outputs of many stacks."""

    server: PostgresServer

    def listing(self) -> list[str]:
        """The engine's connections that list keys, each since when it does nothing but that."""
        rows = self.server.execute(
            "SELECT pid, state_change FROM pg_stat_activity WHERE datname = 'many' AND query LIKE 'SELECT key FROM%' "
            "AND state IN ('active', 'idle in transaction', 'idle')"
        )
        return sorted(map(str, rows))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, toolchain: BuiltToolchain) -> Iterator[ManyReferences]:
    folder = tmp_path_factory.mktemp("many")
    (folder / "Pulumi.yaml").write_text("name: many\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    with postgres_server() as server:
        server.execute("CREATE DATABASE many")
        url = server.url("many")
        backend = {"PULUMI_BACKEND_URL": url, "PULUMI_CONFIG_PASSPHRASE": "test"}
        environment = {**os.environ, **toolchain.environment(), **backend, "PULUMI_PARALLEL": "32"}
        environment.pop("GOMAXPROCS", None)
        many = ManyReferences(folder, environment, toolchain.program("pulumi"), server)
        many.run("stack", "init", "dev")
        backend_files = backend_folder(url)
        assert backend_files is not None
        for number in range(OTHERS):
            write_checkpoint(StackFiles(backend_files, "many", f"other-{number}"), {"manifest": {}, "resources": []})
        yield many


def test_an_engine_of_one_thread_waits_for_ever_for_a_connection(project: ManyReferences) -> None:
    """ListPaged of pkg/backend/diy/postgres holds a connection while it waits for another one, and there are two."""
    process = project.start("up", "--yes", "--skip-preview", "--stack", "dev", GOMAXPROCS="1")
    try:
        before: list[str] = []
        deadline, same = time.monotonic() + PATIENCE, 0
        while same < 5 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(1)
            now = project.listing()
            same = same + 1 if len(now) == 2 and now == before else 0
            before = now
        assert process.poll() is None, "it did not wait: has the engine been mended? Then GOMAXPROCS need not be set"
        assert same == 5
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
    project.run("cancel", "--yes", "--stack", "dev", GOMAXPROCS="8")


def test_with_more_connections_than_operations_it_ends(project: ManyReferences) -> None:
    variables = engine_variables(str(project.environment["PULUMI_BACKEND_URL"]), 32)
    assert variables
    project.run("up", "--yes", "--skip-preview", "--stack", "dev", **variables)
    exported = json.loads(project.run("stack", "export", "--stack", "dev", **variables))
    references = [item for item in exported["deployment"]["resources"] if "StackReference" in item["type"]]
    assert len(references) == OTHERS
