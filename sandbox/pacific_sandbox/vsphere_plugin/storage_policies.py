"""Storage policies by tags, over the storage policy service's SOAP API."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.errors import PacificError
from pacific_sandbox.vcenter.soap_connection import profile_manager
from pacific_sandbox.vcenter.vim_types import pbm
from pacific_sandbox.vsphere_plugin.kind import Kind, Values
from pacific_sandbox.vsphere_plugin.site import Site

_TAGS = "http://www.vmware.com/storage/tag"
_PROPERTY = "com.vmware.storage.tag.{}.property"


def _profiles(manager: Any) -> list[Any]:
    storage = pbm.profile.ResourceType(resourceType="STORAGE")
    identifiers = manager.PbmQueryProfile(storage, "REQUIREMENT")
    return list(manager.PbmRetrieveContent(identifiers)) if identifiers else []


def identifiers(instance: Any) -> Mapping[str, str]:
    """Name to identifier of every policy."""
    with profile_manager(instance) as manager:
        return {str(profile.name): str(profile.profileId.uniqueId) for profile in _profiles(manager)}


def _create(site: Site, inputs: Values) -> str:
    capability = pbm.capability
    rules = [
        capability.CapabilityInstance(
            id=capability.CapabilityMetadata.UniqueId(namespace=_TAGS, id=rule["tagCategory"]),
            constraint=[
                capability.ConstraintInstance(
                    propertyInstance=[
                        capability.PropertyInstance(
                            id=_PROPERTY.format(rule["tagCategory"]),
                            operator=None if rule.get("includeDatastoresWithTags", True) else "NOT",
                            value=capability.types.DiscreteSet(values=list(rule["tags"])),
                        )
                    ]
                )
            ],
        )
        for rule in inputs["tagRules"]
    ]
    subprofile = pbm.profile.SubProfileCapabilityConstraints.SubProfile(name="Tag based placement", capability=rules)
    specification = pbm.profile.CapabilityBasedProfileCreateSpec(
        name=inputs["name"],
        description=inputs.get("description", ""),
        category="REQUIREMENT",
        resourceType=pbm.profile.ResourceType(resourceType="STORAGE"),
        constraints=pbm.profile.SubProfileCapabilityConstraints(subProfiles=[subprofile]),
    )
    with profile_manager(site.instance) as manager:
        return str(manager.PbmCreate(specification).uniqueId)


def _read(site: Site, identifier: str) -> Values | None:
    with profile_manager(site.instance) as manager:
        match = next((profile for profile in _profiles(manager) if profile.profileId.uniqueId == identifier), None)
    if match is None:
        return None
    rules = [
        _rule(capability)
        for subprofile in match.constraints.subProfiles
        for capability in subprofile.capability
        if capability.id.namespace == _TAGS
    ]
    return {"name": str(match.name), "description": str(match.description or ""), "tagRules": rules}


def _rule(capability: Any) -> Values:
    instance = capability.constraint[0].propertyInstance[0]
    values = getattr(instance.value, "values", instance.value)
    return {
        "tagCategory": str(capability.id.id),
        "tags": [str(value) for value in (values if isinstance(values, list) else [values])],
        "includeDatastoresWithTags": instance.operator != "NOT",
    }


def _update(site: Site, identifier: str, inputs: Values) -> None:
    del site, identifier
    raise PacificError(
        "the sandbox's vCenter cannot change a storage policy",
        place=f"VmStoragePolicy {inputs['name']}",
        fix="give it another name: another policy is then made before this one goes",
    )


def _delete(site: Site, identifier: str) -> None:
    with profile_manager(site.instance) as manager:
        manager.PbmDelete([pbm.profile.ProfileId(uniqueId=identifier)])


KINDS: Mapping[str, Kind] = {
    "VmStoragePolicy": Kind(
        {"name": "string", "description": "string", "tagRules": "tagRule[]"},
        required=("tagRules",),
        fixed=("name",),
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
}
