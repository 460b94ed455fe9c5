"""A variable that takes a key of a Secret that another document's controller makes."""

from pathlib import Path

from pacific_components.pod import Pod, pod_spec

from pacific_infra.documents import CrxWorkload, load_estate
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
        DATABASE: {from: REFERENCE, secret: orders-credentials, key: uri}
"""


def graph_with(tmp_path: Path, reference: str) -> DependencyGraph:
    """The estate of MongoDB with a workload that takes its credentials by this reference."""
    file = tmp_path / "api.yaml"
    file.write_text(API.replace("REFERENCE", reference))
    return build_graph(load_estate([ESTATE, file]))


def test_the_database_goes_first_and_the_value_stays_in_its_secret(tmp_path: Path) -> None:
    graph = graph_with(tmp_path, "CustomResource/orders")
    reasons = graph.reasons("CrxWorkload/databases/api", "CustomResource/databases/orders")
    assert [(item.reason, item.field) for item in reasons] == [
        ("wiring", "spec.containers[0].environment.DATABASE.from")
    ]
    document = graph.document("CrxWorkload/databases/api")
    assert isinstance(document, CrxWorkload)

    (variable,) = pod_spec(Pod(document.spec.containers))["containers"][0]["env"]
    assert variable["valueFrom"] == {"secretKeyRef": {"name": "orders-credentials", "key": "uri"}}


def test_a_secret_of_another_namespace_is_refused(tmp_path: Path) -> None:
    messages = refusals(lambda: graph_with(tmp_path, "VirtualMachineClass/orders"), tmp_path)
    assert (
        "api.yaml:10: a pod can use only Secrets of its own namespace: got 'VirtualMachineClass/orders'; "
        "allowed: a document of databases"
    ) in messages
