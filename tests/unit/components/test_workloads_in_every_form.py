"""What runs in a namespace is the same said by a document, a Python program and a program in YAML.

The same fields have the same defaults, are refused by the same rules, and in the same words.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from keyword import iskeyword
from pathlib import Path
from typing import Any

import pacific_components
import pulumi
import pytest
import yaml
from pacific_components.estate import declare_estate
from pacific_components.package.components import PackageComponents
from pulumi.provider.experimental.provider import ConstructRequest
from pydantic.alias_generators import to_snake

from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph import build_graph
from pacific_infra.provider.property_values import property_value
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import Recording, record

SETTINGS = VCenterSettings("vcenter.test", "someone", password="secret")
SURROUNDING = """\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: s}
spec:
  cluster: cluster-01
  storagePolicy: gold
  managementNetwork: {network: management}
  workloadNetwork: {type: NSXT, nsx: {distributedSwitch: dvs-01}}
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: shop}
spec:
  supervisor: s
  networkPolicy: allow-all
  storagePolicies: [{name: Gold Storage}]
  virtualMachineClasses: [small, large]
"""
CONTAINER = {"name": "web", "image": "web:1"}
LEAST: Mapping[str, dict[str, Any]] = {
    "CrxWorkload": {"kind": "Deployment", "containers": [CONTAINER]},
    "Function": {"container": CONTAINER},
    "VirtualMachine": {"class": "small", "image": "debian-12", "storagePolicy": "Gold Storage"},
    "WorkloadCluster": {
        "version": "v1.33.3+vmware.1",
        "class": "small",
        "storagePolicy": "Gold Storage",
        "nodePools": [{"name": "a"}],
    },
}
"""What has to be said of each kind."""
MORE: Mapping[str, dict[str, Any]] = {
    "CrxWorkload": {
        "kind": "StatefulSet",
        "containers": [
            {
                **CONTAINER,
                "args": ["--fast"],
                "workingDir": "/srv",
                "ports": [{"name": "http", "containerPort": 8080}],
                "environment": {"MODE": "fast", "KEY": {"secret": "tls", "key": "a"}},
                "resources": {"limits": {"cpu": 2, "memory": "1Gi"}},
                "readinessProbe": {"httpGet": {"port": "http"}},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
            }
        ],
        "volumes": [
            {"name": "data", "claim": {"size": "1Gi", "storagePolicy": "Gold Storage"}},
            {"name": "settings", "files": {"a.toml": "a = 1"}},
            {"name": "scratch", "emptyDir": {}},
        ],
        "service": {"type": "LoadBalancer", "ports": [{"port": 80, "targetPort": "http"}]},
        "disruptionBudget": {"maxUnavailable": 1},
        "autoscaler": {"maxReplicas": 2},
        "serviceAccount": True,
        "deletionPolicy": "Delete",
        "adopt": True,
    },
    "Function": {
        "container": CONTAINER,
        "scale": {"max": 3},
        "triggers": {"schedules": [{"name": "a", "schedule": "@daily"}]},
    },
    "VirtualMachine": {
        **LEAST["VirtualMachine"],
        "cloudInit": {"userData": "#cloud-config\n"},
        "volumes": [{"name": "data", "size": "1Gi", "accessMode": "ReadWriteMany"}],
        "network": {"domain": "shop.test", "interfaces": [{"nameServers": ["10.0.0.2"]}]},
        "service": {"ports": [{"port": 22}]},
        "readinessProbe": {"tcpSocket": {"port": 22}},
        "guestId": "debian12_64Guest",
        "resourcePolicy": "together",
    },
    "WorkloadCluster": {
        **LEAST["WorkloadCluster"],
        "controlPlane": {"replicas": 3, "class": "large"},
        "nodePools": [{"name": "a", "replicas": 2, "class": "large"}],
        "network": {"pods": "10.4.0.0/16"},
    },
}
"""Much of what can be said of each kind."""
JOB = {**LEAST["CrxWorkload"], "kind": "Job"}
REFUSED: Mapping[str, tuple[str, dict[str, Any]]] = {
    "a job with a service and a budget": (
        "CrxWorkload",
        {**JOB, "service": {"ports": [{"port": 80}]}, "disruptionBudget": {"minAvailable": 1}},
    ),
    "an autoscaler that goes down to more than its most": (
        "CrxWorkload",
        {**LEAST["CrxWorkload"], "replicas": 7, "autoscaler": {"minReplicas": 5, "maxReplicas": 2}},
    ),
    "a policy that is no word": ("CrxWorkload", {**LEAST["CrxWorkload"], "deletionPolicy": "retain"}),
    "pods that cannot share a volume": (
        "CrxWorkload",
        {
            **LEAST["CrxWorkload"],
            "replicas": 2,
            "volumes": [{"name": "data", "claim": {"size": "1Gi", "storagePolicy": "gold"}}],
        },
    ),
    "a field of Kubernetes": (
        "CrxWorkload",
        {"kind": "Deployment", "containers": [{**CONTAINER, "terminationMessagePath": "/dev/log"}]},
    ),
    "a field that is misspelt": (
        "CrxWorkload",
        {"kind": "Deployment", "containers": [{**CONTAINER, "enviroment": {}}]},
    ),
    "no image": ("CrxWorkload", {"kind": "Deployment", "containers": [{"name": "web"}]}),
    "text for a number": ("CrxWorkload", {**LEAST["CrxWorkload"], "replicas": "3"}),
    "an amount that is none": (
        "CrxWorkload",
        {"kind": "Deployment", "containers": [{**CONTAINER, "resources": {"limits": {"memory": "1GB"}}}]},
    ),
    "a schedule that is none": ("CrxWorkload", {**JOB, "kind": "CronJob", "schedule": "daily"}),
    "a function with a volume": (
        "Function",
        {"container": {**CONTAINER, "volumeMounts": [{"name": "data", "mountPath": "/data"}]}},
    ),
    "user data that cloud-init does not know": (
        "VirtualMachine",
        {**LEAST["VirtualMachine"], "cloudInit": {"userData": "hostname: a"}},
    ),
    "a gateway without addresses": (
        "VirtualMachine",
        {**LEAST["VirtualMachine"], "network": {"interfaces": [{"gateway": "10.0.0.1"}]}},
    ),
    "an even control plane": ("WorkloadCluster", {**LEAST["WorkloadCluster"], "controlPlane": {"replicas": 2}}),
    "no nodes": ("WorkloadCluster", {**LEAST["WorkloadCluster"], "nodePools": []}),
}


def in_python(value: Any) -> Any:
    """``value`` with Python's names: those of documents in snake_case."""
    if isinstance(value, dict):
        names = {name: to_snake(name) if name not in ("KEY", "MODE", "a.toml") else name for name in value}
        return {f"{new}_" if iskeyword(new) else new: in_python(value[name]) for name, new in names.items()}
    return [in_python(item) for item in value] if isinstance(value, list) else value


def by_document(kind: str, spec: Mapping[str, Any], folder: Path) -> Recording:
    head = {"apiVersion": "pacific.infra/v1alpha1", "kind": kind, "metadata": {"name": "subject", "namespace": "shop"}}
    (folder / "a.yaml").write_text(SURROUNDING + "---\n" + yaml.safe_dump({**head, "spec": deepcopy(spec)}))
    graph = build_graph(load_estate([folder]))
    return record(lambda: declare_estate(graph, SETTINGS))[0]


def by_python(kind: str, spec: Mapping[str, Any], _folder: Path) -> Recording:
    component = getattr(pacific_components, kind)
    keywords = {"namespace": "shop", "name": "subject", "node": f"{kind}/shop/subject", **in_python(dict(spec))}
    return record(lambda: component("shop/subject", **keywords).name)[0]


def by_yaml(kind: str, spec: Mapping[str, Any], _folder: Path) -> Recording:
    properties = {"namespace": "shop", "name": "subject", "node": f"{kind}/shop/subject", **spec}
    inputs = {name: property_value(value) for name, value in properties.items()}
    request = ConstructRequest(f"pacific:index:{kind}", "shop/subject", inputs, pulumi.ResourceOptions())
    return record(lambda: PackageComponents().construct(request))[0]


FORMS: Mapping[str, Callable[[str, Mapping[str, Any], Path], Recording]] = {
    "document": by_document,
    "Python": by_python,
    "YAML": by_yaml,
}


def objects(recording: Recording, kind: str) -> dict[str, Any]:
    """What the component has made: properties, and what becomes of them."""
    (component,) = [resource for resource in recording if resource.type == f"pacific:index:{kind}"]
    return {
        f"{resource.type}::{resource.name}": (resource.inputs, resource.request.retainOnDelete)
        for resource in recording
        if resource.parent == component.urn
    }


@pytest.mark.parametrize("kind", LEAST)
@pytest.mark.parametrize("specs", [LEAST, MORE], ids=["least", "more"])
def test_the_same_objects_with_the_same_defaults(
    kind: str, specs: Mapping[str, dict[str, Any]], tmp_path: Path
) -> None:
    expected, *others = (objects(make(kind, specs[kind], tmp_path), kind) for make in FORMS.values())
    assert expected
    for other in others:
        assert other == expected


def words(error: PacificError) -> str:
    """An error without its place, the way to a document's ``spec``, and the field that only programs have."""
    text = str(error).partition(": ")[2].replace("secretEnvironment, ", "")
    return text.replace("in spec.", "in ").removeprefix("spec: ").removeprefix("spec.")


@pytest.mark.parametrize("case", REFUSED)
def test_the_same_refusals_in_the_same_words(case: str, tmp_path: Path) -> None:
    kind, spec = REFUSED[case]
    refusals: dict[str, list[str]] = {}
    for form, make in FORMS.items():
        with pytest.raises(PacificErrors) as raised:
            make(kind, spec, tmp_path)
        refusals[form] = [words(error) for error in raised.value.errors]
    assert refusals["Python"] == refusals["document"]
    assert refusals["YAML"] == refusals["document"]
