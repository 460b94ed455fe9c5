"""What a Kubernetes API server refuses, as typed exceptions with the server's own text."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pacific_infra.errors import PacificError

_MANAGER = re.compile(r'^conflict with "(?P<manager>(?:[^"\\]|\\.)*)"')
CONFLICT = "FieldManagerConflict"
"""The reason of a cause that names a field of another manager: metav1.CauseTypeFieldManagerConflict."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of a refusal: ``details.causes`` of a Status."""

    field: str
    """Path of the field, such as ``spec.replicas``; empty where the server names none."""
    reason: str
    """For example FieldValueInvalid."""
    message: str

    @property
    def manager(self) -> str | None:
        """The field manager that owns the field, where that is the cause of a conflict."""
        named = _MANAGER.match(self.message) if self.reason == CONFLICT else None
        return named["manager"] if named else None


_NOT_LISTED = (403, 405)
_NO_PATH = "404 page not found"
"""What an API server answers to the path of a kind that it does not serve: http.NotFound of Go."""
_AGGREGATED = ("service unavailable", "error trying to reach service")
"""How it begins to answer for an aggregated API whose own server is down: handler_proxy.go of kube-aggregator v0.33."""


class KubernetesRefusal(PacificError):
    """An answer of an API server that is not a success."""

    def __init__(self, request: str, *, status: int, reason: str, message: str, causes: tuple[Cause, ...] = ()) -> None:
        """``request``: verb and object. ``status``: that of HTTP. ``reason``: as ``Forbidden``. ``message``: the
        server's own text.
        """
        self.request = request
        self.status = status
        self.reason = reason
        self.message = message
        self.causes = causes
        super().__init__(f"the Kubernetes API refused {request}: {message or reason or f'HTTP status {status}'}")

    @property
    def of_listing(self) -> bool:
        """Whether a kind cannot be listed: the user may not, or it is not served, or it has no lists."""
        return self.status in _NOT_LISTED or self.of_missing

    @property
    def of_missing(self) -> bool:
        """Whether the API server says that the object or kind is not there; a proxy's 404 does not say so."""
        return self.status == 404 and (self.reason == "NotFound" or self.message == _NO_PATH)

    @property
    def of_aggregated(self) -> bool:
        """Whether an aggregated API does not answer, which serves nothing then; a server that is busy answers 503 too,
        in other words.
        """
        return self.status == 503 and self.message.startswith(_AGGREGATED)

    @property
    def conflicts(self) -> tuple[Cause, ...]:
        """The fields that other managers own: why a server-side apply without force was refused."""
        return tuple(cause for cause in self.causes if cause.manager is not None)


class KubernetesUnreachable(PacificError):
    """No answer: address, certificate or time."""


def refusal_of(request: str, status: int, body: bytes) -> KubernetesRefusal:
    """The exception for an answer with ``status`` 400 or above, whatever its body is."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, Mapping) or answer.get("kind") != "Status":
        text = body.decode("utf-8", "replace").strip()
        return KubernetesRefusal(request, status=status, reason="", message=text.splitlines()[0][:300] if text else "")
    details = answer.get("details")
    causes = details.get("causes") if isinstance(details, Mapping) else None
    return KubernetesRefusal(
        request,
        status=status,
        reason=str(answer.get("reason") or ""),
        message=str(answer.get("message") or ""),
        causes=tuple(_cause(cause) for cause in causes or ()),
    )


def _cause(cause: Mapping[str, Any]) -> Cause:
    field = str(cause.get("field") or "").removeprefix(".")
    return Cause("" if field == "<nil>" else field, str(cause.get("reason") or ""), str(cause.get("message") or ""))
