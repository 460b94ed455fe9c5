"""Objects in a vSphere Namespace as Pulumi sees them: their provider, namespace, order and readiness."""

import json

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph
from tests.support.external_estate import declared, surroundings
from tests.support.recording import Recording

MANIFESTS = """\
apiVersion: pacific.infra/v1alpha1
kind: Manifests
metadata: {name: lamps, namespace: team}
spec:
  readiness: [{kind: Job, none: true}, {kind: Lamp, name: hall, conditions: [Lit]}]
  manifests:
  - apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: lamps}
  - {apiVersion: example.com/v1, kind: Lamp, metadata: {name: hall}}
  - {apiVersion: example.com/v1, kind: Lamp, metadata: {name: room}}
  - {apiVersion: batch/v1, kind: Job, metadata: {name: migrate}}
  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: operator, namespace: team}}
  - {apiVersion: v1, kind: Service, metadata: {name: webhook}}
  - {apiVersion: v1, kind: ServiceAccount, metadata: {name: operator}}
  - {apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: webhook}}
  - apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: lamps.example.com}
    spec: {group: example.com, scope: Namespaced, names: {kind: Lamp, plural: lamps}, versions: []}
"""
DEFINITION = (
    "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition::team/lamps-customresourcedefinition-lamps.example.com"
)
ACCOUNT = "kubernetes:core/v1:ServiceAccount::team/lamps-serviceaccount-operator"
DEPLOYMENT = "kubernetes:apps/v1:Deployment::team/lamps-deployment-operator"
SERVICE = "kubernetes:core/v1:Service::team/lamps-service-webhook"
JOB = "kubernetes:batch/v1:Job::team/lamps-job-migrate"
CERTIFICATE = "kubernetes:cert-manager.io/v1:Certificate::team/lamps-certificate-webhook"
HALL, ROOM = (f"kubernetes:example.com/v1:Lamp::team/lamps-lamp-{name}" for name in ("hall", "room"))
WEBHOOK = (
    "kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration"
    "::team/lamps-validatingwebhookconfiguration-lamps"
)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    file = tmp_path_factory.mktemp("documents") / "estate.yaml"
    file.write_text(surroundings("team", "sv") + MANIFESTS)
    return declared(build_graph(load_estate([file])))


def after(recording: Recording, name: str) -> set[str]:
    """Those of the document's own objects that it waits for."""
    return {needed for needed in recording.only(name).dependencies if "::team/lamps-" in needed}


def test_they_lie_in_the_namespace_and_what_lies_in_none_stays_so(recording: Recording) -> None:
    assert recording.only(SERVICE).inputs["metadata"]["namespace"] == "team"
    assert recording.only(DEPLOYMENT).inputs["metadata"]["namespace"] == "team"
    assert recording.only(HALL).inputs["metadata"]["namespace"] == "team"
    assert "namespace" not in recording.only(DEFINITION).inputs["metadata"]
    assert "namespace" not in recording.only(WEBHOOK).inputs["metadata"]


def test_they_go_through_the_provider_of_their_supervisor(recording: Recording) -> None:
    assert "::sv-kubernetes::" in recording.only(DEPLOYMENT).request.provider
    assert not [item for item in recording if item.name == "team/lamps-kubernetes"]


def test_definitions_and_accounts_come_first(recording: Recording) -> None:
    assert after(recording, DEFINITION) == set()
    assert after(recording, ACCOUNT) == {DEFINITION}
    assert after(recording, DEPLOYMENT) == {DEFINITION, ACCOUNT}


def test_what_a_deployment_may_need_does_not_wait_for_it(recording: Recording) -> None:
    assert after(recording, SERVICE) == after(recording, CERTIFICATE) == after(recording, JOB)
    assert after(recording, SERVICE) == {DEFINITION, ACCOUNT}


def test_resources_wait_for_what_serves_their_definition(recording: Recording) -> None:
    assert after(recording, HALL) == {DEFINITION, DEPLOYMENT, SERVICE}


def test_webhooks_come_last(recording: Recording) -> None:
    assert after(recording, WEBHOOK) == {DEPLOYMENT, SERVICE, HALL, ROOM}


def test_readiness_is_what_the_document_says(recording: Recording) -> None:
    annotations = {name: recording.only(name).inputs["metadata"]["annotations"] for name in (JOB, HALL, ROOM)}
    assert annotations[JOB]["pulumi.com/skipAwait"] == "true"
    assert json.loads(annotations[HALL]["pulumi.com/waitFor"]) == ["condition=Lit"]
    assert not annotations[ROOM].keys() & {"pulumi.com/skipAwait", "pulumi.com/waitFor"}
