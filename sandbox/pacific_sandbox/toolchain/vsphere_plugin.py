"""The plugin of pulumi-vsphere: the official one where it is installed, else the sandbox's stand-in in its place."""

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from pacific_infra.toolchain import plugins
from pacific_sandbox.toolchain import launchers

_NAME = "vsphere"
_LARGEST = 4096
"""Bytes of a stand-in; an official plugin has megabytes."""


def is_in_place(pulumi_home: Path) -> bool:
    """Whether there is either an official plugin, or this package's stand-in in the version that the SDK asks for."""
    official, stand_ins = _installed(pulumi_home)
    if official:
        return not stand_ins
    return stand_ins == [_place(pulumi_home)] and stand_ins[0].read_text() == launchers.vsphere_stand_in()


def install(pulumi: Path, variables: Mapping[str, str], pulumi_home: Path, folder: Path) -> None:
    """Install the stand-in, or remove it where an official plugin has come. Raises PacificError with Pulumi's words.

    ``folder`` is where the launcher is written before Pulumi copies it.
    """
    official, stand_ins = _installed(pulumi_home)
    for program in stand_ins:
        plugins.remove_plugin(program.parent)
    if not official:
        launcher = folder / launchers.VSPHERE_STAND_IN
        launcher.write_text(launchers.vsphere_stand_in())
        launcher.chmod(0o755)
        plugins.install_plugin(pulumi, variables, _NAME, _version(), launcher)


def _installed(pulumi_home: Path) -> tuple[list[Path], list[Path]]:
    """The official plugins' programs, and the stand-in's, also those that other versions of this package wrote."""
    programs = plugins.installed_plugins(pulumi_home, _NAME)
    stand_ins = [
        program
        for program in programs
        if program.stat().st_size < _LARGEST and launchers.VSPHERE_MARK.encode() in program.read_bytes()
    ]
    return [program for program in programs if program not in stand_ins], stand_ins


def _place(pulumi_home: Path) -> Path:
    return plugins.plugin_program(pulumi_home, _NAME, _version())


def _version() -> str:
    return metadata.version("pulumi-vsphere")
