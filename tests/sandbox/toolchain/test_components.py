import dataclasses
import re
from pathlib import Path

import pytest

from pacific_sandbox.toolchain.components import COMPONENTS, CRX_INIT, Component, Program, pin
from pacific_sandbox.toolchain.omissions import Omission

TOOLS = Path(__file__).parents[3] / "sandbox" / "tools"


@pytest.fixture
def program() -> Program:
    return Program(name="one", title="One", seconds=1, disk=1, program="one", variables={"main.version": "1"})


@pytest.fixture
def module(tmp_path: Path) -> Path:
    (tmp_path / "go.mod").write_text("module one\n")
    (tmp_path / "main.go").write_text("package main\n")
    return tmp_path


def test_the_pin_changes_with_sources_and_flags(program: Program, module: Path) -> None:
    first = pin(program, module)
    (module / "main.go").write_text("package main // changed\n")
    second = pin(program, module)
    third = pin(dataclasses.replace(program, variables={"main.version": "2"}), module)
    assert len({first, second, third}) == 3


def test_the_pin_changes_with_what_is_left_out(program: Program, module: Path) -> None:
    without = dataclasses.replace(program, omitted={"example.com/clouds": Omission(("aws.go",))})
    debugged = dataclasses.replace(program, compiler="-dwarf=false")
    assert len({pin(variant, module) for variant in (program, without, debugged)}) == 3


def test_the_pin_stays_with_an_estimate_or_a_file_that_is_not_compiled(program: Program, module: Path) -> None:
    first = pin(program, module)
    (module / "README.md").write_text("words\n")
    assert pin(dataclasses.replace(program, seconds=99, title="Renamed"), module) == first


def test_a_file_that_moves_changes_the_pin(program: Program, module: Path) -> None:
    first = pin(program, module)
    (module / "main.go").rename(module / "other.go")
    assert pin(program, module) != first


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_every_component_is_a_pinned_module(component: Component) -> None:
    folder = TOOLS / component.name
    assert re.search(r"^go \d", (folder / "go.mod").read_text(), re.MULTILINE)
    assert "h1:" in (folder / "go.sum").read_text()


def test_the_init_of_machines_needs_nothing_but_go_and_is_no_part_of_the_default() -> None:
    assert "require" not in (TOOLS / CRX_INIT.name / "go.mod").read_text()
    assert CRX_INIT not in COMPONENTS


def test_the_titles_versions_are_the_modules() -> None:
    """The version that a program is stamped with is the one that go.mod pins."""
    pinned = {
        "control-plane": "k8s.io/kubernetes v1.33.13",
        "engine": "github.com/pulumi/pulumi/pkg/v3 v3.274.1",
        "kubernetes-provider": "github.com/pulumi/pulumi-kubernetes/sdk/v4 v4.24.1",
        "yaml-language-host": "github.com/pulumi/pulumi-yaml v1.38.1",
        "vm-operator": "github.com/vmware-tanzu/vm-operator v1.10.0",
    }
    for component in COMPONENTS:
        if component.name in pinned:
            version = pinned[component.name].split(" v")[1]
            assert pinned[component.name] in (TOOLS / component.name / "go.mod").read_text()
            assert version in component.title
            if isinstance(component, Program):
                assert version in " ".join(component.build_flags())
