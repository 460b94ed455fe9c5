"""Autoscalers that go while their workload stays, by what the state records."""

from pathlib import Path
from typing import Any

import pytest

from pacific_infra.converge.autoscalers import check_autoscalers, leaving_autoscalers
from pacific_infra.documents import Estate, load_estate
from tests.support.refusals import refusals

HEAD = "urn:pulumi:dev::estate::pacific:index:CrxWorkload"
AUTOSCALER = f"{HEAD}$kubernetes:autoscaling/v2:HorizontalPodAutoscaler::shop/web-autoscaler"
RECORDED: list[dict[str, Any]] = [
    {"urn": f"{HEAD}::shop/web", "type": "pacific:index:CrxWorkload"},
    {
        "urn": AUTOSCALER,
        "type": "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
        "parent": f"{HEAD}::shop/web",
        "inputs": {"spec": {"minReplicas": 4, "maxReplicas": 10}},
    },
]


def estate(folder: Path, scale: str, kind: str = "Deployment", name: str = "web") -> Estate:
    (folder / "web.yaml").write_text(
        "apiVersion: pacific.infra/v1alpha1\n"
        "kind: CrxWorkload\n"
        f"metadata: {{name: {name}, namespace: shop}}\n"
        "spec:\n"
        f"  kind: {kind}\n"
        "  containers: [{name: web, image: sandbox/web:1}]\n"
        f"  {scale}\n"
    )
    return load_estate([folder / "web.yaml"])


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_one_whose_workload_gets_a_number_goes_first(tmp_path: Path, kind: str) -> None:
    expected = estate(tmp_path, "replicas: 3", kind)
    assert [leaving.urn for leaving in leaving_autoscalers(RECORDED, expected)] == [AUTOSCALER]
    check_autoscalers(RECORDED, expected)


@pytest.mark.parametrize(
    ("scale", "kind", "name"),
    [
        ("autoscaler: {minReplicas: 2, maxReplicas: 3}", "Deployment", "web"),
        ("backoffLimit: 1", "Job", "web"),
        ("replicas: 3", "Deployment", "other"),
    ],
    ids=["it stays", "the workload is another one", "the workload goes too"],
)
def test_any_other_one_is_left_to_the_engine(tmp_path: Path, scale: str, kind: str, name: str) -> None:
    assert leaving_autoscalers(RECORDED, estate(tmp_path, scale, kind, name)) == []


def test_without_a_number_it_is_refused(tmp_path: Path) -> None:
    assert refusals(lambda: check_autoscalers(RECORDED, estate(tmp_path, "dependsOn: []")), tmp_path) == [
        "web.yaml:4: CrxWorkload/shop/web: the autoscaler goes, and nothing says how many pods stay: it would be one: "
        "got 'an autoscaler of 4 to 10 pods'; fix: add spec.replicas: NUMBER"
    ]
