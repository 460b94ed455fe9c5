"""Documents that become one resource of vCenter, without a component: what is declared of them."""

from pathlib import Path

import pulumi
from pacific_components import SupervisorService
from pacific_components.estate import EstateOptions, declare_estate

from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.carvel import carvel
from tests.support.recording import Recording, is_secret, record
from tests.support.refusals import refusals

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
    assert refusals(lambda: build_graph(load_estate([tmp_path / "a.yaml"])), tmp_path) == [
        "a.yaml:5: ContainerImageRegistry/harbor names a document that does not exist: got "
        "'SupervisorCluster/supervisor-01'; fix: add the document SupervisorCluster/supervisor-01"
    ]


SERVICE = (
    HEAD + "kind: SupervisorService\nmetadata: {name: harbor}\nspec:\n  supervisors: [supervisor-01]\n"
    "  configuration: {template: 'password: ${config.harborPassword}'}\n"
)


def test_a_new_version_is_registered_before_supervisors_get_it_and_the_old_one_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text(carvel("1.0.0"))
    (tmp_path / "two.yml").write_text(carvel("2.0.0"))
    both = SERVICE + "  versions: [{content: {file: one.yml}}, {content: {file: two.yml}}]\n  version: 2.0.0\n"
    recording = declared(tmp_path, both)
    installed = recording.only("pacific:vcenter:SupervisorService::harbor-supervisor-01")
    assert installed.dependencies >= {
        "pacific:vcenter:Supervisor::supervisor-01-supervisor",
        "pacific:vcenter:SupervisorServiceVersion::harbor-1.0.0",
        "pacific:vcenter:SupervisorServiceVersion::harbor-2.0.0",
    }
    assert {name: installed.inputs[name] for name in ("supervisor", "supervisorService", "version")} == {
        "supervisor": "supervisor-id",
        "supervisorService": "harbor.example.com",
        "version": "2.0.0",
    }
    assert installed.inputs["deletionPolicy"] == "Retain"
    assert is_secret(installed.request.object, "yamlServiceConfig")


def test_a_program_installs_a_service_by_the_supervisors_name() -> None:
    def program() -> None:
        SupervisorService(
            "harbor",
            versions=[{"content": carvel("1.0.0")}],
            supervisors=["east"],
            configuration=pulumi.Output.secret("a: b"),
        )

    recording, _ = record(program)
    installed = recording.only("pacific:vcenter:SupervisorService::harbor-east")
    assert installed.inputs["supervisor"] == "east"
    assert is_secret(installed.request.object, "yamlServiceConfig")
