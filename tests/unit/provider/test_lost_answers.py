"""What the resources do where vCenter's answers do not arrive: nothing twice, nothing left out."""

import asyncio
from typing import Any, ClassVar

import httpx2
import pytest

from tests.support.provider_engine import engine_on
from tests.support.wire_double import WireDouble, error

PLANE = {"network": {"backing": {"backing": "NETWORK", "network": "management"}}, "count": 1}
WORKLOADS = {"network": {"networkType": "VSPHERE", "vsphere": {"dvpg": "workload-01"}}, "edge": {}}
RESOURCES: list[tuple[str, str, dict[str, Any]]] = [
    ("Namespace", "shop", {"supervisor": "supervisor-01", "deletionPolicy": "Delete"}),
    ("VirtualMachineClass", "class-of-ours", {"cpuCount": 2, "memoryMib": 4096}),
    (
        "Supervisor",
        "supervisor-02",
        {"cluster": "cluster-02", "controlPlane": PLANE, "workloads": WORKLOADS, "deletionPolicy": "Delete"},
    ),
]


def present(double: WireDouble, kind: str, name: str) -> int:
    """How many of the kind and name there are."""
    names = {
        "Namespace": list(double.namespaces),
        "VirtualMachineClass": list(double.classes),
        "Supervisor": [supervisor["name"] for supervisor in double.supervisors.values()],
    }
    return names[kind].count(name)


@pytest.mark.parametrize(("kind", "name", "plain"), RESOURCES)
@pytest.mark.parametrize("place", ["lost", "dropped"])
def test_a_create_without_an_answer_makes_one(
    double: WireDouble, kind: str, name: str, plain: dict[str, Any], place: str
) -> None:
    async def body() -> None:
        engine = await engine_on(double, errorGrace="5")
        getattr(double, place).append("POST")
        state = await engine.create(kind, name, plain)
        assert present(double, kind, name) == 1
        assert state["configStatus"] in ("RUNNING", "READY")
        assert not (await engine.diff(kind, name, plain)).changes

    asyncio.run(body())


class Forgetful(WireDouble):
    """A vCenter of which the first answer to each kind of request that changes something is lost."""

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        kind = (request.method, request.url.path)
        first = request.method != "GET" and kind not in self.answered
        self.answered.add(kind)
        answer = super().handle(request)
        if first:
            raise httpx2.RemoteProtocolError("peer closed connection", request=request)
        return answer

    answered: ClassVar[set[tuple[str, str]]] = set()


@pytest.mark.parametrize(("kind", "name", "plain"), RESOURCES)
def test_a_create_whose_every_first_answer_is_lost_makes_one(
    double: WireDouble, kind: str, name: str, plain: dict[str, Any]
) -> None:
    async def body() -> None:
        vcenter = Forgetful(**vars(double))
        vcenter.answered.clear()
        engine = await engine_on(vcenter, errorGrace="5")
        await engine.create(kind, name, plain)
        assert present(vcenter, kind, name) == 1
        assert len(vcenter.tags) == (kind == "Supervisor")

    asyncio.run(body())


@pytest.mark.parametrize(("kind", "name", "plain"), RESOURCES)
@pytest.mark.parametrize("place", ["lost", "dropped"])
def test_a_delete_without_an_answer_ends_it(
    double: WireDouble, kind: str, name: str, plain: dict[str, Any], place: str
) -> None:
    async def body() -> None:
        engine = await engine_on(double, errorGrace="5")
        await engine.create(kind, name, plain)
        getattr(double, place).append("DELETE")
        await engine.delete(kind, name)
        assert present(double, kind, name) == 0

    asyncio.run(body())


class Reissuing(WireDouble):
    """A vCenter at which another stack makes a namespace or VM class as soon as the name is free."""

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        before = [(objects, dict(objects)) for objects in (self.namespaces, self.classes)]
        try:
            return super().handle(request)
        finally:
            for objects, earlier in before:
                freed = {name: info for name, info in earlier.items() if name not in objects}
                again = {"description": "[pacific b/prod]", "config_status": "RUNNING"}
                objects.update((name, {**info, **again}) for name, info in freed.items())


@pytest.mark.parametrize(("kind", "name", "plain"), RESOURCES[:2])
@pytest.mark.parametrize("place", ["lost", None])
def test_a_delete_never_meets_what_another_stack_has_made_since(
    double: WireDouble, kind: str, name: str, plain: dict[str, Any], place: str | None
) -> None:
    async def body() -> None:
        vcenter = Reissuing(**vars(double))
        engine = await engine_on(vcenter, errorGrace="5")
        await engine.create(kind, name, plain)
        if place is not None:
            getattr(vcenter, place).append("DELETE")
        await engine.delete(kind, name)
        assert present(vcenter, kind, name) == 1
        assert [method for method, *_ in vcenter.writes()].count("DELETE") == 1

    asyncio.run(body())


def test_an_update_without_an_answer_is_asked_for_again(double: WireDouble) -> None:
    async def body() -> None:
        engine = await engine_on(double)
        plain = {"supervisor": "supervisor-01"}
        await engine.create("Namespace", "shop", plain)
        double.lost.append("PATCH")
        state = await engine.update("Namespace", "shop", {**plain, "description": "new"})
        assert state["description"] == "new"

    asyncio.run(body())


def test_a_wait_outlives_a_vcenter_that_does_not_answer(double: WireDouble) -> None:
    async def body() -> None:
        engine = await engine_on(double, errorGrace="5")
        double.settle = 3
        creating = asyncio.create_task(engine.create("Namespace", "shop", {"supervisor": "supervisor-01"}))
        while not double.namespaces:  # noqa: ASYNC110 - the double tells nobody
            await asyncio.sleep(0.001)
        # More than the client itself tries again.
        double.failures.extend([httpx2.ConnectError("connection refused")] * 15)
        double.failures.extend([error(503, "SERVICE_UNAVAILABLE", "Starting.")] * 15)
        assert (await creating)["configStatus"] == "RUNNING"
        assert not double.failures
        assert any("cannot be reached: connection refused" in text for text in engine.log.messages)

    asyncio.run(body())
