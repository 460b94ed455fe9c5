"""What documents say in fields that their objects' servers do not change at any time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pacific_infra.documents.source import Path
from pacific_infra.documents.storage_class import storage_class

CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
"""Type token of the object behind a volume."""
SAME_CLASS = "vmoperator.vmware.com/same-vm-class-resize"
"""Annotation of a VM that takes up its class also where the class itself has been changed."""
LEFT_OUT: Sequence[Any] = (None, [], {}, "")
"""Values of inputs that documents do not say."""


class Mutability(Enum):
    """What becomes of a change."""

    POWER_CYCLE = "done at the next power cycle"
    POWERED_OFF = "done while the VM is powered off"
    GROWS = "done where it grows"
    GROWS_POWERED_OFF = "done where it grows, while the VM is powered off"
    ONCE = "done where it was not said before"
    FROM_ON = "done at once; Suspended only of a VM that runs"
    NEVER = "never done"


@dataclass(frozen=True)
class FixedValue:
    """What a document says in a field that is not changed at any time, and where the state records it."""

    field: Path
    """The field of the document."""
    type: str
    """Type token of the resource."""
    path: Path
    """The input of the resource."""
    value: Any
    """What the input would be; None, or empty: the document does not say."""
    object_name: str | None = None
    """Name of the object, where the document becomes several of the type."""
    mutability: Mutability = Mutability.NEVER
    """Which changes the object's server carries out."""
    read: Callable[[Any], Any] = lambda value: value
    """What of the input counts."""
    power_state: str | None = None
    """The power state that a machine is to have."""
    may_replace: bool = False
    """Whether a field of the document could have the object deleted and made anew by such a change."""
    replaces: bool = False
    """Whether that field says so."""


def fixed_of_claim(place: Path, name: str, storage_policy: str, access_mode: str) -> Iterator[FixedValue]:
    """What the volume at ``place`` says of its claim ``name``."""
    policy = storage_class(storage_policy)
    yield FixedValue((*place, "storagePolicy"), CLAIM, ("spec", "storageClassName"), policy, name)
    yield FixedValue((*place, "accessMode"), CLAIM, ("spec", "accessModes"), [access_mode], name)
