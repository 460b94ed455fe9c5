"""What a Supervisor's own checks say before a service is installed or it is upgraded, and what a service waits for."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisor_objects import ObjectReference
from pacific_sandbox.vcenter.upgrade_routes import VERSIONS as SUPERVISOR_VERSIONS
from tests.support.carvel import carvel
from tests.support.simulated_vcenter import VERSIONS, simulated, with_supervisor

HARBOR = "harbor.example.com"
INSTALLED = {"supervisor": "supervisor-01", "supervisorService": HARBOR, "version": "1.0.0"}


def needing(kubernetes: str, version: str = "1.0.0") -> dict[str, Any]:
    """A version of the service that runs on some versions of Kubernetes alone."""
    return {
        "content": carvel(version).replace(
            "refName:", f'kubernetesVersionSelection: {{constraints: "{kubernetes}"}}, refName:'
        )
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_a_service_that_does_not_run_on_the_supervisor_is_refused_at_the_plan(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            await with_supervisor(site)
            engine = await site.engine()
            await (await site.engine()).create("SupervisorServiceVersion", "v", needing(">=1.33.0"))
            assert await engine.check("SupervisorService", "s", INSTALLED) == [
                (
                    "version",
                    f"Supervisor supervisor-01 cannot run {HARBOR} 1.0.0: It needs Kubernetes >=1.33.0, the Supervisor "
                    f"has {SUPERVISOR_VERSIONS[0]}.",
                )
            ]
            newer = await site.engine()
            await newer.create("SupervisorServiceVersion", "v", needing(">=1.30.0 <1.33.0", "2.0.0"))
            assert await engine.check("SupervisorService", "s", {**INSTALLED, "version": "2.0.0"}) == []

    asyncio.run(body())


def test_a_version_that_this_run_registers_is_no_unknown_one(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            engine = await with_supervisor(site)
            assert await engine.check("SupervisorServiceVersion", "v", needing(">=1.30.0")) == []
            assert await engine.check("SupervisorService", "s", INSTALLED) == []

    asyncio.run(body())


@pytest.mark.parametrize("version", VERSIONS)
def test_an_upgrade_that_a_service_does_not_take_is_refused_at_the_plan(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            await with_supervisor(site)
            engine = await site.engine()
            await (await site.engine()).create("SupervisorServiceVersion", "v", needing("<1.32"))
            await (await site.engine()).create("SupervisorService", "s", INSTALLED)
            upgrade = {"supervisor": "supervisor-01", "version": SUPERVISOR_VERSIONS[1]}
            assert await engine.check("SupervisorUpgrade", "u", upgrade) == [
                (
                    "version",
                    f"Supervisor supervisor-01 cannot be upgraded to {SUPERVISOR_VERSIONS[1]}: "
                    f"SupervisorServicesCompatible, {HARBOR} 1.0.0: It needs Kubernetes <1.32, the Supervisor has "
                    f"{SUPERVISOR_VERSIONS[1]}.",
                )
            ]

    asyncio.run(body())


def test_what_is_to_stay_is_left_where_it_is_installed(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            await with_supervisor(site)
            version, installed = await site.engine(), await site.engine()
            await version.create("SupervisorServiceVersion", "v", {**needing(""), "deletionPolicy": "Retain"})
            plain = {**INSTALLED, "deletionPolicy": "Retain"}
            await installed.create("SupervisorService", "s", plain)
            await installed.delete("SupervisorService", "s")
            assert installed.log.messages[-1].endswith(" stays installed: its deletionPolicy is Retain")
            await version.delete("SupervisorServiceVersion", "v")
            assert (
                version.log.messages[-1] == f"version 1.0.0 of Supervisor Service {HARBOR} stays: supervisor-01 has it"
            )
            assert (await installed.refresh("SupervisorService", "s") or {})["currentVersion"] == "1.0.0"
            await installed.update("SupervisorService", "s", {**INSTALLED, "deletionPolicy": "Delete"})
            await installed.delete("SupervisorService", "s")
            await version.delete("SupervisorServiceVersion", "v")
            assert await version.refresh("SupervisorServiceVersion", "v") is None

    asyncio.run(body())


def test_a_service_is_ready_when_its_objects_are(tmp_path: Path) -> None:
    async def body() -> None:
        questions: list[Sequence[ObjectReference]] = []
        core: dict[str, Any] = {"status": {"conditions": [{"type": "Available", "status": "True"}]}}
        answers: list[Mapping[str, Any] | None] = [
            None,
            {"status": {}},
            {"status": {"conditions": [{"type": "Available", "status": "False", "message": "0 of 1 pods"}]}},
            core,
        ]

        async def read(
            endpoint: str, settings: VCenterSettings, references: Sequence[ObjectReference]
        ) -> list[Mapping[str, Any] | None]:
            del endpoint, settings
            questions.append(references)
            return [answers[min(len(questions), len(answers)) - 1]]

        async with simulated(tmp_path) as site:
            await with_supervisor(site)
            await (await site.engine()).create("SupervisorServiceVersion", "v", needing(""))
            engine = await site.engine()
            engine.provider._session.read_objects = read  # type: ignore[union-attr]
            awaited = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "core", "condition": "Available"}
            plain = {**INSTALLED, "readyObjects": [awaited]}
            await engine.create("SupervisorService", "s", plain)
            assert questions[0] == [
                ObjectReference("apps/v1", "Deployment", "core", str(engine.state["serviceNamespace"].value))
            ]
            for text in ("is not there", "has no condition Available yet", "Available is False, 0 of 1 pods"):
                expected = f"waiting for the objects of Supervisor Service {HARBOR}: Deployment core: {text}"
                assert expected in engine.log.messages, engine.log.messages
            core["status"]["conditions"][0]["status"] = "Unknown"
            with pytest.raises(PacificError, match="Deployment core: Available is Unknown"):
                await engine.update("SupervisorService", "s", {**plain, "yamlServiceConfig": "a: b"})

    asyncio.run(body())
