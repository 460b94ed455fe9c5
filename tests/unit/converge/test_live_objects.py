"""Which objects are looked at, and the last warning about each."""

import asyncio
from typing import Any

from pacific_infra.converge.health import Health
from pacific_infra.converge.live_objects import KubernetesObject, kubernetes_objects, last_warnings, read_live
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.settings import VCenterSettings

PROVIDER = "urn:pulumi:dev::estate::pulumi:providers:kubernetes::one"


def recorded(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"urn": f"urn:{name}", "type": kind, "id": name, "provider": f"{PROVIDER}::id", **fields}


def event(name: str, time: str, message: str, kind: str = "Warning") -> dict[str, Any]:
    return {"type": kind, "involvedObject": {"name": name}, "lastTimestamp": time, "reason": "R", "message": message}


def test_own_objects_are_looked_at_by_api_version_kind_namespace_and_name() -> None:
    resources = [
        recorded("kubernetes:apps/v1:Deployment", "shop/web"),
        recorded("kubernetes:core/v1:NamespacePatch", "shop"),
        recorded("kubernetes:core/v1:Secret", "shop/read", external=True),
        recorded("kubernetes:core/v1:Secret", "shop/replaced", delete=True),
        recorded("pacific:vcenter:Namespace", "shop"),
    ]
    assert kubernetes_objects(resources) == {
        PROVIDER: [
            KubernetesObject("urn:shop/web", "apps/v1", "Deployment", "shop", "web"),
            KubernetesObject("urn:shop", "v1", "Namespace", "", "shop"),
        ]
    }


def test_a_knative_service_has_a_rule_of_its_own() -> None:
    assert KubernetesObject("", "serving.knative.dev/v1", "Service", "", "").rule == "Knative Service"
    assert KubernetesObject("", "v1", "Service", "", "").rule == "Service"


def test_the_last_warning_is_of_the_object_or_of_what_was_made_from_it() -> None:
    events = [
        event("web-6f", "2026-11-28T10:00:00Z", "exceeded\n quota"),
        event("web", "2026-11-28T09:00:00Z", "older"),
        event("web-6f-1", "2026-11-28T11:00:00Z", "started", "Normal"),
        event("website", "2026-11-28T12:00:00Z", "of another"),
    ]
    assert last_warnings(events, {"web", "orders"}) == {"web": "R: exceeded quota"}
    assert last_warnings(events, {"web-6f"}) == {"web-6f": "R: exceeded quota"}


def test_objects_of_a_provider_that_names_no_supervisor_are_not_read() -> None:
    resources = [
        {"urn": PROVIDER, "type": "pulumi:providers:kubernetes", "id": "id", "inputs": {"kubeconfig": "secret"}},
        recorded("kubernetes:core/v1:ConfigMap", "shop/settings"),
    ]
    settings = VCenterSettings("vcenter.example.test", "u", password="p")
    client = VCenterClient(settings)
    live = asyncio.run(read_live(client, resources, silent={}, kubeconfigs={}))
    problem = "its Kubernetes provider names no Supervisor, so it is not read"
    assert live.health == {"urn:shop/settings": Health("unknown", problem)}
