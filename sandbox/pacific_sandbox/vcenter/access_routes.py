"""``/api/vcenter/namespaces/instances/{namespace}/access/{domain}/{subject}``: one entry of an access list."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.namespace_shapes import ACCESS
from pacific_sandbox.vcenter.namespace_specification import RESERVED_ACCESS, check_access, is_reserved
from pacific_sandbox.vcenter.namespaces import Namespaces, Record
from pacific_sandbox.vcenter.replies import choice, done, reply
from pacific_sandbox.vcenter.shape import read_body
from pacific_sandbox.vcenter.vapi_error import already_exists, invalid_argument, not_found, unsupported

_PATH = "/api/vcenter/namespaces/instances/{namespace}/access/{domain}/{subject}"


class AccessRoutes:
    """Create, read, set, delete."""

    def __init__(self, namespaces: Namespaces) -> None:
        self._namespaces = namespaces

    def routes(self) -> list[Route]:
        return [
            Route(_PATH, self._get, methods=["GET"]),
            Route(_PATH, self._create, methods=["POST"]),
            Route(_PATH, self._set, methods=["PUT"]),
            Route(_PATH, self._delete, methods=["DELETE"]),
        ]

    async def _get(self, request: Request) -> Response:
        record = self._namespaces.find(request.path_params["namespace"])
        subject = _subject(request)
        entries = [*record["specification"]["access_list"], *RESERVED_ACCESS]
        entry = next((entry for entry in entries if _same(entry, subject)), None)
        if entry is None:
            raise _missing(record, subject)
        provider = entry.get("identity_provider")
        return reply({"role": entry["role"], "identity_provider": provider, "inherited": is_reserved(entry)})

    async def _create(self, request: Request) -> Response:
        body = await read_body(request, ACCESS)
        record, subject = self._changeable(request)
        present = record["specification"]["access_list"]
        if any(_same(entry, subject) for entry in present):
            raise already_exists(f"{subject['subject']}@{subject['domain']} has access already.")
        return self._keep(record, present, {**subject, **body})

    async def _set(self, request: Request) -> Response:
        body = await read_body(request, ACCESS)
        record, subject = self._changeable(request)
        present = record["specification"]["access_list"]
        others = [entry for entry in present if not _same(entry, subject)]
        if len(others) == len(present):
            raise _missing(record, subject)
        return self._keep(record, others, {**subject, **body})

    async def _delete(self, request: Request) -> Response:
        record, subject = self._changeable(request)
        present = record["specification"]["access_list"]
        others = [entry for entry in present if not _same(entry, subject)]
        if len(others) == len(present):
            raise _missing(record, subject)
        self._namespaces.changed(record["namespace"], {**record["specification"], "access_list": others})
        return done()

    def _changeable(self, request: Request) -> tuple[Record, dict[str, str]]:
        record = self._namespaces.changeable(request.path_params["namespace"])
        subject = _subject(request)
        if is_reserved(subject):
            raise unsupported(f"The access of {subject['subject']}@{subject['domain']} is vCenter's own.")
        return record, subject

    def _keep(self, record: Record, others: list[Any], entry: dict[str, Any]) -> Response:
        check_access(entry)
        self._namespaces.changed(record["namespace"], {**record["specification"], "access_list": [*others, entry]})
        return done()


def _subject(request: Request) -> dict[str, str]:
    type_ = choice(request, "type", ("USER", "GROUP"))
    if type_ is None:
        raise invalid_argument("The query parameter type is missing: USER or GROUP.")
    return {
        "subject_type": type_,
        "subject": request.path_params["subject"],
        "domain": request.path_params["domain"],
    }


def _same(entry: Any, subject: dict[str, str]) -> bool:
    return all(str(entry[name]).lower() == value.lower() for name, value in subject.items())


def _missing(record: Record, subject: dict[str, str]) -> Exception:
    return not_found(f"{subject['subject']}@{subject['domain']} has no access to namespace {record['namespace']}.")
