"""Fields of a custom resource's live object that other documents take: the order, and what is refused at the plan."""

from pathlib import Path

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.documents.field_path import field_problem
from pacific_infra.graph import DependencyGraph, build_graph
from tests.support.refusals import refusals

ESTATE = Path(__file__).parents[3] / "mongodb" / "stack" / "documents"
API = """\
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: api, namespace: databases}
spec:
  kind: Deployment
  containers:
    - name: api
      image: sandbox/web:1
      environment:
        DATABASE: {from: CustomResource/orders, output: OUTPUT}
"""
ORDERS = "CustomResource/databases/orders"
BY = f"{ORDERS} has no such output, by CustomResourceDefinition/mongodb, version v1alpha1"


def graph_with(tmp_path: Path, output: str) -> DependencyGraph:
    """The estate of MongoDB with a workload that takes this output of a database."""
    (tmp_path / "api.yaml").write_text(API.replace("OUTPUT", output))
    return build_graph(load_estate([ESTATE, tmp_path / "api.yaml"]))


@pytest.mark.parametrize("output", ["status.host", "status.conditions.0.reason", "spec.members", "name"])
def test_the_resource_goes_first(tmp_path: Path, output: str) -> None:
    graph = graph_with(tmp_path, output)
    (reason,) = graph.reasons("CrxWorkload/databases/api", ORDERS)
    assert (reason.reason, reason.field) == ("wiring", "spec.containers[0].environment.DATABASE.from")


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("status.hots", f"{BY}: unknown field: got 'status.hots'; allowed: status.host; fix: write status.host"),
        (
            "spec.backup",
            f"{BY}: spec.backup is an object: got 'spec.backup'; allowed: spec.backup.image, "
            "spec.backup.keep, spec.backup.schedule, spec.backup.size; fix: name a field of it",
        ),
        (
            "status.conditions",
            f"{BY}: status.conditions is a list: got 'status.conditions'; "
            "fix: name an item of it, such as status.conditions.0",
        ),
        (
            "status.conditions.Ready.reason",
            f"{BY}: status.conditions is a list: got 'status.conditions.Ready.reason'; "
            "fix: name an item of it, such as status.conditions.0",
        ),
        ("status.host.name", f"{BY}: status.host is text without fields: got 'status.host.name'"),
        (
            "metadata.uid",
            "spec.containers[0].environment.DATABASE.output: a CustomResource has no such output: got 'metadata.uid'; "
            "allowed: name, spec.FIELD, status.FIELD",
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, output: str, message: str) -> None:
    assert refusals(lambda: graph_with(tmp_path, output), tmp_path) == [f"api.yaml:10: {message}"]


def test_a_schema_that_is_open_knows_every_field() -> None:
    status = {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"host": {}}}
    assert field_problem({"properties": {"status": status}}, ("status", "endpoint", "host")) is None
    assert field_problem({"additionalProperties": {"type": "integer"}}, ("anything",)) is None
