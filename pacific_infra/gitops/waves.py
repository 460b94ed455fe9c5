"""The Kubernetes objects of an estate for Flux or Argo CD: what waits for another is applied when that is healthy.

Flux: a Kustomization for each wave, which waits until its objects are ready (kustomize.toolkit.fluxcd.io/v1). Argo CD:
an annotation with the wave on each object, and an Application (argoproj.io/v1alpha1).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from pacific_infra.gitops.git_source import KIND, GitSource

SYNC_WAVE = "argocd.argoproj.io/sync-wave"
Waves = Mapping[int, Sequence[Mapping[str, Any]]]
"""Objects by the number of their wave."""


def flux_files(waves: Waves, source: GitSource, path: str) -> dict[str, str]:
    """Files by their paths. The name of ``source`` is the head of the Kustomizations' names.

    ``path``: the folder that the files will lie in, from the repository's top.
    """
    files, before = {}, None
    objects = [source.as_object()]
    for number in sorted(waves):
        files[f"wave-{number}/objects.yaml"] = as_text(waves[number])
        spec: dict[str, Any] = {
            "interval": "10m",
            "retryInterval": "30s",
            "timeout": "10m",
            "prune": True,
            "wait": True,
            "path": f"./{path}/wave-{number}",
            "sourceRef": {"kind": KIND, "name": source.name},
        }
        if before is not None:
            spec["dependsOn"] = [{"name": before}]
        before = f"{source.name}-wave-{number}"
        objects.append(
            {
                "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
                "kind": "Kustomization",
                "metadata": {"name": before, "namespace": source.namespace},
                "spec": spec,
            }
        )
    files["kustomizations.yaml"] = as_text(objects)
    return files


def argo_files(waves: Waves, name: str, source: Mapping[str, str], namespace: str) -> dict[str, str]:
    """Files by their paths: the objects, and beside their folder the Application ``name``.

    ``source``: ``repoURL``, ``targetRevision`` and ``path`` of the folder with the files. ``namespace``: Argo CD's.
    """
    objects = []
    for number in sorted(waves):
        for item in waves[number]:
            metadata = dict(item["metadata"])
            metadata["annotations"] = {**metadata.get("annotations", {}), SYNC_WAVE: str(number)}
            objects.append({**item, "metadata": metadata})
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
    return {"objects/objects.yaml": as_text(objects), "application.yaml": as_text([application])}


def as_text(objects: Sequence[Mapping[str, Any]]) -> str:
    """YAML documents of these objects."""
    text: str = yaml.safe_dump_all(objects, sort_keys=False, allow_unicode=True)
    return text
