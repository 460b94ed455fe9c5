"""The components as the package's plug-in serves them: schema, and values from any language to arguments."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pulumi
import pytest
from pacific_components.package.arguments import component_arguments
from pacific_components.package.components import PackageComponents
from pacific_components.package.definitions import components, definitions
from pacific_components.package.schema import component_schema
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import ConstructRequest
from pulumi.runtime import rpc

from pacific_infra.errors import PacificError
from pacific_infra.provider.property_values import property_value
from pacific_infra.provider.schema import merge, package_schema
from tests.support.recording import is_secret, record

UNKNOWN = PropertyValue(rpc.UNKNOWN)
CONTAINER = {"name": "web", "image": "web:1"}


def values(**plain: Any) -> dict[str, PropertyValue]:
    return {name: value if isinstance(value, PropertyValue) else property_value(value) for name, value in plain.items()}


def workload(**more: Any) -> dict[str, PropertyValue]:
    return values(**{"namespace": "shop", "kind": "Deployment", "containers": [CONTAINER], **more})


def arguments(inputs: dict[str, PropertyValue], component: str = "CrxWorkload") -> Any:
    known = definitions()

    async def convert() -> dict[str, Any]:
        return component_arguments(known.components[component], inputs, known)

    return asyncio.run(convert())


def seen(make: Callable[[], Any]) -> tuple[Any, bool, bool, set[str]]:
    """Value, whether known, whether secret, and dependencies of the Output that ``make`` gives inside a loop."""

    async def look() -> tuple[Any, bool, bool, set[str]]:
        output: pulumi.Output[Any] = make()
        result: Awaitable[set[pulumi.Resource]] = output.resources()
        urns = [await resource.urn.future() for resource in await result]
        known = await output.is_known()
        return await output.future() if known else None, known, await output.is_secret(), {str(urn) for urn in urns}

    return asyncio.run(look())


def convert(inputs: dict[str, PropertyValue], component: str = "CrxWorkload") -> dict[str, Any]:
    known = definitions()
    return component_arguments(known.components[component], inputs, known)


def test_a_manifest_has_its_name_where_a_program_in_yaml_marks_the_whole_property() -> None:
    metadata = {"name": "login", "namespace": "apps", "labels": {"team": "shop"}}
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"a": "b"}}
    marked = PropertyValue(property_value([manifest]).value, is_secret=True, dependencies=frozenset({"urn:web"}))
    inputs = values(namespace="shop", manifests=marked)
    (converted,) = arguments(inputs, "Manifests")["manifests"]
    assert (converted["apiVersion"], converted["kind"]) == ("v1", "Secret")
    assert (converted["metadata"]["name"], converted["metadata"]["namespace"]) == ("login", "apps")
    data = seen(lambda: convert(inputs, "Manifests")["manifests"][0]["stringData"])
    assert data == ({"a": "b"}, True, True, {"urn:web"})
    labels = seen(lambda: convert(inputs, "Manifests")["manifests"][0]["metadata"]["labels"])
    assert labels == ({"team": "shop"}, True, True, {"urn:web"})


def test_every_component_is_in_the_schema_with_described_properties() -> None:
    schema = component_schema()
    assert set(schema["resources"]) == {f"pacific:index:{component.__name__}" for component in components()}
    for token, described in [*schema["resources"].items(), *schema["types"].items()]:
        for name, item in (described["properties"] | described.get("inputProperties", {})).items():
            assert item["description"].strip(), f"{token}.{name}"
        assert described["properties"], token


def test_references_go_to_types_of_the_package() -> None:
    whole = merge(package_schema(), component_schema())
    text = str(whole)
    used = {part.partition("'")[0] for part in text.split("#/types/")[1:]}
    assert used == set(whole["types"])


def test_secrets_are_secret_in_the_schema() -> None:
    schema = component_schema()
    assert schema["resources"]["pacific:index:SupervisorCluster"]["properties"]["kubeconfig"]["secret"] is True
    assert schema["types"]["pacific:index:CloudInit"]["properties"]["userData"]["secret"] is True
    assert schema["types"]["pacific:index:Container"]["properties"]["secretEnvironment"]["secret"] is True


def test_names_and_whole_numbers_become_pythons() -> None:
    inputs = arguments(workload(replicas=2.0, service={"type": "LoadBalancer", "ports": [{"port": 80.0}]}))
    assert inputs["replicas"] == 2
    assert type(inputs["replicas"]) is int
    assert inputs["service"] == {"type": "LoadBalancer", "ports": [{"port": 80}]}
    probe = {"httpGet": {"port": "http"}, "periodSeconds": 5.0}
    inputs = arguments(workload(containers=[{**CONTAINER, "readinessProbe": probe}]))
    assert inputs["containers"][0]["readiness_probe"] == {"http_get": {"port": "http"}, "period_seconds": 5}


def test_a_secret_and_an_unknown_in_a_list_stay_where_they_are() -> None:
    container = PropertyValue(
        {
            **values(**CONTAINER),
            "environment": PropertyValue(
                {
                    "PLAIN": property_value("1"),
                    "SECRET": PropertyValue("s", is_secret=True),
                    "LATER": PropertyValue(rpc.UNKNOWN, dependencies=["urn:a"]),
                }
            ),
        }
    )
    inputs = workload(containers=PropertyValue([container], dependencies=["urn:a"]))

    def variable(name: str) -> Callable[[], Any]:
        return lambda: pulumi.Output.from_input(convert(inputs)["containers"][0]["environment"][name])

    assert seen(variable("PLAIN")) == ("1", True, False, set())
    assert seen(variable("SECRET")) == ("s", True, True, set())
    assert seen(variable("LATER")) == (None, False, False, {"urn:a"})


def test_a_whole_object_from_elsewhere_gets_pythons_names_inside() -> None:
    spec = PropertyValue(
        {"daemonSets": PropertyValue(0.0), "pods": PropertyValue(60.0)}, is_secret=True, dependencies=["urn:b"]
    )
    names = values(supervisor="supervisor-01")
    assert arguments({**names, "objectCounts": property_value({"daemonSets": 1})}, "SupervisorNamespace") == {
        "supervisor": "supervisor-01",
        "object_counts": {"daemon_sets": 1},
    }
    policies = PropertyValue(
        [PropertyValue({"name": PropertyValue("gold", dependencies=["urn:c"]), "limit": PropertyValue("5Gi")})]
    )
    inputs = {**names, "storagePolicies": policies}
    assert seen(lambda: convert(inputs, "SupervisorNamespace")["storage_policies"][0]["name"]) == (
        "gold",
        True,
        False,
        {"urn:c"},
    )
    # What decides the number of objects cannot be a secret as a whole, its parts that are values can.
    converted = {**names, "objectCounts": spec}
    assert seen(lambda: convert(converted, "SupervisorNamespace")["object_counts"]["pods"]) == (
        60,
        True,
        True,
        {"urn:b"},
    )


def test_a_secret_deep_in_an_object_without_a_schema_stays_secret() -> None:
    spec = PropertyValue({"size": PropertyValue(3.0), "keys": PropertyValue([PropertyValue("s", is_secret=True)])})
    inputs = values(namespace="shop", apiVersion="example.com/v1", kind="Queue", resource={})
    inputs["resource"] = PropertyValue({"spec": spec})

    def result() -> Any:
        return convert(inputs, "CustomResource")["resource"]["spec"]

    assert seen(lambda: pulumi.Output.from_input(result()["size"])) == (3, True, False, set())
    assert seen(lambda: result()["keys"][0]) == ("s", True, True, set())


def refusal(inputs: dict[str, PropertyValue]) -> str:
    request = ConstructRequest("pacific:index:CrxWorkload", "web", inputs, pulumi.ResourceOptions())
    with pytest.raises(PacificError) as caught:
        record(lambda: PackageComponents().construct(request))
    return str(caught.value)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (
            {"namespace": None},
            "namespace is missing: fix: add namespace: The vSphere Namespace that it lies in: "
            "a reference to the document Namespace/<namespace>.",
        ),
        ({"containers": [{"name": "web"}]}, "containers[0].image is missing: fix: add image: Container image."),
        ({"containers": CONTAINER}, "containers is of the wrong type: allowed: a list"),
        (
            {"kind": "Deploymnt"},
            "kind has an unknown value: got 'Deploymnt'; allowed: Deployment, StatefulSet, Job, CronJob; "
            "fix: write Deployment",
        ),
        ({"replicas": "two"}, "replicas is of the wrong type: got 'two'; allowed: a whole number"),
        ({"kind": UNKNOWN}, "kind cannot be an output: it decides what is made: fix: write the value itself"),
        (
            {"kind": PropertyValue("Job", is_secret=True)},
            "kind cannot be an output: it decides what is made: fix: write the value itself",
        ),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_documents(inputs: dict[str, Any], expected: str) -> None:
    assert refusal(workload(**inputs)) == f"CrxWorkload web: {expected}"


def test_an_unknown_property_is_refused() -> None:
    assert refusal(workload(replica=2)).startswith("CrxWorkload web: unknown field in a CrxWorkload: got 'replica'; ")


def test_a_secret_of_the_wrong_type_is_not_shown() -> None:
    request = workload(kind=PropertyValue("hunter2", is_secret=True), replicas=PropertyValue("hunter2", is_secret=True))
    assert "hunter2" not in refusal(request)


def test_construct_makes_the_children_and_gives_the_outputs() -> None:
    request = ConstructRequest(
        "pacific:index:CrxWorkload",
        "web",
        workload(
            containers=[{**CONTAINER, "secretEnvironment": {"TOKEN": "not-said-aloud"}}],
            service={"type": "LoadBalancer", "ports": [{"port": 80}]},
        ),
        pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="3m")),
    )
    recording, response = record(lambda: PackageComponents().construct(request))
    assert sorted(recording.tree()[1:]) == sorted(
        [
            "kubernetes:core/v1:Secret::web-environment <- web",
            "kubernetes:core/v1:Service::web-service <- web",
            "kubernetes:apps/v1:Deployment::web-deployment <- web",
        ]
    )
    secret = recording.only("kubernetes:core/v1:Secret::web-environment")
    assert is_secret(secret.request.object, "stringData", "web.TOKEN")
    deployment = recording.only("kubernetes:apps/v1:Deployment::web-deployment")
    assert deployment.request.customTimeouts.create == "3m"
    assert response.urn == recording.only("pacific:index:CrxWorkload::web").urn
    assert response.state["url"].value == "http://10.0.1.9:80"
    assert any(urn.endswith("::web-service") for urn in response.state_dependencies["url"])


@pytest.mark.parametrize("version", ["0.1.0", None])
def test_children_ask_for_the_plug_in_as_the_program_does(version: str | None) -> None:
    inputs = {"supervisor": PropertyValue("supervisor-id"), "networkPolicy": PropertyValue("allow-all")}
    request = ConstructRequest("pacific:index:SupervisorNamespace", "shop", inputs, pulumi.ResourceOptions())
    recording, _ = record(lambda: PackageComponents().construct(request, version))
    namespace = recording.only("pacific:vcenter:Namespace::shop-namespace")
    assert namespace.request.version == (version or "")
    assert recording.only("kubernetes:core/v1:NamespacePatch::shop-pod-security").request.version != "0.1.0"


def test_a_component_that_is_not_here() -> None:
    request = ConstructRequest("pacific:index:CrxWorkloads", "web", {}, pulumi.ResourceOptions())
    with pytest.raises(PacificError, match="not a component of this package: got 'pacific:index:CrxWorkloads'"):
        asyncio.run(PackageComponents().construct(request))
