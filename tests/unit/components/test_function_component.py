"""A function as Pulumi sees it: its Knative Service, its schedules, and who is told its URL."""

from pathlib import Path

import pulumi
import pytest
from pacific_components import Function
from pacific_components.estate import declare_estate

from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import Recording, record

DOCUMENTS = Path(__file__).parents[2] / "golden" / "hybrid-estate"
SETTINGS = VCenterSettings("vcenter.test", "administrator@vsphere.local", password="secret", ca_file=Path("ca.pem"))
SERVICE = "kubernetes:serving.knative.dev/v1:Service::pictures/thumbnails-service"


@pytest.fixture(scope="module")
def recording() -> Recording:
    graph = build_graph(load_estate([DOCUMENTS]))
    return record(lambda: declare_estate(graph, SETTINGS))[0]


def test_the_service_is_awaited_and_scales_as_asked(recording: Recording) -> None:
    service = recording.only(SERVICE)
    assert service.inputs["metadata"]["annotations"]["pulumi.com/waitFor"] == "condition=Ready"
    assert service.request.customTimeouts.create == "10m"
    template = service.inputs["spec"]["template"]
    assert template["metadata"]["annotations"] == {
        "autoscaling.knative.dev/min-scale": "0",
        "autoscaling.knative.dev/max-scale": "3",
        "autoscaling.knative.dev/window": "6s",
    }
    assert template["spec"]["containerConcurrency"] == 2
    assert template["spec"]["timeoutSeconds"] == 60


def test_a_schedule_is_a_ping_source_after_the_service(recording: Recording) -> None:
    ping = recording.only("kubernetes:sources.knative.dev/v1:PingSource::pictures/thumbnails-sweep")
    assert ping.inputs["metadata"]["name"] == "thumbnails-sweep"
    assert ping.inputs["spec"] == {
        "schedule": "0 3 * * *",
        "contentType": "application/json",
        "data": '{"sweep": true}',
        "sink": {"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "thumbnails"}},
    }
    assert SERVICE in ping.dependencies


def test_the_workload_that_is_told_the_url_comes_after(recording: Recording) -> None:
    assert SERVICE in recording.only("kubernetes:apps/v1:Deployment::pictures/frontend-deployment").dependencies


def test_secrets_go_through_a_secret_and_a_new_one_makes_a_revision() -> None:
    def template(value: str) -> dict[str, str]:
        def program() -> None:
            secret = {"KEY": pulumi.Output.secret(value)}
            Function(
                "f",
                namespace="shop",
                container={"name": "a", "image": "a:1", "secret_environment": secret},
                triggers={"http": "Internal"},
            )

        recording = record(program)[0]
        service = recording.only("kubernetes:serving.knative.dev/v1:Service::f-service")
        assert service.inputs["metadata"]["labels"]["networking.knative.dev/visibility"] == "cluster-local"
        assert value not in str(service.inputs)
        annotations: dict[str, str] = service.inputs["spec"]["template"]["metadata"]["annotations"]
        return annotations

    item, other = template("first"), template("second")
    assert item["pacific.infra/config-digest"] != other["pacific.infra/config-digest"]
