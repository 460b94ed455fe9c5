"""The live page at size: first page, a change until it is seen, bytes, memory, and idle CPU.

    ./run --no-toolchain python -m tests.benchmarks.view_page --documents 5000 --pods 20000

Three processes: an API server that has the objects and tells watches of changes (a stand-in: a real one with as many
objects needs more memory than it measures), ``pacific view``'s collector and pages, and this one, which is the browser.
A change is a pod that fails; it is seen when a page that was told so has its reason. Results: results/view_page.json.
"""

import argparse
import asyncio
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
import psutil
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph
from tests.benchmarks.estates.generate import write
from tests.benchmarks.result import write_result
from tests.support.view_world import pod, recorded_resources, recorded_workloads

SEED = 20261128
CHANGES = 10
STARTED_WITHIN = 300.0
IDLE = 30.0
"""Seconds for which the view does nothing but wait."""
PAGES = ("/", "/namespaces", "/documents", "/graph", "/events", "/drift", "/namespaces/team-0", "/view.json")
KINDS: Mapping[tuple[str, str], str] = {
    ("v1", "Pod"): "pods",
    ("v1", "Event"): "events",
    ("apps/v1", "Deployment"): "deployments",
    ("vmoperator.vmware.com/v1alpha3", "VirtualMachine"): "virtualmachines",
}


class StandIn:
    """Lists and watches of the objects of an estate, whose record it writes."""

    def __init__(self, documents: Path, pods: int) -> None:
        self.objects: dict[str, list[dict[str, Any]]] = {plural: [] for plural in KINDS.values()}
        self._watches: list[asyncio.Queue[dict[str, Any]]] = []
        self._version = 1
        graph = build_graph(load_estate([documents]))
        workloads = list(recorded_workloads(graph))
        record = [*recorded_resources(graph), *(resource for resource, _ in workloads)]
        documents.with_suffix(".record.json").write_text(json.dumps(record))
        contents = [content for _, content in workloads]
        for content in contents:
            self.objects[KINDS[content["apiVersion"], content["kind"]]].append(dict(content))
        owners = [content for content in contents if content["kind"] == "Deployment"]
        for number in range(pods):
            self.objects["pods"].append(pod_of(owners[number % len(owners)], number))

    def routes(self) -> list[Route]:
        """The API."""
        lists = [Route(f"{root(version)}/{plural}", self._list, name=plural) for (version, _), plural in KINDS.items()]
        discoveries = [Route(root(version), self._discover) for version in {version for version, _ in KINDS}]
        return [
            Route("/apis", self._groups),
            Route("/fail/{number:int}", self._fail, methods=["POST"]),
            *discoveries,
            *lists,
        ]

    async def _groups(self, _request: Request) -> Response:
        versions = sorted({version for version, _ in KINDS if "/" in version})
        return JSONResponse({"groups": [{"preferredVersion": {"groupVersion": version}} for version in versions]})

    async def _discover(self, request: Request) -> Response:
        resources = [
            {"name": plural, "kind": kind, "namespaced": True, "verbs": ["list", "watch"]}
            for (version, kind), plural in KINDS.items()
            if root(version) == request.url.path
        ]
        return JSONResponse({"resources": resources})

    async def _list(self, request: Request) -> Response:
        plural = request.url.path.rpartition("/")[2]
        if request.query_params.get("watch"):
            return StreamingResponse(self._watch(plural), media_type="application/json")
        start, limit = int(request.query_params.get("continue") or 0), int(request.query_params["limit"])
        items = self.objects[plural][start : start + limit]
        more = {"continue": str(start + limit)} if start + limit < len(self.objects[plural]) else {}
        return JSONResponse({"items": items, "metadata": {"resourceVersion": "1", **more}})

    async def _watch(self, plural: str) -> AsyncIterator[str]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        if plural == "pods":
            self._watches.append(queue)
        while True:
            yield json.dumps(await queue.get()) + "\n"

    async def _fail(self, request: Request) -> Response:
        number = request.path_params["number"]
        self._version += 1
        content = self.objects["pods"][number]
        failing = pod(content["metadata"]["name"], waiting="ImagePullBackOff", message=f"change {number}")
        changed = {**content, "status": failing["status"]}
        changed["metadata"] = {**content["metadata"], "resourceVersion": str(self._version)}
        for queue in self._watches:
            queue.put_nowait({"type": "MODIFIED", "object": changed})
        metadata = content["metadata"]
        name = metadata["labels"]["app.kubernetes.io/name"]
        return JSONResponse({"document": f"CrxWorkload/{metadata['namespace']}/{name}"})


def root(version: str) -> str:
    """The path of an API version."""
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def pod_of(owner: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A pod as large as a pod is."""
    content = pod(f"{owner['metadata']['name']}-7d9c5-{number:05}")
    labels = {"app.kubernetes.io/name": owner["metadata"]["name"], "pod-template-hash": "7d9c5"}
    content["metadata"] |= {**owner["metadata"], "name": content["metadata"]["name"], "labels": labels}
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10, "failureThreshold": 3}
    variables = [{"name": f"VARIABLE_{index}", "value": f"value {index}"} for index in range(20)]
    container = {"name": "web", "image": "registry.example.com/web:1", "env": variables, "readinessProbe": probe}
    content["spec"] = {"containers": [container], "nodeName": "esxi-01", "serviceAccountName": "default"}
    return content


def serve_api(documents: Path, pods: int) -> None:
    """Serve the stand-in on a port that is free, and print it."""
    app = Starlette(routes=StandIn(documents, pods).routes())
    listening = uvicorn.Config("", port=0, log_level="error").bind_socket()
    run(app, listening, f"http://127.0.0.1:{listening.getsockname()[1]}")


def run(app: ASGIApp, listening: socket.socket, address: str) -> None:
    """Serve ``app``, its address on standard output."""
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listening])


def measure(documents: int, pods: int) -> dict[str, Any]:
    """All numbers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "documents"
        folder.mkdir()
        write(folder, documents, SEED)
        api = ["tests.benchmarks.view_page", "--api-of", str(folder), "--pods", str(pods)]
        with started(api) as (_, server):
            begun = time.perf_counter()
            with started(["tests.benchmarks.view_process", str(folder), server]) as (view, address):
                return asyncio.run(_measure(psutil.Process(view), address, server, begun, pods))


class started:  # noqa: N801 - a context manager
    """The process of a module, and the first line that it prints."""

    def __init__(self, module: list[str]) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", *module], stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> tuple[int, str]:
        assert self._process.stdout is not None
        return self._process.pid, self._process.stdout.readline().strip()

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)


async def _measure(view: psutil.Process, address: str, server: str, begun: float, pods: int) -> dict[str, Any]:
    base, _, token = address.partition("/?token=")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=base, headers=headers, timeout=300, trust_env=False) as browser:
        async with asyncio.timeout(STARTED_WITHIN):
            await _first_page(browser)
        first = time.perf_counter() - begun
        used = view.cpu_times()
        async with asyncio.timeout(STARTED_WITHIN):
            await _until_read(browser)
        recorded = time.perf_counter() - begun
        async with asyncio.timeout(STARTED_WITHIN):
            await _until_all_are_shown(browser, pods)
        everything = time.perf_counter() - begun
        await asyncio.sleep(2)
        pages = {}
        for path in PAGES:
            start = time.perf_counter()
            answer = await browser.get(f"{path}?fresh=1")
            pages[path] = {"s": round(time.perf_counter() - start, 3), "KiB": round(len(answer.content) / 1024)}
        seen = [await _change(browser, server, number) for number in range(CHANGES)]
        await asyncio.sleep(2)
        before = view.cpu_times()
        await asyncio.sleep(IDLE)
        after = view.cpu_times()
        idle = (after.user + after.system - before.user - before.system) / IDLE
        resident = view.memory_info().rss / 2**20
        peak = peak_memory(view.pid)
    return {
        "first page after the start, s": round(first, 2),
        "first page after the start, CPU s": round(used.user + used.system, 2),
        "documents and record shown after the start, s": round(recorded, 2),
        "all objects shown after the start, s": round(everything, 2),
        "pages": pages,
        "a change until it is seen, s": {"median": round(statistics.median(seen), 2), "most": round(max(seen), 2)},
        "memory, MiB": {"now": round(resident), "peak": round(peak)},
        "idle, share of a core": round(idle, 4),
    }


async def _first_page(browser: httpx2.AsyncClient) -> None:
    while True:
        try:
            await browser.get("/")
        except httpx2.TransportError:
            await asyncio.sleep(0.05)
        else:
            return


async def _until_read(browser: httpx2.AsyncClient) -> None:
    while (await browser.get("/view.json")).status_code == HTTPStatus.SERVICE_UNAVAILABLE:  # noqa: ASYNC110 - it is another process
        await asyncio.sleep(0.2)


async def _until_all_are_shown(browser: httpx2.AsyncClient, pods: int) -> None:
    shown = 0
    while shown < pods:
        namespaces = (await browser.get("/view.json")).json()["namespaces"]
        shown = sum(len(space["objects"]) for space in namespaces)
        await asyncio.sleep(0.5)


async def _change(browser: httpx2.AsyncClient, server: str, number: int) -> float:
    async with browser.stream("GET", "/changes") as news:
        lines: AsyncIterator[str] = news.aiter_lines()
        assert await anext(lines) == "event: begin"
        start = time.perf_counter()
        async with httpx2.AsyncClient(trust_env=False) as client:
            document = (await client.post(f"{server}/fail/{number}")).json()["document"]
        async for line in lines:
            if line == "event: change" and f"change {number}" in (await browser.get(f"/documents/{document}")).text:
                return time.perf_counter() - start
    raise AssertionError("the news end")


def peak_memory(pid: int) -> float:
    """MiB that a process had at most."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Measure, or be one of the processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--pods", type=int, default=20000)
    parser.add_argument("--api-of", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.api_of is not None:
        serve_api(arguments.api_of, arguments.pods)
    else:
        numbers = measure(arguments.documents, arguments.pods)
        write_result("view_page", {"documents": arguments.documents, "pods": arguments.pods, **numbers})


if __name__ == "__main__":
    main()
