"""The file of runs whose parts were killed: those of each seed stay when another is played."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_run(file: Path, seed: int, run: Mapping[str, Any]) -> None:
    """Put the rounds of one seed, with ``times`` and ``converged``, into ``file`` in place of its earlier ones."""
    runs: dict[str, Mapping[str, Any]] = json.loads(file.read_text())["by seed"] if file.exists() else {}
    runs[str(seed)] = run
    whole = {name: sum(item[name] for item in runs.values()) for name in ("times", "converged")}
    file.write_text(json.dumps({**whole, "by seed": runs}, indent=2) + "\n")
