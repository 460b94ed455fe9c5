"""``/api/cis/tagging``: categories, tags, and what they are attached to."""

import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.replies import action, done, no_operation, reply
from pacific_sandbox.vcenter.shape import Choice, read_body
from pacific_sandbox.vcenter.store import Records, Store
from pacific_sandbox.vcenter.vapi_error import already_exists, invalid_argument, not_found

_ROOT = "/api/cis/tagging"
_OBJECT = {"object_id!": {"id!": str, "type!": str}}
_CATEGORY = {
    "name!": str,
    "description!": str,
    "cardinality!": Choice("SINGLE", "MULTIPLE"),
    "associable_types!": [str],
    "category_id": str,
}
_TAG = {"name!": str, "description!": str, "category_id!": str, "tag_id": str}


class TaggingRoutes:
    """Create, read, list and delete categories and tags; attach, detach and list what is attached."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        categories, tags = f"{_ROOT}/category", f"{_ROOT}/tag"
        return [
            Route(categories, self._list_categories, methods=["GET"]),
            Route(categories, self._create_category, methods=["POST"]),
            Route(f"{categories}/{{category}}", self._get_category, methods=["GET"]),
            Route(f"{categories}/{{category}}", self._delete_category, methods=["DELETE"]),
            Route(tags, self._list_tags, methods=["GET"]),
            Route(tags, self._create_tag, methods=["POST"]),
            Route(f"{tags}/{{tag}}", self._get_tag, methods=["GET"]),
            Route(f"{tags}/{{tag}}", self._delete_tag, methods=["DELETE"]),
            Route(f"{_ROOT}/tag-association", self._attached, methods=["POST"]),
            Route(f"{_ROOT}/tag-association/{{tag}}", self._associate, methods=["POST"]),
        ]

    async def _list_categories(self, _request: Request) -> Response:
        return reply(list(self._store.tag_categories))

    async def _create_category(self, request: Request) -> Response:
        body = await read_body(request, _CATEGORY)
        chosen = body.pop("category_id", None)
        identifier = _created(self._store.tag_categories, body, "Category", chosen)
        self._store.save()
        return reply(identifier, 201)

    async def _get_category(self, request: Request) -> Response:
        identifier = request.path_params["category"]
        return reply({"id": identifier, **_record(self._store.tag_categories, identifier), "used_by": []})

    async def _delete_category(self, request: Request) -> Response:
        identifier = request.path_params["category"]
        _record(self._store.tag_categories, identifier)
        del self._store.tag_categories[identifier]
        for tag in self._tags_of(identifier):
            del self._store.tags[tag]
        self._store.save()
        return done()

    async def _list_tags(self, _request: Request) -> Response:
        return reply(list(self._store.tags))

    async def _create_tag(self, request: Request) -> Response:
        if action(request) == "list-tags-for-category":
            category = (await read_body(request, {"category_id!": str}))["category_id"]
            _record(self._store.tag_categories, category)
            return reply(self._tags_of(category))
        if action(request):
            raise no_operation(request)
        body = await read_body(request, _TAG)
        _record(self._store.tag_categories, body["category_id"])
        siblings = {key: self._store.tags[key] for key in self._tags_of(body["category_id"])}
        chosen = body.pop("tag_id", None)
        identifier = _created(siblings, {**body, "objects": []}, "Tag", chosen)
        self._store.tags[identifier] = siblings[identifier]
        self._store.save()
        return reply(identifier, 201)

    async def _get_tag(self, request: Request) -> Response:
        identifier = request.path_params["tag"]
        record = _record(self._store.tags, identifier)
        shown = {name: value for name, value in record.items() if name != "objects"}
        return reply({"id": identifier, **shown, "used_by": []})

    async def _delete_tag(self, request: Request) -> Response:
        _record(self._store.tags, request.path_params["tag"])
        del self._store.tags[request.path_params["tag"]]
        self._store.save()
        return done()

    async def _attached(self, request: Request) -> Response:
        if action(request) != "list-attached-tags":
            raise no_operation(request)
        return reply(self._attached_to((await read_body(request, _OBJECT))["object_id"]))

    async def _associate(self, request: Request) -> Response:
        if action(request) not in ("attach", "detach"):
            raise no_operation(request)
        target, identifier = (await read_body(request, _OBJECT))["object_id"], request.path_params["tag"]
        record = _record(self._store.tags, identifier)
        if action(request) == "attach":
            self._check_attachable(record, identifier, target)
        others = [tagged for tagged in record["objects"] if tagged != target]
        record["objects"] = [*others, target] if action(request) == "attach" else others
        self._store.save()
        return done()

    def _check_attachable(self, record: dict[str, Any], identifier: str, target: dict[str, str]) -> None:
        """Raises VapiError INVALID_ARGUMENT where the category's cardinality or types forbid it."""
        category = self._store.tag_categories[record["category_id"]]
        if category["associable_types"] and target["type"] not in category["associable_types"]:
            raise invalid_argument(f"Tags of {category['name']} cannot be attached to a {target['type']}.")
        siblings = set(self._tags_of(record["category_id"])) - {identifier}
        if category["cardinality"] == "SINGLE" and siblings & set(self._attached_to(target)):
            raise invalid_argument(f"{target['id']} has a tag of the category {category['name']} already.")

    def _attached_to(self, target: dict[str, str]) -> list[str]:
        return [key for key, record in self._store.tags.items() if target in record["objects"]]

    def _tags_of(self, category: str) -> list[str]:
        return [key for key, record in self._store.tags.items() if record["category_id"] == category]


def _record(records: Records, identifier: str) -> dict[str, Any]:
    if identifier not in records:
        raise not_found(f"{identifier} not found.")
    return records[identifier]


def _created(records: Records, record: dict[str, Any], kind: str, identifier: str | None) -> str:
    """Keep ``record`` under ``identifier``, or a new one. Raises VapiError ALREADY_EXISTS for a name that is taken."""
    if any(other["name"] == record["name"] for other in records.values()):
        raise already_exists(f"{kind} {record['name']} already exists.")
    identifier = identifier or f"urn:vmomi:InventoryService{kind}:{uuid.uuid4()}:GLOBAL"
    records[identifier] = record
    return identifier
