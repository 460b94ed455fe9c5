"""What manifests hold beside what is applied is said."""

from datetime import date
from pathlib import Path

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.plan.policy import check_policy
from pacific_infra.plan.policy.rules.manifests import MANIFEST_RULES

ESTATE = """\
apiVersion: pacific.infra/v1alpha1
kind: Manifests
metadata: {name: m, namespace: team}
spec: {cluster: k, manifests: {file: m.k8s.yaml}}
---
apiVersion: pacific.infra/v1alpha1
kind: CustomResourceDefinition
metadata: {name: lamps}
spec: {supervisor: s, manifest: {file: crd.yaml}}
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  uid: x\nstatus: {phase: Running}\n"
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.example.com, creationTimestamp: null}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Lamp, plural: lamps}
  versions: [{name: v1, served: true, storage: true}]
status: {conditions: []}
---
"""


def test_what_is_left_out_of_manifests_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("a.yaml", ESTATE), ("m.k8s.yaml", POD), ("crd.yaml", DEFINITION + POD)):
        Path(name).write_text(text)
    findings = check_policy(load_estate(["a.yaml"]), MANIFEST_RULES, date(2026, 1, 1))
    assert [f"{finding.place}: {finding.violation.problem}; fix: {finding.violation.fix}" for finding in findings] == [
        "a.yaml:4: status of Pod p, line 6 of m.k8s.yaml, is written by the server and left out; fix: remove it",
        "a.yaml:4: metadata.uid of Pod p, line 5 of m.k8s.yaml, is written by the server and left out; fix: remove it",
        "a.yaml:9: 1 other objects of the manifest are not applied by this document; "
        "fix: name them in documents of their own, or remove them",
    ]
