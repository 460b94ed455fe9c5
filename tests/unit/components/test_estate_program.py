"""The demo estate as Pulumi sees it: which resources, whose children, in which order, with which options.

It proves what is registered, not what the engine, the providers or a Supervisor make of it.
"""

from pathlib import Path
from typing import Any

import pulumi
import pytest
from pacific_components.estate import EstateOptions, declare_estate
from pacific_components.estate.declaration import Declaration
from pacific_components.estate.kinds import declare

from pacific_infra.documents import Document, load_estate
from pacific_infra.documents.resource_types import resource_of
from pacific_infra.graph import build_graph
from pacific_infra.graph.critical_path import longest_first
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import Recording, is_secret, record, short

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests/golden/estate.urns.txt"
DEMO = build_graph(load_estate([ROOT / "stacks/estate/documents"]))
PASSWORD = "a-password-that-nobody-may-see"
SETTINGS = VCenterSettings("vcenter.test", "administrator@vsphere.local", password=PASSWORD, ca_file=Path("ca.pem"))


def demo(*, preview: bool = False) -> tuple[Recording, Any]:
    return record(lambda: declare_estate(DEMO, SETTINGS, EstateOptions("4.18.1", wait_timeout=60)), preview=preview)


@pytest.fixture(scope="module")
def up() -> tuple[Recording, Any]:
    return demo()


def test_urns_are_the_golden_ones(up: tuple[Recording, Any]) -> None:
    assert "".join(sorted(f"{resource.urn}\n" for resource in up[0])) == GOLDEN.read_text()


def test_the_longest_remaining_way_is_declared_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine begins what can begin in the order in which the program comes to it."""
    declared: list[str] = []

    def recorded(document: Document, estate: Declaration) -> pulumi.Resource:
        declared.append(document.id)
        return declare(document, estate)

    monkeypatch.setattr("pacific_components.estate.declare.declare", recorded)
    slow = {"VirtualMachine/shop/catalogue": 30.0}
    options = EstateOptions("4.18.1", wait_timeout=60, duration=lambda node: slow.get(node, 1.0))
    record(lambda: declare_estate(DEMO, SETTINGS, options))
    assert declared == list(longest_first(DEMO, {node: slow.get(node, 1.0) for node in DEMO.order}))
    # By wave and name CrxWorkload/data/orders and VirtualMachine/data/accounts would come before it.
    assert next(node for node in declared if DEMO.wave_of[node] == 3) == "VirtualMachine/shop/catalogue"


def test_preview_registers_what_up_registers(up: tuple[Recording, Any]) -> None:
    previewed, _ = demo(preview=True)
    assert {resource.urn for resource in previewed} == {resource.urn for resource in up[0]}


def test_every_document_is_one_resource_of_the_name_that_the_plan_knows(up: tuple[Recording, Any]) -> None:
    for node in DEMO.order:
        token, name = resource_of(node)
        assert up[0].only(f"{token}::{name}").parent == ""


def test_every_edge_of_the_graph_ends_at_resources_that_exist(up: tuple[Recording, Any]) -> None:
    by_short = {short(resource.urn): resource for resource in up[0]}
    for node in DEMO.order:
        token, name = resource_of(node)
        for needed in DEMO.needs(node):
            needed_token, needed_name = resource_of(needed)
            head = up[0].only(f"{needed_token}::{needed_name}")
            leaves = {short(resource.urn) for resource in up[0] if resource.parent == head.urn} or {short(head.urn)}
            assert leaves <= up[0].only(f"{token}::{name}").dependencies, f"{node} -> {needed}"
    components = {key for key in by_short if key.startswith("pacific:index:")}
    for resource in up[0]:
        assert not resource.dependencies & components, f"{resource.urn} depends on a component"


def test_the_components_order_is_repeated_at_what_lies_in_it(up: tuple[Recording, Any]) -> None:
    job = "kubernetes:batch/v1:Job::data/prepare-job"
    assert job in up[0].only("kubernetes:apps/v1:Deployment::shop/web-deployment").dependencies
    assert job not in up[0].only("kubernetes:apps/v1:StatefulSet::data/orders-stateful-set").dependencies


def test_wired_values_arrive(up: tuple[Recording, Any]) -> None:
    deployment = up[0].only("kubernetes:apps/v1:Deployment::shop/web-deployment")
    environment = deployment.inputs["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {entry["name"]: entry["value"] for entry in environment} == {
        "LOG_LEVEL": "info",
        "CATALOGUE_URL": "http://10.0.0.7:9000",
        "ORDERS_HOST": "orders.data.svc",
    }


def test_what_waits_has_a_deadline(up: tuple[Recording, Any]) -> None:
    awaited = {
        "pacific:vcenter:Supervisor": ("90m", "90m", "90m"),
        "pacific:vcenter:Namespace": ("20m", "20m", "20m"),
        "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachine": ("15m", "15m", "5m"),
        "kubernetes:apps/v1:Deployment": ("10m", "10m", "5m"),
        "kubernetes:apps/v1:StatefulSet": ("10m", "10m", "5m"),
        "kubernetes:batch/v1:Job": ("10m", "10m", "5m"),
        "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachineService": ("5m", "5m", "2m"),
        "kubernetes:core/v1:PersistentVolumeClaim": ("", "", "2m"),
        "kubernetes:core/v1:ConfigMap": ("", "", "2m"),
        "kubernetes:core/v1:Secret": ("", "", "2m"),
    }
    seen = set()
    for resource in up[0]:
        timeouts = resource.request.customTimeouts
        if resource.type in awaited:
            seen.add(resource.type)
            assert (timeouts.create, timeouts.update, timeouts.delete) == awaited[resource.type], resource.urn
        elif resource.type.startswith("kubernetes:"):
            assert timeouts.delete, resource.urn
    assert seen == set(awaited)


def test_only_what_made_other_objects_is_deleted_in_the_foreground(up: tuple[Recording, Any]) -> None:
    foreground = set()
    for resource in up[0]:
        if resource.type.startswith("kubernetes:") and not resource.type.endswith("Patch"):
            annotations = resource.inputs["metadata"]["annotations"]
            if annotations.get("pulumi.com/deletionPropagationPolicy") != "background":
                foreground.add(resource.type.rpartition(":")[2])
    assert foreground == {"Deployment", "StatefulSet", "Job", "VirtualMachine", "VirtualMachineService"}


def test_what_goes_with_its_namespace_is_not_deleted_by_itself(up: tuple[Recording, Any]) -> None:
    for name in ("shop/web", "shop/catalogue"):
        component = next(resource for resource in up[0] if resource.name == name)
        assert short(component.request.deletedWith) == "pacific:vcenter:Namespace::shop-namespace"


def test_a_kubernetes_object_uses_its_supervisors_provider(up: tuple[Recording, Any]) -> None:
    for resource in up[0]:
        if resource.type.startswith("kubernetes:"):
            assert "::supervisor-01-kubernetes::" in resource.request.provider
        elif resource.type.startswith("pacific:vcenter:"):
            assert "::vcenter::" in resource.request.provider


def test_the_kubernetes_provider_keeps_its_identity_and_version(up: tuple[Recording, Any]) -> None:
    provider = up[0].only("pulumi:providers:kubernetes::supervisor-01-kubernetes")
    assert provider.request.version == "4.18.1"
    assert provider.inputs["clusterIdentifier"] == "supervisor-id"
    assert provider.inputs["deleteUnreachable"] == "false"


def test_every_object_carries_its_owner(up: tuple[Recording, Any]) -> None:
    for resource in up[0]:
        if not resource.type.startswith("kubernetes:") or resource.type.endswith("NamespacePatch"):
            continue
        metadata = resource.inputs["metadata"]
        # A StatefulSet's claims may stay behind, and are no drift.
        managed = None if resource.name.startswith("data/orders-data-") else "pacific-infra"
        assert metadata["labels"].get("app.kubernetes.io/managed-by") == managed
        assert ("pacific.infra/stack" in metadata["annotations"]) is (managed is not None)
        assert metadata["annotations"]["pacific.infra/node"].endswith(f"/{resource.name.rpartition('-')[0]}") or (
            metadata["annotations"]["pacific.infra/node"].split("/", 1)[1] in resource.name
        )
        assert metadata["annotations"]["pulumi.com/patchFieldManager"] == "pacific-infra:estate/test"


@pytest.mark.parametrize("preview", [False, True])
def test_secrets_are_secret_from_the_first_line(preview: bool) -> None:
    recording, _ = demo(preview=preview)
    provider = recording.only("pulumi:providers:pacific::vcenter")
    kubernetes = recording.only("pulumi:providers:kubernetes::supervisor-01-kubernetes")
    user_data = recording.only("kubernetes:core/v1:Secret::shop/catalogue-user-data")
    assert is_secret(provider.request.object, "password")
    assert is_secret(kubernetes.request.object, "kubeconfig")
    assert is_secret(user_data.request.object, "stringData", "user-data")
    assert "data" in user_data.request.additionalSecretOutputs


def test_outputs(up: tuple[Recording, Any]) -> None:
    outputs = up[1]
    assert outputs["addresses"] == {
        "data/accounts": "10.0.0.7",
        "data/orders": "10.0.1.9",
        "shop/catalogue": "10.0.0.7",
        "shop/web": "10.0.1.9",
    }
    assert outputs["urls"] == {"data/orders": "http://10.0.1.9:5432", "shop/web": "http://10.0.1.9:80"}
    assert outputs["endpoints"] == {"supervisor-01": "127.0.0.1:6443"}
    assert '"command": "pacific-credential"' in outputs["kubeconfigs"]["supervisor-01"]


def test_kubeconfigs_are_a_secret_output() -> None:
    _, secret = record(lambda: pulumi.Output.from_input(declare_estate(DEMO, SETTINGS)["kubeconfigs"].is_secret()))
    assert secret is True
