"""Where the values come from that documents do not hold themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from pacific_infra.declaration import Secret
from pacific_infra.documents.environment import OutputReference
from pacific_infra.documents.stack_secret import AnySecret, SecretTemplate, SecretText
from pacific_infra.documents.text import TextSource


@dataclass(frozen=True)
class Sources:
    """What one document takes from other documents and from the stack's configuration."""

    wired: Callable[[OutputReference], pulumi.Output[str]]
    """Gives the value that it takes from another document."""
    is_secret: Callable[[OutputReference], bool]
    """Whether that value is a secret."""
    secret: Secret
    """Gives the secret that the stack's configuration keeps under a key."""


def text_of(text: TextSource | SecretText | SecretTemplate, secret: Secret) -> pulumi.Input[str]:
    """A document's text; with its secrets put in, it is a secret."""
    if isinstance(text, TextSource):
        return text.text
    parts = [secret(part) if index % 2 else part for index, part in enumerate(text.parts)]
    return pulumi.Output.secret(pulumi.Output.concat(*parts))


def with_values(value: Any, secret: Secret) -> Any:
    """Plain values of a document with the secrets in them put in."""
    if isinstance(value, AnySecret):
        assert isinstance(value, SecretText | SecretTemplate)  # noqa: S101 - no other form stands among plain values
        return text_of(value, secret)
    if isinstance(value, Mapping):
        return {name: with_values(item, secret) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_values(item, secret) for item in value]
    return value
