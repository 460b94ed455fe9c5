"""The program of an estate's project: the documents that its configuration names, on the vCenter that it names, or in
the embedded sandbox.

A project's ``__main__.py`` is ``from pacific_infra.estate_program import run`` and ``run()``; `pacific init` writes it.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import pulumi

from pacific_infra.converge.estate_file import refuse_partition
from pacific_infra.converge.project import find_project
from pacific_infra.converge.renderer import project_renderer
from pacific_infra.converge.stacks_file import estate_of, split_as_rendered
from pacific_infra.declaration import EstateOptions, ServedCluster, declare_estate
from pacific_infra.documents import Estate, load_estate
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.graph.external import needing_vcenter
from pacific_infra.plan.durations import History, durations_file
from pacific_infra.program_run import SHOWN
from pacific_infra.record.backend import StackFiles
from pacific_infra.record.backends import backend_folder, backend_of
from pacific_infra.record.estate import EstateRecordFile
from pacific_infra.sandbox import start_sandbox
from pacific_infra.sdk_speed import quick_sdk
from pacific_infra.settings import Settings
from pacific_infra.toolchain import find_toolchain
from pacific_infra.vcenter.kubeconfig_file import KubeconfigFile, configured_kubeconfig
from pacific_infra.vcenter.settings import VCenterSettings, configured_vcenter


def run(part: DependencyGraph | None = None, *, read: DependencyGraph | None = None) -> None:
    """Declare the estate. Each error is logged in one line, without a traceback; then the process ends.

    ``part``: of an estate in several stacks the documents of the one that runs; None: the stack has all of them.
    ``read``: the documents that the configuration names, where they have been read.
    """
    try:
        with quick_sdk(positions=False):
            _declare(Path(pulumi.runtime.get_root_directory() or Path.cwd()), part, read)
    except PacificErrors as problems:
        for problem in problems.errors:
            pulumi.log.error(str(problem))
        sys.exit(SHOWN)
    except PacificError as problem:
        pulumi.log.error(str(problem))
        sys.exit(SHOWN)


def _declare(root: Path, part: DependencyGraph | None, read: DependencyGraph | None) -> None:
    """Declare the documents and export their outputs.

    They are read first: nothing is started for documents that are wrong, and no vCenter for documents that need none.
    """
    config, vcenter = pulumi.Config(), pulumi.Config("pacific")
    settings = Settings.read()
    # Refuses settings that nothing reads, whoever runs this program.
    settings = settings.with_backend(find_project(root, pulumi.get_stack()).backend_url)
    kubeconfig = configured_kubeconfig(vcenter.get, root)
    paths, overlays = configured_documents(config, root), configured_overlays(config, root)
    estate = estate_of(root, pulumi.get_stack()) if part is None else None
    if part is None:
        environment = find_toolchain(settings).environment()
        backend = backend_folder(backend_of(settings, environment))
        files = None if backend is None else StackFiles(backend, pulumi.get_project(), pulumi.get_stack())
        recorded = files is not None and EstateRecordFile.of(files).file.is_file()
        if recorded or estate is None:
            refuse_partition(root, recorded=recorded)
    graph = part or read or build_graph(load_estate(paths, overlays, project_renderer(settings)))
    if estate is not None:
        graph = split_as_rendered(root, graph, estate, complete=True).slice_of(pulumi.get_stack())
    login: VCenterSettings | None = None
    if any(needing_vcenter(graph.estate, kubeconfig=kubeconfig is not None)):
        login = configured_vcenter(vcenter.get, root, lambda: vcenter.get("password"))
        if login is None and kubeconfig is None:
            login = _sandbox(config, settings, root)
    history = History.read(durations_file(settings.state_directory, pulumi.get_project(), pulumi.get_stack()))
    options = EstateOptions(
        kubernetes_plugin_version=find_toolchain(settings).kubernetes_plugin_version(),
        wait_timeout=vcenter.get_int("waitTimeout"),
        duration=lambda node: history.estimate(node, "create").p50,
        imports=configured_imports(config),
        kubeconfig=kubeconfig,
        clusters=_served_clusters(graph.estate, login, kubeconfig),
    )
    for name, value in declare_estate(graph, login, options).items():
        pulumi.export(name, value)


def _served_clusters(
    estate: Estate, login: VCenterSettings | None, kubeconfig: KubeconfigFile | None
) -> Mapping[str, ServedCluster]:
    """How Supervisors serve workload clusters; nobody is asked where there are none."""
    if not any(document.kubernetes_release for document in estate):
        return {}
    from pacific_infra.converge.served_clusters import served_clusters  # noqa: PLC0415 - it imports HTTP clients

    return served_clusters(estate, login, kubeconfig)


def configured_documents(config: pulumi.Config, root: Path) -> list[Path]:
    """The files and folders that ``NAME:documents`` lists, relative to ``root``; a string or a list of strings.

    Raises PacificError where none is given.
    """
    listed = _listed(config, "documents")
    if not listed:
        raise PacificError(
            "the stack names no documents", fix=f"pulumi config set {pulumi.get_project()}:documents FOLDER"
        )
    return [root / path for path in listed]


def configured_overlays(config: pulumi.Config, root: Path) -> list[Path]:
    """The files and folders of patches that ``NAME:overlays`` lists, relative to ``root``: one, or a list."""
    return [root / path for path in _listed(config, "overlays")]


def _listed(config: pulumi.Config, key: str) -> list[str]:
    text = config.get(key)
    if not text:
        return []
    return [str(path) for path in config.get_object(key) or ()] if text.lstrip().startswith("[") else [text]


def configured_imports(config: pulumi.Config) -> dict[str, str]:
    """What ``NAME:imports`` lists: identifiers, by document, of what is in vCenter already and is taken over."""
    return {str(node): str(identifier) for node, identifier in (config.get_object("imports") or {}).items()}


def _sandbox(config: pulumi.Config, settings: Settings, root: Path) -> VCenterSettings:
    """The sandbox's vCenter, started if it is not up, with the sandbox.yaml next to Pulumi.yaml.

    ``NAME:sandbox`` names its folder.
    """
    folder = config.get("sandbox")
    directory = root / Path(folder).expanduser() if folder else settings.sandbox_directory
    return start_sandbox(directory, settings, root, lambda line: pulumi.log.info(line, ephemeral=True))
