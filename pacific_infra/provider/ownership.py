"""Whose an object of vCenter is: a mark of one stack, at the end of its description or, where it has none, a tag.

An object has one owner at most. Before anything is made or changed it is looked at: what carries the stack's own mark
is taken over (an interrupted run has made it, or the record was lost), what another stack has marked is refused, and
what carries no mark is refused unless the resource says ``adopt``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import InvalidArgument
from pacific_infra.vcenter.tags import Category, attach_tag, attached_tag, detach_tag

CATEGORY = Category(
    "pacific-infra",
    "The stack of pacific-infra that a cluster's Supervisor belongs to, PROJECT/STACK.",
    "ClusterComputeResource",
)
"""Category of the tags that mark the clusters of Supervisors."""
SHOWN_BY_CALLER = "PACIFIC_OWNERS_SHOWN"
"""Environment variable: who runs the preview looks up owners by itself, and shows what is refused in its plan."""
_MARK = re.compile(r"\s*\[pacific ([^\[\]]+)\]\s*$")


@dataclass(frozen=True)
class Owner:
    """A Pulumi stack, ``project/stack``."""

    name: str

    @classmethod
    def of_urn(cls, urn: str) -> "Owner":
        """The stack of ``urn:pulumi:STACK::PROJECT::...``."""
        stack, _, rest = urn.removeprefix("urn:pulumi:").partition("::")
        return cls(f"{rest.partition('::')[0]}/{stack}")

    def marked(self, description: str | None) -> str:
        """``description`` with this owner's mark."""
        return f"{description or ''} [pacific {self.name}]".strip()


def owner_of(description: str | None) -> Owner | None:
    """The owner whose mark ``description`` carries; None where there is none."""
    match = _MARK.search(description or "")
    return Owner(match.group(1)) if match else None


def unmarked(description: str) -> str:
    """``description`` as its user wrote it."""
    return _MARK.sub("", description)


Verdict = Literal["adopt", "refused"]


def verdict(owner: Owner | None, stack: Owner, *, adopt: bool) -> Verdict:
    """What becomes of an object that is there, has this ``owner`` and is not in the record of ``stack``."""
    return "adopt" if owner == stack or (owner is None and adopt) else "refused"


def refusal(what: str, owner: Owner | None, *, mark: str, command: str, adoptable: bool = True) -> PacificError:
    """Why ``what``, such as ``the namespace shop``, is not taken over.

    ``mark``: what a user would remove for it to change hands. ``command``: what imports it. ``adoptable``: whether its
    kind has ``adopt``.
    """
    if owner is not None:
        return PacificError(
            f"{what} belongs to {owner.name}",
            fix=f"choose another name; for it to change hands, remove {mark} in vCenter, then {command}",
        )
    adopt = ", say adopt: true in its document" if adoptable else ""
    return PacificError(
        f"{what} is there already and belongs to no stack that is known",
        fix=f"choose another name{adopt}, or import it: {command}",
    )


class ClusterMarks:
    """Marks of Supervisors, which have no description: a tag on each compute cluster of the control plane."""

    def __init__(self, client: VCenterClient) -> None:
        self._client = client

    async def owner(self, clusters: Sequence[str]) -> Owner | None:
        """The owner of the Supervisor on ``clusters``, given by identifier; None where there is no mark."""
        for cluster in clusters:
            name = await attached_tag(self._client, CATEGORY, cluster)
            if name is not None:
                return Owner(name)
        return None

    async def claim(self, clusters: Sequence[str], owner: Owner) -> list[str]:
        """Mark ``clusters`` as ``owner``'s; those that were not before. Raises PacificError where another has one.

        The category allows one tag of it on a cluster, so that of two stacks that claim it at the same time one fails.
        """
        claimed: list[str] = []
        for cluster in clusters:
            there = await self.owner([cluster])
            if there == owner:
                continue
            try:
                if there is None:
                    await attach_tag(self._client, CATEGORY, owner.name, cluster)
                    claimed.append(cluster)
                    continue
            except InvalidArgument:
                there = await self.owner([cluster])
                if there is None:
                    raise
            await self.release(claimed, owner)
            raise PacificError(
                f"the cluster {cluster} is marked for a Supervisor of {there.name}",
                fix=f"name another cluster; where that stack is gone, take the tag {there.name} of the category "
                f"{CATEGORY.name} off the cluster in vCenter",
            )
        return claimed

    async def release(self, clusters: Sequence[str], owner: Owner) -> None:
        """Take the mark of ``owner`` off ``clusters``."""
        for cluster in clusters:
            await detach_tag(self._client, CATEGORY, owner.name, cluster)
