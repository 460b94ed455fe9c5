"""Beginnings of documents, and the errors of a text that is no good one."""

from pathlib import Path

from pacific_infra.documents import load_estate
from tests.support.refusals import refusals

HEAD = "apiVersion: pacific.infra/v1alpha1\n"
NAMESPACE = HEAD + "kind: Namespace\nmetadata: {name: shop}\nspec:\n  supervisor: supervisor-01\n"
WORKLOAD = HEAD + "kind: CrxWorkload\nmetadata: {name: web, namespace: shop}\nspec:\n"
DEPLOYMENT = WORKLOAD + "  kind: Deployment\n  containers:\n  - name: web\n    image: web:1\n"
MACHINE = (
    HEAD + "kind: VirtualMachine\nmetadata: {name: db, namespace: shop}\n"
    "spec:\n  class: small\n  image: debian-12\n  storagePolicy: gold\n"
)
SUPERVISOR = HEAD + "kind: SupervisorCluster\nmetadata: {name: supervisor-01}\nspec:\n"
ONE_CLUSTER = SUPERVISOR + "  cluster: cluster-01\n  storagePolicy: gold\n  managementNetwork: {network: management}\n"


def errors_of(tmp_path: Path, text: str, name: str = "a.yaml") -> list[str]:
    (tmp_path / name).write_text(text)
    return refusals(lambda: load_estate([tmp_path / name]), tmp_path)
