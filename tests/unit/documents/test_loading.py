import json
from pathlib import Path

import pytest

from pacific_infra.documents import CrxWorkload, Namespace, VirtualMachine, load_estate
from pacific_infra.documents.environment import ConfigMapKeyReference, OutputReference, SecretKeyReference
from pacific_infra.documents.text import TextSource
from pacific_infra.errors import PacificErrors

VERSION = "pacific.infra/v1alpha1"


def namespace(name: str) -> str:
    return f"apiVersion: {VERSION}\nkind: Namespace\nmetadata: {{name: {name}}}\nspec: {{supervisor: s}}\n"


def test_folders_are_read_sorted_and_hidden_files_are_not(tmp_path: Path) -> None:
    for name, path in (
        ("c", "z.yaml"),
        ("b", "sub/b.yml"),
        ("a", "a.yaml"),
        ("x", ".hidden.yaml"),
        ("y", ".git/y.yaml"),
    ):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(namespace(name))
    (tmp_path / "notes.txt").write_text("no document")
    assert [document.name for document in load_estate([tmp_path])] == ["a", "c", "b"]


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(namespace("a"))
    assert len(load_estate([tmp_path, tmp_path / "a.yaml"])) == 1


def test_named_file_is_no_document(tmp_path: Path) -> None:
    (tmp_path / "a.cloud-init.yaml").write_text("#cloud-config\npackages: [nginx]\n")
    (tmp_path / "vm.yaml").write_text(
        f"apiVersion: {VERSION}\nkind: VirtualMachine\nmetadata: {{name: a, namespace: shop}}\n"
        "spec: {class: small, image: i, storagePolicy: gold, cloudInit: {userData: {file: a.cloud-init.yaml}}}\n"
    )
    (document,) = load_estate([tmp_path])
    assert isinstance(document, VirtualMachine)
    assert document.spec.cloud_init is not None
    assert isinstance(document.spec.cloud_init.user_data, TextSource)
    assert document.spec.cloud_init.user_data.text == "#cloud-config\npackages: [nginx]\n"
    assert document.spec.cloud_init.user_data.file == "a.cloud-init.yaml"


def test_a_link_cannot_lead_outside(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (tmp_path / "secret").write_text("#cloud-config\n")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "vm.yaml").write_text(
        f"apiVersion: {VERSION}\nkind: VirtualMachine\nmetadata: {{name: a, namespace: shop}}\n"
        "spec: {class: small, image: i, storagePolicy: gold, cloudInit: {userData: {file: link}}}\n"
    )
    with pytest.raises(PacificErrors, match="the file is outside the document's folder"):
        load_estate([folder])


def test_environment(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        f"apiVersion: {VERSION}\nkind: CrxWorkload\nmetadata: {{name: web, namespace: shop}}\nspec:\n"
        "  kind: Deployment\n  dependsOn: [Namespace/other]\n"
        "  containers:\n  - name: web\n    image: web:1\n    environment:\n"
        "      A: text\n      B: {from: VirtualMachine/db, output: address, format: 'http://{}:1'}\n"
        "      C: {secret: s, key: k}\n      D: {configMap: c, key: k}\n"
        "      E: {from: VirtualMachine/data/db, output: name}\n"
    )
    (document,) = load_estate([tmp_path])
    assert isinstance(document, CrxWorkload)
    values = document.spec.containers[0].environment
    assert values["A"] == "text"
    assert isinstance(values["B"], OutputReference)
    assert values["B"].text("10.0.0.1") == "http://10.0.0.1:1"
    assert isinstance(values["C"], SecretKeyReference)
    assert isinstance(values["D"], ConfigMapKeyReference)
    references = [
        (reference.target, reference.reason, document.place(reference.path)) for reference in document.references()
    ]
    assert references == [
        ("Namespace/shop", "containment", f"{tmp_path}/a.yaml:3"),
        ("VirtualMachine/shop/db", "wiring", f"{tmp_path}/a.yaml:12"),
        ("VirtualMachine/data/db", "wiring", f"{tmp_path}/a.yaml:15"),
        ("ExternalSecret/shop/s", "reference", f"{tmp_path}/a.yaml:13"),
        ("Namespace/other", "order", f"{tmp_path}/a.yaml:6"),
    ]


def test_json_with_escapes_has_lines(tmp_path: Path) -> None:
    document = {
        "apiVersion": VERSION,
        "kind": "Namespace",
        "metadata": {"name": "a"},
        "spec": {"description": "\N{GRINNING FACE} \t /", "supervisor": "s"},
    }
    (tmp_path / "a.json").write_text("\n\n" + json.dumps([document], indent="\t"))
    (loaded,) = load_estate([tmp_path])
    assert isinstance(loaded, Namespace)
    assert loaded.spec.description == "\N{GRINNING FACE} \t /"
    assert loaded.place() == f"{tmp_path}/a.json:4"
    assert loaded.place(("spec", "supervisor")) == f"{tmp_path}/a.json:12"


def test_units() -> None:
    spec = {
        "supervisor": "s",
        "limits": {"cpu": "40GHz", "memory": "64Gi", "storage": "1Ti"},
        "storage_policies": [{"name": "gold", "limit": "200Gi"}],
    }
    result = Namespace.model_validate(
        {"api_version": VERSION, "kind": "Namespace", "metadata": {"name": "shop"}, "spec": spec}
    )
    limits = result.spec.limits
    assert (limits.cpu_mhz, limits.memory_mib, limits.storage_mib) == (40_000, 65_536, 1_048_576)
    assert result.spec.storage_policies[0].limit_mib == 204_800
    assert result.place(("spec",)) == "<program>"
