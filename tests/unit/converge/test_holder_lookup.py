"""A Supervisor that is there and does not answer is refused, after its time was said."""

import asyncio
import ssl

import httpx2
import pytest

from pacific_infra.converge.holder_lookup import Holders, NoAnswer, api_silence, lost_clusters, lost_supervisors
from pacific_infra.converge.lost import Lost, RecordedCluster, RecordedSupervisor
from pacific_infra.errors import PacificErrors
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.kubernetes_connection import Connection, Identity
from tests.support.ports import kept_port


def test_nobody_at_an_address_is_said_until_it_is_given_up() -> None:
    messages: list[str] = []
    with kept_port() as port:
        silence = api_silence(
            "urn", "Supervisor one", f"127.0.0.1:{port}", on_wait=lambda text, _: messages.append(text), patience=1.0
        )
        answer = asyncio.run(silence)
    assert isinstance(answer, NoAnswer)
    assert answer.problem.startswith(f"Supervisor one at 127.0.0.1:{port} does not answer: ")
    assert messages
    assert {text.partition(" (")[0] for text in messages} == {f"Supervisor one at 127.0.0.1:{port} does not answer"}


def test_silence_is_refused_and_says_that_nothing_is_forgotten() -> None:
    Holders().require_answers()
    with pytest.raises(PacificErrors) as refused:
        Holders((), [NoAnswer("urn", "Supervisor one at 10.0.0.1:6443 does not answer: timed out")]).require_answers()
    assert str(refused.value) == (
        "Supervisor one at 10.0.0.1:6443 does not answer: timed out: fix: nothing was changed or forgotten; "
        "run the same command again when it answers"
    )


SUPERVISORS = [RecordedSupervisor(f"urn-{number}", f"id-{number}", f"s{number}", "") for number in range(4)]


def test_a_supervisor_is_gone_where_vcenter_does_not_have_it_or_removes_it() -> None:
    present = {"id-0": {"config_status": "RUNNING"}, "id-1": {"config_status": "ERROR"}}
    present["id-2"] = {"config_status": "REMOVING"}
    assert list(lost_supervisors(SUPERVISORS, present, "vc-01")) == [
        Lost("urn-2", "Supervisor s2", "vCenter vc-01 is removing it"),
        Lost("urn-3", "Supervisor s3", "vCenter vc-01 does not have it any more"),
    ]


CLUSTERS = [
    RecordedCluster(f"urn-{name}", "cluster.x-k8s.io/v1beta1", "shop", name, f"uid-{name}", "id-0", "")
    for name in ("there", "gone", "another")
]
SERVED = {"resources": [{"name": "clusters", "kind": "Cluster", "namespaced": True, "verbs": ["get"]}]}


def clusters_of(served: httpx2.Response) -> list[Lost]:
    """``served``: what the Supervisor says of the kinds of Cluster API."""
    uids = {"there": "uid-there", "another": "uid-new"}

    def answer(request: httpx2.Request) -> httpx2.Response:
        name = request.url.path.rpartition("/")[2]
        if name == "v1beta1":
            return served
        if name in uids:
            return httpx2.Response(200, json={"metadata": {"uid": uids[name]}})
        return httpx2.Response(404, json={"kind": "Status", "reason": "NotFound"})

    async def run() -> list[Lost]:
        connection = Connection("https://api.test", ssl.create_default_context, Identity)
        async with KubernetesAPI(connection, transport=httpx2.MockTransport(answer)) as api:
            return await lost_clusters(api, "one", CLUSTERS)

    return asyncio.run(run())


def test_a_workload_cluster_is_gone_where_its_supervisor_does_not_have_it_or_has_another() -> None:
    assert clusters_of(httpx2.Response(200, json=SERVED)) == [
        Lost("urn-gone", "workload cluster shop/gone", "Supervisor one does not have it any more"),
        Lost(
            "urn-another",
            "workload cluster shop/another",
            "Supervisor one has another cluster of this name",
            uid="uid-new",
        ),
    ]


@pytest.mark.parametrize("served", [httpx2.Response(403), httpx2.Response(404, content=b"404 page not found\n")])
def test_a_kind_that_is_not_served_says_nothing_of_a_cluster(served: httpx2.Response) -> None:
    assert clusters_of(served) == []
