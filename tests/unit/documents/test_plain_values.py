"""Documents as plain values: read again they are the same, and secrets of manifests are not in them."""

import json
from pathlib import Path

import pytest
import yaml

from pacific_infra.documents import Estate, load_estate
from pacific_infra.documents.plain_values import WITHHELD, plain_documents, withholds
from pacific_infra.record.history import digest_of

ROOT = Path(__file__).parents[3]
ESTATES = (
    "stacks/estate/documents",
    "mongodb/stack/documents",
    *(f"tests/golden/{name}" for name in ("every-object", "every-property", "every-secret", "hybrid-estate")),
)
MANIFESTS = """\
apiVersion: pacific.infra/v1alpha1
kind: Manifests
metadata: {name: login, namespace: shop}
spec:
  cluster: tools
  manifests: |
%s
"""


def estate_of(text: str, folder: Path) -> Estate:
    (folder / "estate.yaml").write_text(text)
    return load_estate([folder / "estate.yaml"])


def manifests_of(text: str, folder: Path) -> str:
    """What is kept of a text of manifests."""
    indented = "\n".join(f"    {line}" for line in text.splitlines())
    (plain,) = plain_documents(estate_of(MANIFESTS % indented, folder)).values()
    kept: str = plain["spec"]["manifests"]["text"]
    return kept


@pytest.mark.parametrize("folder", ESTATES)
def test_what_is_kept_reads_as_the_same_estate(folder: str, tmp_path: Path) -> None:
    estate = load_estate([ROOT / folder])
    plain = {node: content for node, content in plain_documents(estate).items() if not withholds(content)}
    again = estate_of(yaml.safe_dump_all(plain.values(), sort_keys=False), tmp_path)
    expected = {document.id: document.model_dump_json() for document in estate if document.id in plain}
    assert {document.id: document.model_dump_json() for document in again} == expected
    assert digest_of(plain_documents(again)) == digest_of(plain)


def test_an_application_keeps_its_parts(tmp_path: Path) -> None:
    text = """\
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineClass
metadata: {name: small, labels: {team: a}}
spec: {cpuCount: 2, memory: 4Gi}
---
apiVersion: pacific.infra/v1alpha1
kind: Application
metadata: {name: shop}
spec: {selector: {matchLabels: {team: a}}}
"""
    estate = estate_of(text, tmp_path)
    again = estate_of(yaml.safe_dump_all(plain_documents(estate).values()), tmp_path)
    assert again.applications == estate.applications == {"shop": ("VirtualMachineClass/small",)}


def test_values_of_a_secret_are_withheld(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: hunter2}\n"
    (kept,) = yaml.safe_load_all(manifests_of(text, tmp_path))
    assert kept == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "login"},
        "stringData": {"password": WITHHELD},
    }


@pytest.mark.parametrize(
    "text",
    [
        "{apiVersion: v1, kind: Secret, metadata: {name: login}, data: {password: aHVudGVyMg==}}",
        'apiVersion: v1\n"kind": "Secret"\nmetadata: {name: login}\ndata: {password: aHVudGVyMg==}',
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n"
        "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\ndata: {password: aHVudGVyMg==}",
    ],
)
def test_however_a_secret_is_written_it_is_withheld(text: str, tmp_path: Path) -> None:
    kept = manifests_of(text, tmp_path)
    assert "aHVudGVyMg==" not in kept
    assert WITHHELD in kept


def test_manifests_without_secrets_are_kept_to_the_letter(tmp_path: Path) -> None:
    text = "# The shop's settings\napiVersion: v1\nkind:   ConfigMap\nmetadata: {name: a}\ndata: {kind: Secret}\n"
    assert manifests_of(text, tmp_path) == text


def test_no_document_of_the_golden_estates_gives_a_secret_away() -> None:
    kept = json.dumps([plain_documents(load_estate([ROOT / folder])) for folder in ESTATES])
    assert '"stringData": {"a": "b"}' not in kept
    assert "{a: b}" not in kept
