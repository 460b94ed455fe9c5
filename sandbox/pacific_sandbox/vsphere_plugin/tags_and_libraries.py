"""Tags, their categories, content libraries and their items, by vCenter's ``/rest``."""

from collections.abc import Callable, Mapping

from pacific_sandbox.vsphere_plugin.kind import Kind, Values
from pacific_sandbox.vsphere_plugin.site import Site

CATEGORY, TAG = "/com/vmware/cis/tagging/category", "/com/vmware/cis/tagging/tag"
LIBRARY, LOCAL_LIBRARY = "/com/vmware/content/library", "/com/vmware/content/local-library"
ITEM = "/com/vmware/content/library/item"


def models(site: Site, path: str, read: Callable[[Site, str], Values | None]) -> Mapping[str, Values]:
    """Every object of a list of identifiers, by identifier."""
    return {key: model for key in site.rest("GET", path) or [] if (model := read(site, key)) is not None}


def category_model(site: Site, identifier: str) -> Values | None:
    """A tag category as pulumi-vsphere shows it."""
    category = site.rest("GET", f"{CATEGORY}/id:{identifier}")
    return category and {
        "name": category["name"],
        "description": category.get("description") or "",
        "cardinality": category["cardinality"],
        "associableTypes": sorted(category.get("associable_types") or []),
    }


def tag_model(site: Site, identifier: str) -> Values | None:
    """A tag."""
    tag = site.rest("GET", f"{TAG}/id:{identifier}")
    return tag and {
        "name": tag["name"],
        "description": tag.get("description") or "",
        "categoryId": tag["category_id"],
    }


def library_model(site: Site, identifier: str) -> Values | None:
    """A content library."""
    library = site.rest("GET", f"{LIBRARY}/id:{identifier}")
    return library and {
        "name": library["name"],
        "description": library.get("description") or "",
        "storageBackings": [backing["datastore_id"] for backing in library.get("storage_backings") or []],
    }


def item_model(site: Site, identifier: str) -> Values | None:
    """An item of a content library."""
    item = site.rest("GET", f"{ITEM}/id:{identifier}")
    return item and {
        "name": item["name"],
        "description": item.get("description") or "",
        "libraryId": item["library_id"],
        "type": item.get("type") or "",
    }


def _specification(inputs: Values, names: Mapping[str, str]) -> Values:
    sent = {wire: inputs[name] for name, wire in names.items() if name in inputs}
    return {"description": "", **sent}


_CATEGORY = {
    "name": "name",
    "description": "description",
    "cardinality": "cardinality",
    "associableTypes": "associable_types",
}
_TAG = {"name": "name", "description": "description", "categoryId": "category_id"}
_NAMED = {"name": "name", "description": "description"}


def _create(path: str, names: Mapping[str, str]) -> Callable[[Site, Values], str]:
    def create(site: Site, inputs: Values) -> str:
        return str(site.rest("POST", path, {"create_spec": _specification(inputs, names)}))

    return create


def _update(path: str, names: Mapping[str, str]) -> Callable[[Site, str, Values], None]:
    def update(site: Site, identifier: str, inputs: Values) -> None:
        site.rest("PATCH", f"{path}/id:{identifier}", {"update_spec": _specification(inputs, names)})

    return update


def _delete(path: str) -> Callable[[Site, str], None]:
    return lambda site, identifier: site.rest("DELETE", f"{path}/id:{identifier}")


def _create_library(site: Site, inputs: Values) -> str:
    backings = [{"datastore_id": backing, "type": "DATASTORE"} for backing in inputs["storageBackings"]]
    specification = {**_specification(inputs, _NAMED), "type": "LOCAL", "storage_backings": backings}
    return str(site.rest("POST", LOCAL_LIBRARY, {"create_spec": specification}))


KINDS: Mapping[str, Kind] = {
    "TagCategory": Kind(
        {"name": "string", "description": "string", "cardinality": "string", "associableTypes": "string[]"},
        required=("cardinality", "associableTypes"),
        fixed=(),
        create=_create(CATEGORY, _CATEGORY),
        read=category_model,
        update=_update(CATEGORY, _CATEGORY),
        delete=_delete(CATEGORY),
    ),
    "Tag": Kind(
        {"name": "string", "description": "string", "categoryId": "string"},
        required=("categoryId",),
        fixed=("categoryId",),
        create=_create(TAG, _TAG),
        read=tag_model,
        update=_update(TAG, _NAMED),
        delete=_delete(TAG),
    ),
    "ContentLibrary": Kind(
        {"name": "string", "description": "string", "storageBackings": "string[]"},
        required=("storageBackings",),
        fixed=("storageBackings",),
        create=_create_library,
        read=library_model,
        update=_update(LOCAL_LIBRARY, _NAMED),
        delete=_delete(LOCAL_LIBRARY),
        refused=("publication", "subscription"),
    ),
    "ContentLibraryItem": Kind(
        {"name": "string", "description": "string", "libraryId": "string", "type": "string"},
        required=("libraryId",),
        fixed=("libraryId", "type"),
        create=_create(ITEM, {**_NAMED, "libraryId": "library_id", "type": "type"}),
        read=item_model,
        update=_update(ITEM, _NAMED),
        delete=_delete(ITEM),
        defaults={"type": "ovf"},
        refused=("fileUrl", "sourceUuid"),
    ),
}
