"""sandbox.yaml of a project: what the sandbox has to be like for its documents."""

from pathlib import Path
from typing import Any

import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox import sandbox_file
from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.sandbox_file import SandboxFile

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("stack", ["stacks/hybrid-shop", "mongodb/stack"])
def test_those_of_the_stacks(stack: str) -> None:
    content = SandboxFile.of(ROOT / stack).content
    assert content.runtime == "qemu"
    assert all((ROOT / stack / image.program).is_file() for image in content.images.python)


def test_a_project_without_one_takes_what_there_is(tmp_path: Path) -> None:
    content = SandboxFile.of(tmp_path).content
    assert (content.runtime, content.hosts, content.images.demo, content.images.python) == (None, 4, False, [])


def test_each_wrong_property_is_named(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.yaml"
    file.write_text("runtime: docker\nhosts: 0\nimages: {python: [{name: one:1, with: pymongo}]}\nhostss: 1\n")
    with pytest.raises(PacificError) as refused:
        SandboxFile.read(file)
    assert str(refused.value) == (
        f"{file}: runtime: input should be 'simulated' or 'qemu': got 'docker'\n"
        f"{file}: hosts: input should be greater than or equal to 1: got 0\n"
        f"{file}: images.python.0.program: field required\n"
        f"{file}: images.python.0.with: input should be a valid list: got 'pymongo'\n"
        f"{file}: hostss: extra inputs are not permitted: got 1"
    )


def test_images_are_made_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result: list[Any] = []
    monkeypatch.setattr(Sandbox, "up", lambda self, say: result.append(("up", self._runtime, self._runtime_required)))
    monkeypatch.setattr(sandbox_file, "add_python_image", lambda store, *words, **more: result.append((*words, more)))

    def say(line: str) -> None:
        raise AssertionError(line)

    file = tmp_path / "sandbox.yaml"
    file.write_text("runtime: qemu\nimages: {python: [{name: one:1, program: one.py, with: [pymongo], ports: [80]}]}\n")
    SandboxFile.read(file).start(tmp_path / "state", None, say)  # type: ignore[arg-type]
    assert result == [
        ("up", "qemu", True),
        ("one:1", tmp_path / "one.py", {"distributions": ["pymongo"], "ports": [80], "say": say}),
    ]
