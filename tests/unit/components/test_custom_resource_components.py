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
def result() -> Recording:
    graph = build_graph(load_estate([DOCUMENTS]))
    return record(lambda: declare_estate(graph, SETTINGS))[0]


def test_definition_then_rights_then_pods_then_resource(result: Recording) -> None:
    deployment = result.only(DEPLOYMENT)
    assert DEFINITION in deployment.dependencies
    assert "kubernetes:rbac.authorization.k8s.io/v1:Role::queues/queue-controller-role" in deployment.dependencies
    binding = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding::queues/queue-controller-role-binding"
    assert binding in deployment.dependencies
    resource = result.only("kubernetes:example.com/v1:Queue::queues/orders-resource")
    assert {DEFINITION, DEPLOYMENT} <= resource.dependencies


def test_what_is_waited_for(result: Recording) -> None:
    definition = result.only(DEFINITION).inputs["metadata"]["annotations"]
    assert definition["pulumi.com/waitFor"] == "condition=Established"
    resource = result.only("kubernetes:example.com/v1:Queue::queues/orders-resource")
    assert json.loads(resource.inputs["metadata"]["annotations"]["pulumi.com/waitFor"]) == ["condition=Ready"]
    assert resource.request.customTimeouts.create == "10m"
    # Its controller must see it go: the namespace does not take it along.
    assert not resource.request.deletedWith


def test_the_controller_has_the_rights_that_it_needs_and_no_more(result: Recording) -> None:
    role = result.only("kubernetes:rbac.authorization.k8s.io/v1:Role::queues/queue-controller-role")
    rules = {(rule["resources"][0]): rule["verbs"] for rule in role.inputs["rules"]}
    assert rules == {
        "queues": ["get", "list", "watch", "update", "patch"],
        "queues/status": ["get", "update", "patch"],
        "queues/finalizers": ["update"],
        "events": ["create", "patch"],
        "configmaps": ["get"],
    }
    account = result.only(DEPLOYMENT).inputs["spec"]["template"]["spec"]["serviceAccountName"]
    binding = result.only("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding::queues/queue-controller-role-binding")
    assert binding.inputs["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": "queues"}]


def test_the_definition_stays_unless_told(result: Recording) -> None:
    assert result.only(DEFINITION).request.retainOnDelete is False  # the estate says Delete


def environment(result: Recording) -> dict[str, Any]:
    (deployment,) = (
        item for item in result if item.name.startswith("queues/reader") and item.type.endswith(":Deployment")
    )
    (container,) = deployment.inputs["spec"]["template"]["spec"]["containers"]
    return {item["name"]: item.get("value") for item in container["env"]}


def test_values_of_the_live_object_reach_those_who_take_them(result: Recording) -> None:
    assert environment(result) == {"QUEUE": "http://queue.test", "PORT": "5672", "SIZE": "3"}
    (deployment,) = (
        item for item in result if item.name.startswith("queues/reader") and item.type.endswith(":Deployment")
    )
    assert "kubernetes:example.com/v1:Queue::queues/orders-resource" in deployment.dependencies


def _orders(**args: Any) -> CustomResource:
    return CustomResource("orders", namespace="queues", api_version="example.com/v1", kind="Queue", **args)


def test_status_is_a_secret_only_where_a_field_that_was_given_is() -> None:
    async def secrets(resource: Any) -> list[bool]:
        orders = _orders(resource=resource)
        return [
            await orders.status.is_secret(),
            await orders.status["endpoint"].is_secret(),
            await orders.spec.is_secret(),
        ]

    result: list[list[bool]] = []

    def program() -> Any:
        outputs: list[pulumi.Output[list[bool]]] = [
            pulumi.Output.from_input(secrets(fields))
            for fields in ({"spec": {"size": 3}}, {"spec": {"key": pulumi.Output.secret("not-said-aloud")}})
        ]
        return pulumi.Output.all(*outputs).apply(result.extend)

    record(program)
    assert result == [[False] * 3, [True] * 3]


def test_a_value_that_is_not_there_is_unknown_in_a_preview_and_named_in_an_update(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = build_graph(load_estate([DOCUMENTS]))
    arguments = Recording.__init__

    def without_status(recording: Recording) -> None:
        arguments(recording)
        recording.queue_status = {}

    monkeypatch.setattr(Recording, "__init__", without_status)
    record(lambda: declare_estate(graph, SETTINGS), preview=True)
    with pytest.raises(pulumi.RunError) as raised:
        record(lambda: declare_estate(graph, SETTINGS))
    assert str(raised.value).startswith("CustomResource/queues/orders has no status.")
    assert "in its spec.readiness.jsonPaths" in str(raised.value)
