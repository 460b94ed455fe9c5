"""Objects in order for Flux, checked by the definitions of its controllers 1.9.6, and for Argo CD.

The definitions' schemas lie in tests/golden/flux, without their descriptions.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from pacific_infra.documents.structural_schema import schema_problems
from pacific_infra.errors import PacificError
from pacific_infra.gitops.git_source import GitSource
from pacific_infra.gitops.waves import RETAINED, SYNC_WAVE, DocumentObjects, argo_files, flux_files

GOLDEN = Path(__file__).parents[2] / "golden/flux"
SOURCE = GitSource("shop", "flux-system", "https://git.example.test/shop.git", "main")


def config_map(name: str, kind: str = "ConfigMap", **annotations: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop", **({"annotations": annotations} if annotations else {})}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata}


LAMP = config_map("hall", "Lamp", **{"pulumi.com/waitFor": "condition=Lit"}) | {"apiVersion": "example.com/v1"}
DOCUMENTS = [
    DocumentObjects("CrxWorkload/shop/first", 3, [], [config_map("first"), config_map("second")]),
    DocumentObjects("VirtualMachine/shop/third", 5, ["CrxWorkload/shop/first"], [config_map("third"), LAMP]),
]


def documents(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


def flux(entries: Sequence[DocumentObjects], source: GitSource = SOURCE) -> dict[str, str]:
    return flux_files(entries, source, "gitops/flux", 600)


def kustomizations(entries: Sequence[DocumentObjects]) -> list[dict[str, Any]]:
    return documents(flux(entries)["kustomizations/kustomizations.yaml"])


def test_flux_takes_its_source_and_a_kustomization_a_document() -> None:
    files = flux(DOCUMENTS)
    assert sorted(files) == [
        "crxworkload.shop.first/objects.yaml",
        "flux.yaml",
        "kustomizations/kustomizations.yaml",
        "virtualmachine.shop.third/objects.yaml",
    ]
    objects = documents(files["flux.yaml"]) + documents(files["kustomizations/kustomizations.yaml"])
    assert [item["kind"] for item in objects] == ["GitRepository", "Kustomization", "Kustomization", "Kustomization"]
    for item in objects:
        schema = json.loads((GOLDEN / f"{item['kind'].lower()}.schema.json").read_text())
        assert [problem.path for problem in schema_problems({**item, "metadata": {}}, schema)] == []


def test_a_field_that_flux_does_not_know_would_be_told() -> None:
    schema = json.loads((GOLDEN / "kustomization.schema.json").read_text())
    item = kustomizations(DOCUMENTS)[0]
    item["spec"]["dependOn"] = []
    assert [problem.path for problem in schema_problems({**item, "metadata": {}}, schema)] == [("spec", "dependOn")]


def test_a_document_waits_for_the_health_of_those_that_it_needs() -> None:
    first, third = kustomizations(DOCUMENTS)
    assert (first["metadata"]["name"], first["spec"]["path"]) == (
        "shop.crxworkload.shop.first",
        "./gitops/flux/crxworkload.shop.first",
    )
    assert "dependsOn" not in first["spec"]
    assert third["spec"]["dependsOn"] == [{"name": "shop.crxworkload.shop.first"}]
    assert [check["kind"] for check in third["spec"]["healthCheckExprs"]] == ["Lamp"]
    assert third["metadata"]["labels"] == {"pacific.infra/wave": "5"}
    assert all(item["spec"]["wait"] and item["spec"]["prune"] for item in (first, third))
    assert {item["spec"]["sourceRef"]["name"] for item in (first, third)} == {"shop"}


def test_flux_applies_the_kustomizations_from_git_so_that_one_whose_document_is_gone_goes() -> None:
    _, root = documents(flux(DOCUMENTS)["flux.yaml"])
    assert root["metadata"]["name"] == "shop"
    spec = root["spec"]
    assert (spec["path"], spec["prune"], spec["wait"]) == ("./gitops/flux/kustomizations", True, True)


def test_another_dependency_moves_no_object_to_another_kustomization() -> None:
    """Flux would delete it where it was before it is applied where it is."""
    moved = [replace(entry, wave=entry.wave + 1, after=["CrxWorkload/shop/zeroth"]) for entry in DOCUMENTS]
    names = [item["metadata"]["name"] for item in kustomizations(moved)]
    assert names == [item["metadata"]["name"] for item in kustomizations(DOCUMENTS)]


def test_names_are_labels_and_no_two_are_the_same() -> None:
    ids = ["CrxWorkload/a-b/c", "CrxWorkload/a/b-c", f"CrxWorkload/a/{'x' * 60}", f"CrxWorkload/a/{'x' * 61}"]
    names = [item["metadata"]["name"] for item in kustomizations([DocumentObjects(name, 1, [], []) for name in ids])]
    assert len(set(names)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,61}[a-z0-9]", name) for name in names)


def test_argo_has_the_wave_on_each_object() -> None:
    place = {"repoURL": SOURCE.url, "targetRevision": "main", "path": "gitops/argo"}
    files = argo_files(DOCUMENTS, "shop", place, "argocd")
    waves = {
        item["metadata"]["name"]: item["metadata"]["annotations"][SYNC_WAVE]
        for item in documents(files["objects/objects.yaml"])
    }
    assert waves == {"first": "3", "second": "3", "third": "5", "hall": "5"}
    (application,) = documents(files["application.yaml"])
    assert application["spec"]["source"] == {**place, "path": "gitops/argo/objects"}
    assert "argocd-cm.yaml" not in argo_files(DOCUMENTS[:1], "shop", place, "argocd")


def test_argo_gets_the_health_of_kinds_that_it_does_not_know() -> None:
    files = argo_files(DOCUMENTS, "shop", {"repoURL": SOURCE.url, "path": ""}, "argocd")
    (configuration,) = documents(files["argocd-cm.yaml"])
    assert configuration["metadata"]["name"] == "argocd-cm"
    assert list(configuration["data"]) == ["resource.customizations.health.example.com_Lamp"]
    assert "pulumi.com" not in files["objects/objects.yaml"]


def test_what_is_retained_stays_and_a_job_is_made_anew() -> None:
    objects = [config_map("kept", **{RETAINED: "true"}), config_map("task", "Job", **{RETAINED: "true"})]
    entries = [DocumentObjects("CrxWorkload/shop/first", 1, [], objects)]
    kept, job = documents(flux(entries)["crxworkload.shop.first/objects.yaml"])
    prune, force = "kustomize.toolkit.fluxcd.io/prune", "kustomize.toolkit.fluxcd.io/force"
    assert kept["metadata"]["annotations"] == {prune: "disabled"}
    assert job["metadata"]["annotations"] == {prune: "disabled", force: "enabled"}
    options = "argocd.argoproj.io/sync-options"
    files = argo_files(entries, "shop", {"repoURL": SOURCE.url, "path": ""}, "argocd")
    kept, job = documents(files["objects/objects.yaml"])
    assert kept["metadata"]["annotations"][options] == "Prune=false,Delete=false"
    assert job["metadata"]["annotations"][options] == "Prune=false,Delete=false,Force=true,Replace=true"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (
            "git@git.example.test:team/shop.git",
            "--repository: Flux takes no such URL: got 'git@git.example.test:team/shop.git'; allowed: "
            "http://HOST/PATH, https://HOST/PATH or ssh://USER@HOST/PATH; "
            "fix: write ssh://git@git.example.test/team/shop.git",
        ),
        (
            "file:///srv/shop.git",
            "--repository: Flux takes no such URL: got 'file:///srv/shop.git'; allowed: "
            "http://HOST/PATH, https://HOST/PATH or ssh://USER@HOST/PATH; fix: name the URL that a cluster reaches",
        ),
        (
            "https://robot:secret@git.example.test/shop.git",
            "--repository: the repository's URL has a password, which would lie in git: "
            "fix: leave it out, and give it to the controller in a Secret",
        ),
    ],
)
def test_a_url_that_cannot_be_read_in_a_cluster_is_refused(url: str, problem: str) -> None:
    with pytest.raises(PacificError) as caught:
        flux(DOCUMENTS, replace(SOURCE, url=url))
    assert str(caught.value) == problem
