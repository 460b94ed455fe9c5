"""What an ExternalSecret takes from a store of the provider ``fake``, whose values stand in the store itself.

Source: the provider ``fake`` and the templates of github.com/external-secrets/external-secrets.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from pacific_sandbox.kubernetes_api import Object

_PLACE = re.compile(r"\{\{-?\s*\.([-._a-zA-Z0-9]+)\s*-?\}\}")


class NotFetchedError(Exception):
    """Why a store does not give what is asked for."""


def fetched(spec: Object, provider: Mapping[str, Any]) -> dict[str, str]:
    """The data of the Secret that ``spec`` asks for. Raises NotFetchedError."""
    if "fake" not in provider:
        kinds = ", ".join(sorted(provider))
        raise NotFetchedError(f"the sandbox has no store of the provider {kinds}: it knows the provider fake alone")
    entries = provider["fake"].get("data") or ()
    values: dict[str, str] = {}
    for source in spec.get("dataFrom") or ():
        values |= _several(source, entries)
    for wish in spec.get("data") or ():
        values[wish["secretKey"]] = _value(wish["remoteRef"], entries)
    template = (spec.get("target") or {}).get("template") or {}
    texts = template.get("data") or {}
    return {key: _PLACE.sub(lambda match: _named(match[1], values), text) for key, text in texts.items()} or values


def _several(source: Object, entries: Any) -> dict[str, str]:
    if "extract" in source:
        return {name: _text(value) for name, value in _fields(source["extract"], entries).items()}
    pattern = re.compile((source["find"].get("name") or {}).get("regexp", ""))
    return {entry["key"]: entry["value"] for entry in entries if pattern.search(entry["key"])}


def _value(remote: Object, entries: Any) -> str:
    name = remote.get("property")
    if name is None:
        return _decoded(_entry(remote, entries), remote)
    fields = _fields(remote, entries)
    if name not in fields:
        raise NotFetchedError(f"key {name} does not exist in secret {remote['key']}")
    return _decoded(_text(fields[name]), remote)


def _entry(remote: Object, entries: Any) -> str:
    key, version = remote["key"], remote.get("version", "")
    for entry in entries:
        if entry["key"] == key and entry.get("version", "") == version:
            return str(entry["value"])
    raise NotFetchedError(f"Secret does not exist: {key}{f' of version {version}' if version else ''}")


def _fields(remote: Object, entries: Any) -> Mapping[str, Any]:
    try:
        fields = json.loads(_entry(remote, entries))
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise NotFetchedError(f"unable to unmarshal secret {remote['key']}: it is no object of JSON")
    return fields


def _decoded(text: str, remote: Object) -> str:
    if remote.get("decodingStrategy", "None") == "None":
        return text
    try:
        return base64.b64decode(text, altchars=b"-_" if "URL" in remote["decodingStrategy"] else None).decode()
    except (binascii.Error, UnicodeDecodeError):
        if remote["decodingStrategy"] == "Auto":
            return text
        raise NotFetchedError(f"unable to decode secret {remote['key']}") from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _named(name: str, values: Mapping[str, str]) -> str:
    if name not in values:
        raise NotFetchedError(f"could not execute template: no value {name}")
    return values[name]
