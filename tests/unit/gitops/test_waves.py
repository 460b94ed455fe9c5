"""Objects by wave for Flux, checked by the definitions of its controllers 1.9.6, and for Argo CD.

The definitions' schemas lie in tests/golden/flux, without their descriptions.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from pacific_infra.documents.structural_schema import schema_problems
from pacific_infra.gitops.git_source import GitSource
from pacific_infra.gitops.waves import SYNC_WAVE, argo_files, flux_files

GOLDEN = Path(__file__).parents[2] / "golden/flux"
SOURCE = GitSource("shop", "flux-system", "https://git.example.test/shop.git", "main")


def config_map(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}}


WAVES = {3: [config_map("first"), config_map("second")], 5: [config_map("third")]}


def documents(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


def test_flux_takes_its_source_and_a_kustomization_a_wave() -> None:
    files = flux_files(WAVES, SOURCE, "gitops/flux")
    assert sorted(files) == ["kustomizations.yaml", "wave-3/objects.yaml", "wave-5/objects.yaml"]
    objects = documents(files["kustomizations.yaml"])
    assert [item["kind"] for item in objects] == ["GitRepository", "Kustomization", "Kustomization"]
    for item in objects:
        schema = json.loads((GOLDEN / f"{item['kind'].lower()}.schema.json").read_text())
        assert [problem.path for problem in schema_problems({**item, "metadata": {}}, schema)] == []


def test_a_field_that_flux_does_not_know_would_be_told() -> None:
    schema = json.loads((GOLDEN / "kustomization.schema.json").read_text())
    item = documents(flux_files(WAVES, SOURCE, "gitops")["kustomizations.yaml"])[1]
    item["spec"]["dependOn"] = []
    assert [problem.path for problem in schema_problems({**item, "metadata": {}}, schema)] == [("spec", "dependOn")]


def test_a_wave_waits_for_the_health_of_the_one_before() -> None:
    _, first, second = documents(flux_files(WAVES, SOURCE, "gitops/flux")["kustomizations.yaml"])
    assert (first["metadata"]["name"], first["spec"]["path"]) == ("shop-wave-3", "./gitops/flux/wave-3")
    assert "dependsOn" not in first["spec"]
    assert second["spec"]["dependsOn"] == [{"name": "shop-wave-3"}]
    assert all(item["spec"]["wait"] and item["spec"]["prune"] for item in (first, second))
    assert {item["spec"]["sourceRef"]["name"] for item in (first, second)} == {"shop"}


def test_argo_has_the_wave_on_each_object() -> None:
    place = {"repoURL": SOURCE.url, "targetRevision": "main", "path": "gitops/argo"}
    files = argo_files(WAVES, "shop", place, "argocd")
    waves = {
        item["metadata"]["name"]: item["metadata"]["annotations"][SYNC_WAVE]
        for item in documents(files["objects/objects.yaml"])
    }
    assert waves == {"first": "3", "second": "3", "third": "5"}
    (application,) = documents(files["application.yaml"])
    assert application["spec"]["source"] == {**place, "path": "gitops/argo/objects"}
