"""What a removal would do, of a stack or one application: deleted data first, what is kept and why, then the rest."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.text import Text
from rich.tree import Tree

REMOVAL_SCHEMA = "pacific.infra/removal/v1"
"""Name and version of the form; a field may be added within a version, none changes or goes."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to one resource."""

    type: str
    name: str
    urn: str | None
    """None: what another resource has made, such as the volume claims of a StatefulSet."""
    kept: str | None = None
    """Why its object stays; None: it is deleted."""
    data: bool = False
    """Whether it holds data."""


@dataclass(frozen=True, slots=True)
class RemovedPart:
    """A document that goes and the fate of its resources, in the order of deletion."""

    id: str
    fates: tuple[Fate, ...]
    wave: int | None = None
    """The wave in which it was made, from 1; None: no document declares it any longer."""


@dataclass(frozen=True)
class Removal:
    """What ``pacific down`` would do."""

    application: str | None
    """None: the whole stack goes."""
    parts: tuple[RemovedPart, ...]
    """In the order of deletion: what needs a part goes before it."""
    others: tuple[str, ...]
    """Documents outside that are there and stay."""
    targets: tuple[str, ...]
    """URNs that the engine takes down, those included whose objects it leaves (deletionPolicy: Retain)."""
    retained: frozenset[str] = frozenset()
    """Those of the targets whose objects stay."""
    partial: bool = True
    """Whether resources stay recorded: the engine must be told which go."""
    left: tuple[RemovedPart, ...] = ()
    """What is the stack's own in Supervisors and namespaces that go, and in no record, such as volumes that were kept
    when their document was removed: it goes along.
    """

    @property
    def operations(self) -> dict[str, str]:
        """``delete`` or ``keep``, by target."""
        return {urn: "keep" if urn in self.retained else "delete" for urn in self.targets}

    def fates(self) -> Iterator[tuple[RemovedPart, Fate]]:
        """Every resource with its part."""
        for part in self.parts:
            for fate in part.fates:
                yield part, fate

    @property
    def destroyed_data(self) -> list[tuple[RemovedPart, Fate]]:
        """What holds data and is deleted."""
        left = [(part, fate) for part in self.left for fate in part.fates]
        return [(part, fate) for part, fate in (*self.fates(), *left) if fate.data and fate.kept is None]

    @property
    def kept(self) -> list[tuple[RemovedPart, Fate]]:
        """What stays where it is."""
        return [(part, fate) for part, fate in self.fates() if fate.kept is not None]


def removal_question(removal: Removal, stack: str) -> str:
    """The summary before the confirmation, for a removal that may have scrolled away: counts, and destroyed data.

    ``Remove all of estate/dev: 38 to delete, 2 kept? This destroys data of Namespace/shop, VirtualMachine/shop/db.``
    """
    act = f"Take down Application/{removal.application}" if removal.application else f"Remove all of {stack}"
    destroyed = ", ".join(dict.fromkeys(part.id for part, _ in removal.destroyed_data))
    return f"{act}: {_counts(removal)}?" + (f" This destroys data of {destroyed}." if destroyed else "")


def _counts(removal: Removal) -> str:
    deleted = sum(fate.kept is None for _, fate in removal.fates())
    return f"{deleted} to delete, {len(removal.kept)} kept"


def render_removal(removal: Removal, stack: str) -> Tree:
    """A tree that rich prints; the signs are those of the plan. ``stack``: what goes where it is no application."""
    kept = removal.kept
    act = f"Taking down Application/{removal.application}" if removal.application else f"Removing all of {stack}"
    tree = Tree(Text(f"{act}: {_counts(removal)}", style="bold"))
    if removal.destroyed_data:
        branch = tree.add(Text("Destroys data", style="bold red"))
        for part, fate in removal.destroyed_data:
            branch.add(_line("-", fate, f"of {part.id}", "red"))
    if kept:
        branch = tree.add(Text("Keeps", style="bold"))
        for part, fate in kept:
            branch.add(_line("=", fate, f"of {part.id}: {fate.kept}", ""))
    _add_left(tree, removal)
    if removal.application is None:
        for wave, parts in groupby(removal.parts, lambda part: part.wave):
            branch = tree.add(Text("No longer declared" if wave is None else f"Wave {wave}", style="bold"))
            for part in parts:
                _add_part(branch, part)
        return tree
    for part in removal.parts:
        _add_part(tree, part)
    tree.add(Text(f"{len(removal.others)} other documents stay as they are"))
    return tree


def _add_left(tree: Tree, removal: Removal) -> None:
    if removal.left:
        branch = tree.add(Text("In no record, deleted as well", style="bold red"))
        for part in removal.left:
            _add_part(branch, part)


def _add_part(branch: Tree, part: RemovedPart) -> None:
    added = branch.add(Text(f"- {part.id}", style="red"))
    for fate in part.fates:
        if fate.kept is None:
            added.add(_line("-", fate, "", "red"))


def _line(sign: str, fate: Fate, remark: str, style: str) -> Text:
    line = Text(f"{sign} {fate.type} {fate.name}", style=style)
    return line.append(f"  {remark}", style="dim") if remark else line


def removal_json(removal: Removal) -> dict[str, Any]:
    """For pipelines."""
    return {
        "schema": REMOVAL_SCHEMA,
        "application": removal.application,
        "destroysData": [{"node": part.id, **_resource(fate)} for part, fate in removal.destroyed_data],
        "kept": [{"node": part.id, **_resource(fate), "reason": fate.kept} for part, fate in removal.kept],
        "removed": [
            {"id": part.id, "wave": part.wave, "deleted": [_resource(fate) for fate in part.fates if fate.kept is None]}
            for part in removal.parts
        ],
        "left": [{"node": part.id, **_resource(fate)} for part in removal.left for fate in part.fates],
        "others": list(removal.others),
    }


def _resource(fate: Fate) -> dict[str, Any]:
    return {"type": fate.type, "name": fate.name, "urn": fate.urn}
