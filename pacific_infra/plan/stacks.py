"""What a plan says of the stacks of an estate in several."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_LISTED = 10


@dataclass(frozen=True)
class PlannedStacks:
    """Which stacks are previewed, why some are one, and what moves."""

    number: int
    """How many stacks there are."""
    waves: int
    previewed: tuple[str, ...]
    joined: tuple[str, ...] = ()
    """Why documents are in one stack that the rule would have in several, a sentence each."""
    moves: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """How many documents move, by the stack that has them and the one that gets them."""
    followers: tuple[str, ...] = ()
    """Stacks that take outputs of what changes: ``up`` runs them too where those outputs are others then."""

    @property
    def lines(self) -> Iterator[str]:
        """For people, a sentence each."""
        rest = self.number - len(self.previewed)
        left = "is as its last run left it" if rest == 1 else "are as their last run left them"
        stacks, waves = ("stack" if self.number == 1 else "stacks"), ("wave" if self.waves == 1 else "waves")
        yield f"{self.number} {stacks} in {self.waves} {waves}" + (f"; {rest} {left}" if rest else "")
        if self.previewed:
            yield f"{len(self.previewed)} to look at: {_listed(self.previewed)}"
        yield from self.joined
        for (source, target), documents in self.moves.items():
            yield f"to move from the stack {source} to {target}: {documents} documents, nothing of them is deleted"
        if self.followers:
            yield f"these take outputs of what changes, and are run where those change too: {_listed(self.followers)}"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "number": self.number,
            "previewed": list(self.previewed),
            "moves": [
                {"from": source, "to": target, "documents": documents}
                for (source, target), documents in self.moves.items()
            ],
            "followers": list(self.followers),
        }


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join([*names[:_LISTED], *([f"and {len(names) - _LISTED} more"] if len(names) > _LISTED else [])])
