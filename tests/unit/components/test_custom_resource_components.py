"""A definition, its controller and a resource as Pulumi sees them: children, order, rights, what is waited for."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pacific_components.custom_resource import CustomResource
from pacific_components.estate import declare_estate

from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import Recording, record

DOCUMENTS = Path(__file__).parents[2] / "golden" / "queue-estate"
SETTINGS = VCenterSettings("vcenter.test", "administrator@vsphere.local", password="secret", ca_file=Path("ca.pem"))
DEPLOYMENT = "kubernetes:apps/v1:Deployment::queues/queue-controller-workload-deployment"
DEFINITION = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition::queues-definition"


@pytest.fixture(scope="module")
def made() -> Recording:
    graph = build_graph(load_estate([DOCUMENTS]))
    return record(lambda: declare_estate(graph, SETTINGS))[0]


def test_definition_then_rights_then_pods_then_resource(made: Recording) -> None:
    deployment = made.one(DEPLOYMENT)
    assert DEFINITION in deployment.dependencies
    assert "kubernetes:rbac.authorization.k8s.io/v1:Role::queues/queue-controller-role" in deployment.dependencies
    binding = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding::queues/queue-controller-role-binding"
    assert binding in deployment.dependencies
    resource = made.one("kubernetes:example.com/v1:Queue::queues/orders-resource")
    assert {DEFINITION, DEPLOYMENT} <= resource.dependencies


def test_what_is_waited_for(made: Recording) -> None:
    definition = made.one(DEFINITION).inputs["metadata"]["annotations"]
    assert definition["pulumi.com/waitFor"] == "condition=Established"
    resource = made.one("kubernetes:example.com/v1:Queue::queues/orders-resource")
    assert json.loads(resource.inputs["metadata"]["annotations"]["pulumi.com/waitFor"]) == ["condition=Ready"]
    assert resource.request.customTimeouts.create == "10m"
    # Its controller must see it go: the namespace does not take it along.
    assert not resource.request.deletedWith


def test_the_controller_has_the_rights_that_it_needs_and_no_more(made: Recording) -> None:
    role = made.one("kubernetes:rbac.authorization.k8s.io/v1:Role::queues/queue-controller-role")
    rules = {(rule["resources"][0]): rule["verbs"] for rule in role.inputs["rules"]}
    assert rules == {
        "queues": ["get", "list", "watch", "update", "patch"],
        "queues/status": ["get", "update", "patch"],
        "queues/finalizers": ["update"],
        "events": ["create", "patch"],
        "configmaps": ["get"],
    }
    account = made.one(DEPLOYMENT).inputs["spec"]["template"]["spec"]["serviceAccountName"]
    binding = made.one("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding::queues/queue-controller-role-binding")
    assert binding.inputs["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": "queues"}]


def test_the_definition_stays_unless_told(made: Recording) -> None:
    assert made.one(DEFINITION).request.retainOnDelete is False  # the estate says Delete


def environment(made: Recording) -> dict[str, Any]:
    (deployment,) = (one for one in made if one.name.startswith("queues/reader") and one.type.endswith(":Deployment"))
    (container,) = deployment.inputs["spec"]["template"]["spec"]["containers"]
    return {one["name"]: one.get("value") for one in container["env"]}


def test_values_of_the_live_object_reach_those_who_take_them(made: Recording) -> None:
    assert environment(made) == {"QUEUE": "http://queue.test", "PORT": "5672", "SIZE": "3"}
    (deployment,) = (one for one in made if one.name.startswith("queues/reader") and one.type.endswith(":Deployment"))
    assert "kubernetes:example.com/v1:Queue::queues/orders-resource" in deployment.dependencies


def _orders(**args: Any) -> CustomResource:
    return CustomResource("orders", namespace="queues", api_version="example.com/v1", kind="Queue", **args)


def test_status_is_a_secret_only_where_a_field_that_was_given_is() -> None:
    async def secrets(resource: Any) -> list[bool]:
        made = _orders(resource=resource)
        return [await made.status.is_secret(), await made.status["endpoint"].is_secret(), await made.spec.is_secret()]

    found: list[list[bool]] = []

    def program() -> Any:
        outputs: list[pulumi.Output[list[bool]]] = [
            pulumi.Output.from_input(secrets(fields))
            for fields in ({"spec": {"size": 3}}, {"spec": {"key": pulumi.Output.secret("not-said-aloud")}})
        ]
        return pulumi.Output.all(*outputs).apply(found.extend)

    record(program)
    assert found == [[False] * 3, [True] * 3]


def test_a_value_that_is_not_there_is_unknown_in_a_preview_and_named_in_an_update(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = build_graph(load_estate([DOCUMENTS]))
    given = Recording.__init__

    def without_status(recording: Recording) -> None:
        given(recording)
        recording.queue_status = {}

    monkeypatch.setattr(Recording, "__init__", without_status)
    record(lambda: declare_estate(graph, SETTINGS), preview=True)
    with pytest.raises(pulumi.RunError) as raised:
        record(lambda: declare_estate(graph, SETTINGS))
    assert str(raised.value).startswith("CustomResource/queues/orders has no status.")
    assert "in its spec.readiness.jsonPaths" in str(raised.value)
