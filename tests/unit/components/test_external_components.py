"""What is external as Pulumi sees it: read, with providers for what lies on it, and nothing that could be deleted."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pacific_components.arguments import ExternalSupervisorClusterArgs
from pacific_components.estate import EstateOptions, declare_estate
from pacific_components.external import ExternalNamespace, ExternalSupervisorCluster

from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.vcenter.kubeconfig_file import KubeconfigFile
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import Recording, is_secret, record

ROOT = Path(__file__).parents[3]
SETTINGS = VCenterSettings("vcenter.test", "administrator@vsphere.local", password="not-to-be-seen")
APPLICATION = build_graph(load_estate([ROOT / "stacks/application/documents"]))
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "https://10.0.0.1:6443"}}],
    "users": [{"name": "u", "user": {"token": "tkn"}}],
    "contexts": [{"name": "platform-supervisor", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "platform-supervisor",
}


def kubeconfig(folder: Path) -> KubeconfigFile:
    file = folder / "kubeconfig"
    file.write_text(json.dumps(KUBECONFIG))
    return KubeconfigFile(file)


def declared(
    graph: DependencyGraph, settings: VCenterSettings | None, file: KubeconfigFile | None = None
) -> tuple[Recording, Any]:
    return record(lambda: declare_estate(graph, settings, EstateOptions(kubeconfig=file)))


@pytest.mark.parametrize("team", ["platform", "application"])
def test_urns_of_each_team_are_the_golden_ones(team: str) -> None:
    graph = build_graph(load_estate([ROOT / "stacks" / team / "documents"]))
    recording, _ = declared(graph, SETTINGS)
    urns = "".join(sorted(f"{resource.urn}\n" for resource in recording))
    assert urns == (ROOT / "tests/golden" / f"{team}.urns.txt").read_text()


def test_nothing_of_vcenter_is_made_for_what_is_external() -> None:
    recording, outputs = declared(APPLICATION, SETTINGS)
    assert [resource.urn for resource in recording if resource.type.startswith("pacific:vcenter:")] == []
    assert recording.looked_up == ["kubernetes:core/v1:Namespace::store"]
    assert outputs["endpoints"] == {"platform-supervisor": "127.0.0.1:6443"}
    # What is somebody else's is not this stack's to offer.
    assert (outputs["namespaces"], outputs["virtualMachineClasses"]) == ({}, {})


def test_with_a_kubeconfig_there_is_no_vcenter(tmp_path: Path) -> None:
    recording, outputs = declared(APPLICATION, None, kubeconfig(tmp_path))
    assert not [resource.urn for resource in recording if "providers:pacific" in resource.urn]
    provider = recording.only("pulumi:providers:kubernetes::platform-supervisor-kubernetes")
    assert provider.inputs["clusterIdentifier"] == "platform-supervisor"
    assert is_secret(provider.request.object, "kubeconfig")
    assert outputs["endpoints"] == {"platform-supervisor": "10.0.0.1:6443"}


def test_by_another_login_it_is_the_same_supervisor(tmp_path: Path) -> None:
    """Else every object on it would be replaced."""
    name = "pulumi:providers:kubernetes::platform-supervisor-kubernetes"
    by_file, _ = declared(APPLICATION, None, kubeconfig(tmp_path))
    by_vcenter, _ = declared(APPLICATION, SETTINGS)
    assert by_file.only(name).inputs["clusterIdentifier"] == by_vcenter.only(name).inputs["clusterIdentifier"]
    assert {resource.urn for resource in by_file} == {
        resource.urn for resource in by_vcenter if "providers:pacific" not in resource.urn
    }


def test_workloads_are_not_left_to_the_deletion_of_a_namespace_that_stays(tmp_path: Path) -> None:
    recording, _ = declared(APPLICATION, None, kubeconfig(tmp_path))
    assert {resource.request.deletedWith for resource in recording} == {""}
    # Whether the namespace denies by default is not known: each workload brings the rule that lets its service in.
    recording.only("kubernetes:networking.k8s.io/v1:NetworkPolicy::store/web-network-policy")


def test_a_stack_without_a_login_says_which_documents_take_one(tmp_path: Path) -> None:
    graph = build_graph(load_estate([ROOT / "stacks/platform/documents"]))
    with pytest.raises(PacificErrors) as caught:
        declared(graph, None, kubeconfig(tmp_path))
    place = ROOT / "stacks/platform/documents/store.yaml"
    assert str(caught.value).splitlines()[0] == (
        f"{place}:3: Namespace/store takes a login at vCenter, and the stack has none: fix: write external: true in "
        "its spec where somebody else makes it, or set pacific:server, pacific:username and pacific:passwordFile"
    )
    assert len(caught.value.errors) == 3


def test_a_namespace_of_ones_own_on_an_external_supervisor(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(
        "apiVersion: pacific.infra/v1alpha1\nkind: SupervisorCluster\nmetadata: {name: shared}\n"
        "spec: {external: true}\n---\n"
        "apiVersion: pacific.infra/v1alpha1\nkind: Namespace\nmetadata: {name: mine}\nspec: {supervisor: shared}\n"
    )
    recording, outputs = declared(build_graph(load_estate([tmp_path / "estate.yaml"])), SETTINGS)
    assert recording.only("pacific:vcenter:Namespace::mine-namespace").inputs["supervisor"] == "supervisor-id"
    assert outputs["namespaces"] == {"mine": "shared"}


def test_components_give_flat_outputs() -> None:
    def program() -> pulumi.Output[Any]:
        login: ExternalSupervisorClusterArgs = {
            "server": "vcenter.test",
            "username": "a@vsphere.local",
            "password_file": "/password",
        }
        supervisor = ExternalSupervisorCluster("shared", login)
        opts = pulumi.ResourceOptions(providers=[supervisor.kubernetes_provider])
        namespace = ExternalNamespace("shop", {"name": "web-shop"}, opts)
        return pulumi.Output.all(supervisor.supervisor, supervisor.endpoint, namespace.name)

    recording, outputs = record(program)
    assert outputs == ["supervisor-id", "127.0.0.1:6443", "web-shop"]
    assert recording.looked_up == ["kubernetes:core/v1:Namespace::web-shop"]


def test_a_supervisor_without_a_way_to_it_is_refused() -> None:
    with pytest.raises(PacificError) as caught:
        record(lambda: ExternalSupervisorCluster("shared", {}))
    assert str(caught.value) == (
        "ExternalSupervisorCluster shared: a Supervisor is looked up by a login or used by a kubeconfig: "
        "fix: give kubeconfig, or server and username"
    )
