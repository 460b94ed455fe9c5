"""The sandbox's container images: a folder in the OCI image layout, in place of a registry.

Format: OCI image specification 1.1 (image-layout, index, manifest, config). Layers are not compressed, so that a
machine can have them as disks.
"""

import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pacific_infra.errors import PacificError
from pacific_sandbox.files import private_directory, read_json, write_json, write_private

_MEDIA: Final = "application/vnd.oci.image"
_NAME: Final = "org.opencontainers.image.ref.name"
_MADE_OF: Final = "infra.pacific.sandbox.made-of"


@dataclass(frozen=True)
class Layer:
    """One layer: a tar file."""

    digest: str
    """``sha256:HEX`` of the file."""
    path: Path
    size: int
    """Bytes."""

    @property
    def serial(self) -> str:
        """The serial number of the disk that a machine has it as; 20 characters at most."""
        return self.digest.removeprefix("sha256:")[:20]


@dataclass(frozen=True)
class ImageConfiguration:
    """What a container of the image does where its pod says nothing else."""

    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    environment: Sequence[str] = ()
    """``NAME=value``."""
    directory: str = "/"
    user: str = ""
    ports: Sequence[str] = ()
    """``8080/tcp``."""


@dataclass(frozen=True)
class Image:
    """An image of the store."""

    name: str
    digest: str
    """Digest of its manifest."""
    configuration: ImageConfiguration
    layers: Sequence[Layer]
    """The lowest first."""
    made_of: str | None = None
    """What its maker knows its input by."""

    @property
    def size(self) -> int:
        """Bytes of all layers."""
        return sum(layer.size for layer in self.layers)


class ImageStore:
    """The images in one folder. Several processes may use it at once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def find(self, reference: str) -> Image | None:
        """The image that a pod means by ``reference``: ``NAME``, ``NAME:TAG`` or ``NAME@sha256:HEX``."""
        name, _, digest = reference.partition("@")
        whole_name = full_name(name)
        for entry in self._entries():
            stored_name = entry["annotations"][_NAME]
            same = entry["digest"] == digest if digest else stored_name == whole_name
            if same:
                return self._image(entry)
        return None

    def current(self, reference: str, made_of: str) -> Image | None:
        """The image of this name where it was made of just this, so that it need not be made again."""
        image = self.find(reference)
        return image if image is not None and image.made_of == made_of else None

    def list(self) -> Sequence[Image]:
        """All images by name."""
        images = [self._image(entry) for entry in self._entries()]
        return sorted(images, key=lambda image: image.name)

    def add(self, name: str, layer: Path, configuration: ImageConfiguration, *, made_of: str | None = None) -> Image:
        """Add an image of one layer, a tar file, and give it the name, which another image may have had before."""
        private_directory(self._directory / "blobs/sha256")
        digest, size = self._add_file(layer)
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": _config(configuration),
            "rootfs": {"type": "layers", "diff_ids": [digest]},
            "history": [{"created_by": "pacific sandbox image build"}],
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{_MEDIA}.manifest.v1+json",
            "config": {"mediaType": f"{_MEDIA}.config.v1+json", **self._add_json(config)},
            "layers": [{"mediaType": f"{_MEDIA}.layer.v1.tar", "digest": digest, "size": size}],
        }
        entry = {
            "mediaType": f"{_MEDIA}.manifest.v1+json",
            **self._add_json(manifest),
            "annotations": {_NAME: full_name(name), **({_MADE_OF: made_of} if made_of else {})},
        }
        with self._locked():
            others = [entry for entry in self._entries() if entry["annotations"][_NAME] != full_name(name)]
            index = {
                "schemaVersion": 2,
                "mediaType": f"{_MEDIA}.index.v1+json",
                "manifests": sorted([*others, entry], key=lambda manifest: str(manifest["annotations"][_NAME])),
            }
            write_json(self._directory / "oci-layout", {"imageLayoutVersion": "1.0.0"})
            write_json(self._directory / "index.json", index)
        return self._image(entry)

    def _entries(self) -> Sequence[Mapping[str, Any]]:
        index = read_json(self._directory / "index.json")
        entries = index.get("manifests", ()) if isinstance(index, dict) else ()
        return [entry for entry in entries if _NAME in entry.get("annotations", {})]

    def _image(self, entry: Mapping[str, Any]) -> Image:
        manifest = self._json(entry["digest"])
        config = self._json(manifest["config"]["digest"]).get("config") or {}
        layers = [Layer(layer["digest"], self._blob(layer["digest"]), layer["size"]) for layer in manifest["layers"]]
        return Image(
            name=entry["annotations"][_NAME],
            digest=entry["digest"],
            configuration=ImageConfiguration(
                entrypoint=config.get("Entrypoint") or (),
                command=config.get("Cmd") or (),
                environment=config.get("Env") or (),
                directory=config.get("WorkingDir") or "/",
                user=config.get("User") or "",
                ports=tuple(config.get("ExposedPorts") or {}),
            ),
            layers=layers,
            made_of=entry["annotations"].get(_MADE_OF),
        )

    def _json(self, digest: str) -> Any:
        value = read_json(self._blob(digest))
        if value is None:
            raise PacificError(
                "the image store is damaged", value=str(self._blob(digest)), fix="build the image once more"
            )
        return value

    def _blob(self, digest: str) -> Path:
        return self._directory / "blobs" / digest.replace(":", "/")

    def _add_json(self, value: Any) -> dict[str, Any]:
        content = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        write_private(self._blob(digest), content)
        return {"digest": digest, "size": len(content)}

    def _add_file(self, file: Path) -> tuple[str, int]:
        with file.open("rb") as content:
            digest = f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}"
        target = self._blob(digest)
        if not target.exists():
            # Beside its name first: a machine must never see half a layer.
            part = target.with_suffix(".part")
            shutil.copyfile(file, part)
            part.replace(target)
        return digest, file.stat().st_size

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._directory / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def full_name(name: str) -> str:
    """``web`` is ``web:latest``; Docker Hub's prefix is left out, as there is no registry."""
    short = name.removeprefix("docker.io/").removeprefix("library/")
    return short if ":" in short.rpartition("/")[2] else f"{short}:latest"


def _config(configuration: ImageConfiguration) -> dict[str, Any]:
    values = {
        "Entrypoint": list(configuration.entrypoint),
        "Cmd": list(configuration.command),
        "Env": list(configuration.environment),
        "WorkingDir": configuration.directory,
        "User": configuration.user,
        "ExposedPorts": {port: {} for port in configuration.ports},
    }
    return {name: value for name, value in values.items() if value}
