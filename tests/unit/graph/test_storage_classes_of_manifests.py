"""StorageClasses of claims in Manifests are those of the namespace's storage policies."""

from pathlib import Path

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import build_graph

ESTATE = """\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: sv}
spec: {external: true}
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: shop}
spec:
  supervisor: sv
  storagePolicies: [{name: POLICY}]
---
apiVersion: pacific.infra/v1alpha1
kind: Manifests
metadata: {name: database, namespace: shop}
spec:
  manifests:
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data}
    spec: {storageClassName: CLASS, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
  - apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: database}
    spec:
      volumeClaimTemplates:
      - {metadata: {name: log}, spec: {storageClassName: CLASS, resources: {requests: {storage: 1Gi}}}}
"""


def refused(folder: Path, policy: str, storage_class: str) -> list[str]:
    (folder / "a.yaml").write_text(ESTATE.replace("POLICY", policy).replace("CLASS", storage_class))
    try:
        build_graph(load_estate([folder / "a.yaml"]))
    except PacificErrors as errors:
        return [str(error).replace(f"{folder}/", "") for error in errors.errors]
    return []


def test_a_class_of_another_policy_is_refused_at_each_claim(tmp_path: Path) -> None:
    problem = (
        "Namespace/shop does not have this in its storagePolicies: got 'silver'; allowed: Gold Disks; "
        "fix: add it to spec.storagePolicies at a.yaml:11"
    )
    assert refused(tmp_path, "Gold Disks", "silver") == [f"a.yaml:21: {problem}", f"a.yaml:27: {problem}"]


@pytest.mark.parametrize("storage_class", ["gold-disks", "gold-disks-latebinding"])
def test_the_classes_of_a_policy_are_taken(tmp_path: Path, storage_class: str) -> None:
    assert refused(tmp_path, "Gold Disks", storage_class) == []


def test_a_policy_by_its_identifier_does_not_say_its_classes(tmp_path: Path) -> None:
    assert refused(tmp_path, "aa6d5a82-1c88-45da-85d3-3d74b91a5bad", "gold") == []
