"""Releases of the VMware Kubernetes Service, in the forms that a Supervisor takes and stores.

A KubernetesRelease has a name, ``v1.33.3---vmware.1-fips-vkr.2``, and a version, ``v1.33.3+vmware.1-fips-vkr.2``. A
Supervisor takes both and the beginning of either, such as ``v1.33``, and stores the version of the release that it
has chosen, on some versions without ``-vkr.N``.
"""

import re
from typing import NamedTuple

_VERSION = re.compile(r"v1\.(\d+)(?:\.(\d+))?")
_REVISION = re.compile(r"-vkr\.\d+$")


class Order(NamedTuple):
    """Which of two releases is the later one."""

    minor: int
    patch: int
    """0 where the release does not say it."""


def order_of(release: str) -> Order:
    """Minor and patch version of a release."""
    minor, patch = _VERSION.match(release).groups()  # type: ignore[union-attr]  # the model has checked its form
    return Order(int(minor), int(patch or 0))


def is_form_of(written: str, stored: str) -> bool:
    """Whether ``stored`` is what a Supervisor may make of the release that a document says."""
    text, kept = _version(written), _version(stored)
    return text == kept or kept.startswith((f"{text}.", f"{text}+", f"{text}-")) or _REVISION.sub("", text) == kept


def _version(release: str) -> str:
    """The version of a release, or its beginning; a release's name has ``---`` for the plus."""
    return release.replace("---", "+", 1)
