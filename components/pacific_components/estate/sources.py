"""Where the values come from that documents do not hold themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pydantic import BaseModel

from pacific_components.validation import SecretValue
from pacific_infra.declaration import Secret
from pacific_infra.documents.environment import OutputReference, StackOutput
from pacific_infra.documents.model import Spec
from pacific_infra.documents.stack_secret import AnySecret, SecretTemplate, SecretText
from pacific_infra.documents.text import TextSource


@dataclass(frozen=True)
class Sources:
    """What one document takes from other documents and from the stack's configuration."""

    wired: Callable[[OutputReference], pulumi.Output[str]]
    """Gives the value that it takes from another document."""
    is_secret: Callable[[OutputReference], bool]
    """Whether that value is a secret."""
    of_stack: Callable[[StackOutput], pulumi.Output[str]]
    """Gives the value that it takes from another stack."""
    secret: Secret
    """Gives the secret that the stack's configuration keeps under a key."""


def text_of(text: TextSource | SecretText | SecretTemplate, secret: Secret) -> pulumi.Input[str]:
    """A document's text; with its secrets put in, it is a secret."""
    if isinstance(text, TextSource):
        return text.text
    parts = [secret(part) if index % 2 else part for index, part in enumerate(text.parts)]
    return pulumi.Output.secret(pulumi.Output.concat(*parts))


def spec_with_values(spec: Spec, sources: Sources) -> Any:
    """A document's ``spec`` with the values put in that it names; they stand in the place of its fields."""
    return _with_values(spec, sources)


def _with_values(value: Any, sources: Sources) -> Any:
    if isinstance(value, OutputReference):
        wired = sources.wired(value)
        return SecretValue(wired) if sources.is_secret(value) else wired
    if isinstance(value, StackOutput):
        return SecretValue(sources.of_stack(value))
    if isinstance(value, AnySecret):
        return SecretValue(_secret_text(value, sources.secret))
    if isinstance(value, BaseModel):
        changed = _changed({name: getattr(value, name) for name in type(value).model_fields}, sources)
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, dict):
        return {**value, **_changed(value, sources)}
    return type(value)(_with_values(item, sources) for item in value) if isinstance(value, list | tuple) else value


def _changed(fields: Mapping[str, Any], sources: Sources) -> dict[str, Any]:
    """Those of ``fields`` in which values are to be put, with them."""
    items = {name: _with_values(item, sources) for name, item in fields.items()}
    return {name: item for name, item in items.items() if item is not fields[name]}


def _secret_text(value: AnySecret, secret: Secret) -> pulumi.Output[str]:
    if isinstance(value, SecretText | SecretTemplate):
        return pulumi.Output.from_input(text_of(value, secret))
    return secret(value.config)


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
