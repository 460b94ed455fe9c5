"""Answers and query parameters."""

from collections.abc import Collection
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pacific_sandbox.vcenter.vapi_error import invalid_argument, operation_not_found


def reply(value: Any, status: int = 200) -> Response:
    """A JSON answer without fields that are None, which vCenter leaves out."""
    return JSONResponse(_present(value), status)


def done() -> Response:
    """The answer of an operation that returns nothing."""
    return Response(status_code=204)


def action(request: Request) -> str:
    """The ``action`` query parameter, empty where there is none."""
    return request.query_params.get("action", "")


def no_operation(request: Request) -> Exception:
    """The error for an operation that the API has not."""
    query = f"?{request.url.query}" if request.url.query else ""
    return operation_not_found(f"{request.method} {request.url.path}{query}")


def values(request: Request, name: str) -> set[str] | None:
    """A filter given once or several times; None where it is absent: everything matches."""
    texts = request.query_params.getlist(name)
    return {part for value in texts for part in value.split(",")} if texts else None


def matches(filters: Collection[str] | None, value: str | None) -> bool:
    """Whether ``value`` passes a filter."""
    return filters is None or value in filters


def choice(request: Request, name: str, allowed: Collection[str]) -> str | None:
    """A query parameter out of a few. Raises VapiError INVALID_ARGUMENT."""
    value = request.query_params.get(name)
    if value is not None and value not in allowed:
        raise invalid_argument(f"Value {value!r} of the query parameter {name} has to be one of {', '.join(allowed)}.")
    return value


def _present(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _present(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_present(item) for item in value]
    return value
