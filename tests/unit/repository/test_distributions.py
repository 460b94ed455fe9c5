"""What is in the wheels of the three distributions, and what each requires."""

import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from pacific_infra import __version__
from tests.support.wheels import ROOT, build_wheels


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return build_wheels(tmp_path_factory.mktemp("wheels"))


def packages(wheel: Path) -> set[str]:
    """The folders at the top of a wheel, without its metadata."""
    folders = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    return {folder for folder in folders if not folder.endswith(".dist-info")}


def requirements(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(metadata)).get_all("Requires-Dist") or []


def test_each_wheel_has_its_packages(wheels: dict[str, Path]) -> None:
    assert {name: packages(wheel) for name, wheel in wheels.items()} == {
        "pacific_infra": {"pacific_infra", "pacific_components"},
        "pacific_sandbox": {"pacific_sandbox"},
        "pacific_mongodb": {"pacific_mongodb"},
    }


def test_the_product_has_no_sources_in_go_and_the_sandbox_has_all(wheels: dict[str, Path]) -> None:
    assert [
        name for name in zipfile.ZipFile(wheels["pacific_infra"]).namelist() if name.endswith((".go", ".mod"))
    ] == []
    tools = ROOT / "sandbox" / "tools"
    sources = {f"pacific_sandbox/modules/{file.relative_to(tools)}" for file in tools.rglob("*") if file.is_file()}
    assert sources <= set(zipfile.ZipFile(wheels["pacific_sandbox"]).namelist())


def test_the_extra_brings_the_sandbox_of_the_same_version(wheels: dict[str, Path]) -> None:
    required = requirements(wheels["pacific_infra"])
    version = wheels["pacific_infra"].name.split("-")[1]
    assert [line for line in required if "sandbox'" in line] == [f"pacific-sandbox=={version}; extra == 'sandbox'"]
    assert f"pacific-infra=={version}" in requirements(wheels["pacific_sandbox"])
    assert {wheel.name.split("-")[1] for wheel in wheels.values()} == {version, __version__}


def test_each_wheel_has_the_licence(wheels: dict[str, Path]) -> None:
    licence = (ROOT / "LICENSE").read_bytes()
    for name, wheel in wheels.items():
        with zipfile.ZipFile(wheel) as archive:
            assert [archive.read(file) for file in archive.namelist() if file.endswith("licenses/LICENSE")] == [
                licence
            ], name
