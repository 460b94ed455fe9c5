"""Two projects with three stacks on one vCenter, in random orders of up, down, crash and lost record.

No object of one is ever changed or removed by another, and every plan says beforehand what then happens. The examples
come from a fixed seed, so that each run tries the same ones.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pacific_infra.errors import PacificError
from pacific_infra.provider.ownership import ClusterMarks, Owner, owner_of
from pacific_infra.provider.property_values import plain_properties
from pacific_infra.vcenter.supervisor_objects import SupervisorObject
from tests.support.provider_engine import Engine
from tests.support.simulated_vcenter import MANAGEMENT, SUPERVISOR, Site, simulated

STACKS = ("one/dev", "one/prod", "two/dev")
NOBODY = "by hand"
Resource = tuple[str, str]
"""Kind and name."""
CLASS = {"cpuCount": 2, "memoryMib": 2048}
ON_IT = {"supervisor": "sv", "deletionPolicy": "Delete"}
# Each stack wants the Supervisor, a namespace that another one wants too, and a namespace and a class of its own.
EXPECTED: Mapping[str, Mapping[Resource, Mapping[str, Any]]] = {
    "one/dev": {("Supervisor", "sv"): SUPERVISOR, ("VirtualMachineClass", "big"): CLASS, ("Namespace", "shop"): ON_IT},
    "one/prod": {("VirtualMachineClass", "big"): CLASS, ("Namespace", "shop"): ON_IT, ("Namespace", "prod"): ON_IT},
    "two/dev": {("Supervisor", "sv"): SUPERVISOR, ("VirtualMachineClass", "tiny"): CLASS, ("Namespace", "two"): ON_IT},
}


@dataclass
class Stack:
    """A stack with its record, driven as the engine drives a provider."""

    name: str
    record: dict[Resource, Engine] = field(default_factory=dict)

    def engine(self, engine: Engine) -> Engine:
        project, _, stack = self.name.partition("/")
        engine.urn = lambda kind, name: f"urn:pulumi:{stack}::{project}::pacific:vcenter:{kind}::{name}"  # type: ignore[method-assign]
        return engine


class World:
    """The vCenter, its stacks, and what was there after each step."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.stacks = {name: Stack(name) for name in STACKS}

    async def objects(self) -> dict[Resource, tuple[str, Any]]:
        """Owner and content of each object that is there."""
        client, result = self.site.by_hand, dict[Resource, tuple[str, Any]]()
        marks = ClusterMarks(client)
        for entry in (await client.get(f"{MANAGEMENT}/supervisors/summaries"))["items"]:
            owner = await marks.owner(["domain-c1"])
            result["Supervisor", entry["info"]["name"]] = _name(owner), entry["supervisor"]
        for entry in await client.get("/vcenter/namespaces/instances/v2"):
            info = await client.get(f"/vcenter/namespaces/instances/v2/{entry['namespace']}")
            content = {key: info[key] for key in ("supervisor", "description", "access_list", "vm_service_spec")}
            result["Namespace", entry["namespace"]] = _name(owner_of(info["description"])), content
        for info in await client.get(f"{MANAGEMENT}/virtual-machine-classes"):
            if info["id"] in ("big", "tiny"):
                content = {key: info[key] for key in ("cpu_count", "description")}
                result["VirtualMachineClass", info["id"]] = _name(owner_of(info["description"])), content
        for item in self.site.objects:
            owner_name = item.annotations.get("pacific.infra/stack", NOBODY)
            result[item.kind, f"{item.namespace}/{item.name}"] = owner_name, item
        return result

    async def step(self, action: str, name: str, limit: int) -> None:
        """One action of a stack; what others own has to be there afterwards just as before."""
        before = await self.objects()
        if action == "hand":
            self._by_hand(before)
        elif action == "lose":
            self.stacks[name].record.clear()
        elif action == "down":
            await self._down(self.stacks[name])
        else:
            await self._up(self.stacks[name], before, limit if action == "crash" else None)
        after = await self.objects()
        for resource, (owner, content) in before.items():
            if owner != name or action in ("lose", "hand"):
                assert after.get(resource) == (owner, content), (action, name, resource)

    async def _up(self, stack: Stack, before: Mapping[Resource, tuple[str, Any]], limit: int | None) -> None:
        """Make what is not recorded; a crash ends it after ``limit`` objects, the last of which is not recorded."""
        result = 0
        for resource, plain in EXPECTED[stack.name].items():
            if resource in stack.record:
                continue
            if plain.get("supervisor") and ("Supervisor", "sv") not in await self.objects():
                continue  # what it lies on is not there, so that the engine does not come to it
            engine = stack.engine(await self.site.engine())
            failures = await engine.check(*resource, plain)
            owner = before[resource][0] if resource in before else None
            planned = "create" if owner is None else "adopt" if owner == stack.name else "refused"
            assert bool(failures) is (planned == "refused"), (stack.name, resource, planned, failures)
            try:
                await engine.create_checked(*resource)
            except PacificError:
                assert planned == "refused", (stack.name, resource)
                continue
            assert planned != "refused", (stack.name, resource)
            result += 1
            if result == limit:
                return
            stack.record[resource] = engine
            if resource[0] == "Namespace":
                self._workload(resource[1], stack.name)

    async def _down(self, stack: Stack) -> None:
        for resource, engine in reversed(list(stack.record.items())):
            kind, name = resource
            if kind == "Namespace":
                self.site.objects = [
                    item for item in self.site.objects if (item.namespace, item.name) != (name, f"web-{stack.name}")
                ]
            foreign = await self._contents_of(resource, stack.name)
            state = plain_properties(engine.state)
            in_use = kind == "VirtualMachineClass" and bool(state.get("namespaces"))
            refused: PacificError | None = None
            try:
                await engine.delete(kind, name)
            except PacificError as error:
                refused = error
            assert bool(refused) is bool(foreign or in_use), (stack.name, resource, foreign, refused)
            if refused is not None:
                continue
            del stack.record[resource]
            if kind == "Namespace":
                self.site.objects = [item for item in self.site.objects if item.namespace != name]

    async def _contents_of(self, resource: Resource, stack: str) -> list[Resource]:
        """What others have in an object of the stack."""
        kind, name = resource
        present = await self.objects()
        if resource not in present or present[resource][0] not in (stack, NOBODY):
            return []
        if kind == "Namespace":
            inner = [item for item in present if item[0] == "Deployment" and item[1].startswith(f"{name}/")]
        else:
            inner = [item for item in present if kind == "Supervisor" and item[0] in ("Namespace", "Deployment")]
        return [item for item in inner if present[item][0] != stack]

    def _workload(self, namespace: str, stack: str) -> None:
        marks = {"pacific.infra/stack": stack}
        item = SupervisorObject("apps", "v1", "Deployment", namespace, f"web-{stack}", marks, controlled=False)
        self.site.objects = [*(entry for entry in self.site.objects if entry != item), item]

    def _by_hand(self, before: Mapping[Resource, tuple[str, Any]]) -> None:
        """Somebody makes a Deployment in each namespace, once."""
        for kind, name in before:
            item = SupervisorObject("apps", "v1", "Deployment", name, "by-hand", {}, controlled=False)
            if kind == "Namespace" and item not in self.site.objects:
                self.site.objects = [*self.site.objects, item]


def _name(owner: Owner | None) -> str:
    return owner.name if owner else NOBODY


ACTIONS = st.tuples(
    st.sampled_from(("up", "up", "down", "crash", "lose", "hand")), st.sampled_from(STACKS), st.integers(1, 3)
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(ACTIONS, min_size=4, max_size=12))
def test_no_stack_ever_touches_what_another_owns(steps: list[tuple[str, str, int]]) -> None:
    async def body(folder: Path) -> None:
        async with simulated(folder) as site:
            world = World(site)
            for action, name, limit in steps:
                await world.step(action, name, limit)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(body(Path(folder)))


def test_the_order_that_once_destroyed_another_projects_supervisor(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            world = World(site)
            for action in (("up", "one/dev", 1), ("up", "two/dev", 1), ("down", "two/dev", 1), ("down", "one/dev", 1)):
                await world.step(*action)
            assert {kind for kind, _ in await world.objects()} == set()

    asyncio.run(body())
