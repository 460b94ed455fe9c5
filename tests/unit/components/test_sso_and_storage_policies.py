"""SsoUser, SsoGroup and StoragePolicy: the resources of pulumi-vsphere that they become, and who waits for them."""

from pathlib import Path
from typing import Any

import pulumi
import pytest
from pacific_components.estate import EstateOptions, declare_estate

from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import Recording, record

SETTINGS = VCenterSettings("vcenter.test", "administrator@vsphere.local", password="secret")
ESTATE = """
apiVersion: pacific.infra/v1alpha1
kind: StoragePolicy
metadata: {name: flash}
spec:
  description: Fast disks
  tagRules:
  - {tagCategory: media, tags: [flash, nvme]}
  - {tagCategory: use, tags: [backup], includeDatastoresWithTags: false}
---
apiVersion: pacific.infra/v1alpha1
kind: SsoUser
metadata: {name: pipeline}
spec: {password: {config: pipelinePassword}, firstName: Pipe, emailAddress: pipeline@example.com}
---
apiVersion: pacific.infra/v1alpha1
kind: SsoGroup
metadata: {name: shop-developers}
spec:
  description: Of the shop
  users: [pipeline, {name: jane, domain: corp.example.com}]
  groups: [leads]
---
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: supervisor-01}
spec:
  cluster: cluster-01
  storagePolicy: flash
  managementNetwork: {network: management, addressing: {mode: DHCP}}
  workloadNetwork: {type: VSPHERE, network: workload-01, addressing: {mode: DHCP}}
  loadBalancer: {provider: VSPHERE_FOUNDATION}
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: shop}
spec:
  supervisor: supervisor-01
  storagePolicies: [{name: flash}]
  access:
  - {group: shop-developers, domain: vsphere.local, role: EDIT}
  - {user: pipeline, domain: corp.example.com, role: VIEW}
"""


def graph_of(folder: Path, text: str = ESTATE) -> DependencyGraph:
    (folder / "estate.yaml").write_text(text)
    return build_graph(load_estate([folder]))


def recorded(graph: DependencyGraph) -> Recording:
    recording, _ = record(lambda: declare_estate(graph, SETTINGS, OPTIONS))
    return recording


OPTIONS = EstateOptions("4.18.1", secret=pulumi.Output.secret)


def test_each_becomes_its_resource_of_pulumi_vsphere(tmp_path: Path) -> None:
    inputs: dict[str, Any] = {
        item.type: {name: value for name, value in item.inputs.items() if value is not None}
        for item in recorded(graph_of(tmp_path))
        if item.type.startswith("vsphere:")
    }
    assert inputs["vsphere:index/vmStoragePolicy:VmStoragePolicy"] == {
        "name": "flash",
        "description": "Fast disks",
        "tagRules": [
            {"tagCategory": "media", "tags": ["flash", "nvme"], "includeDatastoresWithTags": True},
            {"tagCategory": "use", "tags": ["backup"], "includeDatastoresWithTags": False},
        ],
    }
    # A secret is an object with a mark beside the value.
    assert inputs["vsphere:index/ssoUser:SsoUser"].pop("password")["value"] == "pipelinePassword"
    assert inputs["vsphere:index/ssoUser:SsoUser"] == {
        "name": "pipeline",
        "firstName": "Pipe",
        "emailAddress": "pipeline@example.com",
    }
    assert inputs["vsphere:index/ssoGroup:SsoGroup"] == {
        "name": "shop-developers",
        "description": "Of the shop",
        "memberUsers": [{"name": "pipeline"}, {"name": "jane", "domain": "corp.example.com"}],
        "memberGroups": [{"name": "leads"}],
    }


def test_their_provider_has_the_estates_login_and_is_there_only_for_them(tmp_path: Path) -> None:
    (provider,) = (item for item in recorded(graph_of(tmp_path)) if item.type == "pulumi:providers:vsphere")
    assert (provider.inputs["vsphereServer"], provider.inputs["user"], provider.inputs["allowUnverifiedSsl"]) == (
        "vcenter.test",
        "administrator@vsphere.local",
        "false",
    )
    without = graph_of(tmp_path, ESTATE[ESTATE.index("---\napiVersion: pacific.infra/v1alpha1\nkind: Supervisor") :])
    assert not [item for item in recorded(without) if "vsphere:" in item.type or item.type.endswith(":vsphere")]


def test_who_names_them_comes_after_them(tmp_path: Path) -> None:
    graph = graph_of(tmp_path)
    assert graph.needs("SupervisorCluster/supervisor-01") == ("StoragePolicy/flash",)
    assert graph.needs("SsoGroup/shop-developers") == ("SsoUser/pipeline",)
    # The user of another domain is somebody else.
    assert {*graph.needs("Namespace/shop")} == {
        "SupervisorCluster/supervisor-01",
        "StoragePolicy/flash",
        "SsoGroup/shop-developers",
    }


def test_the_vcenters_own_domain_is_the_supervisors(tmp_path: Path) -> None:
    text = ESTATE.replace("  storagePolicy: flash\n", "  storagePolicy: flash\n  ssoDomain: corp.example.com\n")
    needs = graph_of(tmp_path, text).needs("Namespace/shop")
    assert "SsoUser/pipeline" in needs
    assert "SsoGroup/shop-developers" not in needs


@pytest.mark.parametrize(
    ("kind", "spec", "message"),
    [
        ("SsoGroup", "{users: [jane, JANE]}", "spec.users[1]: users names this twice"),
        ("StoragePolicy", "{tagRules: []}", "spec.tagRules has too few items"),
        ("SsoUser", "{password: open}", "a secret is kept in the stack's configuration, not in a document"),
    ],
)
def test_what_is_wrong_is_refused(tmp_path: Path, kind: str, spec: str, message: str) -> None:
    text = f"apiVersion: pacific.infra/v1alpha1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n"
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(PacificErrors) as refused:
        load_estate([tmp_path])
    assert message in str(refused.value)
