"""Which pods have an earlier value of a Secret in their variables."""

from typing import Any

import pytest

from pacific_infra.converge.earlier_secrets import earlier_values, secrets_of_variables

CONTAINERS = [
    {
        "name": "web",
        "env": [{"name": "A", "value": "a"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "login"}}}],
    },
    {"name": "proxy", "envFrom": [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "certificates"}}]},
]
WEB = {"spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"spec": {"containers": CONTAINERS}}}}


def secret(name: str, values_at: str, labels_at: str = "2026-11-29T09:00:00Z") -> dict[str, Any]:
    fields = [
        {"time": values_at, "fieldsV1": {"f:data": {"f:password": {}}}},
        {"time": labels_at, "fieldsV1": {"f:metadata": {"f:labels": {}}}},
    ]
    return {"metadata": {"name": name, "managedFields": fields}}


def pod(started: str | None, container: str = "web", app: str = "web", **metadata: Any) -> dict[str, Any]:
    state = {"running": {"startedAt": started}} if started else {"waiting": {"reason": "ContainerCreating"}}
    status = {"containerStatuses": [{"name": container, "state": state}]}
    return {"metadata": {"labels": {"app": app, "pod-template-hash": "1"}, **metadata}, "status": status}


def test_variables_name_their_secrets_and_containers() -> None:
    assert secrets_of_variables(WEB) == {"login": {"web"}, "certificates": {"proxy"}}


@pytest.mark.parametrize(
    ("pods", "text"),
    [
        ([pod("2026-11-29T07:59:59Z")], "1 pod started before Secret login changed"),
        ([pod("2026-11-29T07:00:00Z"), pod("2026-11-29T06:00:00Z")], "2 pods started before Secret login changed"),
        ([pod("2026-11-29T08:00:00Z"), pod("2026-11-29T08:30:00Z")], ""),
        ([pod("2026-11-29T07:00:00Z", container="proxy")], ""),
        ([pod("2026-11-29T07:00:00Z", app="other")], ""),
        ([pod("2026-11-29T07:00:00Z", deletionTimestamp="2026-11-29T08:00:01Z")], ""),
        ([pod(None), {"metadata": {}, "status": {}}], ""),
    ],
)
def test_a_pod_is_told_whose_container_started_before_its_secret_changed(pods: list[Any], text: str) -> None:
    secrets = [secret("login", "2026-11-29T08:00:00Z"), secret("other", "2026-11-29T09:00:00Z")]
    assert earlier_values({"web": WEB}, pods, secrets) == ({"web": text} if text else {})


def test_a_secret_that_is_not_there_or_does_not_say_when_it_changed_says_nothing() -> None:
    assert earlier_values({"web": WEB}, [pod("2026-11-29T07:00:00Z")], [{"metadata": {"name": "login"}}]) == {}
    assert earlier_values({"web": WEB}, [pod("2026-11-29T07:00:00Z")], []) == {}


def test_several_secrets_are_all_named() -> None:
    both = [pod("2026-11-29T07:00:00Z"), pod("2026-11-29T07:00:00Z", container="proxy")]
    secrets = [secret("login", "2026-11-29T08:00:00Z"), secret("certificates", "2026-11-29T08:00:00Z")]
    assert earlier_values({"web": WEB}, both, secrets) == {
        "web": "1 pod started before Secret certificates changed; 1 pod started before Secret login changed"
    }
