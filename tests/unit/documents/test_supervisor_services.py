"""A document SupervisorService: what its contents say, what it needs, and what is refused, word for word."""

from pathlib import Path

import pytest

from pacific_infra.documents import SupervisorService, load_estate
from tests.support.bad_documents import HEAD, errors_of
from tests.support.carvel import carvel

SERVICE = HEAD + "kind: SupervisorService\nmetadata: {name: harbor}\nspec:\n"
TWO = SERVICE + "  versions: [{content: {file: one.yml}}, {content: {file: two.yml}}]\n  supervisors: [east]\n"
CASES = {
    "nothing": (
        SERVICE + "  supervisors: []\n",
        "a.yaml:4: spec: a SupervisorService names no service: fix: add versions with its content, or service",
    ),
    "no package": (
        SERVICE + "  versions: [{content: {file: none.yml}}]\n",
        "a.yaml:5: spec.versions[0].content: the content has no Carvel Package with spec.refName: got 'none.yml'; "
        "fix: name the YAML that the service's maker publishes",
    ),
    "no YAML": (
        SERVICE + "  versions: [{content: {file: broken.yml}}]\n",
        "broken.yml:1: this is not YAML: mapping values are not allowed in this context",
    ),
    "another version": (
        SERVICE + "  versions: [{content: {file: one.yml}, version: 1.0.1}]\n",
        "a.yaml:5: spec.versions[0].version: the content is of another version: got '1.0.1'; allowed: 1.0.0; "
        "fix: remove version",
    ),
    "another service": (
        SERVICE + "  service: contour.example.com\n  versions: [{content: {file: one.yml}}]\n",
        "a.yaml:6: spec.versions[0].content: the content is of another service: got 'harbor.example.com'; "
        "allowed: contour.example.com",
    ),
    "twice": (
        SERVICE + "  versions: [{content: {file: one.yml}}, {content: {file: one.yml}}]\n",
        "a.yaml:5: spec.versions[1].version: versions names this twice: got '1.0.0'; fix: remove one",
    ),
    "which version": (
        TWO,
        "a.yaml:4: spec: it is not said which version Supervisors are to have: allowed: 1.0.0, 2.0.0; fix: add version",
    ),
    "unknown version": (
        TWO + "  version: 3.0.0\n",
        "a.yaml:7: spec.version: the version to install is not among versions: got '3.0.0'; allowed: 1.0.0, 2.0.0; "
        "fix: add its content to versions, or remove versions where vCenter has it already",
    ),
    "a vSphere application": (
        SERVICE + "  service: a\n  versions: [{content: a, contentType: VSPHERE_APPS_YAML}]\n",
        "a.yaml:6: spec.versions[0]: a VSPHERE_APPS_YAML says no version here: fix: add version, as vCenter shows it",
    ),
    "a licence": (
        SERVICE + "  versions: [{content: {file: one.yml}, acceptEula: true}]\n",
        "a.yaml:5: spec.versions[0].acceptEula: acceptEula says nothing of a CARVEL_APPS_YAML: "
        "allowed: with contentType: VSPHERE_APPS_YAML; fix: remove acceptEula",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.yml").write_text(carvel("1.0.0"))
    (tmp_path / "two.yml").write_text(carvel("2.0.0"))
    (tmp_path / "none.yml").write_text("kind: ConfigMap\n")
    (tmp_path / "broken.yml").write_text("a: b: c\n")
    return tmp_path


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_message(folder: Path, text: str, expected: str) -> None:
    assert errors_of(folder, text) == [expected]


def test_service_and_version_are_read_out_of_the_content(folder: Path) -> None:
    (folder / "a.yaml").write_text(SERVICE + "  versions: [{content: {file: one.yml}}]\n  supervisors: [east, west]\n")
    (document,) = load_estate([folder / "a.yaml"]).of(SupervisorService)
    assert (document.spec.identifier, document.spec.installed) == ("harbor.example.com", "1.0.0")
    assert [reference.target for reference in document.references()] == [
        "SupervisorCluster/east",
        "SupervisorCluster/west",
    ]
