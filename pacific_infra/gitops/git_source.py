"""The git repository that a controller reads, as Flux' object of source.toolkit.fluxcd.io/v1."""

from dataclasses import dataclass
from typing import Any

API_VERSION = "source.toolkit.fluxcd.io/v1"
KIND = "GitRepository"


@dataclass(frozen=True)
class GitSource:
    """A branch of a repository, and the object that stands for it."""

    name: str
    namespace: str
    url: str
    branch: str

    def as_object(self) -> dict[str, Any]:
        """The object; looked at each minute."""
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {"interval": "1m", "url": self.url, "ref": {"branch": self.branch}},
        }
