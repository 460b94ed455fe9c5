"""A volume of a CRX workload or of a VM."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.document_references import DocumentReference
from pacific_infra.documents.files import MAXIMUM_CONFIG_MAP_SIZE
from pacific_infra.documents.kubernetes_value import DownwardApiVolume, ProjectedVolume
from pacific_infra.documents.marks import DOCUMENT_ONLY, PLAIN, InPrograms
from pacific_infra.documents.model import CheckedModel, Model
from pacific_infra.documents.names import FileName, Label, StoragePolicyName
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.quantity import Memory, mib
from pacific_infra.documents.stack_secret import AnySecret, SecretText, TextOrSecret, template_of
from pacific_infra.documents.unknown import Unknown

AccessMode = Literal["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"]


class EmptyDirectory(Model):
    """Space that lives as long as the pod."""

    size: Memory | None = None
    """The most that it may hold, bytes as a Kubernetes quantity."""
    medium: Literal["Memory"] | None = None
    """Memory: it is in memory, and counts in that of the containers that write; default: on disk."""


class Claim(Model):
    """A persistent volume. A StatefulSet gets one for each replica it may have, every other workload one for all."""

    size: Memory
    """Its size, bytes as a Kubernetes quantity; it can grow, not shrink."""
    storage_policy: StoragePolicyName
    """Storage policy of the namespace."""
    access_mode: AccessMode = "ReadWriteOnce"
    """ReadWriteOnce: one pod at a time. ReadWriteOncePod: the same, and Kubernetes refuses a second one. ReadWriteMany:
    many, which needs vSAN file volumes. ReadOnlyMany: many, which only read."""

    @property
    def size_mib(self) -> int:
        """Its size in MiB."""
        return mib(self.size)


class Volume(CheckedModel):
    """A volume that containers can mount: exactly one of its sources is given."""

    name: Annotated[Label, PLAIN]
    """Name by which containers mount it."""
    claim: Claim | None = None
    """A persistent volume."""
    empty_dir: EmptyDirectory | None = None
    """Space that lives as long as the pod: `{}` or `{size: 1Gi}`."""
    files: Annotated[
        dict[FileName, TextOrSecret] | None,
        PLAIN,
        InPrograms("Configuration files: their text by name, which may be an output. They become a ConfigMap."),
    ] = Field(default=None, min_length=1)
    """Configuration files, by name: the text itself or `{file: name}`; they become a ConfigMap. With secrets of the
    stack's configuration, by `{config: KEY}` or `{template: text}`, they become a Secret."""
    config_map: FileName | None = None
    """Name of a ConfigMap that somebody else made in this namespace."""
    secret: FileName | None = None
    """Name of a Kubernetes Secret that somebody else made in this namespace."""
    source: Annotated[DocumentReference | None, DOCUMENT_ONLY] = Field(
        default=None, validation_alias="from", serialization_alias="from"
    )
    """With `secret`: the document of the same namespace whose controller makes it; it goes first."""
    existing_claim: FileName | None = None
    """Name of a PersistentVolumeClaim that somebody else made in this namespace."""
    projected: ProjectedVolume | None = None
    """Several sources in one folder, in Kubernetes' own spelling: `{sources: [{secret: {name: login}}, ...]}`."""
    downward_api: DownwardApiVolume | None = None
    """Fields of the pod as files, in Kubernetes' own spelling: `{items: [{path: labels, fieldRef: ...}]}`."""

    @property
    def holds_secrets(self) -> bool:
        """Whether secrets of the stack's configuration stand in its files."""
        return any(isinstance(text, AnySecret) for text in (self.files or {}).values())

    def problems(self) -> Iterator[Problem]:
        sources = {
            "claim": self.claim,
            "emptyDir": self.empty_dir,
            "files": self.files,
            "configMap": self.config_map,
            "secret": self.secret,
            "existingClaim": self.existing_claim,
            "projected": self.projected,
            "downwardApi": self.downward_api,
        }
        if sum(value is not None for value in sources.values()) != 1:
            yield Problem("a volume has one source", allowed=", ".join(sources), fix="give one of them")
        yield from _size_problems(self.files or {})


def _size_problems(files: Mapping[str, TextOrSecret]) -> Iterator[Problem]:
    sizes = {
        name: len(template_of(text).text.encode())
        for name, text in files.items()
        if not isinstance(text, SecretText | Unknown)
    }
    size = sum(sizes.values())
    if size > MAXIMUM_CONFIG_MAP_SIZE:
        largest = max(sizes, key=sizes.__getitem__)
        yield Problem(
            f"the files of one volume are too large together, most of it is {largest} with {sizes[largest]} bytes",
            ("files",),
            f"{size} bytes",
            f"{MAXIMUM_CONFIG_MAP_SIZE} bytes or less, as one ConfigMap holds",
            "spread them over several volumes, or put them into the image",
        )


class VirtualMachineVolume(Model):
    """A persistent disk of a VM, besides the image's."""

    name: Annotated[Label, PLAIN]
    """Name, unique in the VM; the claim is called <vm>-<name>."""
    size: Memory
    """Its size, bytes as a Kubernetes quantity; it can grow, not shrink."""
    storage_policy: StoragePolicyName | None = None
    """Storage policy of the namespace; default: the VM's."""
    access_mode: AccessMode = "ReadWriteOnce"
    """Who may use it at one time; ReadWriteMany needs vSAN file volumes."""

    @property
    def size_mib(self) -> int:
        """Its size in MiB."""
        return mib(self.size)
