"""Values of other stacks in documents: which stack is meant, what is taken, what is said where it is missing."""

from pathlib import Path
from typing import Any

import pytest

from pacific_infra.converge.rendering import STACK_REFERENCE, RenderedResource, render
from pacific_infra.documents import Estate, load_estate
from pacific_infra.documents.environment import StackOutput
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import build_graph
from pacific_infra.graph.stack_outputs import missing_outputs, refused_outputs, stack_outputs
from pacific_infra.vcenter.settings import VCenterSettings

HEAD = "apiVersion: pacific.infra/v1alpha1\n"
ESTATE = f"""{HEAD}kind: SupervisorCluster
metadata: {{name: s}}
spec: {{external: true}}
---
{HEAD}kind: Namespace
metadata: {{name: shop}}
spec: {{supervisor: s}}
---
{HEAD}kind: CrxWorkload
metadata: {{name: web, namespace: shop}}
spec:
  kind: Deployment
  containers:
  - name: web
    image: web
    environment:
      QUEUE: {{from: stack/platform/dev, output: endpoints.queue, format: "https://{{}}"}}
"""
OUTPUTS = {"endpoints": {"queue": "10.0.0.9", "all": ["a"]}, "replicas": 3.0, "ready": True}
SETTINGS = VCenterSettings(server="vcenter.example.test", username="a", password="b", insecure=True)


def estate_of(folder: Path, text: str = ESTATE) -> Estate:
    (folder / "a.yaml").write_text(text)
    return load_estate([folder / "a.yaml"])


def reference(**fields: str) -> StackOutput:
    return StackOutput.model_validate({"from": "stack/dev", "output": "url", **fields}, by_alias=True, by_name=False)


@pytest.mark.parametrize(
    ("source", "stack"),
    [
        ("stack/prod", "organization/shop/prod"),
        ("stack/platform/dev", "organization/platform/dev"),
        ("stack/acme/platform/dev", "acme/platform/dev"),
    ],
)
def test_a_stack_is_named_with_or_without_project_and_organization(source: str, stack: str) -> None:
    assert reference(**{"from": source}).stack("shop") == stack


def test_texts_numbers_and_truth_values_are_taken() -> None:
    assert reference(output="endpoints.queue", format="https://{}").value_in(OUTPUTS) == "https://10.0.0.9"
    assert reference(output="replicas").value_in(OUTPUTS) == "3"
    assert reference(output="ready").value_in(OUTPUTS) == "true"
    assert reference(output="endpoints").value_in(OUTPUTS) is None
    assert reference(output="endpoints.all").value_in(OUTPUTS) is None
    assert reference(output="endpoints.queue.more").value_in(OUTPUTS) is None


def test_what_the_other_stack_does_not_have_is_said_at_the_variable(tmp_path: Path) -> None:
    estate = estate_of(tmp_path)
    (use,) = stack_outputs(estate)
    assert use.document.id == "CrxWorkload/shop/web"
    stack = "organization/platform/dev"
    assert not list(missing_outputs(estate, {stack: OUTPUTS}, "shop"))
    place = f"{tmp_path}/a.yaml:20"
    assert [str(error) for error in missing_outputs(estate, {stack: {}}, "shop")] == [
        f"{place}: CrxWorkload/shop/web: the stack platform/dev does not exist, or has no outputs yet: "
        "got 'stack/platform/dev'; fix: bring up platform/dev first, or correct the name"
    ]
    assert [str(error) for error in missing_outputs(estate, {stack: {"endpoints": {"queues": "a"}}}, "shop")] == [
        f"{place}: CrxWorkload/shop/web: the stack platform/dev has no such output that is text, a number or true or "
        "false: got 'endpoints.queue'; allowed: endpoints.queues"
    ]


def test_what_is_no_stack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PacificErrors) as raised:
        estate_of(tmp_path, ESTATE.replace("stack/platform/dev", "stack/a/b/c/d"))
    assert str(raised.value) == (
        f"{tmp_path}/a.yaml:20: spec.containers[0].environment.QUEUE.from has the wrong form: got 'stack/a/b/c/d'; "
        "allowed: stack/STACK, stack/PROJECT/STACK or stack/ORGANIZATION/PROJECT/STACK"
    )


def test_a_variable_that_takes_no_secrets_takes_no_output_of_another_stack(tmp_path: Path) -> None:
    controller = ESTATE.replace("kind: CrxWorkload", "kind: Controller")
    estate = estate_of(tmp_path, controller.replace("  kind: Deployment", "  definitions: [topics]"))
    assert [str(error) for error in refused_outputs(estate)] == [
        f"{tmp_path}/a.yaml:20: a Controller's variable cannot use the output of another stack, which may be secret: "
        "got 'stack/platform/dev'; fix: take the key of a Secret instead"
    ]


def test_the_value_reaches_the_container_through_a_secret(tmp_path: Path) -> None:
    def look_up(function: str, arguments: Any) -> Any:
        if function == STACK_REFERENCE:
            assert arguments["name"] == "organization/platform/dev"
            return OUTPUTS
        return {"id": "s-1", "name": "s", "endpoint": "10.0.0.1", "configStatus": "RUNNING"}

    resources: list[RenderedResource] = render(
        build_graph(estate_of(tmp_path)), SETTINGS, [], owner="shop/dev", look_up=look_up
    )
    (secret,) = [resource for resource in resources if resource.type == "kubernetes:core/v1:Secret"]
    (deployment,) = [resource for resource in resources if resource.type == "kubernetes:apps/v1:Deployment"]
    assert secret.inputs["stringData"] == {"web.QUEUE": "https://10.0.0.9"}
    assert "10.0.0.9" not in str(deployment.inputs)
