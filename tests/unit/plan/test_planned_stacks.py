"""What a plan says of the stacks of an estate in several."""

from pacific_infra.plan import Plan, render_markdown
from pacific_infra.plan.json_form import plan_json
from pacific_infra.plan.stacks import PlannedStacks

STACKS = PlannedStacks(
    101,
    3,
    tuple(f"n{number:02}" for number in range(12)),
    ("these are in one stack",),
    {("prod-a", "prod-b"): 2},
    ("prod-site",),
)
LINES = [
    "101 stacks in 3 waves; 89 are as their last run left them",
    "12 to look at: n00, n01, n02, n03, n04, n05, n06, n07, n08, n09, and 2 more",
    "these are in one stack",
    "to move from the stack prod-a to prod-b: 2 documents, nothing of them is deleted",
    "these take outputs of what changes, and are run where those change too: prod-site",
]


def test_it_says_what_is_looked_at_and_what_may_follow() -> None:
    assert list(STACKS.lines) == LINES
    assert list(PlannedStacks(2, 1, ("dev", "dev-a")).lines) == ["2 stacks in 1 wave", "2 to look at: dev, dev-a"]
    assert list(PlannedStacks(1, 1, ()).lines) == ["1 stack in 1 wave; 1 is as its last run left it"]


def test_markdown_and_json_have_it_too() -> None:
    plan = Plan((), (), (), stacks=STACKS)
    headline, _, *lines = render_markdown(plan).splitlines()
    assert headline == "**Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged**"
    assert lines == [f"- {line}" for line in LINES]
    stacks = plan_json(plan)["stacks"]
    assert (stacks["number"], len(stacks["previewed"]), stacks["followers"]) == (101, 12, ["prod-site"])
    assert stacks["moves"] == [{"from": "prod-a", "to": "prod-b", "documents": 2}]
    assert "stacks" not in plan_json(Plan((), (), ()))
