"""Pods of Kubernetes objects in a vSphere Namespace: capacity, policy, and what a Supervisor does not take."""

from datetime import date
from pathlib import Path

import pytest

from pacific_infra.documents import Estate, load_estate
from pacific_infra.plan.capacity.demand import Amounts, demands
from pacific_infra.plan.policy import check_policy
from pacific_infra.plan.policy.pack import BUILT_IN
from tests.support.refusals import refusals

ESTATE = """\
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: team}
spec: {supervisor: sv, storagePolicies: [{name: Gold Disks}]}
---
apiVersion: pacific.infra/v1alpha1
kind: Manifests
metadata: {name: m, namespace: team}
spec: {manifests: {file: m.k8s.yaml}}
"""
WORKLOADS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostNetwork: true
      containers:
      - name: web
        image: sandbox/web
        resources: {requests: {cpu: 500m, memory: 128Mi}, limits: {cpu: 1, memory: 256Mi}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 2
  template: {spec: {containers: [{name: db, image: 'sandbox/db:1'}]}}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {storageClassName: gold-disks, resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: spare}
spec: {storageClassName: gold-disks, resources: {requests: {storage: 512Mi}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
"""


def estate(folder: Path, manifests: str, text: str = ESTATE) -> Estate:
    (folder / "m.k8s.yaml").write_text(manifests)
    (folder / "a.yaml").write_text(text)
    return load_estate([folder / "a.yaml"])


def test_pods_and_claims_count_in_the_capacity_of_the_namespace(tmp_path: Path) -> None:
    web, db = demands(estate(tmp_path, WORKLOADS), 1000)
    assert (web.count, web.guaranteed, web.most) == (3, Amounts(500, 128 + 64), Amounts(1000, 256 + 64))
    assert web.storage == {"Gold Disks": 2 * 1024 + 512}
    assert web.objects == {
        "deployments": 1,
        "replicaSets": 1,
        "statefulSets": 1,
        "persistentVolumeClaims": 1,
        "services": 1,
        "pods": 3,
    }
    assert (db.count, db.storage, db.objects) == (2, {}, {"pods": 2})


def test_objects_without_pods_count_as_well(tmp_path: Path) -> None:
    (settings,) = demands(estate(tmp_path, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"), 1000)
    assert (settings.count, settings.objects) == (0, {"configMaps": 1})


def test_pods_in_a_workload_cluster_count_by_its_machines_alone(tmp_path: Path) -> None:
    text = ESTATE.replace("spec: {manifests", "spec: {cluster: k, manifests")
    assert list(demands(estate(tmp_path, WORKLOADS, text), 1000)) == []


def test_policies_see_them_at_their_own_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    findings = check_policy(estate(Path(), WORKLOADS), BUILT_IN, date(2026, 1, 1))
    messages = [f"{finding.rule.id} {finding.place}: {finding.violation.problem}" for finding in findings]
    for expected in (
        "image-tag m.k8s.yaml:13: the image of web has no fixed tag",
        "limits m.k8s.yaml:21: db may use as much cpu as there is",
        "restricted m.k8s.yaml:12: web may run as root",
        "supervisor m.k8s.yaml:10: a Supervisor ignores spec.template.spec.hostNetwork of Deployment web",
        "supervisor m.k8s.yaml:34: a Supervisor ignores spec.type of Service web",
        "supervisor m.k8s.yaml:36: Role reader takes more than the role EDIT of the namespace",
    ):
        assert expected in messages


REFUSED = {
    "a volume of the host": (
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: v, hostPath: {path: /etc}}]}}",
        "Pod p: spec.volumes[0].hostPath: a vSphere Pod has no volumes of its host: got '/etc'; "
        "allowed: /var/log/pods, mounted read-only; fix: use a claim, or emptyDir",
    ),
    "a privileged container": (
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, "
        "spec: {containers: [{name: c, securityContext: {privileged: true}}]}}",
        "Pod p: spec.containers[0].securityContext.privileged: a vSphere Pod has no privileged containers: got 'c'",
    ),
    "a local volume": (
        "{apiVersion: v1, kind: PersistentVolume, metadata: {name: p}, spec: {local: {path: /mnt}}}",
        "PersistentVolume p: spec.local: a Supervisor has no volumes of its hosts: "
        "fix: use a PersistentVolumeClaim with a storage policy",
    ),
    "an amount that is none": (
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, "
        "spec: {containers: [{name: c, resources: {limits: {cpu: much}}}]}}",
        "Pod p: spec.containers[0].resources.limits.cpu is of the wrong type: got 'much'; "
        "allowed: a quantity such as 250m or 1Gi",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_supervisor_refuses_is_said_with_its_line(
    tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text, expected = REFUSED[case]
    assert refusals(lambda: estate(Path(), text)) == [f"m.k8s.yaml:1: {expected}"]


def test_a_workload_cluster_takes_them(tmp_path: Path) -> None:
    text, _ = REFUSED["a volume of the host"]
    assert len(estate(tmp_path, text, ESTATE.replace("spec: {manifests", "spec: {cluster: k, manifests"))) == 2


def test_the_log_folder_of_the_host_is_taken_where_it_is_read_only(tmp_path: Path) -> None:
    mounts = "containers: [{name: c, image: 'a:1', volumeMounts: [{name: v, mountPath: /l, readOnly: true}]}]"
    volume = "volumes: [{name: v, hostPath: {path: /var/log/pods}}]"
    pod = f"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{{volume}, {mounts}}}}}"
    assert len(estate(tmp_path, pod)) == 2
