"""The network of pods in machines: names, Services, the API server, NetworkPolicies."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.cluster_objects import endpoint, endpoint_slice, policy, service
from tests.support.crx_bench import Bench, bench, machines, named, pod

pytestmark = pytest.mark.sandbox

LIMITS = {"limits": {"memory": "48Mi", "cpu": "500m"}}
FETCH = r"printf 'GET /cgi-bin/uname HTTP/1.0\r\n\r\n' | nc -w {} {} {} 2>&1"
"""By nc, since Debian's static busybox has a wget that crashes."""


@pytest.fixture(scope="module")
def crx(toolchain: BuiltToolchain) -> Path:
    return machines(toolchain)


def web(name: str, app: str) -> dict[str, Any]:
    container = {
        "name": "web",
        "image": "sandbox/web:1",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": LIMITS,
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1, "timeoutSeconds": 5},
    }
    item = pod(name, container)
    item["metadata"]["labels"] = {"app": app}
    return item


def put_service(b: Bench, name: str, address: str, *targets: str) -> None:
    """A Service of port 80 with its EndpointSlice, both as the API server has them."""
    b.cluster.services.put(service(name, address))
    ends = [endpoint(item, hostname=f"{name}-{number}") for number, item in enumerate(targets)]
    b.cluster.endpoint_slices.put(endpoint_slice(name, *ends))


def test_pods_reach_each_other_by_name_and_as_policies_let_them(crx: Path, tmp_path: Path) -> None:
    client, server = web("client", "client"), web("server", "web")

    async def check() -> None:
        async with bench(tmp_path, crx) as b:
            for item in (client, server):
                b.cluster.pods.put(item)
                await b.observe(item)
            put_service(b, "web", "10.96.4.1", "10.244.1.11")
            put_service(b, "self", "10.96.4.2", "10.244.1.10")
            put_service(b, "peers", "None", "10.244.1.11")
            put_service(b, "nobody", "10.96.4.3")
            for item in (client, server):
                await b.until(item, "web is ready", lambda seen: named(seen, "web").ready)

            async def fetch(host: str, port: int = 80) -> str:
                return (await b.run(client, "web", FETCH.format(5, host, port)))[1]

            for host in ("10.96.4.1", "web", "web.shop", "web.shop.svc.cluster.local"):
                assert "pod server\n" in await fetch(host), host
            for host in ("10.244.1.11", "peers", "peers-0.peers.shop.svc"):
                assert "pod server\n" in await fetch(host, 8080), host
            # A pod behind its own Service.
            assert "pod client\n" in await fetch("self")
            assert "Connection refused" in await fetch("nobody")
            assert "bad address" in await fetch("nonesuch")
            # Nothing else can be reached: neither this computer nor what is behind it.
            assert "Connection refused" in await fetch("10.244.0.1")
            assert "Network is unreachable" in await fetch("192.0.2.1")
            assert "No route to host" in await fetch("10.244.1.99")
            # From this computer too.
            assert "pod server\n" in await b.answer(server, 8080, "/cgi-bin/uname")
            await _check_policies(b, client)

    asyncio.run(check())


async def _check_policies(b: Bench, client: dict[str, Any]) -> None:
    async def reaches() -> bool:
        return "pod server\n" in (await b.run(client, "web", FETCH.format(2, "10.96.4.1", 80)))[1]

    b.cluster.policies.put(policy("deny", policyTypes=["Ingress"]))
    assert not await reaches()
    # What comes from this computer to a pod's own port is not asked.
    assert "pod client\n" in await b.answer(client, 8080, "/cgi-bin/uname")
    rule = {"ports": [{"port": "http"}], "from": [{"podSelector": {"matchLabels": {"app": "client"}}}]}
    b.cluster.policies.put(policy("web", podSelector={"matchLabels": {"app": "web"}}, ingress=[rule]))
    assert await reaches()
    b.cluster.policies.put(policy("no-way-out", policyTypes=["Egress"]))
    assert not await reaches()
    # Not even a name is answered.
    assert "timed out" in (await b.run(client, "web", FETCH.format(2, "web", 80)))[1]
