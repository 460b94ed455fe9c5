"""What the engine and its providers say of failures: by document, each once, without wrapping. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi.automation.events import EngineEvent

from pacific_infra.converge.health import WAIT_FOR
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.converge.refusals import plain, read_refusal
from pacific_infra.errors import PacificError

if TYPE_CHECKING:
    from pacific_infra.documents import Document

_SUMMARIES = re.compile(
    r"(preview|update|destroy|refresh|import|deployment) failed"
    r"|resource monitor (has terminated|shut down).*|.*\d+ errors? occurred:?",
    re.IGNORECASE,
)
"""What the engine says of the whole after it has said what failed."""
_WRAPPING = re.compile(
    r"^(?:(?:preview|update|destroy|refresh) failed: |\d+ errors? occurred:\s*|\* |error: "
    r"|\S+ resource '[^']*' has a problem: )+",
    re.IGNORECASE,
)
_API_SERVER = re.compile(
    r'(?:the Kubernetes API server reported that (?P<quoted>"[^"]+"|it) failed to fully initialize or become live'
    r'|(?:update of )?resource "?[^"]*"? (?:was not successfully created by|failed because) the Kubernetes API server'
    r"(?: reported that it failed to fully initialize or become live)?): "
)


@dataclass(frozen=True)
class Failure:
    """A resource that could not be brought to its desired state, in the provider's words."""

    urn: str | None
    message: str


def is_summary(message: str) -> bool:
    """Whether a message only says that the whole failed."""
    return _SUMMARIES.fullmatch(message.strip()) is not None


def is_refusal(message: str) -> bool:
    """Whether a message says that an API server refuses something."""
    return read_refusal(message).kind != "other"


def in_plain_words(message: str) -> tuple[str, str | None]:
    """What failed, and what to do about it where that can be told."""
    message = _WRAPPING.sub("", message.strip())
    refused = read_refusal(message)
    if refused.kind != "other":
        return refused.text, refused.fix
    lines = [line.strip() for line in plain(_API_SERVER.sub("", message)).splitlines()]
    return "\n".join(line.removeprefix("* ") for line in lines if line and not is_summary(line)) or message, None


def failure_error(name: str | None, failure: Failure, document: "Document | None") -> PacificError:
    """The failure of ``name``, with the place of its document."""
    text, fix = in_plain_words(failure.message)
    clause = f"{name}: {text}" if name else text
    return PacificError(clause, place=document.place() if document is not None else None, fix=fix)


class EngineErrors:
    """Collects the errors of one run of the engine; ``event`` is part of a callback for the engine."""

    def __init__(self) -> None:
        self.failures: list[Failure] = []
        self._finder = NodeFinder()

    def event(self, event: EngineEvent) -> None:
        """Take in one event."""
        step = event.resource_pre_event
        if step:
            state = step.metadata.new or step.metadata.old
            self._finder.node(step.metadata.urn, (state.parent or None) if state else None)
        diagnostic = event.diagnostic_event
        if diagnostic and diagnostic.severity == "error":
            self.failures.append(Failure(diagnostic.urn or None, diagnostic.message.strip()))

    def errors(self, documents: "Mapping[str, Document] | None" = None) -> list[PacificError]:
        """What failed, each once; the engine's summary only where nothing else was said. ``documents``: by id."""
        failures = unsummarized(self.failures) or self.failures
        errors: dict[str, PacificError] = {}
        for failure in failures:
            name = name_of(self._finder, failure)
            node = self._finder.known_node(failure.urn) if failure.urn else None
            message = Failure(failure.urn, self._finder.named(failure.message))
            error = failure_error(name, message, (documents or {}).get(node or ""))
            errors.setdefault(str(error), error)
        return list(errors.values())


def name_of(finder: NodeFinder, failure: Failure) -> str | None:
    """The document that failed and, where it has several, which resource of it; None for the whole."""
    if failure.urn is None or failure.urn.split("::")[2:3] == ["pulumi:pulumi:Stack"]:
        return None
    node, name = finder.known_node(failure.urn), failure.urn.rpartition("::")[2]
    return name if node is None else node if node.endswith(f"/{name}") else f"{node} ({name})"


def unsummarized(failures: Sequence[Failure]) -> list[Failure]:
    """Those that say more than that the whole failed."""
    return [failure for failure in failures if not is_summary(failure.message)]


TIMED_OUT = "timed out waiting for the condition"


def explain_timeouts(failures: Sequence[Failure], resources: Sequence[Mapping[str, Any]]) -> list[Failure]:
    """The failures, each wait that came to its deadline with what was waited for and what was there at last."""
    recorded = {resource["urn"]: resource for resource in resources}
    return [
        Failure(failure.urn, f"{failure.message.strip()}\n{_why(recorded[failure.urn])}")
        if failure.urn in recorded and TIMED_OUT in failure.message
        else failure
        for failure in failures
    ]


def _why(recorded: Mapping[str, Any]) -> str:
    live: Mapping[str, Any] = recorded.get("outputs") or recorded.get("inputs") or {}
    metadata = live.get("metadata") or {}
    awaited = (metadata.get("annotations") or {}).get(WAIT_FOR, "")
    try:
        parts = json.loads(awaited)
    except ValueError:
        parts = awaited
    awaited_text = ", ".join(parts if isinstance(parts, list) else [str(parts)]) or "its kind's own rule"
    return f"it was waited for {awaited_text}; {_last(live.get('status') or {}, metadata.get('generation'))}"


def _last(status: Mapping[str, Any], generation: object) -> str:
    """The last conditions, or a sentence that none were reported."""
    conditions = [*(status.get("conditions") or ()), *((status.get("v1beta2") or {}).get("conditions") or ())]
    if not conditions:
        return "its status has no conditions: no controller has worked on it, or it reports none"
    return "at last: " + "; ".join(_condition(condition, generation) for condition in conditions)


def _condition(condition: Mapping[str, Any], generation: object) -> str:
    text = f"{condition.get('type')}={condition.get('status')}"
    text += f" ({condition['reason']})" if condition.get("reason") else ""
    text += f": {condition['message']}" if condition.get("message") else ""
    observed = condition.get("observedGeneration")
    stale = observed is not None and generation is not None and observed != generation
    return f"{text} [of generation {observed}, wanted {generation}]" if stale else text
