"""Documents as plain values that can be kept and read again, without the secrets that manifests hold."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from pacific_infra.documents.application import Application
from pacific_infra.documents.document import Document, group_of
from pacific_infra.documents.estate import Estate
from pacific_infra.documents.model import API_VERSION
from pacific_infra.documents.stack_secret import MARK

WITHHELD = "[secret]"
"""In place of a value that a manifest of a Secret holds."""
_SECRET_MANIFEST = re.compile(r"""(?:^|[\s{,])["']?kind["']?\s*:\s*["']?Secret\b""")
_VALUES = ("data", "stringData")


def _plain(document: Document, estate: Estate) -> dict[str, Any]:
    plain: dict[str, Any] = _without_secrets(document.model_dump(mode="json", exclude_unset=True))
    waits = plain.get("spec", {}).get("dependsOn")
    if waits and estate.uses:
        # Read again, there are no templates and no uses: what waits for one waits for its documents.
        groups = [(text, group_of(text, document.namespace, estate.uses)) for text in waits]
        nodes = [node for text, group in groups for node in ((text,) if group is None else estate.uses[group])]
        plain["spec"]["dependsOn"] = nodes
    return plain


def plain_documents(estate: Estate) -> dict[str, dict[str, Any]]:
    """Every document by its id, as overlays and values have left it; read again they are the same estate."""
    plain = {document.id: _plain(document, estate) for document in estate}
    for name, parts in estate.applications.items():
        application = Application.model_validate(
            {
                "apiVersion": API_VERSION,
                "kind": "Application",
                "metadata": {"name": name},
                "spec": {"parts": list(parts)},
            }
        )
        plain[application.id] = application.model_dump(mode="json", exclude_unset=True)
    return plain


def withholds(plain: Any) -> bool:
    """Whether something of the document was left out, so that it cannot be read again from these values alone."""
    return any(WITHHELD in text for text in _texts(plain))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _texts(inner)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        is_secret = value.get("kind") == "Secret" and any(name in value for name in _VALUES)
        return {
            name: _withheld(inner) if is_secret and name in _VALUES else _without_secrets(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    if isinstance(value, str) and _SECRET_MANIFEST.search(value):
        return _text_without_secrets(value)
    return value


def _text_without_secrets(text: str) -> str:
    """A text of manifests. One that is no YAML, such as a template, is withheld as a whole."""
    try:
        manifests = list(yaml.safe_load_all(text))
    except yaml.YAMLError:
        return WITHHELD
    cleaned = [_without_secrets(manifest) for manifest in manifests]
    return text if cleaned == manifests else yaml.safe_dump_all(cleaned, sort_keys=False, allow_unicode=True)


def _withheld(value: Any) -> Any:
    """Values that name a secret of the stack's configuration are none themselves."""
    if isinstance(value, dict):
        return {name: inner if isinstance(inner, str) and MARK in inner else WITHHELD for name, inner in value.items()}
    return WITHHELD
