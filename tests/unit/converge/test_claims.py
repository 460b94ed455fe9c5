"""Volumes that would shrink, or that a StatefulSet cannot get any more, by what the state records."""

from pathlib import Path
from typing import Any

import pytest

from pacific_infra.converge.claims import check_claims, retained_of
from pacific_infra.documents import Estate, load_estate
from pacific_infra.errors import PacificErrors

HEAD = "urn:pulumi:dev::estate::pacific:index:"
DOCUMENTS = """\
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: db, namespace: shop}
spec:
  kind: KIND
  containers: [{name: db, image: sandbox/database:1, volumeMounts: [{name: data, mountPath: /data}]}]
  volumes:
    - name: data
      claim: {size: SIZE, storagePolicy: gold}
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachine
metadata: {name: vm, namespace: shop}
spec:
  class: small
  image: debian
  storagePolicy: gold
  volumes:
    - {name: data, size: SIZE}
"""


def estate(folder: Path, size: str, *, kind: str = "StatefulSet", volume: str = "data") -> Estate:
    text = DOCUMENTS.replace("SIZE", size).replace("KIND", kind).replace("name: data", f"name: {volume}")
    (folder / "shop.yaml").write_text(text)
    return load_estate([folder / "shop.yaml"])


def resource(component: str, kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    parent = f"{HEAD}{component}"
    head, _, owner = parent.rpartition("::")
    return {
        "urn": f"{head}$kubernetes:{kind}::{owner}-{name}",
        "type": f"kubernetes:{kind}",
        "parent": parent,
        "inputs": {"metadata": {"name": name}, "spec": spec},
    }


def claim(component: str, name: str, size: str) -> dict[str, Any]:
    spec = {"resources": {"requests": {"storage": size}}}
    return resource(component, "core/v1:PersistentVolumeClaim", name, spec)


def stateful_set(size: str) -> dict[str, Any]:
    template = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": size}}}}
    return resource("CrxWorkload::shop/db", "apps/v1:StatefulSet", "db", {"volumeClaimTemplates": [template]})


WORKLOAD = "CrxWorkload::shop/db"
MACHINE = "VirtualMachine::shop/vm"
REPLICA = claim(WORKLOAD, "data-db-1", "2Gi")


def message(folder: Path, result: Estate, *recorded: dict[str, Any]) -> str:
    with pytest.raises(PacificErrors) as caught:
        check_claims(recorded, result)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_smaller_volume_is_refused_alike_whatever_it_is_of(tmp_path: Path) -> None:
    words = "a volume can grow, not shrink: got '512Mi'; allowed: 1Gi or more; fix: keep 1Gi, or make another"
    result = estate(tmp_path, "512Mi")
    machine = f"shop.yaml:19: VirtualMachine/shop/vm: {words} volume and copy the data"
    assert message(tmp_path, result, stateful_set("1Gi"), claim(MACHINE, "vm-data", "1Gi")) == (
        f"shop.yaml:9: CrxWorkload/shop/db: {words} StatefulSet and copy the data\n{machine}"
    )
    result = estate(tmp_path, "512Mi", kind="Deployment")
    assert message(tmp_path, result, claim(WORKLOAD, "db-data", "1Gi"), claim(MACHINE, "vm-data", "1Gi")) == (
        f"shop.yaml:9: CrxWorkload/shop/db: {words} volume and copy the data\n{machine}"
    )


def test_a_replicas_claim_may_have_outgrown_its_template(tmp_path: Path) -> None:
    text = message(tmp_path, estate(tmp_path, "1536Mi"), stateful_set("1Gi"), REPLICA)
    assert "got '1536Mi'; allowed: 2Gi or more" in text


@pytest.mark.parametrize("size", ["2Gi", "2048Mi", "3Gi"])
def test_the_same_size_and_more_pass(tmp_path: Path, size: str) -> None:
    check_claims([stateful_set("1Gi"), REPLICA, claim(MACHINE, "vm-data", "2Gi")], estate(tmp_path, size))


def test_what_is_not_there_may_have_any_size(tmp_path: Path) -> None:
    check_claims([], estate(tmp_path, "1Mi"))
    # Of a Deployment of the same name before, and of a StatefulSet whose deletion is pending.
    removed = {**stateful_set("1Gi"), "delete": True}
    check_claims([claim(WORKLOAD, "db-data", "1Gi"), removed], estate(tmp_path, "1Mi"))
    check_claims([stateful_set("1Gi"), REPLICA], estate(tmp_path, "1Mi", kind="Deployment"))


def test_a_stateful_set_gets_no_further_claims(tmp_path: Path) -> None:
    assert message(tmp_path, estate(tmp_path, "1Gi", volume="logs"), stateful_set("1Gi"), REPLICA) == (
        "shop.yaml:9: CrxWorkload/shop/db: an existing StatefulSet cannot get further claims: got 'logs'; "
        "fix: take the volume out, or make another StatefulSet with it and copy the data"
    )


@pytest.mark.parametrize(("policy", "stays"), [("Retain", True), ("Delete", False)])
def test_a_stateful_set_decides_what_becomes_of_its_replicas_claims(policy: str, stays: bool) -> None:
    spec = {
        "volumeClaimTemplates": [{"metadata": {"name": "data"}}],
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": policy},
    }
    stateful_set = resource("CrxWorkload::db", "apps/v1:StatefulSet", "db", spec)
    claims = [
        {**resource("CrxWorkload::db", "core/v1:PersistentVolumeClaim", name, {}), "retainOnDelete": True}
        for name in ("data-db-0", "db-scratch")
    ]
    kept = {claims[1]["urn"], *([claims[0]["urn"]] if stays else [])}
    assert retained_of([stateful_set, *claims]) == kept
