"""The rules of the documents' models, on what is known of a component's arguments."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
import pytest
from pacific_components.argument_fields import Alternatives, FieldType, List, Map, Object, argument_fields
from pacific_components.component_models import COMPONENT_MODELS
from pacific_components.validation import SecretValue, checked_arguments

from pacific_infra.errors import PacificErrors

CONTAINER: dict[str, Any] = {"name": "web", "image": "web:1"}
WORKLOAD: dict[str, Any] = {"namespace": "shop", "kind": "Deployment", "containers": [CONTAINER]}


def checked(component: str, arguments: object, **keywords: object) -> Any:
    async def check() -> Any:
        return checked_arguments(component, "web", arguments, keywords)

    return asyncio.run(check())


def refusal(component: str, arguments: object, **keywords: object) -> list[str]:
    with pytest.raises(PacificErrors) as raised:
        checked(component, arguments, **keywords)
    return str(raised.value).splitlines()


def output(value: object = "later") -> Any:
    async def make() -> pulumi.Output[object]:
        return pulumi.Output.from_input(value)

    return asyncio.run(make())


def test_absent_fields_have_the_defaults_of_documents() -> None:
    spec = checked("CrxWorkload", WORKLOAD).spec
    assert (spec.deletion_policy, spec.containers[0].security_context.run_as_non_root) == ("Retain", True)


def test_keywords_are_the_same_as_one_object_and_not_both() -> None:
    assert checked("CrxWorkload", None, **WORKLOAD).spec == checked("CrxWorkload", WORKLOAD).spec
    both = "CrxWorkload web: the arguments are given twice: fix: give one object, or keywords"
    assert refusal("CrxWorkload", WORKLOAD, namespace="shop") == [both]


def test_none_is_absent_and_the_spelling_of_documents_is_taken_too() -> None:
    ports = [{"containerPort": 80, "name": None}]
    spec = checked("CrxWorkload", {**WORKLOAD, "containers": [{**CONTAINER, "ports": ports}], "replicas": None}).spec
    assert spec.containers[0].ports[0].container_port == 80


def test_a_word_that_python_keeps_for_itself_has_an_underscore() -> None:
    machine = {"namespace": "shop", "image": "debian-12", "storage_policy": "gold"}
    assert checked("VirtualMachine", {**machine, "class_": "small"}).spec.class_name == "small"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"kind": output()}, "kind cannot be an output: it decides what is made: fix: write the value itself"),
        (
            {"containers": output()},
            "containers cannot be an output: it decides what is made: "
            "fix: write it out: only what is in it can be outputs",
        ),
        (
            {"volumes": [output()]},
            "volumes[0] cannot be an output: it decides what is made: "
            "fix: write it out: only what is in it can be outputs",
        ),
        (
            {"containers": [{**CONTAINER, "environment": {"A": {"from": "VirtualMachine/db", "output": "address"}}}]},
            "containers[0].environment.A: documents name a value so; a program gives it: "
            "fix: give the text itself, or an output of the resource that has it",
        ),
        (
            {"containers": [{**CONTAINER, "command": {"sleep", "1"}}]},
            "containers[0].command is a set, whose order may be another in the next run: "
            "allowed: a list; fix: sorted(...) makes one",
        ),
        (
            {"containers": [{**CONTAINER, "secret_environment": "hunter2"}]},
            "containers[0].secretEnvironment is of the wrong type: allowed: an object of texts and outputs",
        ),
    ],
)
def test_what_no_document_can_say_wrong(arguments: dict[str, Any], expected: str) -> None:
    assert refusal("CrxWorkload", {**WORKLOAD, **arguments}) == [f"CrxWorkload web: {expected}"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"namespace": None}, "namespace is missing: fix: add namespace: The vSphere Namespace that it lies in"),
        ({"containers": [{"name": "a"}]}, "containers[0].image is missing: fix: add image: Container image."),
        ({"containers": "web:1"}, "containers is of the wrong type: got 'web:1'; allowed: a list"),
        ({"labels": ["a"]}, "labels is of the wrong type: allowed: an object"),
        ({"labels": {"a b": "c"}}, "labels.a b: not a key of a label: got 'a b'"),
        (
            {"replicas": "3"},
            "replicas is of the wrong type: got '3'; allowed: a whole number; fix: write 3 without quotes",
        ),
        ({"replicas": True}, "replicas is of the wrong type: got true; allowed: a whole number"),
        (
            {"kind": "Deploymnt"},
            "kind has an unknown value: got 'Deploymnt'; allowed: Deployment, StatefulSet, Job, CronJob; "
            "fix: write Deployment",
        ),
        ({"service": {"ports": []}}, "service.ports has too few items: got 0; allowed: 1 or more"),
        (
            {"kind": "Job", "service": {"ports": [{"port": 80}]}},
            "service: a Job has no service: fix: remove service, or set spec.kind: Deployment",
        ),
        (
            {"replicas": 7, "autoscaler": {"min_replicas": 5, "max_replicas": 6}},
            "replicas: the autoscaler decides the number of replicas: got 7; fix: remove replicas",
        ),
        (
            {"volumes": [{"name": "settings"}]},
            "volumes[0]: a volume has one source: allowed: claim, emptyDir, files, configMap, secret, "
            "existingClaim, projected, downwardApi; fix: give one of them",
        ),
    ],
)
def test_a_wrong_argument_is_refused_in_the_words_of_documents(arguments: dict[str, Any], expected: str) -> None:
    (line,) = refusal("CrxWorkload", {**WORKLOAD, **arguments})
    assert line.startswith(f"CrxWorkload web: {expected}")


def test_arguments_that_are_no_object() -> None:
    expected = "CrxWorkload web: the arguments are of the wrong type: allowed: an object, or keywords"
    assert refusal("CrxWorkload", ["web"]) == [expected]


def test_a_component_whose_name_is_no_name_for_objects_needs_one() -> None:
    async def check(component: str, **arguments: object) -> None:
        checked_arguments("CrxWorkload", component, None, {**WORKLOAD, **arguments})

    asyncio.run(check("team/web"))
    asyncio.run(check("My Web", name="web"))
    with pytest.raises(PacificErrors) as refused:
        asyncio.run(check("team/My Web"))
    assert str(refused.value) == (
        "CrxWorkload team/My Web: the component's name cannot name its objects: got 'My Web'; allowed: an RFC 1123 "
        "label: 1 to 63 lower-case letters, digits and '-', not at the ends; fix: give name: the objects' name"
    )


def test_fields_by_which_documents_name_each_other_are_unknown() -> None:
    (line,) = refusal("CrxWorkload", {**WORKLOAD, "depends_on": ["VirtualMachine/db"]})
    assert line.startswith("CrxWorkload web: unknown field in a CrxWorkload: got 'dependsOn'; allowed: adopt, ")


def test_secret_entries_stand_among_the_others_and_are_secret() -> None:
    container = {**CONTAINER, "environment": {"A": "plain"}, "secret_environment": {"B": "hunter2"}}
    environment = checked("CrxWorkload", {**WORKLOAD, "containers": [container]}).spec.containers[0].environment
    assert environment["A"] == "plain"
    assert isinstance(environment["B"], SecretValue)


def test_a_rule_about_two_values_says_nothing_where_one_is_an_output() -> None:
    resources = {"requests": {"cpu": output(), "memory": "3Gi"}, "limits": {"cpu": "1", "memory": "4Gi"}}
    spec = checked("CrxWorkload", {**WORKLOAD, "containers": [{**CONTAINER, "resources": resources}]}).spec
    assert isinstance(spec.containers[0].resources.requests.cpu, pulumi.Output)


def outputs_of(kind: FieldType) -> Any:
    """A value of ``kind`` with an output in each place where one may be."""
    match kind:
        case Object(model):
            fields = [field for field in argument_fields(model) if field.secret_of is None]
            return {field.key: outputs_of(field.type) if is_structure(field.type) else output() for field in fields}
        case List(items):
            return [outputs_of(items)]
        case Map(values):
            return {"key": outputs_of(values)}
        case Alternatives(types):
            return next((outputs_of(part) for part in types if is_structure(part)), output())
    return output()


def is_structure(kind: FieldType) -> bool:
    return not isinstance(kind, Alternatives) and isinstance(kind, Object | List | Map)


@pytest.mark.parametrize("component", COMPONENT_MODELS)
def test_outputs_in_every_place_break_no_rule(component: str) -> None:
    models = COMPONENT_MODELS[component]
    arguments: Mapping[str, Any] = {**outputs_of(Object(models.plumbing)), **outputs_of(Object(models.spec))}
    plain = {"kind cannot be", "name cannot be", "cannot be an output"}
    for line in lines(component, arguments):
        assert any(words in line for words in plain) or "Unknown" not in line, line


def lines(component: str, arguments: Mapping[str, Any]) -> Iterator[str]:
    try:
        checked(component, arguments)
    except PacificErrors as errors:
        yield from str(errors).splitlines()


def test_addresses_that_are_not_known_yet_break_no_rule() -> None:
    node_pools = [{"name": "a"}]
    cluster = {"namespace": "shop", "version": "v1.33", "class": "small", "storage_policy": "gold"}
    arguments = {**cluster, "node_pools": node_pools, "network": {"pods": output(), "services": "10.96.0.0/12"}}
    assert checked("WorkloadCluster", arguments).spec.network.services == "10.96.0.0/12"
    ranges = [{"start": "10.0.0.10", "count": 5}]
    for addressing in (
        {"mode": "STATIC", "gateway": output(), "ranges": ranges},
        {"mode": "STATIC", "gateway": "10.0.0.1/24", "ranges": [{"start": output(), "count": 5}]},
    ):
        management = {"network": "management", "addressing": addressing}
        supervisor = {
            "cluster": "cluster-01",
            "storage_policy": "gold",
            "management_network": management,
            "workload_network": {"type": "NSXT", "nsx": {"distributed_switch": "dvs-01"}},
            "server": "vcenter.example.com",
            "username": "admin",
        }
        assert checked("SupervisorCluster", supervisor).spec.cluster == "cluster-01"
