"""Whose a namespace or VM class is: a mark of the stack at the end of its description in vCenter.

So a create can be repeated: what an interrupted run of the same stack has made is taken over, anything else is refused.
"""

import re
from dataclasses import dataclass

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


def owner_of(description: str) -> Owner | None:
    """The owner whose mark ``description`` carries; None where there is none."""
    match = _MARK.search(description)
    return Owner(match.group(1)) if match else None


def unmarked(description: str) -> str:
    """``description`` as its user wrote it."""
    return _MARK.sub("", description)
