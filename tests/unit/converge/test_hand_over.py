"""Claim templates of a StatefulSet stay with a manager of ours when the field manager changes."""

import asyncio
import json
import ssl
from typing import Any

import httpx2

from pacific_infra.converge.hand_over import take_templates, to_hand_over
from pacific_infra.converge.rendering import RenderedResource
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.kubernetes_connection import Connection, Identity

TEMPLATES = [{"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "10Gi"}}}}]


def inputs(manager: str, *, templates: bool = True) -> dict[str, Any]:
    annotations = {"pulumi.com/patchFieldManager": manager}
    spec: dict[str, Any] = {"replicas": 2, **({"volumeClaimTemplates": TEMPLATES} if templates else {})}
    return {"metadata": {"name": "orders", "namespace": "data", "annotations": annotations}, "spec": spec}


def stateful_set(manager: str, *, templates: bool = True) -> RenderedResource:
    return RenderedResource(
        urn="urn:orders",
        type="kubernetes:apps/v1:StatefulSet",
        name="data/orders-stateful-set",
        node="CrxWorkload/data/orders",
        provider="supervisor-01-kubernetes",
        inputs=inputs(manager, templates=templates),
        known=True,
        operation="update",
    )


def test_only_stateful_sets_with_claims_whose_manager_changes_are_handed_over() -> None:
    earlier = {"urn:orders": {"inputs": inputs("pacific-infra")}}
    changing = stateful_set("pacific-infra:estate/dev")
    assert to_hand_over([changing], earlier) == [changing]
    assert to_hand_over([changing], {}) == []
    assert to_hand_over([changing], {"urn:orders": {"inputs": inputs("pacific-infra:estate/dev")}}) == []
    assert to_hand_over([stateful_set("pacific-infra:estate/dev", templates=False)], earlier) == []


def applied(live: dict[str, Any] | None) -> list[tuple[str, dict[str, str], Any]]:
    requests: list[tuple[str, dict[str, str], Any]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "PATCH":
            requests.append((request.url.path, dict(request.url.params), json.loads(request.content)))
            return httpx2.Response(200, json={})
        if request.url.path == "/apis/apps/v1":
            kind = {"name": "statefulsets", "kind": "StatefulSet", "namespaced": True, "verbs": ["get", "patch"]}
            return httpx2.Response(200, json={"resources": [kind]})
        status = {"kind": "Status", "reason": "NotFound", "message": "", "code": 404}
        return httpx2.Response(200, json=live) if live is not None else httpx2.Response(404, json=status)

    async def run() -> None:
        connection = Connection("https://sv.test", ssl.create_default_context, Identity)
        async with KubernetesAPI(connection, transport=httpx2.MockTransport(answer)) as api:
            await take_templates(api, stateful_set("pacific-infra:estate/dev"))

    asyncio.run(run())
    return requests


def test_the_templates_are_applied_as_they_are_there_and_nothing_else() -> None:
    grown = [{**TEMPLATES[0], "spec": {"resources": {"requests": {"storage": "20Gi"}}}}]
    [(path, query, body)] = applied(
        {"metadata": {"uid": "uid-1"}, "spec": {"replicas": 5, "volumeClaimTemplates": grown}}
    )
    assert path == "/apis/apps/v1/namespaces/data/statefulsets/orders"
    assert query == {"fieldManager": "pacific-infra:estate/dev", "force": "true"}
    assert body == {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "orders", "namespace": "data", "uid": "uid-1"},
        "spec": {"volumeClaimTemplates": grown},
    }


def test_what_is_not_there_or_has_no_templates_is_left_alone() -> None:
    assert applied(None) == []
    assert applied({"spec": {"replicas": 1}}) == []
