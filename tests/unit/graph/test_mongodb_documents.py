from pathlib import Path

from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph

DOCUMENTS = Path(__file__).parents[3] / "mongodb" / "stack" / "documents"


def test_the_definition_comes_before_the_controller_and_that_before_the_database() -> None:
    waves = build_graph(load_estate([DOCUMENTS])).waves
    order = [name for wave in waves for name in wave]
    expected = [
        "CustomResourceDefinition/mongodb",
        "Controller/databases/mongodb-controller",
        "CustomResource/databases/orders",
    ]
    assert [order.index(name) for name in expected] == sorted(order.index(name) for name in expected)
    assert waves[-1] == ("CustomResource/databases/orders",)
