"""The drawing of pages at 10, 500 and 5,000 documents."""

from itertools import combinations

import pytest

from pacific_infra.graph.drawing.bands import HEIGHT, MOST_BOXES, PAGE_WIDTH, WIDTH, Item, draw
from pacific_infra.graph.drawing.svg import svg

STATES = ("degraded", "healthy")
KINDS = ("CrxWorkload", "VirtualMachine", "Manifests")


def item(number: int, spaces: int, waves: int = 2) -> Item:
    """The document of a number; it needs its namespace and the document before it."""
    space, kind = f"team-{number % spaces:03}", KINDS[number % 3]
    state = "degraded" if number == 7 else "healthy"
    needs = (
        [f"{KINDS[(number - 1) % 3]}/{f'team-{(number - 1) % spaces:03}'}/app-{number - 1}"] if number % waves else []
    )
    return Item(f"{kind}/{space}/app-{number}", kind, space, f"app-{number}", 3 + number % waves, state, needs)


def documents(count: int, spaces: int) -> list[Item]:
    """Documents of some namespaces."""
    return [item(number, spaces) for number in range(count)]


@pytest.mark.parametrize("width", [390, 1010, PAGE_WIDTH])
@pytest.mark.parametrize(("count", "spaces"), [(10, 2), (500, 20), (5000, 20), (5000, 400), (5000, 1)])
def test_it_is_readable_whatever_its_size(count: int, spaces: int, width: int) -> None:
    items = documents(count, spaces)
    drawing = draw(items, STATES, width=width)
    assert 0 < len(drawing.boxes) <= MOST_BOXES
    assert sorted(member for box in drawing.boxes for member in box.members) == sorted(node.id for node in items)
    assert sum(number for _, _, number in drawing.bands) == count
    assert drawing.width <= width
    for first, second in combinations(drawing.boxes, 2):
        assert abs(first.x - second.x) >= WIDTH or abs(first.y - second.y) >= HEIGHT
    assert all(box.x + WIDTH <= drawing.width and box.y + HEIGHT <= drawing.height for box in drawing.boxes)


@pytest.mark.parametrize(("count", "spaces"), [(500, 20), (5000, 20), (5000, 400), (5000, 1)])
def test_groups_open_until_each_document_is_drawn(count: int, spaces: int) -> None:
    left = [documents(count, spaces)]
    drawn: set[str] = set()
    while left:
        items = left.pop()
        drawing = draw(items, STATES)
        by_id = {document.id: document for document in items}
        for box in drawing.boxes:
            if not box.filters:
                drawn.update(box.members)
                continue
            assert len(box.members) < len(items)
            left.append([by_id[member] for member in box.members])
    assert len(drawn) == count


def test_a_group_has_the_colour_of_its_worst_document_and_says_what_is_in_it() -> None:
    (worst,) = [box for box in draw(documents(500, 20), STATES).boxes if box.state == "degraded"]
    assert worst.title == "team-007 VirtualMachine, 9"
    assert worst.subtitle == "1 degraded, 8 healthy"
    assert worst.filters == {"wave": "4", "namespace": "team-007", "kind": "VirtualMachine"}


def test_dependencies_that_others_imply_are_left_out_where_there_are_many() -> None:
    # Each of twenty needs all before it: what is drawn is the chain.
    items = [
        Item(
            f"Manifests/a/{number}",
            "Manifests",
            "a",
            str(number),
            number,
            "healthy",
            [f"Manifests/a/{n}" for n in range(number)],
        )
        for number in range(1, 21)
    ]
    drawing = draw(items, STATES)
    assert (len(drawing.edges), drawing.left_out) == (19, 171)


def test_the_critical_path_is_marked() -> None:
    items = [item(number, 1, waves=4) for number in range(4)]
    path = [document.id for document in items[1:3]]
    drawing = draw(items, STATES, critical=path)
    assert [box.members[0] for box in drawing.boxes if box.critical] == path
    assert [on_path for _, _, on_path in drawing.edges].count(True) == 1


def test_hostile_names_are_text() -> None:
    name = "<script>alert(1)</script>\u202e" * 9
    hostile = Item(f"Manifests/a/{name}", "Manifests", "a", name, 1, '"><script>', ())
    picture = svg(draw([hostile], ['"><script>']), lambda box: f"/documents/{box.members[0]}", label='"><script>')
    assert "<script" not in picture
    assert "\u202e" not in picture.replace('data-id="', "").split("<title>")[1]
