"""Arguments of which a document says only some."""

from typing import Any


def given(**arguments: Any) -> Any:
    """Those that are neither None nor empty: what is not named is not ours."""
    return {name: value for name, value in arguments.items() if value is not None and value not in ([], {}, ())}
