"""What is ours and recorded nowhere, and what is left alone."""

import asyncio
import ssl

import httpx2

from pacific_infra.converge.orphans import MANAGED_LABEL, orphans_in_supervisor, orphans_in_vcenter, recorded_objects
from pacific_infra.documents import Estate
from pacific_infra.graph import build_graph
from pacific_infra.plan.drift import ExtraObject, build_drift, drift_json, drift_lines
from pacific_infra.provider.ownership import Owner
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.kubernetes_connection import Connection, Identity
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisor_objects import SupervisorObject, objects_of

OWNER = Owner("estate/dev")
STATE = [
    {"type": "kubernetes:core/v1:ConfigMap", "id": "shop/kept"},
    {"type": "kubernetes:apps/v1:Deployment", "id": "shop/web"},
    {"type": "pacific:vcenter:Namespace", "id": "shop"},
    {"type": "pacific:vcenter:VirtualMachineClass", "id": "small"},
    {"type": "pacific:index:CrxWorkload"},
]


def thing(
    group: str, kind: str, name: str, stack: str | None = "estate/dev", *, controlled: bool = False
) -> SupervisorObject:
    annotations = {"pacific.infra/node": "CrxWorkload/shop/old", **({"pacific.infra/stack": stack} if stack else {})}
    return SupervisorObject(group, "v1", kind, "shop", name, annotations, controlled)


def test_only_what_is_of_this_stack_and_not_recorded_is_extra() -> None:
    objects = [
        thing("", "ConfigMap", "kept"),
        thing("apps", "Deployment", "web"),
        thing("", "ConfigMap", "web"),
        thing("apps", "Deployment", "old"),
        thing("apps", "ReplicaSet", "old-1", controlled=True),
        thing("", "ConfigMap", "of-another-stack", "estate/prod"),
        thing("", "ConfigMap", "of-a-time-before", None),
    ]
    assert list(orphans_in_supervisor(objects, recorded_objects(STATE), OWNER)) == [
        ExtraObject("v1 ConfigMap", "shop/web", "CrxWorkload/shop/old"),
        ExtraObject("apps/v1 Deployment", "shop/old", "CrxWorkload/shop/old"),
    ]


def test_namespaces_and_classes_with_the_mark_of_this_stack() -> None:
    answers = {
        "/api/session": "session",
        "/api/vcenter/namespaces/instances/v2": [{"namespace": name} for name in ("shop", "old", "theirs")],
        "/api/vcenter/namespaces/instances/v2/old": {"description": "x [pacific estate/dev]"},
        "/api/vcenter/namespaces/instances/v2/theirs": {"description": "[pacific estate/prod]"},
        "/api/vcenter/namespace-management/virtual-machine-classes": [
            {"id": "small", "description": "[pacific estate/dev]"},
            {"id": "large", "description": "[pacific estate/dev]"},
            {"id": "best-effort-small", "description": ""},
        ],
    }

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=answers[request.url.path])

    async def find() -> list[ExtraObject]:
        settings = VCenterSettings("vcenter.example.test", "u", password="p")
        client = VCenterClient(settings, transport=httpx2.MockTransport(answer))
        try:
            return await orphans_in_vcenter(client, recorded_objects(STATE), OWNER)
        finally:
            await client.close()

    assert asyncio.run(find()) == [
        ExtraObject("vSphere Namespace", "old", "Namespace/old"),
        ExtraObject("VM class", "large", "VirtualMachineClass/large"),
    ]


def test_objects_are_listed_everywhere_or_by_namespace_and_page_by_page() -> None:
    def item(namespace: str, name: str) -> dict[str, object]:
        return {"metadata": {"namespace": namespace, "name": name, "ownerReferences": [{"controller": True}]}}

    def answer(request: httpx2.Request) -> httpx2.Response:
        verbs = {"namespaced": True, "verbs": ["list"]}
        lists = [
            {"name": "configmaps", "kind": "ConfigMap", **verbs},
            {"name": "secrets", "kind": "Secret", **verbs},
            {"name": "pods/log", "kind": "Pod", **verbs},
            {"name": "nodes", "kind": "Node", **verbs, "namespaced": False},
        ]
        path, after = request.url.path, request.url.params.get("continue")
        if path == "/apis":
            return httpx2.Response(200, json={"groups": []})
        if path == "/api/v1":
            return httpx2.Response(200, json={"resources": lists})
        assert request.url.params["labelSelector"] == MANAGED_LABEL
        if path == "/api/v1/configmaps":
            page = [item("shop", "b")] if after else [item("shop", "a"), item("foreign", "a")]
            return httpx2.Response(200, json={"metadata": {} if after else {"continue": "x"}, "items": page})
        if path == "/api/v1/namespaces/shop/secrets":
            return httpx2.Response(200, json={"items": [item("shop", "s")]})
        return httpx2.Response(403)

    async def find() -> list[SupervisorObject]:
        connection = Connection("https://s", ssl.create_default_context, Identity)
        async with KubernetesAPI(connection, transport=httpx2.MockTransport(answer)) as api:
            return await objects_of(api, frozenset({"shop", *"abc"}), MANAGED_LABEL)

    process = asyncio.run(find())
    assert [(entry.kind, entry.name, entry.controlled) for entry in process] == [
        ("ConfigMap", "a", True),
        ("ConfigMap", "b", True),
        ("Secret", "s", True),
    ]


def test_what_is_said_of_extra_objects() -> None:
    additional = [
        ExtraObject("apps/v1 Deployment", "shop/old", "CrxWorkload/shop/old"),
        ExtraObject("VM class", "x", None),
    ]
    drift = build_drift(build_graph(Estate(())), [], 38, lambda _urn, _parent: None, additional)
    assert drift_lines(drift) == [
        "of no document and recorded nowhere",
        "  orphaned apps/v1 Deployment shop/old, made from CrxWorkload/shop/old",
        "  orphaned VM class x",
        "2 objects are orphaned: delete them by hand if they are not needed; "
        "pacific does not touch objects that it has not recorded",
    ]
    form = drift_json(drift)
    assert (form["drifted"], [item["name"] for item in form["extra"]]) == (2, ["shop/old", "x"])
