"""The kubelet API over real TLS, as the kube-apiserver calls it."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from pacific_sandbox.spherelet.kubelet_api.logs import log_request, unavailable
from pacific_sandbox.spherelet.kubelet_api.server import CLIENT
from pacific_sandbox.spherelet.pod_runtime import LogRequest
from tests.support.kubelet import World, pod, world

LOGS = "containerLogs/shop/web/c"


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Callable[[World], Awaitable[None]]], None]:
    def run_scenario(scenario: Callable[[World], Awaitable[None]]) -> None:
        async def main() -> None:
            async with asyncio.timeout(60), world(tmp_path) as kubelets:
                await scenario(kubelets)

        asyncio.run(main())

    return run_scenario


Run = Callable[[Callable[[World], Awaitable[None]]], None]


def test_logs_pods_and_statistics(run: Run) -> None:
    async def scenario(kubelets: World) -> None:
        assert await kubelets.get(LOGS, tailLines="3") == (200, "('web', 3)")
        assert await kubelets.get(LOGS, tailLines="x") == (400, "invalid literal for int() with base 10: 'x'")
        assert await kubelets.get(LOGS, node="esx-02") == (404, 'pod "web" does not exist')
        waiting = 'container "c" in pod "late" is waiting to start: ContainerCreating'
        assert await kubelets.get("containerLogs/shop/late/c") == (400, waiting)
        assert (await kubelets.get("attach/shop/web/c"))[0] == 400
        _, text = await kubelets.get("pods", node="esx-02")
        assert [kubelets["metadata"]["name"] for kubelets in json.loads(text)["items"]] == ["other"]
        _, text = await kubelets.get("stats/summary")
        summary = json.loads(text)
        assert summary["node"]["memory"]["workingSetBytes"] == 2**29
        assert [result["podRef"]["name"] for result in summary["pods"]] == ["web"]

    run(scenario)


def test_who_leaves_a_followed_log_is_noticed(run: Run) -> None:
    async def scenario(kubelets: World) -> None:
        context = kubelets.context(CLIENT)
        async with kubelets.session.get(kubelets.url(LOGS), params={"follow": "true"}, ssl=context) as answer:
            assert await answer.content.readany() == b"('web', None)"
        await asyncio.wait_for(kubelets.runtime.left.wait(), 60)

    run(scenario)


def test_nobody_but_the_api_server_is_let_in(run: Run) -> None:
    async def scenario(kubelets: World) -> None:
        async with kubelets.session.get(kubelets.url("pods"), ssl=kubelets.context("admin")) as answer:
            assert (answer.status, await answer.text()) == (403, "only the kube-apiserver is let in")
        anonymous = ssl.create_default_context(cafile=kubelets.authority.certificate_file)
        with pytest.raises(aiohttp.ClientError):
            await kubelets.session.get(kubelets.url("pods"), ssl=anonymous)

    run(scenario)


@pytest.mark.parametrize("protocol", ["v5.channel.k8s.io", "v4.channel.k8s.io"])
def test_a_command_in_a_container(run: Run, protocol: str) -> None:
    async def scenario(kubelets: World) -> None:
        answered = await kubelets.execute(protocol, "command=cat&command=0", b"\4{}")
        assert answered[0] == b"\1"
        assert json.loads(answered[-1][1:])["status"] == "Success"
        failed = await kubelets.execute(protocol, "command=cat&command=7")
        assert failed[-1][:1] == b"\3"
        cause = {"reason": "ExitCode", "message": "7"}
        assert json.loads(failed[-1][1:])["details"] == {"causes": [cause]}
        cannot = await kubelets.execute(protocol, "command=psql")
        assert json.loads(cannot[-1][1:])["message"] == "cannot run psql"

    run(scenario)


def test_standard_input_terminal_sizes_and_the_end_of_input(run: Run) -> None:
    async def scenario(kubelets: World) -> None:
        size = json.dumps({"Width": 80, "Height": 24}).encode()
        sent = (b"\4" + size, b"\0hello", b"\xff\0")
        answered = await kubelets.execute("v5.channel.k8s.io", "command=size&command=0&input=1", *sent)
        assert answered[1:-1] == [b"\1(80, 24)", b"\1hello", b"\2!"]
        # A terminal has one stream for both outputs.
        answered = await kubelets.execute("v5.channel.k8s.io", "command=cat&command=0&input=1&tty=1", *sent[1:])
        assert answered[1:-1] == [b"\1hello", b"\1!"]

    run(scenario)


def test_what_is_asked_of_a_log() -> None:
    request = log_request("c", {"follow": "true", "sinceTime": "1970-01-01T00:00:05Z", "limitBytes": "9"})
    assert request == LogRequest("c", follow=True, since=5.0, limit_bytes=9)
    assert log_request("c", {"sinceSeconds": "10"}).since is not None


def test_a_log_is_there_once_a_container_has_run() -> None:
    crashed = pod(waiting={"reason": "CrashLoopBackOff"})
    assert unavailable(pod(), "c", previous=True) == 'previous terminated container "c" in pod "web" not found'
    crashed["status"]["containerStatuses"][0]["lastState"] = {"terminated": {}}
    assert unavailable(crashed, "c", previous=False) is None
    assert unavailable(crashed, "c", previous=True) is None
    assert unavailable(crashed, "d", previous=False) == 'container "d" in pod "web" is not available'
