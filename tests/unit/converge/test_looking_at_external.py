"""What is looked at of a namespace of somebody else's, and what must not be taken from this stack's own record."""

import asyncio
import json
import ssl
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from pacific_infra.converge.dry_run import kubeconfigs
from pacific_infra.converge.external import handing_over, look_up
from pacific_infra.converge.rendering import STACK_REFERENCE, render
from pacific_infra.documents import Estate, ExternalNamespace, ExternalSupervisorCluster, ExternalVirtualMachineClass
from pacific_infra.errors import PacificError
from pacific_infra.graph import build_graph
from pacific_infra.graph.external import NamespaceFacts
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.kubernetes_connection import Connection, Identity

NAMESPACE = ExternalNamespace.model_validate(
    {
        "apiVersion": "pacific.infra/v1alpha1",
        "kind": "Namespace",
        "metadata": {"name": "shop"},
        "spec": {"external": True, "supervisor": "shared"},
    }
)
CLASS = ExternalVirtualMachineClass.model_validate(
    {
        "apiVersion": "pacific.infra/v1alpha1",
        "kind": "VirtualMachineClass",
        "metadata": {"name": "small"},
        "spec": {"external": True},
    }
)
VMOP = "/apis/vmoperator.vmware.com/v1alpha5"
KINDS: Mapping[str, Any] = {
    "/api/v1": {
        "resources": [
            {"name": "namespaces", "kind": "Namespace", "namespaced": False, "verbs": ["get"]},
            {"name": "resourcequotas", "kind": "ResourceQuota", "namespaced": True, "verbs": ["list"]},
        ]
    },
    VMOP: {
        "resources": [
            {"name": "virtualmachineclasses", "kind": "VirtualMachineClass", "namespaced": True, "verbs": ["list"]}
        ]
    },
}
PRESENT: Mapping[str, Any] = {
    "/api/v1/namespaces/shop": {"metadata": {"name": "shop"}},
    "/api/v1/namespaces/shop/resourcequotas": {
        "items": [
            {"spec": {"hard": {"requests.storage": "1Gi"}}},
            {"spec": {"hard": {"gold.storageclass.storage.k8s.io/requests.storage": "9223372036854775807"}}},
        ]
    },
    f"{VMOP}/namespaces/shop/virtualmachineclasses": {"items": [{"metadata": {"name": "small"}}]},
}


def looked_up(answers: Mapping[str, Any], *, missing: int = 403) -> NamespaceFacts | PacificError | None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        body = {**KINDS, **answers}.get(request.url.path)
        status = {"kind": "Status", "reason": {403: "Forbidden", 404: "NotFound"}.get(missing)}
        return httpx2.Response(missing, json=status) if body is None else httpx2.Response(200, json=body)

    async def look() -> NamespaceFacts | PacificError | None:
        connection = Connection("https://s", ssl.create_default_context, Identity)
        async with KubernetesAPI(connection, transport=httpx2.MockTransport(answer)) as api:
            return await look_up(api, NAMESPACE)

    return asyncio.run(look())


def test_what_a_namespace_may_use_is_read_from_the_supervisor() -> None:
    assert looked_up(PRESENT) == NamespaceFacts(
        going=False, storage_classes=frozenset({"gold"}), virtual_machine_classes=frozenset({"small"})
    )


def test_what_the_user_may_not_read_is_not_known() -> None:
    alone = {path: body for path, body in PRESENT.items() if path.endswith("/shop")}
    assert looked_up(alone) == NamespaceFacts()


def test_a_namespace_that_goes_and_one_that_is_not_there() -> None:
    going = {"/api/v1/namespaces/shop": {"metadata": {"name": "shop", "deletionTimestamp": "2026-11-28T10:00:00Z"}}}
    assert looked_up(going) == NamespaceFacts(going=True)
    # A user without a role in it is refused, one with roles everywhere is told.
    assert looked_up({}) is None
    assert looked_up({}, missing=404) is None


def test_a_supervisor_that_refuses_everything_is_said_at_the_document() -> None:
    error = looked_up({}, missing=401)
    assert isinstance(error, PacificError)
    assert str(error).startswith("<program>: Namespace/shop cannot be looked up: the Kubernetes API refused GET")


def recorded(type_token: str, name: str, parent: str = "", **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:dev::p::{type_token}::{name}", "type": type_token, "parent": parent, **more}


@pytest.mark.parametrize("inputs", [{"deletionPolicy": "Delete"}, {}])
def test_what_was_this_stacks_own_is_not_deleted_because_it_becomes_external(inputs: dict[str, str]) -> None:
    component = recorded("pacific:index:SupervisorNamespace", "shop")
    owned = recorded("pacific:vcenter:Namespace", "shop-namespace", component["urn"], inputs=inputs)
    (error,) = handing_over(Estate((NAMESPACE,)), [component, owned])
    assert str(error) == (
        "<program>: Namespace/shop is this stack's own: as an external one it would be deleted: fix: set "
        "deletionPolicy: Retain in place of external, pacific up, and then write external: true"
    )


def test_a_class_has_no_deletion_policy_and_is_forgotten_by_hand() -> None:
    owned = recorded("pacific:vcenter:VirtualMachineClass", "small", inputs={})
    (error,) = handing_over(Estate((CLASS,)), [owned])
    assert error.fix == f"pulumi state delete '{owned['urn']}', which leaves it in vCenter"


def test_what_is_retained_or_only_read_is_handed_over() -> None:
    component = recorded("pacific:index:SupervisorNamespace", "shop")
    kept = recorded("pacific:vcenter:Namespace", "n", component["urn"], inputs={"deletionPolicy": "Retain"})
    looked_at = recorded("pacific:vcenter:Namespace", "m", component["urn"], external=True, inputs={})
    assert list(handing_over(Estate((NAMESPACE,)), [component, kept, looked_at])) == []


def test_what_another_stack_gives_is_known_before_the_run() -> None:
    document = {
        "apiVersion": "pacific.infra/v1alpha1",
        "kind": "SupervisorCluster",
        "metadata": {"name": "shared"},
        "spec": {"external": {"stack": "platform/dev"}},
    }
    graph = build_graph(Estate((ExternalSupervisorCluster.model_validate(document),)))
    kubeconfig = json.dumps({"clusters": [{"name": "shared", "cluster": {"server": "https://10.0.0.1:6443"}}]})

    def outputs_of(token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        assert (token, arguments["name"]) == (STACK_REFERENCE, "organization/platform/dev")
        return {"kubeconfigs": {"shared": kubeconfig}}

    rendered = render(graph, None, [], owner="application/dev", look_up=outputs_of)
    assert kubeconfigs(rendered, dict) == {"shared-kubernetes": json.loads(kubeconfig)}
