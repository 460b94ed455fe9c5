"""Which node of the graph a Pulumi resource belongs to: its topmost component, or itself where it has none."""

import re

from pacific_infra.documents.resource_types import document_id_of
from pacific_infra.record.urns import split_urn

_URN = re.compile(r"urn:pulumi:[^\s:]+(?:::[^\s'\"`,;:.()]+(?:[:.]+[^\s'\"`,;:.()]+)*?){3,}")


class NodeFinder:
    """Finds the nodes of resources from their URNs and those of their parents."""

    def __init__(self) -> None:
        self._nodes: dict[str, str | None] = {}

    def node(self, urn: str, parent: str | None) -> str | None:
        """The node of a resource; None for the stack itself, and for providers and other stacks outside any component.

        A resource of a program that reads no documents belongs to the topmost component above it, ``Type/name``.
        """
        if urn not in self._nodes:
            self._nodes[urn] = self._find(urn, parent)
        return self._nodes[urn]

    def known_node(self, urn: str) -> str | None:
        """The node of a resource that was seen before, or whose component was."""
        return self._nodes[urn] if urn in self._nodes else self._of_component(urn)

    def named(self, text: str) -> str:
        """``text`` with documents in place of URNs, as far as they are known; a command to type keeps its URNs."""

        def name(match: re.Match[str]) -> str:
            if "pulumi state " in text[text.rfind("\n", 0, match.start()) + 1 : match.start()]:
                return match[0]
            kind, name = split_urn(match[0])
            return self.known_node(match[0]) or document_id_of(kind, name) or f"{kind.rpartition(':')[2]} {name}"

        return _URN.sub(name, text)

    def _of_component(self, urn: str) -> str | None:
        """The node of a resource by its URN alone, as where its inputs are refused and no step is made: it has the type
        of its component, whose name its own begins with. None where that is not one component.
        """
        types, name = urn.split("::", 3)[2:]
        above = types.rpartition("$")[0]
        nodes = {
            node
            for known, node in self._nodes.items()
            if above and known.split("::", 3)[2] == above and f"{name}-".startswith(f"{split_urn(known)[1]}-")
        }
        return nodes.pop() if len(nodes) == 1 else None

    def _find(self, urn: str, parent: str | None) -> str | None:
        kind, name = split_urn(urn)
        if kind == "pulumi:pulumi:Stack":
            return None
        # A delete is seen before that of its parent.
        inherited = self.node(parent, None) if parent else None
        if inherited is not None:
            return inherited
        declared = document_id_of(kind, name)
        if declared is not None:
            return declared
        # Providers, and the outputs of other stacks.
        return None if kind.startswith("pulumi:") else f"{kind.rpartition(':')[2]}/{name}"
