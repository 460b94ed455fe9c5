"""``pacific render``: what a controller in a cluster needs to converge an estate from git."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pacific_infra import __version__
from pacific_infra.cli.document_graph import graph_of
from pacific_infra.cli.options import CURRENT_FOLDER, JsonOption, ProjectOption, StackOption
from pacific_infra.cli.render_stacks import render_stacks
from pacific_infra.cli.result import print_json
from pacific_infra.converge.project import Project, find_project
from pacific_infra.converge.stacks_file import NAME as STACKS_FILE
from pacific_infra.documents.kinds import KINDS
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.gitops.git_source import GitSource, kubernetes_name
from pacific_infra.gitops.operator import StackSource
from pacific_infra.gitops.readiness import waits_of
from pacific_infra.gitops.waves import HEADER, RETAINED, argo_files, flux_files, in_order
from pacific_infra.gitops.workspace_image import ImageVersions, workspace_recipe
from pacific_infra.graph import DependencyGraph
from pacific_infra.settings import Settings
from pacific_infra.toolchain import find_toolchain
from pacific_infra.vcenter.settings import VCenterSettings

if TYPE_CHECKING:  # It imports Pulumi.
    from pacific_infra.converge.rendering import RenderedResource

IMAGE = "pacific-workspace:latest"
SECRET = "pacific"  # noqa: S105 - the name of an object


class Controller(StrEnum):
    """What converges the rendered objects."""

    PKO = "pko"
    FLUX = "flux"
    ARGO = "argo"


def render(
    controller: Annotated[
        Controller,
        typer.Argument(
            help="pko: the Pulumi Kubernetes Operator runs the whole stack. flux, argo: the Kubernetes objects alone."
        ),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder in the repository that the files are written to.")],
    repository: Annotated[str, typer.Option("--repository", help="URL of the git repository.")],
    branch: Annotated[str, typer.Option("--branch", help="Its branch.")] = "main",
    namespace: Annotated[
        str | None, typer.Option("--namespace", help="Namespace of the controller's objects. [default: its own]")
    ] = None,
    backend: Annotated[
        str | None, typer.Option("--backend", help="pko: URL of the state. [default: PULUMI_BACKEND_URL]")
    ] = None,
    image: Annotated[str, typer.Option("--image", help="pko: image of the workspace.")] = IMAGE,
    secret: Annotated[
        str, typer.Option("--secret", help="pko: Secret with the keys passphrase and password.")
    ] = SECRET,
    after: Annotated[
        list[str] | None, typer.Option("--after", help="pko: name of a Stack object that has to be converged before.")
    ] = None,
    resync: Annotated[
        int, typer.Option("--resync", min=60, help="pko, flux: seconds between two looks for drift.")
    ] = 600,
    destroy_on_delete: Annotated[
        bool, typer.Option("--destroy-on-delete", help="pko: deleting the Stack object deletes what it has made.")
    ] = False,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write what a controller in a cluster needs to converge the stack from git: objects only, nothing is applied."""
    chosen = find_project(project, stack)
    graph = graph_of(chosen)
    if controller is Controller.PKO:
        top = _top(chosen)
        stack_source = StackSource(
            project=chosen.name,
            stack=chosen.stack,
            folder=chosen.directory.relative_to(top).as_posix(),
            configuration=chosen.configuration,
            repository=repository,
            branch=branch,
            namespace=namespace or "pulumi-kubernetes-operator",
            backend=backend or Settings.read().backend_url or "",
            image=image,
            secret=secret,
            after=after or (),
            destroy_on_delete=destroy_on_delete,
            resync_seconds=resync,
            variables=_engine_settings(),
        )
        rendered = render_stacks(chosen, graph, stack_source)
        files = {**rendered.files, "Containerfile": _recipe()}
        if rendered.stacks_file is not None:
            _write(chosen.directory, {STACKS_FILE: rendered.stacks_file})
        for name in rendered.leaving:
            typer.echo(f"{name} has no documents any more: delete its file and its Stack object", err=True)
    else:
        documents = in_order(graph, _objects(chosen, graph))
        path = _path_of(out, _top(chosen))
        if controller is Controller.FLUX:
            source = GitSource(kubernetes_name(chosen.name), namespace or "flux-system", repository, branch)
            files = flux_files(documents, source, path, resync)
        else:
            place = {"repoURL": repository, "targetRevision": branch, "path": path}
            files = argo_files(documents, kubernetes_name(chosen.name), place, namespace or "argocd")
    _write(out, files)
    if as_json:
        print_json("render", {"controller": controller.value, "folder": str(out), "files": sorted(files)})
        return
    for name in sorted(files):
        typer.echo(f"wrote {out / name}")


def _engine_settings() -> Mapping[str, str]:
    from pacific_infra.converge.stack import ENGINE_SETTINGS  # noqa: PLC0415 - it imports Pulumi

    return ENGINE_SETTINGS


def _recipe() -> str:
    """The Dockerfile of an image with what converges on this computer."""
    toolchain = find_toolchain(Settings.read())
    pulumi = ".".join(map(str, toolchain.pulumi_version()))
    return workspace_recipe(ImageVersions(pulumi, toolchain.kubernetes_plugin_version(), __version__))


def _top(project: Project) -> Path:
    """The folder of the repository that the project lies in; its own one where it is in none."""
    folders = (project.directory, *project.directory.parents)
    return next((folder for folder in folders if (folder / ".git").exists()), project.directory)


def _path_of(folder: Path, top: Path) -> str:
    """``folder`` from the repository's top, as a controller reads it."""
    whole = folder.resolve()
    if not whole.is_relative_to(top):
        raise PacificError(
            "the folder is not in the repository", place="--out", value=str(folder), allowed=f"{top}/..."
        )
    return whole.relative_to(top).as_posix()


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files, and delete those that an earlier run has written of documents that are no more."""
    try:
        for file in folder.glob("*/*.yaml"):
            if file.relative_to(folder).as_posix() not in files and file.read_text(encoding="utf-8").startswith(HEADER):
                file.unlink()
                if not any(file.parent.iterdir()):
                    file.parent.rmdir()
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PacificError(f"cannot be written ({error.strerror})", place=str(error.filename or folder)) from None


def _objects(project: Project, graph: DependencyGraph) -> dict[str, list[Mapping[str, Any]]]:
    """The objects of each document that has any. Raises PacificErrors with each document that no controller of objects
    can converge.
    """
    problems = [
        PacificError(
            f"{document.id} is an object of vCenter, which no controller of Kubernetes objects can make",
            place=document.place(),
            fix="let its stack be converged by pacific render pko, and write external: true here",
        )
        for document in graph.estate
        if (kind := KINDS.get(document.kind)) and kind.in_vcenter and not document.external
    ]
    if problems:
        raise PacificErrors(problems)
    from pacific_infra.converge.dry_run import kubernetes_objects  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.converge.rendering import render as render_program  # noqa: PLC0415

    rendered = render_program(graph, NOWHERE, (), owner=f"{project.name}/{project.stack}", look_up=look_up)
    objects = kubernetes_objects(rendered, unchanged=True)
    servers: dict[str, set[str]] = {}
    for resource in objects:
        servers.setdefault(resource.provider, set()).add(resource.node or "")
    if len(servers) > 1:
        elsewhere = [
            PacificError(
                f"the objects belong to {len(servers)} API servers, and a controller applies to its own alone",
                value=f"{', '.join(sorted(nodes))} on that of {provider.removesuffix('-kubernetes')}",
                fix="make a stack for each",
            )
            for provider, nodes in sorted(servers.items())
        ]
        raise PacificErrors(elsewhere)
    documents = {document.id: document for document in graph.estate}
    result: dict[str, list[Mapping[str, Any]]] = {}
    for resource in objects:
        document = documents[resource.node or ""]
        reason = _reason(resource)
        if reason is not None:
            text = f"{document.id} needs {resource.type.rpartition(':')[2]} {resource.name}, {reason}"
            problems.append(PacificError(text, place=document.place(), fix="let pacific render pko converge it"))
        result.setdefault(document.id, []).append(_annotated(resource))
    if problems:
        raise PacificErrors(problems)
    return result


def _reason(resource: "RenderedResource") -> str | None:
    """Why an object cannot lie in git; None: it can."""
    if resource.type == "kubernetes:core/v1:Secret":
        return "a Secret, which would lie in git for all to read"
    if not resource.known:
        return "which takes a value that is known only when another document has converged"
    try:
        waits_of(resource.inputs)
    except ValueError as error:
        return f"which is ready at {error}; Flux and Argo CD can look at conditions and fields alone"
    return None


NOWHERE = VCenterSettings(server="vcenter.invalid", username="nobody", password="")
"""Objects are rendered without asking anybody."""


def look_up(_function: str, _arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"id": "supervisor", "name": "supervisor", "endpoint": "supervisor.invalid"}


def _annotated(resource: "RenderedResource") -> Mapping[str, Any]:
    """The object, with a mark where it stays when its document goes."""
    if not resource.retained:
        return resource.inputs
    metadata = resource.inputs["metadata"]
    annotations = {**(metadata.get("annotations") or {}), RETAINED: "true"}
    return {**resource.inputs, "metadata": {**metadata, "annotations": annotations}}
