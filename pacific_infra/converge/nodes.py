"""Which node of the graph a Pulumi resource belongs to: the component at its head, or itself where it has none."""

from pacific_infra.plan import document_id_of


def split_urn(urn: str) -> tuple[str, str]:
    """The type token and the logical name of ``urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME``."""
    _, _, types, name = urn.split("::", 3)
    return types.rpartition("$")[2], name


class NodeFinder:
    """Finds the nodes of resources from their URNs and those of their parents."""

    def __init__(self) -> None:
        self._nodes: dict[str, str | None] = {}

    def node(self, urn: str, parent: str | None) -> str | None:
        """The node of a resource; None for the stack itself and for providers outside any component.

        A resource of a program that reads no documents belongs to the topmost component above it, ``Type/name``.
        """
        if urn not in self._nodes:
            self._nodes[urn] = self._find(urn, parent)
        return self._nodes[urn]

    def known(self, urn: str) -> str | None:
        """The node of a resource that was seen before."""
        return self._nodes.get(urn)

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
        return None if kind.startswith("pulumi:providers:") else f"{kind.rpartition(':')[2]}/{name}"
