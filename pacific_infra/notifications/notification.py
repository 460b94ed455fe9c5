"""What a webhook is told, in the forms that webhooks take. Pure.

Slack's form follows docs.slack.dev/messaging/sending-messages-using-incoming-webhooks; Mattermost, Rocket.Chat and
Discord take it too. The other is CloudEvents 1.0 in structured mode of its HTTP binding.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote
from uuid import uuid4

from pacific_infra.settings import Settings
from pacific_infra.text import visible

SCHEMA = "pacific.infra/notification/v1"
MOST_NAMES = 50
"""Documents that a notification names; the others are counted."""
_MOST_SHOWN = 10
_LONGEST_NAME = 253


@dataclass(frozen=True)
class Notification:
    """The end of a command. It has names and counts alone: values and servers' messages may hold secrets."""

    project: str
    stack: str
    subject: Literal["converge", "drift"]
    command: str
    """The command, with what limits it."""
    result: Literal["done", "failed", "interrupted", "found"]
    user: str
    """Who ran it."""
    time: float
    """When it ended, Unix time."""
    seconds: float
    summary: str
    """The counts in words."""
    counts: Mapping[str, int]
    """Resources by what was done with them, or by how they drifted."""
    documents: Sequence[str]
    """Ids of those that were changed, or have drifted."""
    failed: Sequence[str] = ()
    """Ids of those that failed."""


def slack_message(notification: Notification) -> bytes:
    """``{"text": ...}`` in Slack's mrkdwn."""
    name = _plain(f"{notification.project}/{notification.stack}")
    head = f"*{name}: {_plain(notification.command)} {notification.result}* by {_plain(notification.user)}"
    lines = [f"{head} after {notification.seconds:.0f} s: {_plain(notification.summary)}"]
    for title, names in (("failed", notification.failed), ("documents", notification.documents)):
        if names:
            more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
            lines.append(f"{title}: {', '.join(map(_code, names[:_MOST_SHOWN]))}{more}")
    return json.dumps({"text": "\n".join(lines)}).encode()


def cloud_event(notification: Notification) -> bytes:
    """An event of the type ``infra.pacific.SUBJECT.RESULT``; its source is the stack's URN."""
    project, stack = notification.project, notification.stack
    return json.dumps(
        {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": f"urn:pulumi:{quote(stack, safe='')}::{quote(project, safe='')}",
            "type": f"infra.pacific.{notification.subject}.{notification.result}",
            "subject": f"{project}/{stack}",
            "time": datetime.fromtimestamp(notification.time, UTC).isoformat(),
            "datacontenttype": "application/json",
            "data": {
                "schema": SCHEMA,
                "stack": f"{project}/{stack}",
                "command": notification.command,
                "result": notification.result,
                "user": notification.user,
                "seconds": round(notification.seconds, 1),
                "counts": dict(notification.counts),
                "documents": _names(notification.documents),
                "documentCount": len(notification.documents),
                "failed": _names(notification.failed),
                "failedCount": len(notification.failed),
            },
        }
    ).encode()


@dataclass(frozen=True)
class Form:
    """One form that a webhook takes."""

    title: str
    """How it is called in messages."""
    setting: str
    """The setting of a project that has its address, ``PROJECT:SETTING``."""
    by_environment: Callable[[Settings], str | None]
    """The address for stacks without that setting."""
    content_type: str
    body: Callable[[Notification], bytes]


FORMS = (
    Form("Slack", "slackWebhook", lambda settings: settings.slack_webhook, "application/json", slack_message),
    Form(
        "the receiver of CloudEvents",
        "cloudEventsWebhook",
        lambda settings: settings.cloud_events_webhook,
        "application/cloudevents+json; charset=utf-8",
        cloud_event,
    ),
)


def _names(names: Sequence[str]) -> list[str]:
    return [name[:_LONGEST_NAME] for name in names[:MOST_NAMES]]


def _plain(text: str) -> str:
    """Text in which nothing is a link, a mention, a mark or another line."""
    shown = visible(text[:_LONGEST_NAME].replace("\n", " "))
    for letter, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("`", "'"), ("@", "(at)")):
        shown = shown.replace(letter, written)
    return shown


def _code(name: str) -> str:
    return f"`{_plain(name)}`"
