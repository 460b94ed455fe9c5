"""Documents can say every property of the Supervisor, the Namespace and the VM class, and the provider takes them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.documents.lowering import properties_of
from pacific_infra.provider.checking import failures
from pacific_infra.provider.models.introspection import properties
from pacific_infra.provider.models.model import Model
from pacific_infra.provider.models.registry import KINDS

DOCUMENTS = Path(__file__).parents[2] / "golden" / "every-property"
MODELS = {kind.name: kind.inputs for kind in KINDS}


def said() -> dict[str, list[dict[str, Any]]]:
    """What the documents become, by the resource's kind."""
    found: dict[str, list[dict[str, Any]]] = {}
    for document in load_estate([DOCUMENTS]).documents:
        kind = {"SupervisorCluster": "Supervisor"}.get(document.kind, document.kind)
        found.setdefault(kind, []).append(properties_of(document))
    return found


def paths(values: Mapping[str, Any], model: type[Model], path: str = "") -> Iterator[str]:
    for item in properties(model):
        value = values.get(item.name)
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield f"{path}{item.name}"
                if item.model is not None:
                    yield from paths(each, item.model, f"{path}{item.name}.")


def all_paths(model: type[Model], path: str = "") -> Iterator[str]:
    for item in properties(model):
        yield f"{path}{item.name}"
        if item.model is not None:
            yield from all_paths(item.model, f"{path}{item.name}.")


@pytest.mark.parametrize("kind", ["Supervisor", "Namespace", "VirtualMachineClass"])
def test_every_property_is_said_somewhere(kind: str) -> None:
    here = {path for values in said()[kind] for path in paths(values, MODELS[kind])}
    assert [path for path in all_paths(MODELS[kind]) if path not in here] == []


@pytest.mark.parametrize("kind", ["Supervisor", "Namespace", "VirtualMachineClass"])
def test_the_provider_finds_nothing_wrong(kind: str) -> None:
    # Secrets are outputs of the stack's configuration, which is not there.
    found = [each for values in said()[kind] for each in failures(values, MODELS[kind])]
    assert [each for each in found if not each[0].lower().endswith(("password", "privatekey"))] == []
