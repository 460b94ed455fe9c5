"""The product by itself: what is installed, and what to install."""

import os
from importlib import metadata
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings
from pacific_infra.toolchain import Toolchain
from pacific_infra.toolchain import __main__ as toolchain_command
from pacific_infra.toolchain.toolchain import ENGINE_PROGRAMS

INSTALL = "pip install 'pacific-infra[sandbox]'"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an installed Pulumi with its language hosts, which is first on PATH."""
    folder = tmp_path / "installed"
    folder.mkdir()
    for name in ENGINE_PROGRAMS:
        (folder / name).write_text("#!/bin/sh\necho v3.250.0\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


@pytest.fixture
def toolchain(tmp_path: Path) -> Toolchain:
    return Toolchain(Settings.read({"HOME": str(tmp_path)}))


def test_an_installed_pulumi_with_its_hosts_is_used_as_it_is(installed: Path, toolchain: Toolchain) -> None:
    assert toolchain.programs() == [(name, installed / name) for name in ENGINE_PROGRAMS]
    assert toolchain.program("pulumi") == installed / "pulumi"
    assert toolchain.pulumi_version() == (3, 250, 0)
    variables = toolchain.environment()
    assert str(installed) in variables["PATH"].split(os.pathsep)
    assert variables["PULUMI_IGNORE_AMBIENT_PLUGINS"] == "true"


def test_without_a_pulumi_it_is_said_what_to_install(toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert not toolchain.installed
    with pytest.raises(PacificError) as caught:
        toolchain.install(lambda line: None)
    assert str(caught.value) == f"pulumi is not installed: fix: install Pulumi 3.225 or newer, or: {INSTALL}"


def test_the_kubernetes_provider_is_fetched_by_pulumi_in_the_version_of_its_sdk(toolchain: Toolchain) -> None:
    assert toolchain.kubernetes_plugin_version() == metadata.version("pulumi-kubernetes")


@pytest.mark.parametrize("name", ["install_crx", "install_helm", "install_sdk_generator", "prune"])
def test_what_is_built_needs_the_sandbox(toolchain: Toolchain, name: str) -> None:
    with pytest.raises(PacificError) as caught:
        getattr(toolchain, name)(lambda line: None)
    assert str(caught.value) == f"only the toolchain of the sandbox is built: fix: {INSTALL}"


class OnReadOnlyHome:
    """A toolchain whose folders cannot be made."""

    def install(self, *_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system", "/home/user/.pulumi")


def test_a_home_that_cannot_be_written_is_said_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(toolchain_command, "find_toolchain", lambda _: OnReadOnlyHome())
    assert toolchain_command.main(lambda _: None) == 1
    assert "error: /home/user/.pulumi: read-only file system" in capsys.readouterr().err
