"""What the API servers say to the objects of a plan before it is carried out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ServerAnswers:
    """The answers that do not stop a run: what is refused for certain is an error before there is a plan."""

    objects: int = 0
    """How many objects the servers were asked about."""
    doubtful: tuple[str, ...] = ()
    """Refused as things are now; documents that they need change in the same run."""
    taken_over: tuple[str, ...] = ()
    """Fields that the run takes back from other field managers."""
    handed_over: int = 0
    """Objects whose fields go from the stack's earlier field manager to its present one."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Why further objects were not asked about, and how many."""

    @property
    def has_answers(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.objects or self.skipped)

    @property
    def line(self) -> str:
        """``Asked: 12 objects in a dry run, 1 doubtful; 3 not asked: namespace shop does not exist yet``."""
        doubtful = f", {len(self.doubtful)} doubtful" if self.doubtful else ""
        text = f"Asked: {self.objects} {'object' if self.objects == 1 else 'objects'} in a dry run{doubtful}"
        missing = sum(self.skipped.values())
        reasons = ", ".join(f"{reason} ({number})" for reason, number in sorted(self.skipped.items()))
        return f"{text}; {missing} not asked: {reasons}" if missing else text

    def advice(self) -> Iterator[tuple[str, str]]:
        """Severity and text of what there is to say of single objects."""
        for text in self.doubtful:
            yield "warning", text
        for text in self.taken_over:
            yield "warning", text

    def as_json(self) -> dict[str, Any]:
        """For pipelines."""
        return {
            "objects": self.objects,
            "doubtful": list(self.doubtful),
            "taken": list(self.taken_over),
            "handed_over": self.handed_over,
            "skipped": dict(self.skipped),
        }
