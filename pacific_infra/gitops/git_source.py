"""The git repository that a controller reads, as Flux' object of source.toolkit.fluxcd.io/v1."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pacific_infra.errors import PacificError

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
        """The object; looked at each minute. Raises PacificError for a URL that Flux does not take."""
        check_no_password(self.url)
        self._check()
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {"interval": "1m", "url": self.url, "ref": {"branch": self.branch}},
        }

    def _check(self) -> None:
        try:
            parts = urlsplit(self.url)
        except ValueError:
            parts = urlsplit("")
        # Flux' own pattern; git's short form of ssh has no scheme.
        if parts.scheme not in ("http", "https", "ssh") or not parts.hostname:
            short = re.fullmatch(r"(?P<host>[\w.@-]+):(?P<path>[^/].*)", self.url)
            fix = f"write ssh://{short['host']}/{short['path']}" if short else "name the URL that a cluster reaches"
            allowed = "http://HOST/PATH, https://HOST/PATH or ssh://USER@HOST/PATH"
            raise PacificError("Flux takes no such URL", place="--repository", value=self.url, allowed=allowed, fix=fix)


def check_no_password(url: str) -> None:
    """Raise PacificError for a repository's URL that says a password."""
    if re.match(r"[a-z+]+://[^/@]*:[^/@]+@", url):
        raise PacificError(
            "the repository's URL has a password, which would lie in git",
            place="--repository",
            fix="leave it out, and give it to the controller in a Secret",
        )


def kubernetes_name(*words: str) -> str:
    """A name of an object made of names that Kubernetes would not take."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-") or "estate"
