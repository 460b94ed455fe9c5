"""Knative in the sandbox: revisions, scaling to zero and from it, the activator, schedules."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import aiohttp
import pytest

from pacific_sandbox.knative.activator import Activator
from pacific_sandbox.knative.autoscaling import ScaleBounds, Traffic, wanted_pods
from pacific_sandbox.knative.cron import Cron
from pacific_sandbox.knative.definitions import DEPLOYMENTS, PING_SOURCES, SERVICES
from pacific_sandbox.knative.ping_sources import PingSources
from pacific_sandbox.knative.services import KnativeServices
from pacific_sandbox.load_balancer import SERVICES as CORE_SERVICES
from pacific_sandbox.ports import free_port
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.spherelet.pods import PODS
from tests.support.controller_fakes import FakeKubernetes, eventually

ANNOTATIONS = {"autoscaling.knative.dev/window": "6s", "autoscaling.knative.dev/max-scale": "3"}


def service(image: str = "a:1", generation: int = 1, **spec: Any) -> dict[str, Any]:
    template = {"metadata": {"annotations": ANNOTATIONS}, "spec": {"containers": [{"image": image}], **spec}}
    metadata = {"name": "f", "namespace": "shop", "generation": generation, "uid": "uid-f"}
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"template": template},
    }


class Scenario:
    """The controller and the activator on an API server in memory; ``now`` is the controller's clock."""

    def __init__(self) -> None:
        self.kubernetes: Any = FakeKubernetes()
        self.runners: list[Any]
        self.now = 1000.0
        self.traffic = Traffic()
        self.port = free_port()
        api: Any = self.kubernetes
        watched = [WatchedObjects(api, item) for item in (SERVICES, DEPLOYMENTS, PODS, PING_SOURCES)]
        services, deployments, pods, sources = watched
        self.controller = KnativeServices(
            api,
            services=services,
            deployments=deployments,
            pods=pods,
            traffic=self.traffic,
            domain="localhost:1",
            clock=lambda: self.now,
        )
        activator = Activator(self.port, services=services, pods=pods, traffic=self.traffic, simulated=True)
        activator.tell(self.controller.look_at)
        pings = PingSources(api, self.port, sources=sources, services=services, clock=lambda: self.now)
        self.runners = [*watched, self.controller, activator, pings]

    def deployment(self, number: int = 1) -> Any:
        return self.kubernetes.read(DEPLOYMENTS, f"f-0000{number}-deployment", "shop")

    def available(self, number: int = 1) -> None:
        item = self.deployment(number)
        item["kind"] = "Deployment"
        self.kubernetes.put(DEPLOYMENTS, {**item, "status": {"availableReplicas": 1}})

    def pod(self, number: int = 1, name: str = "p") -> None:
        labels = {"serving.knative.dev/service": "f", "serving.knative.dev/revision": f"f-0000{number}"}
        status = {"conditions": [{"type": "Ready", "status": "True"}]}
        metadata = {"name": name, "namespace": "shop", "labels": labels}
        self.kubernetes.put(PODS, {"kind": "Pod", "metadata": metadata, "spec": {"containers": [{}]}, "status": status})

    def conditions(self) -> dict[str, tuple[str, str]]:
        status = self.kubernetes.read(SERVICES, "f", "shop").get("status", {})
        return {
            condition["type"]: (condition["status"], condition.get("reason", ""))
            for condition in status.get("conditions", ())
        }

    async def request(self, host: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as client:
            answer = await client.get(f"http://127.0.0.1:{self.port}/x", headers={"Host": host})
            return answer.status, await answer.text()


def play(scenario: Callable[[Scenario], Awaitable[None]]) -> None:
    async def run() -> None:
        result = Scenario()
        tasks = [asyncio.create_task(runner.run()) for runner in result.runners]
        try:
            await scenario(result)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(run())


def test_a_service_gets_ready_and_scales_to_zero() -> None:
    async def scenario(it: Scenario) -> None:
        it.kubernetes.put(SERVICES, service())
        result = await eventually(it.deployment)
        assert result["spec"]["replicas"] == 1
        (container,) = result["spec"]["template"]["spec"]["containers"]
        assert container["readinessProbe"] == {"tcpSocket": {"port": 8080}, "periodSeconds": 1}
        assert {item["name"]: item["value"] for item in container["env"]} == {
            "PORT": "8080",
            "K_REVISION": "f-00001",
            "K_CONFIGURATION": "f",
            "K_SERVICE": "f",
        }
        await eventually(lambda: it.conditions().get("Ready") == ("Unknown", "OutOfDate"))
        assert it.conditions()["RoutesReady"] == ("Unknown", "RevisionMissing")
        it.available()
        await eventually(lambda: it.conditions().get("Ready") == ("True", ""))
        status = it.kubernetes.read(SERVICES, "f", "shop")["status"]
        assert status["url"] == "http://f.shop.localhost:1"
        assert status["address"] == {"url": "http://f.shop.svc.cluster.local"}
        name = it.kubernetes.read(CORE_SERVICES, "f", "shop")
        assert name["spec"]["externalName"] == "knative-local-gateway.knative-serving.svc.cluster.local"
        assert name["metadata"]["ownerReferences"][0]["uid"] == "uid-f"
        assert status["latestReadyRevisionName"] == "f-00001"
        assert status["observedGeneration"] == 1
        assert it.deployment()["spec"]["replicas"] == 1
        it.now += 6.1
        it.controller.look_at(("shop", "f"))
        await eventually(lambda: it.deployment()["spec"]["replicas"] == 0)
        # With no pod left it is ready still: the next request brings one.
        assert it.conditions()["Ready"] == ("True", "")

    play(scenario)


def test_a_template_whose_last_label_was_taken_off_is_a_new_revision() -> None:
    async def scenario(it: Scenario) -> None:
        it.kubernetes.put(SERVICES, service())
        await eventually(it.deployment)
        it.available()
        await eventually(lambda: it.conditions().get("Ready") == ("True", ""))
        changed = service(generation=2)
        changed["spec"]["template"]["metadata"] = {"annotations": None, "labels": None}
        it.kubernetes.put(SERVICES, changed)
        await eventually(lambda: it.deployment(2))
        await eventually(lambda: it.kubernetes.read(SERVICES, "f", "shop")["status"]["observedGeneration"] == 2)

    play(scenario)


def test_a_request_is_held_until_a_pod_is_ready() -> None:
    async def scenario(it: Scenario) -> None:
        it.kubernetes.put(SERVICES, service())
        await eventually(it.deployment)
        assert (await it.request("f.shop.localhost"))[0] == 503
        it.available()
        await eventually(lambda: it.conditions().get("Ready") == ("True", ""))
        it.now += 7
        it.controller.look_at(("shop", "f"))
        await eventually(lambda: it.deployment()["spec"]["replicas"] == 0)
        question = asyncio.create_task(it.request(f"f.shop.localhost:{it.port}"))
        await eventually(lambda: it.deployment()["spec"]["replicas"] == 1)
        assert not question.done()
        it.pod()
        status, text = await question
        assert status == 200
        assert '"pod": "p"' in text
        assert (await it.request("f.shop.svc.cluster.local"))[0] == 200
        assert (await it.request("g.shop.localhost"))[1] == (
            "no function answers at g.shop.localhost: ask NAME.NAMESPACE.localhost\n"
        )

    play(scenario)


def test_a_pod_that_does_not_come_is_said_in_time() -> None:
    async def scenario(it: Scenario) -> None:
        it.kubernetes.put(SERVICES, service(timeoutSeconds=0.03))
        await eventually(it.deployment)
        it.available()
        await eventually(lambda: it.conditions().get("Ready") == ("True", ""))
        assert await it.request("f.shop.localhost") == (504, "the function f has not answered within 0.03 s\n")

    play(scenario)


def test_a_new_template_is_a_new_revision_and_the_old_one_serves_until_it_is_ready() -> None:
    async def scenario(it: Scenario) -> None:
        it.kubernetes.put(SERVICES, service())
        await eventually(it.deployment)
        it.available()
        await eventually(lambda: it.conditions().get("Ready") == ("True", ""))
        before = it.kubernetes.read(SERVICES, "f", "shop")
        it.kubernetes.put(SERVICES, {**before, **service("a:2", 2), "status": before["status"]})
        await eventually(lambda: it.deployment(2))
        await eventually(lambda: it.conditions()["Ready"] == ("Unknown", "OutOfDate"))
        assert it.conditions()["RoutesReady"] == ("True", "")
        assert it.deployment(1) is not None
        it.available(2)
        await eventually(lambda: it.deployment(1) is None)
        assert it.kubernetes.read(SERVICES, "f", "shop")["status"]["latestReadyRevisionName"] == "f-00002"

    play(scenario)


def test_an_image_that_cannot_be_had_fails_the_revision_in_knatives_words() -> None:
    async def scenario(it: Scenario) -> None:
        it.kubernetes.put(SERVICES, service())
        await eventually(it.deployment)
        it.pod()
        pod = it.kubernetes.read(PODS, "p", "shop")
        waiting = {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "a:1"'}
        pod["status"] = {"containerStatuses": [{"state": {"waiting": waiting}}]}
        it.kubernetes.put(PODS, pod)
        await eventually(lambda: it.conditions().get("Ready") == ("False", "RevisionFailed"))
        status = it.kubernetes.read(SERVICES, "f", "shop")["status"]
        ready = next(condition for condition in status["conditions"] if condition["type"] == "Ready")
        assert ready["message"] == 'Revision "f-00001" failed with message: Back-off pulling image "a:1".'

    play(scenario)


def test_a_schedule_asks_the_function_when_it_is_due() -> None:
    async def scenario(it: Scenario) -> None:
        it.kubernetes.put(SERVICES, service())
        await eventually(it.deployment)
        it.available()
        it.pod()
        await eventually(lambda: it.conditions().get("Ready") == ("True", ""))
        sink = {"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "f"}}
        metadata = {"name": "p", "namespace": "shop", "generation": 1}
        source = {"metadata": metadata, "spec": {"schedule": "* * * * *", "sink": sink}}
        it.kubernetes.put(PING_SOURCES, source)

        def status() -> Any:
            return it.kubernetes.read(PING_SOURCES, "p", "shop").get("status")

        await eventually(status)
        assert status()["conditions"][0]["status"] == "True"
        assert it.traffic.peak("f-00001", 1e12, it.now) == 1  # its start
        it.traffic.forget("f-00001")
        it.now += 61
        it.kubernetes.put(PING_SOURCES, {**source, "metadata": {**metadata, "labels": {"again": "1"}}})
        await eventually(lambda: it.traffic.quiet_in("f-00001", 1e12, it.now))

        bad = {**source, "metadata": {**metadata, "name": "bad"}, "spec": {"schedule": "61 * * * *", "sink": sink}}
        it.kubernetes.put(PING_SOURCES, bad)
        result = await eventually(lambda: it.kubernetes.read(PING_SOURCES, "bad", "shop").get("status"))
        assert result["conditions"][0]["message"] == "minute is not within 0 and 59: 61"

    play(scenario)


def test_pods_follow_the_most_requests_of_the_window() -> None:
    bounds = ScaleBounds.of(service(containerConcurrency=2))
    assert (bounds.window, bounds.maximum, bounds.target) == (6.0, 3, 1.4)
    traffic = Traffic()
    for _ in range(4):
        traffic.change("r", 1, 10.0)
    assert wanted_pods(bounds, traffic.peak("r", 6, 10.0)) == 3
    for _ in range(4):
        traffic.change("r", -1, 11.0)
    assert traffic.peak("r", 6, 16.9) == 4
    assert traffic.quiet_in("r", 6, 12.0) == 5.0
    assert traffic.peak("r", 6, 17.1) == 0
    assert wanted_pods(bounds, 0) == 0


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("*/15 * * * *", "2026-11-23T21:45"),
        ("0 3 * * *", "2026-11-24T03:00"),
        ("@monthly", "2026-12-01T00:00"),
        ("30 8 * * mon-fri", "2026-11-24T08:30"),
        ("0 0 29 feb *", "2028-02-29T00:00"),
        ("0 0 1 * sun", "2026-11-29T00:00"),
        ("0 0 31 2 *", None),
    ],
)
def test_when_a_schedule_is_due(expression: str, expected: str | None) -> None:
    due = Cron(expression).after(datetime.fromisoformat("2026-11-23T21:31:10"))
    assert due == (datetime.fromisoformat(expected) if expected else None)
