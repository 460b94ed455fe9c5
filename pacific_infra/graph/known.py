"""A graph that was made before of the same documents. What most looks at a stack ask of it is known without them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pacific_infra.graph.dependency_graph import DependencyGraph, Neighbours

if TYPE_CHECKING:
    from pacific_infra.documents import Estate


@dataclass(frozen=True)
class Outline:
    """What is known of a graph."""

    waves: tuple[tuple[str, ...], ...]
    predecessors: Neighbours
    external: frozenset[str]
    needs_login: bool
    digest: str
    applications: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, graph: DependencyGraph) -> "Outline":
        """That of a graph."""
        return cls(graph.waves, graph.predecessors, graph.external, graph.needs_login, graph.digest, graph.applications)

    def as_json(self) -> dict[str, Any]:
        """For ``read``."""
        return {
            "waves": self.waves,
            "predecessors": self.predecessors,
            "external": sorted(self.external),
            "needsLogin": self.needs_login,
            "digest": self.digest,
            "applications": self.applications,
        }

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> "Outline":
        """What ``as_json`` has written. Raises LookupError, TypeError and AttributeError for anything else."""
        predecessors, applications = (
            {str(name): tuple(map(str, nodes)) for name, nodes in content[key].items()}
            for key in ("predecessors", "applications")
        )
        waves = tuple(tuple(map(str, wave)) for wave in content["waves"])
        external, needs_login = frozenset(map(str, content["external"])), bool(content["needsLogin"])
        return cls(waves, predecessors, external, needs_login, str(content["digest"]), applications)


class KnownGraph(DependencyGraph):
    """Reads its documents when somebody asks for more than its outline. Raises PacificError(s) then, where they have
    become wrong.
    """

    def __init__(self, outline: Outline, read: Callable[[], DependencyGraph]) -> None:
        """``read``: makes the graph anew."""
        self.__dict__.update(elsewhere={}, shared={}, _outline=outline, _read=read)

    @cached_property
    def _whole(self) -> DependencyGraph:
        read: Callable[[], DependencyGraph] = self.__dict__["_read"]
        whole = read()
        # The documents may have been changed since: what is said from now on is of these.
        self.__dict__["_outline"] = Outline.of(whole)
        for name in ("order", "wave_of"):
            self.__dict__.pop(name, None)
        return whole

    @property
    def _known(self) -> Outline:
        outline: Outline = self.__dict__["_outline"]
        return outline

    @property
    def estate(self) -> "Estate":
        """The documents."""
        return self._whole.estate

    @property
    def successors(self) -> Neighbours:
        """Ids that need each id directly."""
        return self._whole.successors

    @property
    def predecessors(self) -> Neighbours:
        """Ids that each id needs directly."""
        return self._known.predecessors

    @property
    def waves(self) -> tuple[tuple[str, ...], ...]:
        """Ids by wave."""
        return self._known.waves

    @property
    def external(self) -> frozenset[str]:
        """The ids of documents that others own."""
        return self._known.external

    @property
    def needs_login(self) -> bool:
        """Whether vCenter is asked for one of the documents."""
        return self._known.needs_login

    @property
    def digest(self) -> str:
        """A digest of all that the documents say."""
        return self._known.digest

    @property
    def applications(self) -> Mapping[str, tuple[str, ...]]:
        """Ids of the parts of each application, by its name."""
        return self._known.applications
