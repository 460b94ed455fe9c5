"""What the engine would do with one resource, as plain values."""

from dataclasses import dataclass
from typing import Literal

Operation = Literal["create", "adopt", "refused", "update", "replace", "delete", "same", "read", "refresh"]
"""What happens to a resource; ``replace`` is delete and create, in whichever order.

``adopt``: its object exists already and becomes the stack's, or is so by its mark. ``refused``: it has another owner.
"""
UNCHANGED: frozenset[str] = frozenset({"same", "read"})
"""Operations that change nothing."""


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One property that changes. Secrets come masked, as ``[secret]``."""

    path: str
    """The property, such as ``spec.replicas`` or ``ports[0].port``."""
    kind: Literal["add", "delete", "update"]
    old: object = None
    new: object = None
    replaces: bool = False
    """Whether this is why the resource is replaced."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What happens to the existing object of a resource that is new to the stack."""

    operation: Literal["adopt", "refused"]
    remark: str
    """Why, such as ``belongs to shop/dev``."""


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """What happens to one resource of the stack; each resource comes once, also those that stay the same."""

    urn: str
    type: str
    """Type token, such as ``kubernetes:apps/v1:Deployment``."""
    name: str
    """Logical name."""
    operation: Operation
    parent: str | None = None
    """URN of the parent resource."""
    changes: tuple[PropertyChange, ...] = ()
    retained: bool = False
    """Whether a delete keeps the object (retainOnDelete, or the deletionPolicy of an object in vCenter)."""
    remark: str = ""
    """Why it is adopted or refused."""
    digest: str = ""
    """Digest of what the program wants the resource to be, equal in plans that want the same; empty for deletions."""
    goes_with: str | None = None
    """Id of the document that is deleted or replaced with its contents, this object included, retained or not."""

    @property
    def deletes(self) -> bool:
        """Whether this deletes or replaces its object, alone or together with its container."""
        return self.operation in ("delete", "replace") and not (self.retained and self.goes_with is None)

    @property
    def counted_as(self) -> Operation | Literal["keep"]:
        """The operation, or ``keep`` of a delete that leaves the object where it is."""
        return "keep" if self.operation == "delete" and not self.deletes else self.operation

    @property
    def takes_along(self) -> bool:
        """Whether this deletes or replaces an object with its contents."""
        return self.type in HOLDERS and (self.deletes or self.operation == "replace")


def holds_data(type_token: str) -> bool:
    """Whether an object of this type is or holds data."""
    return type_token in _DATA_TYPES or (type_token.startswith("kubernetes:") and type_token.endswith(_DATA_KINDS))


HOLDERS = (
    "pacific:vcenter:Namespace",
    "pacific:vcenter:Supervisor",
    "kubernetes:cluster.x-k8s.io/v1beta1:Cluster",
    "kubernetes:cluster.x-k8s.io/v1beta2:Cluster",
)
"""Types of objects that are deleted with their contents."""
_DATA_TYPES = ("pacific:vcenter:Supervisor", "pacific:vcenter:Namespace")
_DATA_KINDS = (":VirtualMachine", ":Cluster", ":PersistentVolumeClaim", ":Namespace")
