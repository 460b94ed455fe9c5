"""The sandbox's Kubernetes client, against a scripted API server."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from pacific_sandbox.kubernetes_api import (
    KubernetesAPI,
    KubernetesError,
    KubernetesUnreachable,
    Resource,
    WatchEvent,
)

PODS = Resource("v1", "pods")
NODES = Resource("v1", "nodes", namespaced=False)
DEPLOYMENTS = Resource("apps/v1", "deployments")


Answer = web.Response | None
"""None: the connection breaks."""
T = TypeVar("T")


@asynccontextmanager
async def kubernetes(answer: Callable[[web.BaseRequest], Answer]) -> AsyncIterator[KubernetesAPI]:
    async def handle(request: web.BaseRequest) -> web.Response:
        await request.read()
        response = answer(request)
        if response is None and request.transport is not None:
            request.transport.abort()
        return response or web.Response()

    async with (
        RawTestServer(handle) as server,
        KubernetesAPI(str(server.make_url("")).rstrip("/"), True, field_manager="test") as api,
    ):
        yield api


def answer_of(answer: Callable[[web.BaseRequest], Answer], ask: Callable[[KubernetesAPI], Awaitable[T]]) -> T:
    """What ``ask`` is told by a server that answers so."""

    async def scenario() -> T:
        async with kubernetes(answer) as api, asyncio.timeout(60):
            return await ask(api)

    return asyncio.run(scenario())


def status(code: int, reason: str) -> web.Response:
    return web.json_response(
        status=code, data={"kind": "Status", "code": code, "reason": reason, "message": f"{reason}!"}
    )


def pod(name: str, version: int, uid: str | None = None) -> dict[str, Any]:
    return {"metadata": {"namespace": "shop", "name": name, "uid": uid or name, "resourceVersion": str(version)}}


def pod_list(version: int, *pods: dict[str, Any]) -> web.Response:
    body = {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": str(version)}, "items": list(pods)}
    return web.json_response(body)


def stream(*events: tuple[str, dict[str, Any]]) -> web.Response:
    lines = [json.dumps({"type": type_, "object": item}, ensure_ascii=False) for type_, item in events]
    return web.Response(body="\n".join([*lines, ""]).encode())


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
    seen: list[web.BaseRequest] = []

    def answer(request: web.BaseRequest) -> web.Response:
        seen.append(request)
        return web.json_response({})

    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}
    answer_of(answer, lambda api: api.apply(PODS, body))

    assert seen[0].method == "PATCH"
    assert seen[0].path == "/api/v1/namespaces/shop/pods/web"
    assert dict(seen[0].query) == {"fieldManager": "test", "force": "true"}
    assert seen[0].headers["content-type"] == "application/apply-patch+yaml"
    assert json.loads(asyncio.run(seen[0].read())) == body


def test_get_and_delete_of_what_is_not_there() -> None:
    async def ask(api: KubernetesAPI) -> tuple[object, bool]:
        return await api.get(PODS, "web", "shop"), await api.delete(PODS, "web", "shop")

    assert answer_of(lambda _: status(404, "NotFound"), ask) == (None, False)


def test_an_error_has_code_reason_and_message() -> None:
    with pytest.raises(KubernetesError) as caught:
        answer_of(
            lambda _: status(409, "AlreadyExists"), lambda api: api.create(PODS, {"metadata": {"namespace": "shop"}})
        )
    assert str(caught.value) == "409 AlreadyExists: AlreadyExists!"


def test_a_connection_that_breaks_or_is_refused_is_told_from_an_answer() -> None:
    with pytest.raises(KubernetesUnreachable, match="Server disconnected"):
        answer_of(lambda _: None, lambda api: api.create(PODS, {"metadata": {"namespace": "shop"}}))

    async def ask() -> None:
        async with kubernetes(lambda _: None) as api:
            address = api.server
        async with KubernetesAPI(address, True, field_manager="test") as api:
            await api.get(PODS, "web", "shop")

    with pytest.raises(KubernetesUnreachable, match="Cannot connect to host"):
        asyncio.run(ask())


def test_a_client_that_is_closed_opens_nothing() -> None:
    async def ask(api: KubernetesAPI) -> None:
        await api.close()
        await api.list(PODS, "shop")

    with pytest.raises(KubernetesUnreachable, match="are closed"):
        answer_of(lambda _: pod_list(5), ask)


def test_listed_items_say_what_they_are() -> None:
    (item,) = answer_of(lambda _: pod_list(5, pod("web", 3)), lambda api: api.list(PODS, "shop"))
    assert (item["apiVersion"], item["kind"]) == ("v1", "Pod")


async def events_of(api: KubernetesAPI, count: int) -> list[WatchEvent]:
    events: list[WatchEvent] = []
    async for event in api.watch(PODS):
        events.append(event)
        if len(events) == count:
            break
    return events


def watched(answers: Iterator[Answer], count: int) -> list[WatchEvent]:
    """The first ``count`` events of a watch to which the server gives ``answers`` one after the other."""
    return answer_of(lambda _: next(answers), lambda api: events_of(api, count))


def names(events: list[WatchEvent]) -> list[tuple[str, str | None]]:
    return [(event.type, event.object.get("metadata", {}).get("name")) for event in events]


def test_a_watch_begins_with_what_is_there() -> None:
    answers = iter([pod_list(5, pod("web", 3)), stream(("ADDED", pod("db", 6)), ("BOOKMARK", pod("", 7)))])
    events = watched(answers, 3)
    assert names(events) == [("ADDED", "web"), ("SYNCED", None), ("ADDED", "db")]


def test_a_watch_goes_on_where_it_was_cut_off() -> None:
    requests: list[str] = []
    answers = iter([pod_list(5), stream(("ADDED", pod("db", 6))), stream(("MODIFIED", pod("db", 8)))])

    def answer(request: web.BaseRequest) -> Answer:
        requests.append(request.query["resourceVersion"])
        return next(answers)

    assert names(answer_of(answer, lambda api: events_of(api, 3)))[-1] == ("MODIFIED", "db")
    assert requests == ["0", "5", "6"]


def test_after_a_gap_the_difference_is_told() -> None:
    removed = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
    answers: Iterator[Answer] = iter(
        [
            pod_list(5, pod("web", 3), pod("db", 4), pod("job", 5, uid="first")),
            None,
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
