"""The models that each component's arguments come from: what its document says, and what is said besides."""

from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.alias_generators import to_snake

from pacific_components import plumbing
from pacific_infra.documents.kinds import KINDS, Kind
from pacific_infra.documents.models import MODELS


class ComponentModels(NamedTuple):
    """What one component takes."""

    kind: str
    """Kind of the documents that become it."""
    spec: type[BaseModel]
    """Its fields in a document's ``spec``."""
    plumbing: type[BaseModel]
    """The others."""
    secret_outputs: tuple[str, ...] = ()
    """Outputs that are secret."""
    module: str | None = None
    """The module of ``pacific_components`` that has it; None: it is called like the component, in snake_case."""


def _models(kind: Kind) -> ComponentModels:
    """Those called after the kind, ``ControllerPlumbing`` and ``ManifestsFields``, come before what is common."""
    common: type[BaseModel] = plumbing.NamespacedPlumbing if kind.namespaced else plumbing.ComponentPlumbing
    if kind.runs_pods:
        common = plumbing.PodsPlumbing
    document_spec: Any = MODELS[kind.name].model_fields["spec"].annotation
    spec: type[BaseModel] = getattr(plumbing, f"{kind.name}Fields", document_spec)
    return ComponentModels(kind.name, spec, getattr(plumbing, f"{kind.name}Plumbing", common), kind.secret_outputs)


_OF_KINDS = {
    kind.token.removeprefix("pacific:index:"): _models(kind)
    for kind in KINDS.values()
    if kind.token is not None and kind.token.startswith("pacific:index:")
}
_OTHERS = {
    "ExternalNamespace": ComponentModels(
        "ExternalNamespace", plumbing.NoFields, plumbing.ExternalPlumbing, module="external"
    ),
    "ExternalSupervisorCluster": ComponentModels(
        "ExternalSupervisorCluster", plumbing.NoFields, plumbing.ExternalSupervisorPlumbing, module="external"
    ),
    "Provider": ComponentModels("Provider", plumbing.NoFields, plumbing.ProviderPlumbing),
}
COMPONENT_MODELS = dict(sorted({**_OF_KINDS, **_OTHERS}.items()))
"""By the component's name."""


def module_of(component: str) -> str:
    """The module of ``pacific_components`` that has the component."""
    return COMPONENT_MODELS[component].module or to_snake(component)
