from pathlib import Path

import pytest

from pacific_infra.toolchain.plugins import BUILT_AS, forget_other_schema, kubernetes_plugins, parse_version


def install(home: Path, version: str, *, partial: bool = False) -> Path:
    program = home / "plugins" / f"resource-kubernetes-v{version}" / "pulumi-resource-kubernetes"
    program.parent.mkdir(parents=True)
    program.write_text("")
    if partial:
        program.parent.with_name(f"resource-kubernetes-v{version}.partial").write_text("")
    return program


def test_whole_plugins_of_fitting_versions_are_found(tmp_path: Path) -> None:
    older = install(tmp_path, "4.24.1")
    newer = install(tmp_path, "4.34.2")
    for version in ("4.18.1", "4.23.9", "3.30.2", "5.0.0", "4.40.0-alpha.1"):
        install(tmp_path, version)
    install(tmp_path, "4.35.0", partial=True)
    assert kubernetes_plugins(tmp_path, built="kubernetes-provider-1") == {(4, 24, 1): older, (4, 34, 2): newer}


def test_one_that_we_built_by_another_pin_does_not_count(tmp_path: Path) -> None:
    program = install(tmp_path, "4.24.1")
    (program.parent / BUILT_AS).write_text("kubernetes-provider-1")
    assert kubernetes_plugins(tmp_path, built="kubernetes-provider-1") == {(4, 24, 1): program}
    assert kubernetes_plugins(tmp_path, built="kubernetes-provider-2") == {}


def test_none_where_pulumi_was_never_run(tmp_path: Path) -> None:
    assert kubernetes_plugins(tmp_path / "missing", built="") == {}


@pytest.mark.parametrize(
    ("text", "version"),
    [("v3.253.0", (3, 253, 0)), ("4.18.1", (4, 18, 1)), ("v4.0.0-alpha.1", None), ("", None), ("v3.253", None)],
)
def test_versions(text: str, version: tuple[int, ...] | None) -> None:
    assert parse_version(text) == version


def test_the_schema_of_other_sources_is_forgotten(tmp_path: Path) -> None:
    kept = tmp_path / "schemas" / "pacific-0.1.0.json"
    forget_other_schema(tmp_path, "pacific", "0.1.0", "one")
    kept.write_text("{}")
    forget_other_schema(tmp_path, "pacific", "0.1.0", "one")
    assert kept.is_file()
    forget_other_schema(tmp_path, "pacific", "0.1.0", "two")
    assert not kept.is_file()
