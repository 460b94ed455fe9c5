"""Reads vCenter's answers without regard to the case of names.

The bindings say ``memory_MB`` and ``APIEndpoint``; the online reference and other servers say ``memory_mb`` and
``apiendpoint``. We send the bindings' spelling and read every one.
"""

from typing import Any


def lower_names(value: Any) -> Any:
    """``value`` with all names of all objects in lower case, at every depth."""
    if isinstance(value, dict):
        return {str(key).lower(): lower_names(item) for key, item in value.items()}
    if isinstance(value, list):
        return [lower_names(item) for item in value]
    return value
