"""The program of an estate's project: the documents that its configuration names, on the vCenter that it names, or in
the embedded sandbox.

A project's ``__main__.py`` is ``from pacific_infra.estate_program import run`` and ``run()``; `pacific init` writes it.
"""

import sys
from pathlib import Path

import pulumi
from pacific_components.estate import (
    EstateOptions,
    configured_documents,
    configured_imports,
    configured_overlays,
    configured_vcenter,
    program,
)

from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.plan.durations import History, durations_file
from pacific_infra.sandbox import start_sandbox
from pacific_infra.sdk_speed import quick_sdk
from pacific_infra.settings import Settings
from pacific_infra.toolchain import find_toolchain
from pacific_infra.vcenter.kubeconfig_file import configured_kubeconfig
from pacific_infra.vcenter.settings import VCenterSettings

SHOWN = 32
"""Exit code by which Pulumi's Python language host knows that the error is already shown: it adds none."""


def run() -> None:
    """Declare the estate. Each error is logged in one line, without a traceback; then the process ends."""
    try:
        with quick_sdk(positions=False):
            _declare(Path(pulumi.runtime.get_root_directory() or Path.cwd()))
    except PacificErrors as problems:
        for problem in problems.errors:
            pulumi.log.error(str(problem))
        sys.exit(SHOWN)
    except PacificError as problem:
        pulumi.log.error(str(problem))
        sys.exit(SHOWN)


def _declare(root: Path) -> None:
    config, vcenter = pulumi.Config(), pulumi.Config("pacific")
    preferences = Settings.read()

    kubeconfig = configured_kubeconfig(vcenter.get, root)

    def settings() -> VCenterSettings | None:
        configured = configured_vcenter(vcenter, root)
        return configured if configured or kubeconfig else _sandbox(config, preferences, root)

    def options() -> EstateOptions:
        history = History.read(durations_file(preferences.state_directory, pulumi.get_project(), pulumi.get_stack()))
        return EstateOptions(
            kubernetes_plugin_version=find_toolchain(preferences).kubernetes_plugin_version(),
            wait_timeout=vcenter.get_int("waitTimeout"),
            duration=lambda node: history.estimate(node, "create").p50,
            imports=configured_imports(config),
            kubeconfig=kubeconfig,
        )

    overlays = configured_overlays(config, root)
    program(configured_documents(config, root), settings, options, overlays=overlays)


def _sandbox(config: pulumi.Config, settings: Settings, root: Path) -> VCenterSettings:
    """The sandbox's vCenter, started if it is not up, with the sandbox.yaml next to Pulumi.yaml.

    ``NAME:sandbox`` names its folder.
    """
    folder = config.get("sandbox")
    directory = root / Path(folder).expanduser() if folder else settings.sandbox_directory
    return start_sandbox(directory, settings, root, lambda line: pulumi.log.info(line, ephemeral=True))
