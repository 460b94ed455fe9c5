"""Functions: what is refused at the plan, what they ask of the hosts, and what is declared."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pacific_components.function import function_pod_spec
from pacific_components.validation import SecretValue

from pacific_infra.documents import load_estate
from pacific_infra.documents.container import Container
from pacific_infra.graph import build_graph
from pacific_infra.plan.capacity import demands
from tests.support.refusals import refusals

ESTATE = Path(__file__).parents[2] / "golden" / "hybrid-estate"
FUNCTION = """\
apiVersion: pacific.infra/v1alpha1
kind: Function
metadata: {name: NAME, namespace: pictures}
spec:
  container:
    name: thumbnails
    image: sandbox/thumbnails:1
MORE
"""


def errors_of(tmp_path: Path, more: str, name: str = "other") -> list[str]:
    """What is said of the golden estate with one more function, or one more document."""
    file = tmp_path / "more.yaml"
    file.write_text(FUNCTION.replace("NAME", name).replace("MORE", more))
    return refusals(lambda: build_graph(load_estate([ESTATE, file])), tmp_path, ESTATE)


CASES = {
    "two ports": (
        "    ports: [{containerPort: 80}, {containerPort: 81}]",
        "more.yaml:8: spec.container.ports[1]: a function listens on one port: got 81; fix: remove the other ports",
    ),
    "a port of UDP": (
        "    ports: [{containerPort: 80, protocol: UDP}]",
        "more.yaml:8: spec.container.ports[0].protocol: a function is asked by HTTP: got 'UDP'; allowed: TCP",
    ),
    "a name that Knative does not know": (
        "    ports: [{containerPort: 80, name: web}]",
        "more.yaml:8: spec.container.ports[0].name: Knative reads the protocol from a port's name: got 'web'; "
        "allowed: http1, h2c; fix: remove name",
    ),
    "a volume": (
        "    volumeMounts: [{name: data, mountPath: /data}]",
        "more.yaml:8: spec.container.volumeMounts: a Function has no volumes: "
        "fix: remove volumeMounts; keep data in a database",
    ),
    "fewer than the fewest": (
        "  scale: {min: 3, max: 2}",
        "more.yaml:8: spec.scale.max: max is below min: got 2; allowed: 3 or more",
    ),
    "one schedule twice": (
        "  triggers: {schedules: [{name: a, schedule: '@daily'}, {name: a, schedule: '@hourly'}]}",
        "more.yaml:8: spec.triggers.schedules[1].name: two schedules have one name: got 'a'",
    ),
    "an output that a function does not have": (
        "    environment: {A: {from: Function/thumbnails, output: address}}",
        "more.yaml:8: spec.container.environment.A.output: a Function has no such output: got 'address'; "
        "allowed: internalUrl, name, url",
    ),
    "the URL of a function that is not there": (
        "    environment: {A: {from: Function/thumbnail, output: url}}",
        "more.yaml:8: Function/pictures/other names a document that does not exist: got 'Function/pictures/thumbnail'; "
        "allowed: Function/pictures/thumbnails; "
        "fix: write one of them, or add the document Function/pictures/thumbnail",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_said_with_its_place(tmp_path: Path, case: str) -> None:
    more, expected = CASES[case]
    assert errors_of(tmp_path, more) == [expected]


def test_names_that_kubernetes_would_refuse(tmp_path: Path) -> None:
    assert errors_of(tmp_path, "", "1st") == [
        "more.yaml:3: Function/pictures/1st becomes Service pictures/1st, a name that begins with no letter: "
        "got '1st'; allowed: an RFC 1035 label: lower-case letters, digits and '-', a letter first; "
        "fix: change metadata.name"
    ]
    schedule = "  triggers: {schedules: [{name: a-rather-long-name, schedule: '@daily'}]}"
    assert errors_of(tmp_path, schedule, "f" * 50) == [
        f"more.yaml:8: Function/pictures/{'f' * 50} becomes PingSource pictures/{'f' * 50}-a-rather-long-name, "
        "a name of 69 characters: allowed: 63 characters or less, since Knative carries it as a label; "
        "fix: make spec.triggers.schedules[0].name shorter by 6"
    ]


def test_a_function_counts_with_all_the_pods_that_it_may_have() -> None:
    function = next(demand for demand in demands(load_estate([ESTATE]), 2000) if demand.document.kind == "Function")
    assert (function.count, function.most.cpu_mhz, function.most.memory_mib) == (3, 400, 128 + 64)
    assert function.objects == {"pods": 3, "deployments": 1, "replicaSets": 1, "services": 1}


def test_the_pod_is_one_that_knative_takes_and_pod_security_restricted_too() -> None:
    async def make() -> dict[str, Any]:
        secret: Any = SecretValue(pulumi.Output.from_input("x"))
        container = Container.model_construct(name="a", image="a:1", environment={"KEY": secret})
        return function_pod_spec(container, "f-environment")

    spec = asyncio.run(make())
    assert json.loads(json.dumps(spec)) == {
        "automountServiceAccountToken": False,
        "containers": [
            {
                "name": "a",
                "image": "a:1",
                "env": [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "f-environment", "key": "a.KEY"}}}],
                "securityContext": {
                    "runAsNonRoot": True,
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": False,
                    "capabilities": {"drop": ["ALL"]},
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
            }
        ],
    }
