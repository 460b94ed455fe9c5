"""Whether a run would be the last one again: every input counts, and a record that somebody else changed does too."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pacific_infra.converge.last_run import (
    inputs_digest,
    is_read_anew,
    last_run_file,
    note_last_run,
    surroundings,
    was_last_run,
)
from pacific_infra.converge.project import find_project
from pacific_infra.documents import load_estate
from pacific_infra.record.backend import StackFiles, read_checkpoint, write_checkpoint

PROGRAM = '"""The estate."""\n\nfrom pacific_infra.estate_program import run\n\nrun()\n'
DOCUMENT = """\
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineClass
metadata: {name: small}
spec: {cpuCount: 1, memory: 1Gi}
"""
SITE = ("vcenter.example.test", "3.274.1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\nconfig: {documents: {value: [documents]}}\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "class.yaml").write_text(DOCUMENT)
    return tmp_path


def digest(folder: Path, site: tuple[str, ...] = SITE) -> str | None:
    return inputs_digest(find_project(folder), load_estate([folder / "documents"]).digest, site)


def test_the_same_inputs_have_the_same_digest(folder: Path) -> None:
    assert digest(folder) == digest(folder) is not None


def test_what_is_shared_is_the_same_in_every_checkout(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    checkout = tmp_path_factory.mktemp("other") / "checkout"
    shutil.copytree(folder, checkout)
    shared = [list(surroundings(find_project(place), shared=True)) for place in (folder, checkout)]
    assert shared[0] == shared[1]
    assert not any(str(folder).encode() in part for part in shared[0])


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "documents" / "class.yaml").write_text(DOCUMENT.replace("cpuCount: 1", "cpuCount: 2")),
        lambda folder: (folder / "Pulumi.dev.yaml").write_text("config: {pacific:waitTimeout: 60}\n"),
        lambda folder: (folder / "Pulumi.yaml").write_text(f"{(folder / 'Pulumi.yaml').read_text()}description: x\n"),
    ],
    ids=["document", "configuration", "project"],
)
def test_any_changed_input_changes_the_digest(folder: Path, change: Callable[[Path], object]) -> None:
    before = digest(folder)
    change(folder)
    assert digest(folder) != before


def test_another_site_changes_the_digest(folder: Path) -> None:
    assert digest(folder) != digest(folder, ("other.example.test", "3.274.1"))


@pytest.mark.parametrize("program", [f"{PROGRAM}print(1)\n", "import pulumi\n", "def (\n", ""])
def test_a_program_of_its_own_is_always_run(folder: Path, program: str) -> None:
    (folder / "__main__.py").write_text(program)
    assert digest(folder) is None


def test_a_run_is_the_last_one_only_with_its_inputs_and_its_record(tmp_path: Path) -> None:
    files = StackFiles(tmp_path / "backend", "shop", "dev")
    write_checkpoint(files, {"resources": []})
    file = last_run_file(tmp_path / "state", files)
    record = read_checkpoint(files).digest
    assert not was_last_run(file, "inputs", record)
    note_last_run(file, "inputs", files)
    assert was_last_run(file, "inputs", record)
    assert not was_last_run(file, "others", record)
    write_checkpoint(files, {"resources": [{"urn": "urn:pulumi:dev::shop::t::n", "type": "t"}]})
    assert not was_last_run(file, "inputs", read_checkpoint(files).digest)
    file.write_text("{")
    assert not was_last_run(file, "inputs", record)


def test_what_only_a_run_can_know_is_read_anew() -> None:
    assert not is_read_anew([{"type": "kubernetes:core/v1:Secret"}])
    assert is_read_anew([{"type": "kubernetes:core/v1:Secret", "external": True}])
