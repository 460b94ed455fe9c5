"""Wrong arguments of components in a Python program: every problem, with its property, and nothing made."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pacific_components import (
    CrxWorkload,
    SupervisorCluster,
    SupervisorNamespace,
    VirtualMachine,
    WorkloadCluster,
    vcenter,
)
from pacific_components.package.definitions import COMPONENTS

from pacific_infra.errors import PacificErrors
from tests.support.recording import Recording, record

WORKLOAD: dict[str, Any] = {"namespace": "shop", "containers": [{"name": "web", "image": "web:1"}]}
MACHINE: dict[str, Any] = {"namespace": "shop", "class_name": "small", "image": "debian-12", "storage_class": "gold"}
CONTAINER = {"name": "a", "image": "b"}
TEXT = pulumi.Output.from_input


def refusal(component: Any, args: Any) -> list[str]:
    with pytest.raises(PacificErrors) as raised:
        record(lambda: component("web", args))
    return str(raised.value).splitlines()


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"replica": 3}, "replica: there is no such property: allowed: replicas"),
        ({"serviceAccount": True}, "serviceAccount: there is no such property: allowed: service_account, service"),
        (
            {"kind": "Deploymnt"},
            "kind: unknown word: got 'Deploymnt'; allowed: Deployment, StatefulSet, Job, CronJob",
        ),
        ({"namespace": None}, "namespace: is required"),
        ({"containers": [{"name": "a"}]}, "containers[0].image: is required"),
        ({"containers": "web:1"}, "containers: must be a list, not text"),
        ({"labels": ["a"]}, "labels: must be a dictionary, not a list"),
        ({"replicas": "3"}, "replicas: must be a whole number, not text"),
        ({"replicas": True}, "replicas: must be a whole number, not True"),
        ({"allow_ingress": "yes"}, "allow_ingress: must be True or False, not text"),
        (
            {"containers": [{**CONTAINER, "secret_environment": {"KEY": 7}}]},
            "containers[0].secret_environment.KEY: must be text, not 7",
        ),
        (
            {"service": {"ports": [{"port": 80, "target_port": 8080}]}},
            "service.ports[0].target_port: must be text, not 8080",
        ),
        ({"service": {"ports": []}}, "service.ports: needs at least one port"),
        (
            {"kind": "Job", "replicas": 2},
            "replicas: a Job has none: fix: set kind to Deployment or StatefulSet, or take replicas out",
        ),
        (
            {"kind": "CronJob"},
            'schedule: is required by kind CronJob: allowed: a cron expression, such as "0 3 * * *"',
        ),
        (
            {"reference_volumes": [{"name": "settings"}]},
            "reference_volumes[0]: takes one of config_map, secret, and only one",
        ),
        (
            {
                "containers": [
                    {**CONTAINER, "readiness_probe": {"http_get": {"port": "1"}, "tcp_socket": {"port": "1"}}}
                ]
            },
            "containers[0].readiness_probe: takes one of http_get, tcp_socket, exec, and only one: "
            "got 'http_get and tcp_socket'",
        ),
    ],
)
def test_a_wrong_argument_is_refused(args: dict[str, Any], expected: str) -> None:
    assert refusal(CrxWorkload, {**WORKLOAD, **args}) == [f"CrxWorkload web: {expected}"]


@pytest.mark.parametrize(
    ("path", "make"),
    [
        ("containers", lambda: TEXT([CONTAINER])),
        ("containers[0]", lambda: [TEXT(CONTAINER)]),
        ("containers[0].environment", lambda: [{**CONTAINER, "environment": TEXT({"A": "b"})}]),
        ("kind", lambda: TEXT("Job")),
    ],
)
def test_an_output_where_the_value_decides_what_is_made(path: str, make: Callable[[], Any]) -> None:
    with pytest.raises(PacificErrors) as raised:
        record(lambda: CrxWorkload("web", {**WORKLOAD, path.partition("[")[0]: make()}))  # type: ignore[typeddict-item]
    assert str(raised.value) == (
        f"CrxWorkload web: {path}: cannot be an output: fix: write the value itself: it decides what is made"
    )


def test_every_problem_is_said_at_once() -> None:
    assert refusal(WorkloadCluster, {"namespace": "shop", "version": "v1.33", "node_pools": [{"name": "a"}]}) == [
        "WorkloadCluster web: class_name: is required",
        "WorkloadCluster web: storage_class: is required",
        "WorkloadCluster web: node_pools[0].replicas: is required",
    ]


def test_a_misspelt_deletion_policy_is_never_taken_for_delete() -> None:
    assert refusal(VirtualMachine, {**MACHINE, "deletion_policy": "retain"}) == [
        "VirtualMachine web: deletion_policy: unknown word: got 'retain'; allowed: Retain, Delete"
    ]


def test_arguments_that_are_no_dictionary() -> None:
    assert refusal(CrxWorkload, None) == ["CrxWorkload web: args: must be a dictionary, not None"]


def test_text_in_the_wrong_place_is_not_shown_since_it_may_be_a_secret() -> None:
    args = {**WORKLOAD, "containers": [{**CONTAINER, "secret_environment": "not-said-aloud"}]}
    assert "not-said-aloud" not in "".join(refusal(CrxWorkload, args))


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_component_refuses_what_it_does_not_know(component: Any) -> None:
    assert any("colour: there is no such property" in line for line in refusal(component, {"colour": "red"}))


def test_none_is_the_same_as_absent() -> None:
    def names(args: dict[str, Any]) -> list[str]:
        recording, _ = record(lambda: VirtualMachine("web", {**MACHINE, **args}))  # type: ignore[typeddict-item]
        return recording.tree()

    none = dict.fromkeys(("cloud_init", "service", "network", "readiness_probe", "deletion_policy", "timeouts"))
    assert names(none) == names({})


def test_what_only_goes_to_vcenter_may_be_an_output_at_every_depth() -> None:
    def program() -> None:
        SupervisorNamespace(
            "shop",
            {
                "supervisor": TEXT("supervisor-01"),
                "storage_specs": TEXT([{"policy": "gold", "limit": 1}]),
                "resource_spec": {"cpu_limit": TEXT(500)},
                "vm_service_spec": TEXT({"vm_classes": ["small"]}),
            },
        )

    recording, _ = record(program)
    made = recording.one("pacific:vcenter:Namespace::shop-namespace").inputs
    assert made["storageSpecs"] == [{"policy": "gold", "limit": 1}]
    assert made["resourceSpec"] == {"cpuLimit": 500}
    assert made["vmServiceSpec"] == {"vmClasses": ["small"]}


class Echo(Recording):
    """The mocks that most programs have: what was put in comes out, and nothing else."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return f"{args.name}-id", args.inputs


def test_a_supervisor_with_mocks_that_know_no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.recording.Recording", Echo)
    args: Any = {
        "server": "vcenter.example.test",
        "username": "someone",
        "control_plane": {"network": {"backing": {"backing": "NETWORK", "network": "management"}}},
        "workloads": {"network": {"network_type": "VSPHERE"}},
    }
    recording, kubeconfig = record(lambda: SupervisorCluster("first", args).kubeconfig)
    assert kubeconfig == ""
    assert [one.name for one in recording if one.parent] == ["first-supervisor", "first-kubernetes"]


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
