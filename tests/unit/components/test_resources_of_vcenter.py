"""Documents that become one resource of vCenter, without a component: what is declared of them."""

from pathlib import Path

import pulumi
import pytest
from pacific_components.estate import EstateOptions, declare_estate

from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import build_graph
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import Recording, is_secret, record

SETTINGS = VCenterSettings("vcenter.test", "administrator@vsphere.local", password="secret")
HEAD = "apiVersion: pacific.infra/v1alpha1\n"
SUPERVISOR = (
    HEAD + "kind: SupervisorCluster\nmetadata: {name: supervisor-01}\nspec:\n"
    "  cluster: cluster-01\n  storagePolicy: gold\n  managementNetwork: {network: management}\n"
    "  workloadNetwork: {type: NSXT, nsx: {distributedSwitch: dvs-01}}\n---\n"
)
REGISTRY = (
    HEAD + "kind: ContainerImageRegistry\nmetadata: {name: harbor}\nspec:\n"
    "  supervisor: supervisor-01\n  hostname: harbor.example.com\n"
)


def declared(tmp_path: Path, text: str) -> Recording:
    (tmp_path / "a.yaml").write_text(SUPERVISOR + text)
    graph = build_graph(load_estate([tmp_path / "a.yaml"]))
    options = EstateOptions(secret=lambda key: pulumi.Output.secret(f"the {key}"))
    return record(lambda: declare_estate(graph, SETTINGS, options))[0]


def test_a_registry_is_on_its_supervisor_and_its_password_is_a_secret(tmp_path: Path) -> None:
    login = "  username: reader\n  password: {config: registryPassword}\n"
    registry = declared(tmp_path, REGISTRY + login).only("pacific:vcenter:ContainerImageRegistry::harbor")
    assert not registry.parent
    assert "pacific:vcenter:Supervisor::supervisor-01-supervisor" in registry.dependencies
    assert (registry.inputs["name"], registry.inputs["supervisor"]) == ("harbor", "supervisor-id")
    assert is_secret(registry.request.object, "imageRegistry", "password")
    assert not is_secret(registry.request.object, "imageRegistry", "username")


def test_a_registry_of_an_unknown_supervisor_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(REGISTRY)
    with pytest.raises(PacificErrors) as raised:
        build_graph(load_estate([tmp_path / "a.yaml"]))
    assert [str(error).replace(f"{tmp_path}/", "") for error in raised.value.errors] == [
        "a.yaml:5: ContainerImageRegistry/harbor names a document that does not exist: got "
        "'SupervisorCluster/supervisor-01'; fix: add the document SupervisorCluster/supervisor-01"
    ]
