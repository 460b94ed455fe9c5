"""Capacity of what runs in a namespace of somebody else's: with its limits where they are read, and said where not."""

from pathlib import Path

import pytest

from pacific_infra.converge.live_limits import limits_of
from pacific_infra.documents import ExternalNamespace, NamespaceSpec, VirtualMachineClassSpec, load_estate
from pacific_infra.documents.namespace import Limits, ObjectCounts
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.plan.capacity import check_capacity
from pacific_infra.plan.capacity.external import LookedUp

ROOT = Path(__file__).parents[3]


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch) -> DependencyGraph:
    monkeypatch.chdir(ROOT)
    return build_graph(load_estate(["stacks/application/documents"]))


def spec(**limits: str) -> NamespaceSpec:
    return NamespaceSpec(supervisor="platform-supervisor", limits=Limits(**limits))


def test_what_is_not_known_is_said(graph: DependencyGraph) -> None:
    capacity = check_capacity(graph)
    assert capacity.verdict == (
        "it fits; not known: limits of Namespace/store, size of VirtualMachineClass/platform-small"
    )  # fmt: skip
    (use,) = capacity.uses
    assert {amount.resource: (amount.most, amount.limit) for amount in use.uses}["pods"] == (2, None)


def test_limits_and_sizes_that_are_read_are_compared(graph: DependencyGraph) -> None:
    size = VirtualMachineClassSpec(cpu_count=4, memory="8Gi", cpu_reservation=100)
    looked_up = LookedUp({"store": spec(cpu="7GHz", storage="5Gi")}, {"platform-small": size})
    capacity = check_capacity(graph, None, looked_up)
    assert capacity.verdict == "it does not fit: 2 errors"
    assert [(finding.place, finding.fix) for finding in capacity.findings] == [
        (
            "stacks/application/documents/store.yaml:28",
            "have the owner of Namespace/store raise the limit to 8400 MHz, or ask for 1400 MHz less",
        ),
        (
            "stacks/application/documents/store.yaml:28",
            "have the owner of Namespace/store raise the limit to 10240 MiB, or ask for 5120 MiB less",
        ),
    ]


def test_a_kubernetes_tells_storage_and_counts_and_not_cpu_and_memory(graph: DependencyGraph) -> None:
    document = graph.document("Namespace/store")
    assert isinstance(document, ExternalNamespace)
    quotas = [
        {"spec": {"hard": {"requests.storage": "100Gi", "count/pods": "1"}}},
        {"spec": {"hard": {"gold.storageclass.storage.k8s.io/requests.storage": "5Gi"}}},
        {"spec": {"hard": {"silver.storageclass.storage.k8s.io/requests.storage": "9223372036854775807"}}},
        {},
    ]
    read = limits_of(document, quotas)
    assert (read.limits, read.object_counts) == (Limits(storage="100Gi"), ObjectCounts(pods=1))
    assert [(policy.name, policy.limit) for policy in read.storage_policies] == [("gold", "5Gi")]
    capacity = check_capacity(graph, None, LookedUp({"store": read}, without_cpu_and_memory=True))
    assert capacity.not_known == (
        "CPU and memory limits of Namespace/store",
        "size of VirtualMachineClass/platform-small",
    )
    exceeded = {
        amount.resource for use in capacity.uses for amount in use.uses if amount.limit and amount.most > amount.limit
    }
    assert exceeded == {"pods", "storage gold"}
