"""The graph's drawing at 10, 500 and 5,000 documents."""

from itertools import combinations

import pytest

from pacific_infra.converge.health import Health
from pacific_infra.view.drawing import HEIGHT, MOST_BOXES, WIDTH, draw
from pacific_infra.view.model import Need, NodeView
from tests.support.view_world import World


def node(number: int, spaces: int) -> NodeView:
    """The document of a number: every hundredth is a namespace of its own wave."""
    space = f"team-{number % spaces:03}"
    kind = ("CrxWorkload", "VirtualMachine", "Manifests")[number % 3]
    live = Health("degraded" if number == 7 else "healthy")
    return NodeView(
        id=f"{kind}/{space}/app-{number}",
        kind=kind,
        namespace=space,
        name=f"app-{number}",
        wave=3 + number % 2,
        declared=True,
        external=False,
        application="",
        place="a.yaml:1",
        recorded="converged",
        resources=1,
        errors=(),
        live=live,
        needs=[Need(f"Namespace/{space}", "containment", "metadata.namespace")],
        needed_by=(),
        drift=(),
        seconds=None,
        desired=None,
    )


def documents(count: int, spaces: int) -> dict[str, NodeView]:
    """Documents of some namespaces, by id."""
    nodes = (node(number, spaces) for number in range(count))
    return {document.id: document for document in nodes}


@pytest.mark.parametrize(("count", "spaces"), [(10, 2), (500, 20), (5000, 20), (5000, 400)])
def test_it_is_readable_whatever_its_size(count: int, spaces: int) -> None:
    nodes = documents(count, spaces)
    drawing = draw(nodes)
    assert 0 < len(drawing.boxes) <= MOST_BOXES
    assert sum(len(box.nodes) for box in drawing.boxes) == count
    assert sum(number for _, _, number in drawing.waves) == count
    assert drawing.width < 3000
    assert drawing.height < 800
    for first, second in combinations(drawing.boxes, 2):
        assert abs(first.x - second.x) >= WIDTH or abs(first.y - second.y) >= HEIGHT
    assert all(box.x + WIDTH <= drawing.width and box.y + HEIGHT <= drawing.height for box in drawing.boxes)


def test_a_group_has_the_colour_of_its_worst_document_and_opens() -> None:
    nodes = documents(500, 20)
    (worst,) = [box for box in draw(nodes).boxes if box.state == "degraded"]
    assert worst.title == "team-007 VirtualMachine, 9"
    assert worst.subtitle == "1 degraded, 8 healthy"
    assert worst.query == "wave=4&namespace=team-007&kind=VirtualMachine"


def test_dependencies_go_from_wave_to_wave() -> None:
    drawing = draw(World().view().nodes)
    assert [number for number, _, _ in drawing.waves] == [1, 2, 3, 4, 5]
    assert len(drawing.edges) == 16
    assert drawing.left_out == 0
