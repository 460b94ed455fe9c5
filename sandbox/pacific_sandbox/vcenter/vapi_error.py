"""vCenter's errors in the form of its REST API: ``{"error_type", "messages": [{id, default_message, args}]}``."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class VapiError(Exception):
    """An answer of the API that is not a success; ``error_type`` as in ``com.vmware.vapi.std.errors``."""

    def __init__(self, status: int, error_type: str, message: str) -> None:
        self.status = status
        self.error_type = error_type
        self.message = message
        super().__init__(f"{error_type}: {message}")


def localizable(message: str, identifier: str = "com.vmware.vcenter.wcp.message") -> dict[str, Any]:
    """A ``LocalizableMessage``."""
    return {"id": identifier, "default_message": message, "args": []}


def status_messages(errors: Sequence[str]) -> list[dict[str, Any]]:
    """``Message`` structures of an object's status."""
    return [{"severity": "ERROR", "details": localizable(error)} for error in errors]


def not_found(message: str) -> VapiError:
    return VapiError(404, "NOT_FOUND", message)


def operation_not_found(path: str) -> VapiError:
    return VapiError(404, "OPERATION_NOT_FOUND", f"This vCenter has no operation {path}.")


def already_exists(message: str) -> VapiError:
    return VapiError(400, "ALREADY_EXISTS", message)


def already_in_desired_state(message: str) -> VapiError:
    return VapiError(400, "ALREADY_IN_DESIRED_STATE", message)


def invalid_argument(message: str) -> VapiError:
    return VapiError(400, "INVALID_ARGUMENT", message)


def not_allowed(message: str) -> VapiError:
    return VapiError(400, "NOT_ALLOWED_IN_CURRENT_STATE", message)


def unsupported(message: str) -> VapiError:
    return VapiError(400, "UNSUPPORTED", message)


def unauthenticated(message: str = "Authentication required.") -> VapiError:
    return VapiError(401, "UNAUTHENTICATED", message)


def unauthorized(message: str) -> VapiError:
    return VapiError(403, "UNAUTHORIZED", message)


def unavailable(message: str) -> VapiError:
    return VapiError(503, "SERVICE_UNAVAILABLE", message)


def error_response(error: VapiError, path: str) -> Response:
    """The answer to a request of ``path``; the older ``/rest`` API has another form than ``/api``."""
    messages = [localizable(error.message, f"vapi.{error.error_type.lower()}")]
    headers = {"WWW-Authenticate": 'Basic realm="vCenter"'} if error.status == 401 else None
    if path.startswith("/rest/"):
        body: dict[str, Any] = {
            "type": f"com.vmware.vapi.std.errors.{error.error_type.lower()}",
            "value": {"messages": messages},
        }
    else:
        body = {"error_type": error.error_type, "messages": messages}
    return JSONResponse(body, error.status, headers)


async def handle_error(request: Request, error: Exception) -> Response:
    """Starlette's handler for VapiError."""
    assert isinstance(error, VapiError)  # noqa: S101 - registered for this class only
    return error_response(error, request.url.path)
