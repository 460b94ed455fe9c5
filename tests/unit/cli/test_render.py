"""``pacific render``: objects by wave for Flux and Argo CD, and what no controller can make is refused by name."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from pacific_infra.cli import main
from pacific_infra.converge.preview import UNKNOWN
from pacific_infra.documents.kinds import KINDS

EXTERNAL = """\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: platform}
spec: {external: true}
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: store}
spec: {external: true, supervisor: platform}
"""
WORKLOAD = """\
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {{name: {name}, namespace: store}}
spec:
  kind: Deployment
  dependsOn: [{after}]
  containers: [{{name: web, image: "sandbox/web:1", ports: [{{name: http, containerPort: 8080}}]{more}}}]
  deletionPolicy: Delete
"""


def workload(name: str, after: str = "", more: str = "") -> str:
    return WORKLOAD.format(name=name, after=after, more=more)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "team"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(
        "name: Shop\nruntime: python\nconfig:\n"
        "  documents: {type: array, items: {type: string}, default: [shop.yaml]}\n"
    )
    return folder


def render(project: Path, controller: str, *documents: str) -> Path:
    (project / "shop.yaml").write_text(EXTERNAL + "".join(documents))
    out = project / "rendered"
    options = ["--out", str(out), "--repository", "https://git.example.test/shop.git", "-C", str(project)]
    with pytest.raises(SystemExit) as end:
        main(["render", controller, *options])
    if end.value.code:
        raise AssertionError(end.value.code)
    return out


def load(file: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(file.read_text()))


def test_flux_applies_a_document_when_those_that_it_needs_are_ready(project: Path) -> None:
    out = render(project, "flux", workload("first"), workload("second", "CrxWorkload/first"))
    repository, root = load(out / "flux.yaml")
    assert repository["spec"]["url"] == "https://git.example.test/shop.git"
    assert root["spec"]["path"] == "./team/rendered/kustomizations"
    first, second = load(out / "kustomizations" / "kustomizations.yaml")
    assert first["spec"]["path"] == "./team/rendered/crxworkload.store.first"
    assert second["spec"]["dependsOn"] == [{"name": "shop.crxworkload.store.first"}]
    text = (out / "crxworkload.store.second" / "objects.yaml").read_text()
    deployments = [item for item in yaml.safe_load_all(text) if item["kind"] == "Deployment"]
    assert [item["metadata"]["namespace"] for item in deployments] == ["store"]
    assert "pulumi.com/" not in text


def test_the_same_documents_are_rendered_to_the_same_files(project: Path) -> None:
    """Objects are registered in an order of which nobody knows: a commit would say that they have changed."""
    text = workload("first") + "  service: {type: ClusterIP, ports: [{port: 80, targetPort: http}]}\n"
    out = render(project, "flux", text)
    objects = load(out / "crxworkload.store.first" / "objects.yaml")
    kinds = [item["kind"] for item in objects]
    assert len(kinds) > 1
    assert kinds == sorted(kinds)


def test_what_was_rendered_of_a_document_that_is_gone_is_deleted_and_files_of_others_stay(project: Path) -> None:
    out = render(project, "flux", workload("first"), workload("second"))
    foreign = out / "notes" / "notes.yaml"
    foreign.parent.mkdir()
    foreign.write_text("{}\n")
    render(project, "flux", workload("first"))
    names = ["crxworkload.store.first", "flux.yaml", "kustomizations", "notes"]
    assert sorted(path.name for path in out.iterdir()) == names


def test_what_is_kept_when_its_document_goes_is_not_pruned(project: Path) -> None:
    claim = "\n".join(["  volumes: [{name: data, claim: {size: 1Gi, storagePolicy: gold}}]", ""])
    kept = (
        workload("first").replace("  deletionPolicy: Delete\n", claim).replace("kind: Deployment", "kind: StatefulSet")
    )
    out = render(project, "flux", kept.replace("}}]}]\n", "}}], volumeMounts: [{name: data, mountPath: /data}]}]\n"))
    objects = load(out / "crxworkload.store.first" / "objects.yaml")
    kept_kinds = {item["kind"] for item in objects if "disabled" in str(item["metadata"].get("annotations"))}
    assert kept_kinds == {"PersistentVolumeClaim"}


def test_argo_has_the_wave_on_each_object(project: Path) -> None:
    out = render(project, "argo", workload("first"), workload("second", "CrxWorkload/first"))
    objects = load(out / "objects" / "objects.yaml")
    waves = {
        item["metadata"]["name"]: item["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]
        for item in objects
        if item["kind"] == "Deployment"
    }
    assert sorted(waves.values()) == ["3", "4"]
    (application,) = load(out / "application.yaml")
    assert application["spec"]["source"]["path"] == "team/rendered/objects"


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (
            "---\napiVersion: pacific.infra/v1alpha1\nkind: VirtualMachineClass\nmetadata: {name: small}\n"
            "spec: {cpuCount: 2, memory: 2Gi}\n",
            "VirtualMachineClass/small is an object of vCenter, which no controller of Kubernetes objects can make: "
            "fix: let its stack be converged by pacific render pko, and write external: true here",
        ),
        (
            workload("web", more=", environment: {PASSWORD: {config: password}}"),
            "CrxWorkload/store/web needs Secret store/web-environment, a Secret, which would lie in git for all to "
            "read: fix: let pacific render pko converge it",
        ),
    ],
)
def test_what_cannot_be_rendered_is_refused_and_nothing_is_written(
    project: Path, document: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AssertionError):
        render(project, "flux", document)
    assert problem in capsys.readouterr().err
    assert not (project / "rendered").exists()


def test_the_operator_gets_its_objects_and_the_recipe_of_its_image(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "Pulumi.prod.yaml").write_text("config: {pacific:server: vcenter.example.test}\n")
    (project / "shop.yaml").write_text(EXTERNAL)
    options = ["--out", str(project / "rendered"), "--repository", "https://git.example.test/shop.git"]
    with pytest.raises(SystemExit) as end:
        main(["render", "pko", *options, "--backend", "s3://bucket", "-C", str(project), "-s", "prod", "--json"])
    assert not end.value.code
    assert json.loads(capsys.readouterr().out)["files"] == ["Containerfile", "shop-prod.yaml"]
    kinds = [item["kind"] for item in load(project / "rendered" / "shop-prod.yaml")]
    assert kinds == ["GitRepository", "ServiceAccount", "ClusterRoleBinding", "Stack"]


ROOT = Path(__file__).parents[3]
ESTATES = [
    *sorted(path for path in (ROOT / "stacks").glob("*/documents") if any(path.rglob("*.yaml"))),
    ROOT / "mongodb/stack/documents",
    *(ROOT / "tests/golden" / name for name in ("every-object", "hybrid-estate", "machine-estate", "queue-estate")),
]
REFUSED = re.compile(r"(\w+(?:/[\w.-]+)+) (?:is an object of vCenter|needs \w+ |names a document)")
FORSAKEN = re.compile(r"(\S+):\d+: (?:unknown kind|the document has no kind)")
"""Files that only documents which were taken out have named."""
ELSEWHERE = re.compile(r"got '(.*) on that of")


@pytest.mark.parametrize("folder", ESTATES, ids=lambda path: str(path.relative_to(ROOT)))
@pytest.mark.parametrize("controller", ["flux", "argo"])
def test_every_estate_is_rendered_but_for_the_documents_that_are_refused_by_name(
    project: Path, capsys: pytest.CaptureFixture[str], controller: str, folder: Path
) -> None:
    """Documents that are refused are taken out, those of vCenter declared as somebody else's, until nothing is."""
    shutil.copytree(folder, project / "estate")
    (project / "Pulumi.yaml").write_text(
        "name: Shop\nruntime: python\nconfig:\n  documents: {type: array, items: {type: string}, default: [estate]}\n"
    )
    options = ["--out", str(project / "out"), "--repository", "https://git.example.test/shop.git", "-C", str(project)]
    refused: set[str] = set()
    while True:
        with pytest.raises(SystemExit) as end:
            main(["render", controller, *options])
        if not end.value.code:
            break
        text = capsys.readouterr().err
        assert not (project / "out").exists()
        for file in FORSAKEN.findall(text):
            Path(file).unlink(missing_ok=True)
        if FORSAKEN.search(text):
            continue
        named = set(REFUSED.findall(text)) or set(min(ELSEWHERE.findall(text), key=len, default="").split(", "))
        assert named - refused, text
        refused |= named
        without(project / "estate", refused)
    objects = [item for file in (project / "out").rglob("objects.yaml") for item in load(file)]
    assert objects or refused
    assert all(item["apiVersion"] and item["kind"] and item["metadata"]["name"] for item in objects)
    assert "pulumi.com/" not in str(objects)
    assert UNKNOWN not in str(objects)


def without(folder: Path, refused: set[str]) -> None:
    """Take documents out of the files of a folder; of others may be what others can make."""
    for file in folder.rglob("*.yaml"):
        documents = [document for document in yaml.safe_load_all(file.read_text()) if document]
        if any(document.get("apiVersion") != "pacific.infra/v1alpha1" for document in documents):
            continue
        kept = []
        for document in documents:
            metadata = document["metadata"]
            name = "/".join(filter(None, [document["kind"], metadata.get("namespace"), metadata["name"]]))
            if name not in refused:
                kept.append(document)
            elif KINDS[document["kind"]].may_be_external:
                spec = {key: document["spec"][key] for key in ("supervisor",) if key in document["spec"]}
                kept.append({**document, "spec": {**spec, "external": True}})
        file.write_text(yaml.safe_dump_all(kept))
