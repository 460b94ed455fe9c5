"""Which stack owns an object of vCenter: a mark at the end of its description or, if it has none, a tag.

An object has at most one owner. Before an object is created or changed, its mark is read. With the stack's own mark it
is adopted (an interrupted run has created it, or the record was lost). With another stack's mark it is refused. Without
a mark it is refused unless the resource says ``adopt``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pacific_infra.errors import PacificError
from pacific_infra.settings import owner_of_stack
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
"""Environment variable: set where the caller of the preview looks up owners itself and shows refusals in its plan."""
_MARK = re.compile(r"\s*\[pacific ([^\[\]]+)\]\s*$")


@dataclass(frozen=True)
class Owner:
    """A Pulumi stack, ``project/stack``."""

    name: str

    @classmethod
    def of_urn(cls, urn: str) -> "Owner":
        """The stack of ``urn:pulumi:STACK::PROJECT::...``, or the estate that the run's stack is a part of."""
        stack, _, rest = urn.removeprefix("urn:pulumi:").partition("::")
        return cls(owner_of_stack(f"{rest.partition('::')[0]}/{stack}"))

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
    """What happens to an existing object with this ``owner`` that is not in the record of ``stack``."""
    return "adopt" if owner == stack or (owner is None and adopt) else "refused"


def refusal(subject: str, owner: Owner | None, *, mark: str, command: str, adoptable: bool = True) -> PacificError:
    """Why ``subject``, such as ``the namespace shop``, is not adopted.

    ``mark``: what a user would remove to release it. ``command``: the command that imports it. ``adoptable``: whether
    its kind has ``adopt``.
    """
    if owner is not None:
        return PacificError(
            f"{subject} belongs to {owner.name}",
            fix=f"choose another name; to take it from that stack, remove {mark} in vCenter, then {command}",
        )
    adopt = ", say adopt: true in its document" if adoptable else ""
    return PacificError(
        f"{subject} exists already and has no known owner",
        fix=f"choose another name{adopt}, or import it: {command}",
    )


class ClusterMarks:
    """Marks of Supervisors. They have no description, so each compute cluster of the control plane gets a tag."""

    def __init__(self, client: VCenterClient) -> None:
        self._client = client

    async def owner(self, clusters: Sequence[str]) -> Owner | None:
        """The owner of the Supervisor on ``clusters`` (identifiers); None without a mark."""
        for cluster in clusters:
            name = await attached_tag(self._client, CATEGORY, cluster)
            if name is not None:
                return Owner(name)
        return None

    async def claim(self, clusters: Sequence[str], owner: Owner) -> list[str]:
        """Mark ``clusters`` as ``owner``'s. Returns those newly marked. Raises PacificError if another stack owns one.

        The category allows one tag on a cluster, so if two stacks claim it at the same time, one of them fails.
        """
        claimed: list[str] = []
        for cluster in clusters:
            current = await self.owner([cluster])
            if current == owner:
                continue
            try:
                if current is None:
                    await attach_tag(self._client, CATEGORY, owner.name, cluster)
                    claimed.append(cluster)
                    continue
            except InvalidArgument:
                current = await self.owner([cluster])
                if current is None:
                    raise
            await self.release(claimed, owner)
            raise PacificError(
                f"the cluster {cluster} is marked for a Supervisor of {current.name}",
                fix=f"name another cluster; if that stack no longer exists, remove the tag {current.name} of the "
                f"category {CATEGORY.name} from the cluster in vCenter",
            )
        return claimed

    async def release(self, clusters: Sequence[str], owner: Owner) -> None:
        """Remove the mark of ``owner`` from ``clusters``."""
        for cluster in clusters:
            await detach_tag(self._client, CATEGORY, owner.name, cluster)
