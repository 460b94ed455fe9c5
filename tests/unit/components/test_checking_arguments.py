"""Wrong arguments of components in a Python program: every problem, with its property, and nothing made."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pacific_components import (
    Provider,
    SupervisorCluster,
    SupervisorNamespace,
    VirtualMachine,
    vcenter,
)
from pacific_components.package.definitions import components

from pacific_infra.errors import PacificErrors
from tests.support.recording import Recording, record

MACHINE: dict[str, Any] = {"namespace": "shop", "class_": "small", "image": "debian-12", "storage_policy": "gold"}
TEXT = pulumi.Output.from_input


def refusal(component: Any, args: Any) -> list[str]:
    with pytest.raises(PacificErrors) as raised:
        record(lambda: component("web", args))
    return str(raised.value).splitlines()


def test_a_misspelt_deletion_policy_is_never_taken_for_delete() -> None:
    assert refusal(VirtualMachine, {**MACHINE, "deletion_policy": "retain"}) == [
        "VirtualMachine web: deletionPolicy has an unknown value: got 'retain'; allowed: Retain, Delete; "
        "fix: write Retain"
    ]


def test_what_no_document_says_is_refused_in_the_same_way() -> None:
    assert refusal(Provider, {"server": "vcenter.test", "password": "not-said-aloud", "insecure": "yes"}) == [
        "Provider web: username is missing: fix: add username",
        "Provider web: insecure is of the wrong type: got 'yes'; allowed: true or false; "
        "fix: write true without quotes",
    ]


@pytest.mark.parametrize("component", components())
def test_every_component_refuses_what_it_does_not_know(component: Any) -> None:
    assert any("unknown field in" in line and "'colour'" in line for line in refusal(component, {"colour": "red"}))


def test_none_is_the_same_as_absent() -> None:
    def names(args: dict[str, Any]) -> list[str]:
        recording, _ = record(lambda: VirtualMachine("web", **{**MACHINE, **args}))
        return recording.tree()

    none = dict.fromkeys(("cloud_init", "service", "network", "readiness_probe", "deletion_policy", "timeouts"))
    assert names(none) == names({})


def test_what_only_goes_to_vcenter_may_be_an_output_at_every_depth() -> None:
    def program() -> None:
        SupervisorNamespace(
            "shop",
            supervisor=TEXT("supervisor-01"),
            storage_policies=[{"name": TEXT("gold"), "limit": TEXT("1Gi")}],
            limits={"cpu": TEXT("500MHz"), "memory": "1Gi"},
            virtual_machine_classes=TEXT(["small"]),
        )

    recording, _ = record(program)
    result = recording.only("pacific:vcenter:Namespace::shop-namespace").inputs
    assert result["storageSpecs"] == [{"policy": "gold", "limit": 1024}]
    assert result["resourceSpec"] == {"cpuLimit": 500, "memoryLimit": 1024}
    assert result["vmServiceSpec"] == {"vmClasses": ["small"]}


def test_an_output_of_the_wrong_form_names_the_resource_and_what_is_allowed() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        record(lambda: SupervisorNamespace("shop", supervisor="s", limits={"cpu": TEXT("40 cores")}).resource.id)
    assert str(caught.value) == (
        "Namespace shop: limits.cpu: an output has a value of the wrong form: allowed: whole MHz or GHz, such as 40GHz"
    )


class Echo(Recording):
    """The mocks that most programs have: what was put in comes out, and nothing else."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return f"{args.name}-id", args.inputs


def test_a_supervisor_with_mocks_that_know_no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.recording.Recording", Echo)
    args: Any = {
        "server": "vcenter.example.test",
        "username": "someone",
        "cluster": "cluster-01",
        "storage_policy": "gold",
        "management_network": {"network": "management"},
        "workload_network": {"type": "VSPHERE", "network": "workload-01"},
        "load_balancer": {"provider": "VSPHERE_FOUNDATION"},
    }
    recording, kubeconfig = record(lambda: SupervisorCluster("first", args).kubeconfig)
    assert kubeconfig == ""
    assert [item.name for item in recording if item.parent] == ["first-supervisor", "first-kubernetes"]


class Reading(Recording):
    """Answers a read with what is there, and keeps what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[tuple[str, str | None]] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.read.append((args.typ, args.resource_id))
        return args.resource_id or "", {"name": "shop", "configStatus": "RUNNING"}


def test_a_resource_of_vcenter_is_read_by_its_identifier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.recording.Recording", Reading)
    recording, state = record(lambda: vcenter.Namespace.get("shop", "shop").config_status)
    assert state == "RUNNING"
    assert recording.read == [("pacific:vcenter:Namespace", "shop")]  # type: ignore[attr-defined]


def test_a_resource_of_vcenter_takes_one_object_or_keywords() -> None:
    def properties(make: Callable[[], Any]) -> Any:
        recording, _ = record(lambda: make().urn)
        return recording.only("pacific:vcenter:Namespace::shop").inputs

    expected = {"name": "shop", "supervisor": "supervisor-01"}
    args: vcenter.NamespaceArgs = {"name": "shop", "supervisor": "supervisor-01"}
    assert properties(lambda: vcenter.Namespace("shop", args)) == expected
    assert properties(lambda: vcenter.Namespace("shop", name="shop", supervisor="supervisor-01")) == expected
    both: Any = vcenter.Namespace
    with pytest.raises(TypeError, match="Namespace shop: give one object, or keywords"):
        record(lambda: both("shop", args, supervisor="supervisor-01").urn)
