"""Each fault of `pacific sandbox fault` at each resource's create, update and delete: converged, nothing twice."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pacific_sandbox.vcenter.upgrade_routes import VERSIONS as SUPERVISOR_VERSIONS
from tests.support.carvel import carvel
from tests.support.provider_engine import Engine
from tests.support.simulated_vcenter import MANAGEMENT, SUPERVISOR, Site, simulated, with_supervisor
from tests.support.skipped_time import run
from tests.support.vcenter_resources import REGISTRY, TEMPLATE

WRITES = ("POST", "PUT", "PATCH", "DELETE")
FAULTS: dict[str, dict[str, Any]] = {
    "429 with Retry-After": {"effect": "limit", "value": 7, "count": 3},
    "503": {"effect": "fail", "value": 503, "count": 3},
    "500": {"effect": "fail", "value": 500, "count": 1},
    "401": {"effect": "fail", "value": 401, "count": 2},
    "answer lost": {"effect": "lose", "count": 1},
    "no answer": {"effect": "hang", "count": 1},
}


@dataclass(frozen=True)
class Life:
    """What one resource is made as, and changed to."""

    kind: str
    name: str
    plain: dict[str, Any]
    changed: dict[str, Any]
    listed: tuple[str, ...] = ()
    """The lists that have one more by it; {s}: the Supervisor."""
    deletable: bool = True


ZONES = "/vcenter/consumption-domains/zones"
ON = {"supervisor": "supervisor-01"}
DELETE = {"deletionPolicy": "Delete"}
SERVICE = {**ON, "supervisorService": "harbor.example.com", "version": "1.0.0"}
LIVES = [
    Life(
        "Supervisor",
        "supervisor-02",
        {**SUPERVISOR, "cluster": "cluster-02"},
        {**SUPERVISOR, "cluster": "cluster-02", "vspherePodsEnabled": True,
         "controlPlane": {**SUPERVISOR["controlPlane"], "loginBanner": "Hello"}},
        (f"{MANAGEMENT}/supervisors/summaries", ZONES),
    ),
    Life("Namespace", "shop", {**ON, **DELETE},
         {**ON, **DELETE, "description": "new", "resourceSpec": {"cpuLimit": 1000}},
         ("/vcenter/namespaces/instances/v2",)),
    Life("VirtualMachineClass", "tiny", {"cpuCount": 1, "memoryMib": 1024}, {"cpuCount": 2, "memoryMib": 1024},
         (f"{MANAGEMENT}/virtual-machine-classes",)),
    Life("ContentLibrary", "images", {**DELETE, "datastore": "vsan-01"},
         {**DELETE, "datastore": "vsan-01", "description": "new"}, ("/content/library",)),
    Life("Zone", "hall-1", {"clusters": ["cluster-02"]}, {"clusters": []}, (ZONES,)),
    Life("ContainerImageRegistry", "mirror", REGISTRY, {**REGISTRY, "defaultRegistry": True},
         (f"{MANAGEMENT}/supervisors/{{s}}/container-image-registries",)),
    Life("SupervisorServiceVersion", "v", {"content": carvel("1.0.0", "other.example.com")},
         {"content": carvel("1.0.0", "other.example.com"), "activated": False}, (f"{MANAGEMENT}/supervisor-services",)),
    Life("SupervisorService", "harbor", SERVICE, {**SERVICE, "yamlServiceConfig": "a: b"},
         (f"{MANAGEMENT}/supervisors/{{s}}/supervisor-services",)),
    Life("NamespaceTemplate", "team", TEMPLATE, {**TEMPLATE, "resourceSpec": {"podCount": 9}},
         ("/vcenter/namespaces/namespace-templates/supervisors/{s}",), deletable=False),
    Life("SupervisorUpgrade", "u", {**ON, "version": SUPERVISOR_VERSIONS[1]},
         {**ON, "version": SUPERVISOR_VERSIONS[2]}),
]  # fmt: skip
LISTS = sorted({path for life in LIVES for path in life.listed})


async def lengths(site: Site, supervisor: str) -> dict[str, int]:
    """How many there are of everything."""
    answers = {path: await site.by_hand.get(path.format(s=supervisor)) for path in LISTS}
    return {
        path: len(next(iter(item.values())) if isinstance(item, dict) and item else item)
        for path, item in answers.items()
    }


async def converged(engine: Engine, life: Life, plain: dict[str, Any]) -> None:
    await engine.refresh(life.kind, life.name)
    assert not (await engine.diff(life.kind, life.name, plain)).changes


def declare(site: Site, fault: str) -> None:
    """At the first write of each method that is no login, for each step of a life anew."""
    site.clear()
    for method in WRITES:
        for path in ("/api/vcenter/*", "/api/content/*"):
            site.declare(method=method, path=path, **FAULTS[fault])


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.kind)
def test_a_life_under_a_fault(tmp_path: Path, life: Life, fault: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, sleep=asyncio.sleep, resynchronization=15) as site:
            supervisor = (await with_supervisor(site)).identifier
            if life.kind == "SupervisorService":
                await (await site.engine()).create("SupervisorServiceVersion", "v1", {"content": carvel("1.0.0")})
            before = await lengths(site, supervisor)
            present = {path: length + (path in life.listed) for path, length in before.items()}
            engine = await site.engine(waitTimeout="3600", errorGrace="300")
            declare(site, fault)
            await engine.create(life.kind, life.name, life.plain)
            assert await lengths(site, supervisor) == present
            await converged(engine, life, life.plain)
            declare(site, fault)
            await engine.update(life.kind, life.name, life.changed)
            assert await lengths(site, supervisor) == present
            await converged(engine, life, life.changed)
            declare(site, fault)
            await engine.delete(life.kind, life.name)
            assert await lengths(site, supervisor) == (before if life.deletable else present)
            assert site.applied() > 0

    run(body())
