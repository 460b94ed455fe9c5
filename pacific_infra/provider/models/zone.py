"""``pacific:vcenter:Zone``: a vSphere Zone.

Follows ``consumption_domains.Zones`` and ``zones.cluster.Associations`` of the vSphere Automation API 8.0 U3 to 9.1.
"""

from typing import Annotated

from pacific_infra.provider.models.model import NAME_PATTERN, Meta, Model, described


class ZoneInputs(Model):
    """A vSphere Zone: clusters that fail together, for Supervisors and namespaces to be spread over."""

    name: Annotated[str, Meta(wire="zone", replace=True)] = described(
        "Name, an RFC 1123 label of 63 characters at most; absent: the resource's own name.", pattern=NAME_PATTERN
    )
    description: Annotated[str | None, Meta(replace=True)] = described("Free text, shown in vCenter.", default=None)
    clusters: Annotated[list[str] | None, Meta(key=("",), reference="cluster")] = described(
        "Compute clusters in it, by name or by identifier.", default=None
    )


class ZoneOutputs(Model):
    """What vCenter adds to a zone."""

    zone: str = described("Identifier of the zone, its name.")
