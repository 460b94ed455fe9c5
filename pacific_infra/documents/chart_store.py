"""Helm charts in a folder that keeps OCI artifacts: an image layout, as ``oras copy --to-oci-layout`` writes it.

The image layout and its annotation ``org.opencontainers.image.ref.name`` are those of the OCI image specification, the
media type of the layer is Helm's.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pacific_infra.documents.files import read_bytes
from pacific_infra.errors import PacificError

CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_MAXIMUM_JSON = 4 * 1024**2
_MAXIMUM_CHART = 64 * 1024**2
_NAME = "org.opencontainers.image.ref.name"


def chart_in_store(store: Path, reference: str, version: str) -> Path:
    """The archive of the chart ``reference``, such as oci://registry.example.com/charts/web, in the layout ``store``.

    Raises PacificError where the store has no such chart, or what it has is damaged.
    """
    name = reference.removeprefix("oci://")
    manifests = list(_entries(_json(store / "index.json"), "manifests"))
    names = [_name(entry) for entry in manifests]
    accepted = (f"{name}:{version}", f"{name.rpartition('/')[2]}:{version}")
    entry = next((entry for entry, called in zip(manifests, names, strict=True) if called in accepted), None)
    if entry is None:
        problem = "the store does not have this chart"
        allowed = ", ".join(text for text in names if text) or "nothing that has a name"
        raise PacificError(problem, value=f"{reference}:{version}", allowed=allowed)
    manifest = _json(_blob(store, str(entry.get("digest"))))
    for layer in _entries(manifest, "layers"):
        if layer.get("mediaType") == CHART:
            return _blob(store, str(layer.get("digest")))
    raise PacificError("this artifact of the store is not a Helm chart", value=f"{reference}:{version}", allowed=CHART)


def _blob(store: Path, digest: str) -> Path:
    algorithm, _, value = digest.partition(":")
    path = store / "blobs" / "sha256" / value
    if algorithm != "sha256" or not value.isalnum():
        raise PacificError("the store names a blob in a form that is not known", value=digest, allowed="sha256:...")
    if hashlib.sha256(read_bytes(path, _MAXIMUM_CHART)).hexdigest() != value:
        raise PacificError("a blob of the store is damaged", value=digest, fix="copy the chart into the store again")
    return path


def _json(path: Path) -> Mapping[str, Any]:
    try:
        value = json.loads(read_bytes(path, _MAXIMUM_JSON))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise PacificError("this file of the store is not a JSON object", value=path.name)
    return value


def _entries(value: Mapping[str, Any], field: str) -> Iterator[Mapping[str, Any]]:
    entries = value.get(field)
    return (entry for entry in (entries if isinstance(entries, list) else ()) if isinstance(entry, dict))


def _name(entry: Mapping[str, Any]) -> str:
    annotations = entry.get("annotations")
    return str(annotations.get(_NAME, "")) if isinstance(annotations, dict) else ""
