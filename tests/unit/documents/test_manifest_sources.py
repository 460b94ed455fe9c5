"""Where the objects of Manifests come from: files, folders, the document, Kustomize and Helm; what is refused of each.

Tools that fail, hang or are missing are stood in for by shell scripts; Kustomize itself is the one of kubectl.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from pacific_infra.documents import Manifests, load_estate
from pacific_infra.documents.chart_store import CHART
from pacific_infra.documents.rendering import MAXIMUM_KEPT, Renderer
from pacific_infra.errors import PacificErrors
from tests.support.needs import Need
from tests.support.waiting import PATIENCE

ESTATE = """\
apiVersion: pacific.infra/v1alpha1
kind: Manifests
metadata: {name: m, namespace: team}
spec:
  manifests: SOURCE
"""
KUBECTL = Need("kubectl on PATH", "run the tests by ./run pytest, which brings it")
A, B = (f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}\n" for name in "ab")


def written(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def script(folder: Path, text: str) -> Path:
    program = folder / "tool"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return program


def objects(folder: Path, renderer: Renderer | None = None) -> list[str]:
    (document,) = load_estate([folder / "documents"], renderer=renderer).of(Manifests)
    return [manifest.identity.text for manifest in document.spec.listed]


def errors(folder: Path, source: str, renderer: Renderer | None = None) -> list[str]:
    written(folder, {"estate.yaml": ESTATE.replace("SOURCE", source)})
    with pytest.raises(PacificErrors) as caught:
        load_estate([folder / "documents"], renderer=renderer)
    return [str(error).replace(f"{folder}/documents/", "") for error in caught.value.errors]


def tool(folder: Path, text: str, deadline: float = PATIENCE) -> Renderer:
    program = script(folder, text)
    return Renderer(lambda name: program, folder / "cache", deadline=deadline)


def test_several_files_and_a_folder_with_what_is_below_it(tmp_path: Path) -> None:
    written(tmp_path, {"k8s/b.yaml": B, "k8s/deep/a.yml": A, "k8s/readme.txt": "{", "k8s/.hidden.yaml": "{"})
    written(tmp_path, {"estate.yaml": ESTATE.replace("SOURCE", "{folder: k8s}")})
    assert objects(tmp_path) == ["ConfigMap default/b", "ConfigMap default/a"]
    written(tmp_path, {"estate.yaml": ESTATE.replace("SOURCE", "{files: [k8s/deep/a.yml, k8s/b.yaml]}")})
    (tmp_path / "documents/k8s/.hidden.yaml").unlink()
    assert objects(tmp_path) == ["ConfigMap default/a", "ConfigMap default/b"]


@pytest.mark.parametrize(
    "source",
    ["{file: k8s/a.yaml}", "{files: [k8s/a.yaml]}", "{folder: k8s}", "{kustomize: k8s}", "{helm: {chart: k8s}}"],
)
def test_a_document_that_is_kept_has_what_its_files_said(tmp_path: Path, source: str) -> None:
    """Both the history and the digest of the last run take a document as it is written out."""
    by_tool = "version) echo v3.18.0 ;; build) cat $2/a.yaml ;; template) cat $3/a.yaml ;;"
    program = tool(tmp_path, f"case $1 in {by_tool} esac")

    def document() -> Manifests:
        (document,) = load_estate([tmp_path / "documents"], renderer=program).of(Manifests)
        return document

    files = {
        "k8s/kustomization.yaml": "resources: [a.yaml]",
        "k8s/Chart.yaml": "{apiVersion: v2, name: c, version: 1.0.0}",
    }
    written(tmp_path, {"estate.yaml": ESTATE.replace("SOURCE", source), "k8s/a.yaml": A})
    if "kustomize" in source or "helm" in source:
        written(tmp_path, files)
    before = document()
    kept = before.model_dump(mode="json", exclude_unset=True)
    assert Manifests.model_validate(kept, by_alias=True, by_name=False).spec.objects == before.spec.objects
    written(tmp_path, {"k8s/a.yaml": A.replace("}}", ", labels: {changed: 'yes'}}}")})
    assert document().model_dump_json() != before.model_dump_json()
    assert Manifests.model_validate(kept, by_alias=True, by_name=False).spec.objects == before.spec.objects


def test_objects_of_the_document_and_their_lines(tmp_path: Path) -> None:
    source = "[{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}]}]"
    written(tmp_path, {"estate.yaml": ESTATE.replace("SOURCE", source)})
    assert objects(tmp_path) == ["ConfigMap default/a"]
    source = "\n  - apiVersion: v1\n    kind: Secret\n    metadata: {name: a}\n    stringData: {port: 1}\n"
    assert errors(tmp_path, source) == [
        "estate.yaml:9: spec.manifests[0].stringData.port: Secret a: stringData.port is of the wrong type: got 1; "
        'allowed: text; fix: write "1" in quotes'
    ]


REFUSED = {
    "{folder: none}": "spec.manifests.folder: the folder does not exist: got 'none'; "
    "allowed: a folder below the document's folder",
    "{folder: estate.yaml}": "spec.manifests.folder: this is not a folder: got 'estate.yaml'; "
    "allowed: a folder below the document's folder",
    "{folder: .}": "spec.manifests.folder: the folder holds this document: got '.'; "
    "fix: move the manifests to a folder of their own",
    "{folder: ..}": "spec.manifests.folder: the folder is outside the document's folder: got '..'; "
    "fix: put the folder next to the document",
    "{files: [none.yaml]}": "spec.manifests.files: the file does not exist: got 'none.yaml'; "
    "allowed: a file below the document's folder",
    "{folder: empty}": "spec.manifests: the manifest is missing: fix: write one, or remove the document",
    "{helm: {chart: oci://registry.example.com/web}}": "spec.manifests.helm.chart: a chart of a registry is taken from "
    "a store: got 'oci://registry.example.com/web'; fix: add store and version: nothing is fetched from a registry",
    "{helm: {chart: https://charts.example.com/web.tgz}}": "spec.manifests.helm.chart: charts are not fetched: "
    "got 'https://charts.example.com/web.tgz'; allowed: a folder, an archive, or oci:// of a store",
    "{helm: {chart: empty, version: 1.0.0}}": "spec.manifests.helm.version: only a chart of a store has a version: "
    "fix: remove version",
    "{kustomize: empty}": "spec.manifests.kustomize: empty: the folder has no kustomization.yaml: got 'empty'",
    "{kustomize: remote}": "spec.manifests.kustomize: remote: resources are not fetched from a network: "
    "got 'https://example.com/base.yaml'; fix: put a copy of it next to the document",
    "{kustomize: outside}": "spec.manifests.kustomize: outside: a resource is outside the document's folder: "
    "got '../../base'; fix: put it below the document's folder",
}


@pytest.mark.parametrize("source", REFUSED)
def test_sources_that_are_refused(tmp_path: Path, source: str) -> None:
    written(tmp_path, {"empty/note.txt": ""})
    for folder, resource in (("remote", "https://example.com/base.yaml"), ("outside", "../../base")):
        if folder in source:
            written(tmp_path, {f"{folder}/kustomization.yaml": f"resources: [{resource}]\n"})
    assert errors(tmp_path, source) == [f"estate.yaml:5: {REFUSED[source]}"]


def test_an_object_of_another_namespace_and_a_namespace_of_a_cluster(tmp_path: Path) -> None:
    written(tmp_path, {"a.k8s.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  namespace: other\n"})
    assert errors(tmp_path, "{file: a.k8s.yaml}\n  objectNamespace: x") == [
        "estate.yaml:6: spec.objectNamespace: the objects lie in the vSphere Namespace of the document: got 'x'; "
        "fix: remove it, or name a cluster",
        "a.k8s.yaml:5: Pod p: metadata.namespace is another one than the document's: got 'other'; allowed: team; "
        "fix: remove it, or write a document of that namespace",
    ]


def test_readiness_of_no_object(tmp_path: Path) -> None:
    assert errors(tmp_path, f"[{A.strip()}]\n  readiness: [{{kind: Job, none: true}}]") == [
        "estate.yaml:6: spec.readiness[0]: this selects none of the objects: got 'Job'; allowed: kinds ConfigMap"
    ]


def test_a_folder_of_kustomize_with_its_base(tmp_path: Path) -> None:
    KUBECTL.program("kubectl")
    written(
        tmp_path,
        {
            "k/base/kustomization.yaml": "resources: [a.yaml]\n",
            "k/base/a.yaml": A,
            "k/team/kustomization.yaml": "resources: [../base]\nnamePrefix: team-\n",
            "estate.yaml": ESTATE.replace("SOURCE", "{kustomize: k/team}"),
        },
    )
    program = Path(str(shutil.which("kubectl")))
    renderer = Renderer(lambda name: program if name == "kubectl" else None, tmp_path / "cache")
    assert objects(tmp_path, renderer) == ["ConfigMap default/team-a"]


HELM = """\
if [ "$1" = version ]; then echo v3.1.0; exit; fi
echo "$@" >> calls
cat <<'X'
---
# Source: web/templates/web.yaml
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
---
# Source: web/templates/tests/test.yaml
{apiVersion: v1, kind: Pod, metadata: {name: t, annotations: {helm.sh/hook: test}}}
X"""


def test_a_chart_is_rendered_once_for_the_same_files_and_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    renderer = tool(tmp_path, HELM)
    source = "{helm: {chart: web, values: {a: 1}}}"
    written(tmp_path, {"web/Chart.yaml": "x", "estate.yaml": ESTATE.replace("SOURCE", source)})
    calls = []
    for change in (
        {},
        {},
        {"web/Chart.yaml": "y"},
        {"estate.yaml": ESTATE.replace("SOURCE", source.replace("1", "2"))},
    ):
        written(tmp_path, change)
        assert objects(tmp_path, renderer) == ["ConfigMap default/a"]
        calls.append(len((tmp_path / "calls").read_text().splitlines()))
    assert calls == [1, 1, 2, 3]
    assert "template m" in (tmp_path / "calls").read_text()
    assert "--namespace team" in (tmp_path / "calls").read_text()


def test_what_was_rendered_is_kept_for_a_month_after_its_last_use_and_within_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    renderer = tool(tmp_path, HELM)
    old, large = renderer.cache / "helm-old.yaml", renderer.cache / "helm-large.yaml"
    written(tmp_path, {"web/Chart.yaml": "x", "estate.yaml": ESTATE.replace("SOURCE", "{helm: {chart: web}}")})
    renderer.cache.mkdir(exist_ok=True)
    old.write_text("a")
    os.utime(old, (0, 0))
    with large.open("wb") as stream:
        stream.truncate(MAXIMUM_KEPT)
    os.utime(large, (time.time() - 60, time.time() - 60))
    objects(tmp_path, renderer)
    (kept,) = renderer.cache.iterdir()
    os.utime(kept, (0, 0))
    objects(tmp_path, renderer)
    assert kept.stat().st_mtime > time.time() - 3600


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            "{database: {host: {from: VirtualMachine/db, output: address}}}",
            "spec.manifests.helm.values.database.host: a chart is rendered before this value is known: "
            "got 'VirtualMachine/db address'; "
            "fix: write the value itself, or have the chart read a Secret or ConfigMap that holds it",
        ),
        (
            '{password: "${config.password}"}',
            "spec.manifests.helm.values.password: a secret of the stack's configuration would stand in the plan here: "
            "got '${config.password}'; "
            "fix: have the chart read a Secret, and make it by a document Manifests with {template: text}",
        ),
    ],
)
def test_values_of_a_chart_that_only_a_run_knows_are_refused(tmp_path: Path, values: str, expected: str) -> None:
    written(tmp_path, {"web/Chart.yaml": ""})
    result = errors(tmp_path, f"{{helm: {{chart: web, values: {values}}}}}", tool(tmp_path, HELM))
    assert result == [f"estate.yaml:5: {expected}"]


FAILING: Mapping[str, tuple[str, str]] = {
    "the tool's own words": (
        "echo 'Error: parse error at (web/templates/a.yaml:3): unclosed action' >&2; exit 1",
        "web: helm refuses it: parse error at (web/templates/a.yaml:3): unclosed action",
    ),
    "nothing in words": ("exit 3", "web: helm refuses it: it gives no reason"),
    "what it renders is no manifest": (
        "printf -- '---\\n# Source: web/templates/a.yaml\\nkind: X\\n'",
        "web/templates/a.yaml: the manifest has no apiVersion: "
        "allowed: apiVersion, kind and metadata.name in each, all text",
    ),
    "it does not end": ("exec sleep 30", "web: helm did not end within 1 s: fix: run it by hand to see why"),
    "an old one": (
        "echo v2.17.0",
        "web: this helm is too old: got 'v2.17.0'; allowed: 3 or newer; "
        "fix: install helm, or: pacific toolchain install --helm",
    ),
}


@pytest.mark.parametrize("case", FAILING)
def test_what_a_tool_says_is_said_of_the_document(tmp_path: Path, case: str) -> None:
    text, expected = FAILING[case]
    version = "" if case == "an old one" else "if [ $1 = version ]; then echo v3.1.0; exit; fi\n"
    written(tmp_path, {"web/Chart.yaml": ""})
    field = "spec.manifests" if "manifest has" in expected else "spec.manifests.helm.chart"
    renderer = tool(tmp_path, version + text, deadline=1.0 if case == "it does not end" else PATIENCE)
    result = errors(tmp_path, "{helm: {chart: web}}", renderer)
    assert result == [f"estate.yaml:5: {field}: {expected}"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "{helm: {chart: web}}",
            "spec.manifests.helm.chart: web: helm is not installed: "
            "fix: install helm, or: pacific toolchain install --helm",
        ),
        (
            "{kustomize: k}",
            "spec.manifests.kustomize: k: kustomize is not installed: "
            "fix: install kustomize or kubectl, or: pip install 'pacific-infra[sandbox]'",
        ),
    ],
)
def test_a_tool_that_is_missing(tmp_path: Path, source: str, expected: str) -> None:
    written(tmp_path, {"web/Chart.yaml": "", "k/kustomization.yaml": ""})
    renderer = Renderer(lambda name: None, tmp_path / "cache")
    assert errors(tmp_path, source, renderer) == [f"estate.yaml:5: {expected}"]


def blob(store: Path, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    (store / "blobs/sha256").mkdir(parents=True, exist_ok=True)
    (store / "blobs/sha256" / digest).write_bytes(content)
    return f"sha256:{digest}"


def chart_store(store: Path, layers: Sequence[Mapping[str, str]]) -> None:
    manifest = blob(store, json.dumps({"layers": layers}).encode())
    annotations = {"org.opencontainers.image.ref.name": "web:1.2.0"}
    entries = [{"digest": manifest, "annotations": annotations}, {"digest": manifest}]
    (store / "index.json").write_text(json.dumps({"manifests": entries}))


STORE = "{helm: {chart: oci://registry.example.com/charts/web, version: 1.2.0, store: store}}"


def test_a_chart_of_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = tmp_path / "documents/store"
    digest = blob(store, b"archive")
    chart_store(
        store, [{"mediaType": "application/json", "digest": "sha256:0"}, {"mediaType": CHART, "digest": digest}]
    )
    written(tmp_path, {"estate.yaml": ESTATE.replace("SOURCE", STORE)})
    assert objects(tmp_path, tool(tmp_path, HELM)) == ["ConfigMap default/a"]
    assert digest.partition(":")[2] in (tmp_path / "calls").read_text()


def test_a_store_without_the_chart_or_with_a_damaged_one(tmp_path: Path) -> None:
    store = tmp_path / "documents/store"
    digest = blob(store, b"archive")
    chart_store(store, [{"mediaType": CHART, "digest": digest}])
    assert errors(tmp_path, STORE.replace("1.2.0", "1.3.0")) == [
        "estate.yaml:5: spec.manifests.helm.store: the store does not have this chart: "
        "got 'oci://registry.example.com/charts/web:1.3.0'; allowed: web:1.2.0"
    ]
    (store / "blobs/sha256" / digest.partition(":")[2]).write_bytes(b"other")
    assert errors(tmp_path, STORE) == [
        f"estate.yaml:5: spec.manifests.helm.store: a blob of the store is damaged: got '{digest}'; "
        "fix: copy the chart into the store again"
    ]
    chart_store(store, [])
    assert errors(tmp_path, STORE) == [
        "estate.yaml:5: spec.manifests.helm.store: this artifact of the store is not a Helm chart: "
        f"got 'oci://registry.example.com/charts/web:1.2.0'; allowed: {CHART}"
    ]
    (store / "index.json").write_text("[")
    assert errors(tmp_path, STORE) == [
        "estate.yaml:5: spec.manifests.helm.store: this file of the store is not a JSON object: got 'index.json'"
    ]
