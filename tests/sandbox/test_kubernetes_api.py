"""The sandbox's Kubernetes client, against a scripted API server."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, Resource, WatchEvent

PODS = Resource("v1", "pods")
NODES = Resource("v1", "nodes", namespaced=False)
DEPLOYMENTS = Resource("apps/v1", "deployments")


def kubernetes(handler: Callable[[httpx2.Request], httpx2.Response]) -> KubernetesAPI:
    transport = httpx2.MockTransport(handler)
    return KubernetesAPI("https://sandbox.test", True, field_manager="test", transport=transport)


def status(code: int, reason: str) -> httpx2.Response:
    return httpx2.Response(code, json={"kind": "Status", "code": code, "reason": reason, "message": f"{reason}!"})


def pod(name: str, version: int, uid: str | None = None) -> dict[str, Any]:
    return {"metadata": {"namespace": "shop", "name": name, "uid": uid or name, "resourceVersion": str(version)}}


def pod_list(version: int, *pods: dict[str, Any]) -> httpx2.Response:
    body = {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": str(version)}, "items": list(pods)}
    return httpx2.Response(200, json=body)


def stream(*events: tuple[str, dict[str, Any]]) -> httpx2.Response:
    lines = [json.dumps({"type": type_, "object": item}, ensure_ascii=False) for type_, item in events]
    return httpx2.Response(200, content="\n".join([*lines, ""]).encode())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (PODS.path("shop", "web", "status"), "/api/v1/namespaces/shop/pods/web/status"),
        (PODS.path(), "/api/v1/pods"),
        (NODES.path("ignored", "esx-01"), "/api/v1/nodes/esx-01"),
        (DEPLOYMENTS.path("shop"), "/apis/apps/v1/namespaces/shop/deployments"),
    ],
)
def test_paths_follow_the_api(path: str, expected: str) -> None:
    assert path == expected


def test_apply_is_server_side_apply_of_the_field_manager() -> None:
    seen: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={})

    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}
    asyncio.run(kubernetes(handler).apply(PODS, body))

    assert seen[0].method == "PATCH"
    assert seen[0].url.path == "/api/v1/namespaces/shop/pods/web"
    assert dict(seen[0].url.params) == {"fieldManager": "test", "force": "true"}
    assert seen[0].headers["content-type"] == "application/apply-patch+yaml"
    assert json.loads(seen[0].content) == body


def test_get_and_delete_of_what_is_not_there() -> None:
    api = kubernetes(lambda _: status(404, "NotFound"))

    async def ask() -> tuple[object, bool]:
        return await api.get(PODS, "web", "shop"), await api.delete(PODS, "web", "shop")

    assert asyncio.run(ask()) == (None, False)


def test_an_error_has_code_reason_and_message() -> None:
    api = kubernetes(lambda _: status(409, "AlreadyExists"))
    with pytest.raises(KubernetesError) as caught:
        asyncio.run(api.create(PODS, {"metadata": {"namespace": "shop"}}))
    assert str(caught.value) == "409 AlreadyExists: AlreadyExists!"


def test_listed_items_say_what_they_are() -> None:
    api = kubernetes(lambda _: pod_list(5, pod("web", 3)))
    (item,) = asyncio.run(api.list(PODS, "shop"))
    assert (item["apiVersion"], item["kind"]) == ("v1", "Pod")


def watched(answers: Iterator[httpx2.Response | Exception], count: int) -> list[WatchEvent]:
    """The first ``count`` events of a watch to which the server gives ``answers`` one after the other."""

    def handler(request: httpx2.Request) -> httpx2.Response:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def collect() -> list[WatchEvent]:
        events: list[WatchEvent] = []
        async for event in kubernetes(handler).watch(PODS):
            events.append(event)
            if len(events) == count:
                break
        return events

    return asyncio.run(asyncio.wait_for(collect(), 60))


def names(events: list[WatchEvent]) -> list[tuple[str, str | None]]:
    return [(event.type, event.object.get("metadata", {}).get("name")) for event in events]


def test_a_watch_begins_with_what_is_there() -> None:
    answers = iter([pod_list(5, pod("web", 3)), stream(("ADDED", pod("db", 6)), ("BOOKMARK", pod("", 7)))])
    events = watched(answers, 3)
    assert names(events) == [("ADDED", "web"), ("SYNCED", None), ("ADDED", "db")]


def test_a_watch_goes_on_where_it_was_cut_off() -> None:
    requests: list[str] = []
    answers = iter([pod_list(5), stream(("ADDED", pod("db", 6))), stream(("MODIFIED", pod("db", 8)))])

    def handler(request: httpx2.Request) -> httpx2.Response:
        requests.append(request.url.params["resourceVersion"])
        return next(answers)

    async def collect() -> None:
        async for event in kubernetes(handler).watch(PODS):
            if event.type == "MODIFIED":
                return

    asyncio.run(asyncio.wait_for(collect(), 60))
    assert requests == ["0", "5", "6"]


def test_after_a_gap_the_difference_is_told() -> None:
    removed = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
    answers: Iterator[httpx2.Response | Exception] = iter(
        [
            pod_list(5, pod("web", 3), pod("db", 4), pod("job", 5, uid="first")),
            httpx2.ConnectError("refused"),
            stream(("ERROR", removed)),
            pod_list(9, pod("db", 8), pod("cache", 9), pod("job", 9, uid="second")),
        ]
    )
    events = watched(answers, 9)
    assert names(events)[:4] == [("ADDED", "web"), ("ADDED", "db"), ("ADDED", "job"), ("SYNCED", None)]
    assert sorted(names(events)[4:]) == sorted(
        [("DELETED", "web"), ("MODIFIED", "db"), ("ADDED", "cache"), ("DELETED", "job"), ("ADDED", "job")]
    )


def test_line_separators_inside_strings_do_not_cut_a_line() -> None:
    strange = pod("db", 6) | {"data": "one\u2028two\x85three"}
    events = watched(iter([pod_list(5), stream(("ADDED", strange))]), 2)
    assert events[1].object["data"] == "one\u2028two\x85three"


def test_a_watch_that_is_forbidden_ends() -> None:
    with pytest.raises(KubernetesError, match="403 Forbidden"):
        watched(iter([status(403, "Forbidden")]), 1)
