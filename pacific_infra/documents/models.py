"""The model of each kind, as the registry of kinds names it."""

from collections.abc import Mapping
from importlib import import_module

from pacific_infra.documents import external
from pacific_infra.documents.document import Document
from pacific_infra.documents.external import ExternalDocument
from pacific_infra.documents.kinds import KINDS, Kind
from pacific_infra.documents.model import Model


def _model(kind: Kind) -> type[Model]:
    model: type[Model] = getattr(import_module(f"pacific_infra.documents.{kind.module}"), kind.name)
    return model


def _external_model(kind: Kind) -> type[ExternalDocument]:
    model: type[ExternalDocument] = getattr(external, f"External{kind.name}")
    return model


ALL_MODELS: Mapping[str, type[Model]] = {name: _model(kind) for name, kind in KINDS.items()}
"""The model of each kind."""
MODELS: Mapping[str, type[Document]] = {
    name: model for name, model in ALL_MODELS.items() if issubclass(model, Document)
}
"""Models of the kinds that an estate consists of."""
LOADING_MODELS: Mapping[str, type[Model]] = {name: ALL_MODELS[name] for name in ALL_MODELS if name not in MODELS}
"""Models of the kinds that only say what is read."""
EXTERNAL_MODELS: Mapping[str, type[ExternalDocument]] = {
    name: _external_model(kind) for name, kind in KINDS.items() if kind.may_be_external
}
"""Models of the kinds that somebody else may own, for documents of what somebody else does own."""
