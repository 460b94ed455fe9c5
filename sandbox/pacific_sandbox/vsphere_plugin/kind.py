"""What the stand-in knows of one kind of resource."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pacific_sandbox.vsphere_plugin.site import Site

Values = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """Its inputs, which are its outputs too, and how it is made, read, changed and removed."""

    inputs: Mapping[str, str]
    """Name to type: string, boolean, string[], tagRule[] or member[]."""
    required: Sequence[str]
    fixed: Sequence[str]
    """Those whose change makes another object in its place."""
    create: Callable[[Site, Values], str]
    read: Callable[[Site, str], Values | None]
    update: Callable[[Site, str, Values], None]
    delete: Callable[[Site, str], None]
    defaults: Values = field(default_factory=dict)
    unread: Sequence[str] = ()
    """Inputs that vCenter never shows: they stay as they were given."""
    refused: Sequence[str] = ()
    """Inputs of the official plugin that vcsim cannot serve: named in the error, not passed over."""
