"""Errors about one field, in the words of Kubernetes' validation (k8s.io/apimachinery ``field.Error``). Pure."""

import json
from collections.abc import Iterable

IMMUTABLE = "field is immutable"


def invalid(path: str, value: object, detail: str) -> str:
    """The value is not allowed."""
    return f"{path}: Invalid value: {json.dumps(value, separators=(',', ':'))}: {detail}"


def required(path: str, detail: str = "") -> str:
    """The field is missing."""
    return f"{path}: Required value" + (f": {detail}" if detail else "")


def forbidden(path: str, detail: str) -> str:
    """The field may not be set, or not by this user, or not now."""
    return f"{path}: Forbidden: {detail}"


def duplicate(path: str, value: object) -> str:
    """The value is there already."""
    return f"{path}: Duplicate value: {json.dumps(value)}"


def not_supported(path: str, value: object, supported: Iterable[str]) -> str:
    """The value is not supported."""
    listed = ", ".join(json.dumps(choice) for choice in supported)
    return f"{path}: Unsupported value: {json.dumps(value)}: supported values: {listed}"


def immutable(path: str, new: object, old: object) -> Iterable[str]:
    """An error where the value has changed. Nothing and an empty value are the same, as they are in Go."""
    return () if (new or None) == (old or None) else (invalid(path, new, IMMUTABLE),)
