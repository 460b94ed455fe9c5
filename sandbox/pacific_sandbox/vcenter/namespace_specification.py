"""The rules for a vSphere Namespace's specification: what may be said, and what an update makes of it. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_sandbox.users import DOMAIN
from pacific_sandbox.vcenter.inventory import Limits
from pacific_sandbox.vcenter.namespace_shapes import QUOTA_FIELDS
from pacific_sandbox.vcenter.vapi_error import invalid_argument, not_found, unsupported

Specification = dict[str, Any]
RESERVED_ACCESS: Sequence[Mapping[str, str]] = (
    {"subject_type": "GROUP", "subject": "SupervisorProviderAdministrators", "domain": DOMAIN, "role": "EDIT"},
    {"subject_type": "GROUP", "subject": "SupervisorProviderViewers", "domain": DOMAIN, "role": "VIEW"},
)
"""Entries that vCenter adds to every namespace's access list by itself."""
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SMALLEST_CPU_LIMIT = 10


@dataclass(frozen=True)
class Known:
    """What there is to refer to."""

    policies: Collection[str]
    classes: Collection[str]
    libraries: Collection[str]
    zones: Collection[str]


def check_name(name: str) -> None:
    """Raises VapiError INVALID_ARGUMENT where it is no name for a namespace."""
    if not _LABEL.fullmatch(name):
        raise invalid_argument(
            f"Namespace name {name!r} has to be an RFC 1123 label: at most 63 characters, lower-case letters, digits "
            "and '-', with a letter or digit first and last."
        )
    if name.startswith(("vmware-system", "kube-")) or name == "default":
        raise invalid_argument(f"Namespace name {name!r} is reserved for the system.")


def check_specification(specification: Mapping[str, Any], known: Known) -> None:
    """References and values, of a create as of an update. Raises VapiError."""
    for field in QUOTA_FIELDS:
        _check_quota(field, specification.get("resource_spec", {}))
    seen = set()
    for entry in specification.get("access_list", []):
        check_access(entry)
        if _subject(entry) in seen:
            raise invalid_argument(f"access_list names {entry['subject']}@{entry['domain']} twice.")
        seen.add(_subject(entry))
    _check_storage(specification.get("storage_specs", []), known)
    service = specification.get("vm_service_spec", {})
    for name in service.get("vm_classes", []):
        if name not in known.classes:
            raise not_found(f"Virtual machine class {name} not found.")
    libraries = [item["content_library"] for item in specification.get("content_libraries", [])]
    for library in [*service.get("content_libraries", []), *libraries]:
        if library not in known.libraries:
            raise not_found(f"Content library {library} not found.")
    for zone in specification.get("zones", []):
        if zone["name"] not in known.zones:
            raise not_found(f"Zone {zone['name']} is not one of the Supervisor's.")


def check_access(entry: Mapping[str, Any]) -> None:
    """Raises VapiError where the entry of an access list cannot be."""
    if not entry["subject"] or not entry["domain"]:
        raise invalid_argument("subject and domain of an access list's entry must not be empty.")
    if entry["role"] == "OWNER" and ("identity_provider" in entry or entry["domain"].lower() != DOMAIN):
        raise unsupported("Role OWNER is for users and groups of vCenter Single Sign-On only.")


def created(specification: Mapping[str, Any]) -> Specification:
    """The specification of a new namespace, complete."""
    return {
        "description": specification.get("description", ""),
        "resource_spec": specification.get("resource_spec", {}),
        "access_list": _asked_for(specification.get("access_list", [])),
        "storage_specs": specification.get("storage_specs", []),
        "vm_service_spec": specification.get("vm_service_spec", {}),
        "content_libraries": specification.get("content_libraries", []),
        "networks": specification.get("networks"),
        "network_spec": specification.get("network_spec"),
        "zones": specification.get("zones", []),
        "creator": specification.get("creator"),
        "edges": specification.get("edges"),
        "infrastructure_policies": specification.get("infrastructure_policies"),
    }


def updated(present: Mapping[str, Any], update: Mapping[str, Any]) -> Specification:
    """After a PATCH: what it leaves out stays, a list replaces the whole, ``<field>_unset`` clears a limit."""
    new = dict(present)
    for name in ("description", "storage_specs", "content_libraries", "edges", "infrastructure_policies"):
        if name in update:
            new[name] = update[name]
    if "access_list" in update:
        new["access_list"] = _asked_for(update["access_list"])
    if "resource_spec" in update:
        change = update["resource_spec"]
        quota = {**present["resource_spec"], **{name: change[name] for name in QUOTA_FIELDS if name in change}}
        new["resource_spec"] = {name: value for name, value in quota.items() if not change.get(f"{name}_unset")}
    if "vm_service_spec" in update:
        new["vm_service_spec"] = {**present["vm_service_spec"], **update["vm_service_spec"]}
    if "zones" in update:
        zones = {zone["name"]: zone for zone in present["zones"]}
        new["zones"] = list({**zones, **{zone["name"]: zone for zone in update["zones"]}}.values())
    if "vsphere_network_config" in update.get("network_spec", {}):
        change = update["network_spec"]["vsphere_network_config"]
        kept = [name for name in present["networks"] or [] if name not in change.get("networks_to_remove", [])]
        new["networks"] = kept + [name for name in change.get("networks_to_add", []) if name not in kept]
    return new


def replaced(present: Mapping[str, Any], specification: Mapping[str, Any]) -> Specification:
    """After a PUT: what it leaves out is cleared, save what only a create can say."""
    kept = {name: present[name] for name in ("networks", "network_spec", "zones", "creator")}
    new = {**created(specification), **kept}
    networks = specification.get("network_spec", {}).get("vsphere_network_config", {}).get("networks")
    return new if networks is None else {**new, "networks": networks}


def limits(specification: Mapping[str, Any]) -> Limits:
    """The limits of its resource pool: those of the namespace, else those of its zones together."""
    quota, zones = specification["resource_spec"], specification["zones"]
    cpu = [zone["cpu_limit_MHz"] for zone in zones if "cpu_limit_MHz" in zone]
    memory = [zone["memory_limit_MiB"] for zone in zones if "memory_limit_MiB" in zone]
    return Limits(
        quota.get("cpu_limit", sum(cpu) if cpu else None), quota.get("memory_limit", sum(memory) if memory else None)
    )


def zone_names(specification: Mapping[str, Any], default: str) -> list[str]:
    """The zones that a namespace is in; one that names none is in its Supervisor's ``own``."""
    return [str(zone["name"]) for zone in specification["zones"]] or [default]


def is_reserved(entry: Mapping[str, Any]) -> bool:
    """Whether vCenter has put this entry into the access list."""
    return _subject(entry) in {_subject(reserved) for reserved in RESERVED_ACCESS}


def _asked_for(entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [entry for entry in entries if not is_reserved(entry)]


def _subject(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    return entry["subject_type"], entry["domain"].lower(), entry["subject"].lower()


def _check_storage(entries: Sequence[Mapping[str, Any]], known: Known) -> None:
    for storage in entries:
        if storage["policy"] not in known.policies:
            raise not_found(f"Storage policy {storage['policy']} not found.")
        if storage.get("limit", 0) < 0:
            raise invalid_argument("storage_specs.limit must not be negative.")
    policies = [storage["policy"] for storage in entries]
    if len(policies) != len(set(policies)):
        raise invalid_argument("storage_specs names a storage policy twice.")


def _check_quota(field: str, quota: Mapping[str, Any]) -> None:
    value = quota.get(field)
    if value is None:
        return
    if quota.get(f"{field}_unset"):
        raise invalid_argument(f"resource_spec.{field} is given and unset at the same time.")
    if value < 0:
        raise invalid_argument(f"resource_spec.{field} must not be negative.")
    if field == "cpu_limit" and value < _SMALLEST_CPU_LIMIT:
        raise invalid_argument(f"resource_spec.cpu_limit has to be {_SMALLEST_CPU_LIMIT} MHz or more.")
