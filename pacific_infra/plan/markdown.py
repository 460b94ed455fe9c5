"""The plan as markdown for a pull request: the summary first, never longer than a comment may be."""

from collections.abc import Iterator

from pacific_infra.plan.assessment import Assessment
from pacific_infra.plan.changes import UNCHANGED, PropertyChange, ResourceChange
from pacific_infra.plan.plan import Plan, PlannedNode
from pacific_infra.plan.tree import SIGNS, counts_line, shown, whose

LONGEST = 65_000
"""Characters: GitHub and GitLab cut comments at 65,536."""
MOST_ADVICE = 20
"""Findings of capacity or policy that are shown."""


def render_markdown(plan: Plan, assessment: Assessment | None = None, *, longest: int = LONGEST) -> str:
    """A summary, destroyed data, capacity, policy, and for each changed document its resources and their difference.

    What does not fit into ``longest`` characters is counted instead.
    """
    parts = ["\n".join(_summary(plan, assessment))]
    left = longest - len(parts[0]) - 200
    changed = [node for node in (*plan.nodes, *plan.removed) if node.changes]
    for number, node in enumerate(changed):
        text = "\n".join(_node(node))
        if len(text) + 2 > left:
            parts.append(f"_{len(changed) - number} more changed documents are not shown: run `pacific plan`._")
            break
        left -= len(text) + 2
        parts.append(text)
    return "\n\n".join(parts) + "\n"


def _summary(plan: Plan, assessment: Assessment | None) -> Iterator[str]:
    yield f"**{counts_line(plan)}**"
    if plan.stacks is not None:
        yield ""
        yield from (f"- {line}" for line in plan.stacks.lines)
    yield from _losses(plan)
    if assessment is not None and not assessment.empty:
        yield from _assessment(assessment)
    later = [node for node in plan.nodes if node.remark]
    if later:
        yield ""
    for node in later:
        yield f"- `{node.id}`: {node.remark}"
    changed = [(number, node) for number, nodes in plan.waves for node in nodes if node.changes]
    rows = [(str(number), node) for number, node in changed] + [("removed", node) for node in plan.removed]
    if not rows:
        return
    yield ""
    yield "| wave | document | what | resources |"
    yield "|---|---|---|---|"
    for number, (wave, node) in enumerate(rows):
        if number == 200:
            yield f"| | {len(rows) - number} more | | |"
            return
        concerned = sum(resource.operation not in UNCHANGED for resource in node.resources)
        yield f"| {wave} | `{node.id}` | {node.operation} | {concerned} |"


def _losses(plan: Plan) -> Iterator[str]:
    """What is gone already, and what data would be destroyed."""
    if plan.lost:
        yield ""
        yield "> [!WARNING]"
        for text in plan.lost:
            yield f"> {text}: made again"
    if plan.destroyed_data:
        yield ""
        yield "> [!CAUTION]"
        yield "> Destroys data:"
        for node, resource in plan.destroyed_data:
            yield f"> - {resource.operation} `{resource.type}` `{resource.name}` {whose(node, resource)}"
    for part in plan.left:
        yield ""
        yield f"Goes along with `{part.id}`, and is in no record: {', '.join(f'`{fate.name}`' for fate in part.fates)}"


def _assessment(assessment: Assessment) -> Iterator[str]:
    parts = [
        (assessment.capacity_line, assessment.capacity_advice()),
        (assessment.policy_line, assessment.policy_advice()),
    ]
    if assessment.answers is not None and assessment.answers.has_answers:
        parts.append((assessment.answers.line, assessment.answers.advice()))
    if assessment.cost is not None:
        parts.insert(1, (assessment.cost.line, iter(())))
    for line, advice in parts:
        yield ""
        yield f"**{line}**"
        for number, (severity, text) in enumerate(advice):
            if number == MOST_ADVICE:
                yield "- more: run `pacific plan`"
                break
            yield f"- {severity}: {text}"


def _node(node: PlannedNode) -> Iterator[str]:
    place = f" ({node.place})" if node.place else ""
    yield f"<details><summary>{SIGNS[node.operation]} <code>{node.id}</code>{place}</summary>"
    yield ""
    yield "```diff"
    for resource in node.resources:
        if resource.operation not in UNCHANGED:
            yield from _resource(resource)
    yield "```"
    yield "</details>"


def _resource(resource: ResourceChange) -> Iterator[str]:
    sign = {"create": "+", "adopt": "+", "delete": "-"}.get(resource.operation, "!")
    kept = ", the object stays where it is" if resource.operation == "delete" and not resource.deletes else ""
    remark = f" ({resource.remark})" if resource.remark else ""
    yield f"{sign} {resource.operation} {resource.type} {resource.name}{kept}{remark}"
    if resource.operation in ("update", "replace"):
        for change in resource.changes:
            yield from _property(change)


def _property(change: PropertyChange) -> Iterator[str]:
    because = " (replaces)" if change.replaces else ""
    if change.kind != "add":
        yield f"-   {change.path}: {_fenced(change.old)}{because}"
    if change.kind != "delete":
        yield f"+   {change.path}: {_fenced(change.new)}{because}"


def _fenced(value: object) -> str:
    """A value that cannot end the code block that it stands in."""
    return shown(value).replace("```", "` ` `")
