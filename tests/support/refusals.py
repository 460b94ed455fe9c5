"""The errors with which something is refused, without the folder that their places are in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pacific_infra.errors import PacificErrors


def refusals(act: Callable[[], object], *folders: Path) -> list[str]:
    """The texts of the errors that ``act`` raises, in their order."""
    with pytest.raises(PacificErrors) as raised:
        act()
    texts = [str(error) for error in raised.value.errors]
    for folder in folders:
        texts = [text.replace(f"{folder}/", "") for text in texts]
    return texts
