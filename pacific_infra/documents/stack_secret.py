"""Secrets of the stack's configuration, named in documents."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import Discriminator, Tag, model_validator

from pacific_infra.documents.model import CheckedModel, Model
from pacific_infra.documents.names import CONFIG_KEY, ConfigKey
from pacific_infra.documents.problems import Problem, problems_error
from pacific_infra.documents.source import Path
from pacific_infra.documents.text import Text, TextSource

MARK = "${config."
_USE = re.compile(r"(\$?)\$\{config\.([^{}\n]*)\}?")


class StackSecret(Model):
    """A secret kept encrypted in the stack's configuration, never in a document."""

    config: ConfigKey
    """Key of the stack's configuration: `pulumi config set --secret KEY`."""

    @model_validator(mode="before")
    @classmethod
    def _no_secret_here(cls, value: Any) -> Any:
        if not isinstance(value, dict | StackSecret):
            # Without the value: it may be the secret, and messages go to logs.
            fix = "pulumi config set --secret KEY, and write {config: KEY}"
            raise problems_error(Problem("a secret is kept in the stack's configuration, not in a document", fix=fix))
        return value


class SecretText(StackSecret, CheckedModel):
    """A text with a secret of the stack's configuration in it."""

    format: str = "{}"
    """The text to make of it: {} stands for the secret, such as postgres://shop:{}@database/shop."""

    def problems(self) -> Iterator[Problem]:
        yield from format_problems(self.format)

    @property
    def parts(self) -> Sequence[str | ConfigKey]:
        """Text and keys in turn: those with even indexes are text, those with odd ones are keys."""
        before, _, after = self.format.partition("{}")
        return before, self.config, after


class SecretTemplate(CheckedModel):
    """A text in which secrets of the stack's configuration stand."""

    template: Text
    """The text itself or `{file: name}`. ${config.KEY} stands for the secret KEY of the stack's configuration, and
    $${config. for itself. Secrets are put in as they are."""

    def problems(self) -> Iterator[Problem]:
        yield from template_problems(self.template, ("template",))

    @property
    def parts(self) -> Sequence[str | ConfigKey]:
        """Text and keys in turn: those with even indexes are text, those with odd ones are keys."""
        return template_parts(self.template.text)


def format_problems(text: str) -> Iterator[Problem]:
    """What is wrong with a ``format``."""
    if text.count("{}") != 1 or text.replace("{}", "").count("{"):
        yield Problem("the format has no single {} for the value", ("format",), text, "text with one {}")


def template_problems(template: TextSource, path: Path) -> Iterator[Problem]:
    """What is wrong with a template: marks that name no secret, or none at all."""
    wrong = list(mark_problems(template.text, path))
    yield from wrong
    if not wrong and len(template_parts(template.text)) == 1:
        fix = "write ${config.KEY} in it, or give the text without template"
        yield Problem("the template contains no secret", path, template.file, fix=fix)


def mark_problems(text: str, path: Path) -> Iterator[Problem]:
    """The marks in ``text`` that name no secret."""
    for match in _USE.finditer(text):
        if not match[1] and not (match[0].endswith("}") and re.fullmatch(CONFIG_KEY, match[2])):
            line = text.count("\n", 0, match.start()) + 1
            fix = "write ${config.KEY}, or $${config. for the text itself"
            yield Problem(f"line {line} names no key of the stack's configuration", path, match[0][:100], fix=fix)


def template_parts(text: str) -> Sequence[str | ConfigKey]:
    """Text and keys of a template in turn: those with even indexes are text, those with odd ones are keys."""
    parts, before, end = [], "", 0
    for match in _USE.finditer(text):
        before += text[end : match.start()]
        end = match.end()
        if match[1]:
            before += match[0][1:]
        else:
            parts += [before, match[2]]
            before = ""
    return (*parts, before + text[end:])


def tag_of_secret(value: Any) -> str | None:
    """The alternative that ``value`` is where a text or a secret may stand; None: neither form of secret."""
    if isinstance(value, SecretText) or (isinstance(value, dict) and "config" in value):
        return "<config>"
    if isinstance(value, SecretTemplate) or (isinstance(value, dict) and "template" in value):
        return "<template>"
    return None


AnySecret = StackSecret | SecretTemplate
"""Every form in which a document names secrets."""
TaggedSecretText = Annotated[SecretText, Tag("<config>")]
TaggedSecretTemplate = Annotated[SecretTemplate, Tag("<template>")]
_TaggedText = Annotated[Text, Tag("<text>")]
TextOrSecret = Annotated[
    _TaggedText | TaggedSecretText | TaggedSecretTemplate, Discriminator(lambda value: tag_of_secret(value) or "<text>")
]
"""Text of a document or a file, a secret as the whole text, or a text with secrets in it."""


def template_of(text: TextSource | SecretTemplate) -> TextSource:
    """The text as it is written, with marks in place of secrets."""
    return text.template if isinstance(text, SecretTemplate) else text
