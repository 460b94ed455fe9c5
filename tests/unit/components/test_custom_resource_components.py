"""A definition, its controller and a resource as Pulumi sees them: children, order, rights, what is waited for."""

import json
from pathlib import Path

import pytest
from pacific_components.estate import declare_estate
from recording import Recording, record

from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph
from pacific_infra.vcenter.settings import VCenterSettings

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
