"""Images that stand for this computer: a container of such an image finds the programs that are installed here."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote

from pacific_sandbox.files import read_json, write_json


class ProcessImages:
    """The images in a sandbox's folder that the user has named; each has the variables of its containers."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def add(self, name: str, variables: Mapping[str, str]) -> None:
        """Let containers of the image ``name`` run here, with these variables."""
        write_json(self._file(name), dict(variables))

    def variables(self, name: str) -> dict[str, str] | None:
        """The variables of an image's containers; None: it may not run here."""
        stored = read_json(self._file(name))
        return {str(key): str(value) for key, value in stored.items()} if isinstance(stored, dict) else None

    def names(self) -> list[str]:
        """The images that may run here."""
        return sorted(unquote(file.stem) for file in self._directory.glob("*.json"))

    def _file(self, name: str) -> Path:
        return self._directory / f"{quote(name, safe='')}.json"
