"""The look-ups: each by name, with the answer's properties as pulumi-vsphere names them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_infra.errors import PacificError
from pacific_sandbox.vcenter.vim_types import vim
from pacific_sandbox.vsphere_plugin import storage_policies
from pacific_sandbox.vsphere_plugin.site import Site
from pacific_sandbox.vsphere_plugin.tags_and_libraries import (
    LIBRARY,
    category_model,
    item_model,
    library_model,
    models,
    tag_model,
)

Values = dict[str, Any]
_PATH = "/com/vmware/content"


@dataclass(frozen=True)
class Function:
    """One look-up. Types as in ``schema``: string, boolean, string[], object."""

    inputs: Mapping[str, str]
    required: Sequence[str]
    outputs: Mapping[str, str]
    call: Callable[[Site, Values], Values]


def _only(kind: str, name: Any, matches: Sequence[Any], names: Sequence[str]) -> Any:
    """The one that was found. Raises PacificError with the names there are."""
    if len(matches) == 1:
        return matches[0]
    allowed = ", ".join(sorted(names)) or "none"
    raise PacificError(f"{'no' if not matches else len(matches)} {kind} of that name", value=name, allowed=allowed)


def _managed(site: Site, kind: Any, arguments: Values, label: str) -> Any:
    """The managed object of a type that is called ``name``, in the datacenter ``datacenterId`` where that is given."""
    content = site.instance.content
    root = content.rootFolder
    if identifier := arguments.get("datacenterId"):
        root = vim.Datacenter(identifier, site.instance._stub)
    view = content.viewManager.CreateContainerView(root, [kind], True)
    try:
        names = {managed_object: str(managed_object.name) for managed_object in view.view}
    finally:
        view.DestroyView()
    name = arguments.get("name")
    # A name may be a path of the inventory, as in pulumi-vsphere: its end tells.
    end = None if name is None else str(name).rpartition("/")[2]
    return _only(
        label,
        name,
        [managed_object for managed_object, its in names.items() if end in (None, its)],
        list(names.values()),
    )


def _datacenter(site: Site, arguments: Values) -> Values:
    datacenter = _managed(site, vim.Datacenter, arguments, "datacenter")
    view = site.instance.content.viewManager.CreateContainerView(datacenter.vmFolder, [vim.VirtualMachine], True)
    try:
        machines = sorted(str(machine.name) for machine in view.view)
    finally:
        view.DestroyView()
    return {"id": datacenter._GetMoId(), "virtualMachines": machines}


def _cluster(site: Site, arguments: Values) -> Values:
    cluster = _managed(site, vim.ClusterComputeResource, arguments, "cluster")
    return {"id": cluster._GetMoId(), "resourcePoolId": cluster.resourcePool._GetMoId()}


def _network(site: Site, arguments: Values) -> Values:
    network = _managed(site, vim.Network, arguments, "network")
    kind = "DistributedVirtualPortgroup" if isinstance(network, vim.dvs.DistributedVirtualPortgroup) else "Network"
    return {"id": network._GetMoId(), "type": kind}


def _datastore(site: Site, arguments: Values) -> Values:
    datastore = _managed(site, vim.Datastore, arguments, "datastore")
    summary = datastore.summary
    return {"id": datastore._GetMoId(), "stats": {"capacity": str(summary.capacity), "free": str(summary.freeSpace)}}


def _role(site: Site, arguments: Values) -> Values:
    label = arguments["label"]
    roles = site.instance.content.authorizationManager.roleList
    labels = [str(role.info.label) if role.info else str(role.name) for role in roles]
    chosen = [role for role, its in zip(roles, labels, strict=True) if label in (its, str(role.name))]
    role = _only("role", label, chosen, labels)
    # The two that vCenter itself gives to all are no privileges that anybody chose.
    privileges = [
        privilege for privilege in role.privilege if privilege not in ("System.Anonymous", "System.Read", "System.View")
    ]
    return {"id": str(role.roleId), "name": str(role.name), "rolePrivileges": sorted(privileges)}


def _policy(site: Site, arguments: Values) -> Values:
    policies = storage_policies.identifiers(site.instance)
    name = arguments["name"]
    return {"id": _only("storage policy", name, [policies[name]] if name in policies else [], list(policies))}


def _library(site: Site, arguments: Values) -> Values:
    libraries = models(site, LIBRARY, library_model)
    name = arguments["name"]
    chosen = [key for key, entry in libraries.items() if entry["name"] == name]
    return {"id": _only("content library", name, chosen, [entry["name"] for entry in libraries.values()])}


def _item(site: Site, arguments: Values) -> Values:
    identifiers = site.rest("GET", f"{_PATH}/library/item", library_id=str(arguments["libraryId"])) or []
    items = {key: model for key in identifiers if (model := item_model(site, key)) is not None}
    name = arguments["name"]
    chosen = [key for key, entry in items.items() if entry["name"] == name and entry["type"] == arguments["type"]]
    return {"id": _only("item of that type", name, chosen, [entry["name"] for entry in items.values()])}


def _category(site: Site, arguments: Values) -> Values:
    return _by_name(models(site, "/com/vmware/cis/tagging/category", category_model), arguments, "tag category")


def _tag(site: Site, arguments: Values) -> Values:
    tags = models(site, "/com/vmware/cis/tagging/tag", tag_model)
    category = arguments.get("categoryId")
    return _by_name(
        {key: entry for key, entry in tags.items() if category in (None, entry["categoryId"])}, arguments, "tag"
    )


def _by_name(models_by_id: Mapping[str, Values], arguments: Values, kind: str) -> Values:
    chosen = [
        key
        for key, entry in models_by_id.items()
        if arguments.get("id") == key or arguments.get("name") == entry["name"]
    ]
    reference = arguments.get("name") or arguments.get("id")
    key = str(_only(kind, reference, chosen, [entry["name"] for entry in models_by_id.values()]))
    return {"id": key, **models_by_id[key]}


_NAME = {"name": "string"}
_IN_DATACENTER = {**_NAME, "datacenterId": "string"}
FUNCTIONS: Mapping[str, Function] = {
    "getDatacenter": Function(_NAME, (), {**_NAME, "id": "string", "virtualMachines": "string[]"}, _datacenter),
    "getComputeCluster": Function(
        _IN_DATACENTER, ("name",), {**_IN_DATACENTER, "id": "string", "resourcePoolId": "string"}, _cluster
    ),
    "getNetwork": Function(_IN_DATACENTER, ("name",), {**_IN_DATACENTER, "id": "string", "type": "string"}, _network),
    "getDatastore": Function(
        _IN_DATACENTER, ("name",), {**_IN_DATACENTER, "id": "string", "stats": "object"}, _datastore
    ),
    "getPolicy": Function(_NAME, ("name",), {**_NAME, "id": "string"}, _policy),
    "getContentLibrary": Function(_NAME, ("name",), {**_NAME, "id": "string"}, _library),
    "getContentLibraryItem": Function(
        {**_NAME, "libraryId": "string", "type": "string"},
        ("name", "libraryId", "type"),
        {**_NAME, "libraryId": "string", "type": "string", "id": "string"},
        _item,
    ),
    "getTagCategory": Function(
        {**_NAME, "id": "string"},
        (),
        {**_NAME, "id": "string", "description": "string", "cardinality": "string", "associableTypes": "string[]"},
        _category,
    ),
    "getTag": Function(
        {**_NAME, "id": "string", "categoryId": "string"},
        (),
        {**_NAME, "id": "string", "description": "string", "categoryId": "string"},
        _tag,
    ),
    "getRole": Function(
        {"label": "string", "description": "string", "name": "string", "rolePrivileges": "string[]"},
        ("label",),
        {"label": "string", "id": "string", "description": "string", "name": "string", "rolePrivileges": "string[]"},
        _role,
    ),
}
