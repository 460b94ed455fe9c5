"""The ``spec`` of the document by which an object of vCenter is taken over."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.documents.lowering import lift


def imported_spec(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The ``spec`` that says what ``properties``, those of the resource ``kind`` as it was read, say.

    An import changes nothing: the object stays when its document goes, and of a namespace nothing inside is touched, so
    that it gets neither a NetworkPolicy nor Pod Security labels.
    """
    spec = lift(kind, properties)
    if kind == "SupervisorCluster":
        return {**spec, **_load_balancer(spec), "deletionPolicy": "Retain"}
    if kind == "Namespace":
        if spec.get("nsxVpc", {}).get("vpc"):
            # The networks of a VPC that is there already are the VPC's.
            spec["nsxVpc"].pop("privateNetworks", None)
        return {**spec, "networkPolicy": "allow-all", "podSecurity": "unmanaged", "deletionPolicy": "Retain"}
    return spec


def _load_balancer(spec: Mapping[str, Any]) -> dict[str, Any]:
    """vCenter shows neither passwords nor all settings of it: it stays as it is."""
    brought = spec.get("workloadNetwork", {}).get("type") != "VSPHERE"
    return {} if brought else {"loadBalancer": {"provider": "UNMANAGED"}}
