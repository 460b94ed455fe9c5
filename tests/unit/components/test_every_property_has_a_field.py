"""Documents can say every property of vCenter's resources, and the provider takes them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.documents.kinds import KINDS as DOCUMENT_KINDS
from pacific_infra.documents.lowering import properties_of
from pacific_infra.provider.checking import failures
from pacific_infra.provider.models.introspection import properties
from pacific_infra.provider.models.model import Model
from pacific_infra.provider.models.registry import KINDS

DOCUMENTS = Path(__file__).parents[2] / "golden" / "every-property"
MODELS = {kind.name: kind.inputs for kind in KINDS}
OF_DOCUMENTS = pytest.mark.parametrize("kind", [kind.resource for kind in DOCUMENT_KINDS.values() if kind.resource])


def written_properties() -> dict[str, list[dict[str, Any]]]:
    """What the documents become, by the resource's kind."""
    result: dict[str, list[dict[str, Any]]] = {}
    for document in load_estate([DOCUMENTS]).documents:
        if not DOCUMENT_KINDS[document.kind].resource:
            continue
        result.setdefault(DOCUMENT_KINDS[document.kind].resource, []).append(properties_of(document))
    return result


def paths(values: Mapping[str, Any], model: type[Model], path: str = "") -> Iterator[str]:
    for item in properties(model):
        value = values.get(item.name)
        for entry in value if isinstance(value, list) else [value]:
            if entry is not None:
                yield f"{path}{item.name}"
                if item.model is not None:
                    yield from paths(entry, item.model, f"{path}{item.name}.")


def all_paths(model: type[Model], path: str = "") -> Iterator[str]:
    for item in properties(model):
        yield f"{path}{item.name}"
        if item.model is not None:
            yield from all_paths(item.model, f"{path}{item.name}.")


@OF_DOCUMENTS
def test_every_property_is_said_somewhere(kind: str) -> None:
    written = {path for values in written_properties()[kind] for path in paths(values, MODELS[kind])}
    assert [path for path in all_paths(MODELS[kind]) if path not in written] == []


@OF_DOCUMENTS
def test_the_provider_finds_nothing_wrong(kind: str) -> None:
    # Secrets are outputs of the stack's configuration, which is not there.
    result = [failure for values in written_properties()[kind] for failure in failures(values, MODELS[kind])]
    assert [item for item in result if not item[0].lower().endswith(("password", "privatekey"))] == []
