"""The model of each kind, as the registry of kinds names it. Each is imported when it is used: an estate has few."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, TypeVar

from pacific_infra.documents.document import Document
from pacific_infra.documents.kinds import KINDS, Kind
from pacific_infra.documents.model import Model

if TYPE_CHECKING:
    from pacific_infra.documents.external import ExternalDocument

M = TypeVar("M", bound=Model)


class KindModels(Mapping[str, type[M]]):
    """Models by kind. To ask whether it has a kind imports none, to go over its values imports all."""

    def __init__(self, kinds: Iterable[Kind], *, external: bool = False) -> None:
        """``external``: the models of documents of what somebody else owns."""
        self._places = {
            kind.name: ("external", f"External{kind.name}") if external else (kind.module, kind.name) for kind in kinds
        }
        """Module and class by kind."""

    def __getitem__(self, kind: str) -> type[M]:
        module, name = self._places[kind]
        model: type[M] = getattr(import_module(f"pacific_infra.documents.{module}"), name)
        return model

    def __contains__(self, kind: object) -> bool:
        return kind in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


ALL_MODELS: Mapping[str, type[Model]] = KindModels(KINDS.values())
"""The model of each kind."""
MODELS: Mapping[str, type[Document]] = KindModels(kind for kind in KINDS.values() if kind.of_estate)
"""Models of the kinds that an estate consists of."""
LOADING_MODELS: Mapping[str, type[Model]] = KindModels(kind for kind in KINDS.values() if not kind.of_estate)
"""Models of the kinds that only say what is read."""
EXTERNAL_MODELS: "Mapping[str, type[ExternalDocument]]" = KindModels(
    (kind for kind in KINDS.values() if kind.may_be_external), external=True
)
"""Models of the kinds that somebody else may own, for documents of what somebody else does own."""
