"""What vCenter refuses, as typed exceptions with vCenter's own text."""

import json
from typing import Any

from pacific_infra.errors import PacificError


class VCenterError(PacificError):
    """An answer of vCenter that is not a success. ``error_type`` is vCenter's, ``status`` that of HTTP."""

    def __init__(self, problem: str, *, status: int = 0, error_type: str = "", fix: str | None = None) -> None:
        self.status = status
        self.error_type = error_type
        super().__init__(problem, fix=fix)


class NotFound(VCenterError):
    """The object, or the operation in this version, does not exist."""


class AlreadyExists(VCenterError):
    """An object of that name is there already."""


class InvalidArgument(VCenterError):
    """vCenter does not take a value."""


class NotAllowed(VCenterError):
    """The object's present state does not allow the operation."""


class Unauthenticated(VCenterError):
    """The login is wrong or the session has ended."""


class Unauthorized(VCenterError):
    """The user lacks a privilege."""


class Unavailable(VCenterError):
    """vCenter is busy (429, 503) or failed (5xx) and stayed so."""


class Unreachable(VCenterError):
    """No connection: address, TLS or time. ``sent`` tells whether the request may have arrived."""

    def __init__(self, problem: str, *, fix: str | None = None, sent: bool = False) -> None:
        self.sent = sent
        super().__init__(problem, fix=fix)


_BY_TYPE: dict[str, type[VCenterError]] = {
    "NOT_FOUND": NotFound,
    "ALREADY_EXISTS": AlreadyExists,
    "ALREADY_IN_DESIRED_STATE": AlreadyExists,
    "INVALID_ARGUMENT": InvalidArgument,
    "UNSUPPORTED": InvalidArgument,
    "INVALID_ELEMENT_TYPE": InvalidArgument,
    "UNEXPECTED_INPUT": InvalidArgument,
    "NOT_ALLOWED_IN_CURRENT_STATE": NotAllowed,
    "RESOURCE_BUSY": NotAllowed,
    "RESOURCE_IN_USE": NotAllowed,
    "UNAUTHENTICATED": Unauthenticated,
    "UNAUTHORIZED": Unauthorized,
    "SERVICE_UNAVAILABLE": Unavailable,
    "TIMED_OUT": Unavailable,
}
_BY_STATUS: dict[int, type[VCenterError]] = {
    400: InvalidArgument,
    401: Unauthenticated,
    403: Unauthorized,
    404: NotFound,
    405: NotFound,
    409: NotAllowed,
    429: Unavailable,
}


def error_of(method: str, path: str, status: int, body: bytes) -> VCenterError:
    """The exception for an answer: both shapes of body, ``/api``'s (error_type) and ``/rest``'s (type, value)."""
    error_type, messages = _read(body)
    kind = _BY_TYPE.get(error_type) or _BY_STATUS.get(status) or (Unavailable if status >= 500 else VCenterError)
    reason = "; ".join(messages) or f"HTTP status {status}"
    fix = None
    if kind is NotFound and not (error_type or messages):
        # A proxy, or a vCenter that starts, answers so too: it does not say that an object does not exist.
        kind, reason = Unavailable, f"{reason}, and the answer is not vCenter's"
        fix = "check pacific:server and what stands before vCenter, then run the same command again"
    if kind is Unauthorized:
        fix = "give the user the privilege that vCenter names, for Supervisors and namespaces it is Namespaces.Manage"
    return kind(f"vCenter refused {method} {path}: {reason}", status=status, error_type=error_type, fix=fix)


def _read(body: bytes) -> tuple[str, list[str]]:
    try:
        answer: Any = json.loads(body)
    except ValueError:
        return "", []
    if not isinstance(answer, dict):
        return "", []
    value = answer.get("value")
    inner = value if isinstance(value, dict) else answer
    error_type = str(answer.get("error_type") or str(answer.get("type", "")).rpartition(".")[2]).upper()
    return error_type, message_texts(inner.get("messages"))


def message_texts(messages: Any) -> list[str]:
    """The texts of vCenter's localizable messages, also where they lie under ``details``, with their KB link."""
    texts = []
    for message in messages if isinstance(messages, list) else []:
        if not isinstance(message, dict):
            continue
        details = message.get("details")
        source = details if isinstance(details, dict) else message
        text = str(source.get("localized") or source.get("default_message") or "").strip()
        link = message.get("kb_article_link")
        if text:
            texts.append(f"{text} ({link})" if link else text)
    return texts
