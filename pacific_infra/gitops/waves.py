"""The Kubernetes objects of an estate for Flux or Argo CD: what waits for another is applied when that is healthy.

Flux: a Kustomization for each document, which depends on those that the document waits for, and is ready when its
objects are (kustomize.toolkit.fluxcd.io/v1). One for each wave would not do: a new dependency moves documents to other
waves, and Flux deletes what one Kustomization no longer has before another one applies it. Argo CD: an annotation with
the wave on each object, an Application (argoproj.io/v1alpha1), and the health of kinds that it does not know.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from pacific_infra.gitops.git_source import KIND, GitSource, check_no_password, kubernetes_name
from pacific_infra.gitops.readiness import health_expressions, health_scripts
from pacific_infra.graph import DependencyGraph

SYNC_WAVE = "argocd.argoproj.io/sync-wave"
WAVE = "pacific.infra/wave"
"""The label of a Kustomization that says the wave of its document."""
RETAINED = "pacific.infra/retained"
"""The annotation of an object that stays when its document goes."""
HEADER = "# Written by pacific render; written anew by the next one.\n"
ROOT = "kustomizations"
"""The folder of the Kustomizations, which Flux applies from git as well, so that one whose document is gone goes."""
_REPLACED = ("Job",)
"""Kinds whose objects cannot be changed: their controllers have to delete them and make them anew."""
_LONGEST_NAME = 63
"""Characters of a Kustomization's name: Flux puts it on each object as a label."""


@dataclass(frozen=True)
class DocumentObjects:
    """The objects of a document, as its component makes them: with the annotations that Pulumi's provider reads."""

    document: str
    """KIND/NAMESPACE/NAME."""
    wave: int
    after: Sequence[str]
    """Documents with objects that have to be ready before."""
    objects: Sequence[Mapping[str, Any]]


def in_order(graph: DependencyGraph, objects: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[DocumentObjects]:
    """The documents that have ``objects``, wave by wave, and their objects by kind and name: they are registered in an
    order that differs from run to run. What waits for a document without objects waits for what that waits for.
    """
    before: dict[str, set[str]] = {}
    for node in graph.order:
        before[node] = set()
        for needed in graph.predecessors[node]:
            before[node] |= {needed} if needed in objects else before[needed]
    return [
        DocumentObjects(node, graph.wave_of[node], sorted(before[node]), sorted(objects[node], key=_identity))
        for node in graph.order
        if node in objects
    ]


def _identity(item: Mapping[str, Any]) -> tuple[str, str, str]:
    metadata = item["metadata"]
    return item["kind"], metadata.get("namespace") or "", metadata["name"]


def flux_files(documents: Sequence[DocumentObjects], source: GitSource, path: str, resync: int) -> dict[str, str]:
    """Files by their paths. The name of ``source`` is the head of the Kustomizations' names.

    ``path``: the folder that the files will lie in, from the repository's top. ``resync``: seconds between two looks
    for drift. Raises PacificError for a URL that Flux does not take.
    """
    files = {}
    kustomizations = []
    for entry in documents:
        name = _name(source.name, entry.document)
        folder = name.removeprefix(f"{source.name}.")
        files[f"{folder}/objects.yaml"] = as_text([_for_flux(item) for item in entry.objects])
        kustomization = _kustomization(source, name, f"{path}/{folder}", resync)
        kustomization["metadata"]["labels"] = {WAVE: str(entry.wave)}
        if entry.after:
            kustomization["spec"]["dependsOn"] = [{"name": _name(source.name, other)} for other in entry.after]
        if expressions := health_expressions(entry.objects):
            kustomization["spec"]["healthCheckExprs"] = expressions
        kustomizations.append(kustomization)
    files[f"{ROOT}/kustomizations.yaml"] = as_text(kustomizations)
    root = _kustomization(source, source.name, f"{path}/{ROOT}", resync)
    files["flux.yaml"] = as_text([source.as_object(), root])
    return files


def _kustomization(source: GitSource, name: str, path: str, resync: int) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": source.namespace},
        "spec": {
            "interval": f"{resync}s",
            "retryInterval": "30s",
            "timeout": "10m",
            "prune": True,
            "wait": True,
            "path": f"./{path}",
            "sourceRef": {"kind": KIND, "name": source.name},
        },
    }


def _name(head: str, document: str) -> str:
    """``shop.crxworkload.store.web``: a label, of which no two documents have the same."""
    kind, *names = document.split("/")
    name = ".".join([head, kubernetes_name(kind), *names]).lower()
    if len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST_NAME - len(digest) - 1].rstrip('.-')}-{digest}"


def argo_files(
    documents: Sequence[DocumentObjects], name: str, source: Mapping[str, str], namespace: str
) -> dict[str, str]:
    """Files by their paths: the objects, and beside their folder the Application ``name``.

    ``source``: ``repoURL``, ``targetRevision`` and ``path`` of the folder with the files. ``namespace``: Argo CD's.
    Raises PacificError where the URL says a password.
    """
    check_no_password(source["repoURL"])
    application = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": name,
            "namespace": namespace,
            # Deleting the Application deletes its objects.
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        },
        "spec": {
            "project": "default",
            "source": {**source, "path": f"{source['path']}/objects"},
            "destination": {"server": "https://kubernetes.default.svc"},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                "syncOptions": ["ServerSideApply=true"],
            },
        },
    }
    files = {
        "objects/objects.yaml": as_text([_for_argo(item, entry.wave) for entry in documents for item in entry.objects]),
        "application.yaml": as_text([application]),
    }
    if scripts := health_scripts([item for entry in documents for item in entry.objects]):
        metadata = {"name": "argocd-cm", "namespace": namespace, "labels": {"app.kubernetes.io/part-of": "argocd"}}
        configuration = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": scripts}
        files["argocd-cm.yaml"] = as_text([configuration])
    return files


def _for_flux(item: Mapping[str, Any]) -> dict[str, Any]:
    options = {}
    if _is_retained(item):
        options["kustomize.toolkit.fluxcd.io/prune"] = "disabled"
    if item["kind"] in _REPLACED:
        options["kustomize.toolkit.fluxcd.io/force"] = "enabled"
    return _annotated(item, options)


def _for_argo(item: Mapping[str, Any], wave: int) -> dict[str, Any]:
    options = ["Prune=false", "Delete=false"] if _is_retained(item) else []
    if item["kind"] in _REPLACED:
        options += ["Force=true", "Replace=true"]
    more = {"argocd.argoproj.io/sync-options": ",".join(options)} if options else {}
    return _annotated(item, {SYNC_WAVE: str(wave), **more})


def _is_retained(item: Mapping[str, Any]) -> bool:
    return RETAINED in (item["metadata"].get("annotations") or {})


def _annotated(item: Mapping[str, Any], more: Mapping[str, str]) -> dict[str, Any]:
    """The object with more annotations, and without what only Pulumi's provider and these functions read."""
    metadata = dict(item["metadata"])
    before = metadata.pop("annotations", None) or {}
    annotations = {key: value for key, value in before.items() if not key.startswith("pulumi.com/")} | dict(more)
    annotations.pop(RETAINED, None)
    if annotations:
        metadata["annotations"] = annotations
    return {**item, "metadata": metadata}


def as_text(objects: Sequence[Mapping[str, Any]]) -> str:
    """A file of these objects."""
    text: str = yaml.dump_all(objects, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return HEADER + text


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are read, and an object twice where it stands twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _string)
