"""The plan as a tree for the terminal: destroyed data first, then wave by wave."""

import json
from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree

from pacific_infra.plan.changes import UNCHANGED, Operation, PropertyChange, ResourceChange
from pacific_infra.plan.plan import Plan, PlannedNode

if TYPE_CHECKING:
    from pacific_infra.plan.assessment import Assessment

SIGNS: dict[Operation, str] = {
    "create": "+",
    "adopt": "<+",
    "refused": "!",
    "update": "~",
    "replace": "+-",
    "delete": "-",
    "same": "=",
    "read": "<",
    "refresh": "~",
}
_STYLES: dict[Operation, str] = {
    "create": "green",
    "adopt": "green",
    "refused": "bold red",
    "update": "yellow",
    "replace": "magenta",
    "delete": "red",
    "same": "dim",
    "read": "cyan",
    "refresh": "yellow",
}
_SEVERITIES = {"error": "red", "warning": "yellow"}
LONGEST_VALUE = 60
"""Characters of an old or new value that the tree shows."""


def no_changes_line(plan: Plan) -> str:
    """``No changes: 40 resources of 10 documents are as recorded``, or that no stack of several had to be looked at;
    and what shows more.
    """
    if plan.stacks is not None and not plan.stacks.previewed:
        number = plan.stacks.number
        return (
            f"No changes: no stack had to be looked at; --engine looks at all {number}, --all shows capacity and policy"
        )
    recorded = f"{plan.counts.same} resources of {len(plan.nodes)} documents are as recorded"
    return f"No changes: {recorded}; --all shows them, with capacity and policy"


def counts_line(plan: Plan) -> str:
    """``Plan: 12 to create, 1 to update, 0 to replace, 2 to delete, 30 unchanged``."""
    counts = plan.counts
    others = (f"{counts.adopt} to adopt, " if counts.adopt else "") + (
        f"{counts.refused} refused, " if counts.refused else ""
    )
    return (
        f"Plan: {counts.create} to create, {others}{counts.update} to update, {counts.replace} to replace, "
        f"{counts.delete} to delete, {f'{counts.keep} to keep, ' if counts.keep else ''}{counts.same} unchanged"
    )


def question(plan: Plan, verb: str, name: str) -> str:
    """What is asked below a plan that may have scrolled away: counts, and what is destroyed.

    ``Converge estate/dev: 1 to create, 2 to update? This destroys data of VirtualMachine/shop/db.``
    """
    counts = plan.counts
    numbers = (
        ("create", counts.create),
        ("adopt", counts.adopt),
        ("update", counts.update),
        ("replace", counts.replace),
        ("delete", counts.delete),
        ("keep", counts.keep),
    )
    changes = ", ".join(f"{number} to {word}" for word, number in numbers if number)
    destroyed = ", ".join(dict.fromkeys(node.id for node, _ in plan.destroyed_data))
    return f"{verb} {name}: {changes}?" + (f" This destroys data of {destroyed}." if destroyed else "")


def render_tree(plan: Plan, assessment: "Assessment | None" = None) -> Tree:
    """A tree that rich prints: signs are + create, <+ adopt, ! refused, ~ update, +- replace, - delete, = same, < read;
    colours only repeat them.

    With an ``assessment`` it ends with capacity and policy: what does not fit, with what would.
    """
    tree = Tree(Text(counts_line(plan), style="bold"))
    _add_losses(tree, plan)
    for number, nodes in plan.waves:
        branch = tree.add(Text(f"Wave {number}", style="bold"))
        for node in nodes:
            _add_node(branch, node)
    if plan.removed:
        branch = tree.add(Text("Removed documents", style="bold"))
        for node in plan.removed:
            _add_node(branch, node)
    changed = [resource for resource in plan.others if resource.operation not in UNCHANGED]
    if changed:
        branch = tree.add(Text("Of no document", style="bold"))
        for resource in changed:
            _add_resource(branch, resource)
    if assessment is not None:
        _add_assessment(tree, assessment)
    return tree


def _add_losses(tree: Tree, plan: Plan) -> None:
    """What is gone already, and what data would be destroyed."""
    for text in plan.lost:
        tree.add(Text(f"{text}: made again", style="bold yellow"))
    if plan.destroyed_data:
        branch = tree.add(Text("Destroys data", style="bold red"))
        for node, resource in plan.destroyed_data:
            branch.add(_line(resource.operation, f"{resource.type} {resource.name}", whose(node, resource)))
    for part in plan.left:
        branch = tree.add(Text(f"In no record, deleted together with {part.id}", style="bold red"))
        for fate in part.fates:
            branch.add(_line("delete", f"{fate.type} {fate.name}"))


def whose(node: PlannedNode, resource: ResourceChange) -> str:
    """The document that a resource belongs to, and what is deleted with it."""
    if resource.goes_with is None:
        return f"of {node.id}"
    in_vain = ", although its deletionPolicy is Retain" if resource.retained else ""
    return f"of {node.id}, goes with {resource.goes_with}{in_vain}"


def _add_assessment(tree: Tree, assessment: "Assessment") -> None:
    from pacific_infra.plan.assessment import limited, use_line  # noqa: PLC0415 - who has one has imported it

    capacity = assessment.capacity
    if assessment.empty:
        return
    branch = tree.add(Text(assessment.capacity_line, style="bold" if capacity.fits else "bold red"))
    for severity, text in assessment.capacity_advice():
        branch.add(Text(f"{severity}: {text}", style=_SEVERITIES[severity]))
    for use in capacity.uses:
        added = branch.add(Text(use.namespace.id))
        for amount in limited(use.uses):
            added.add(Text(use_line(amount), style="red" if amount.most > (amount.limit or 0) else ""))
    if assessment.cost is not None:
        tree.add(Text(assessment.cost.line, style="bold"))
    branch = tree.add(Text(assessment.policy_line, style="bold red" if assessment.policy.errors else "bold"))
    for severity, text in assessment.policy_advice():
        branch.add(Text(f"{severity}: {text}", style=_SEVERITIES[severity]))
    if assessment.answers is not None and assessment.answers.has_answers:
        branch = tree.add(Text(assessment.answers.line, style="bold"))
        for severity, text in assessment.answers.advice():
            branch.add(Text(f"{severity}: {text}", style=_SEVERITIES[severity]))


def _add_node(branch: Tree, node: PlannedNode) -> None:
    later = [node.remark] if node.remark else []
    if node.operation == "same":
        branch.add(_line("same", node.id, *later))
        return
    needs: dict[str, str] = {}
    for dependency in node.dependencies:
        needs.setdefault(dependency.target, dependency.reason)
    after = ", ".join(f"{target} ({reason})" for target, reason in needs.items())
    remarks = [f"of {use}" for use in node.uses] + (["external"] if node.operation == "read" else [])
    remarks += [f"after {after}"] if after else []
    remarks += later
    added = branch.add(_line(node.operation, node.id, ", ".join(remarks)))
    for resource in node.resources:
        if resource.operation not in UNCHANGED:
            _add_resource(added, resource)


def _add_resource(branch: Tree, resource: ResourceChange) -> None:
    kept = "stays where it is" if resource.operation == "delete" and not resource.deletes else ""
    added = branch.add(_line(resource.operation, f"{resource.type} {resource.name}", kept or _words(resource)))
    if resource.operation in ("update", "replace", "refresh"):
        for change in resource.changes:
            added.add(_property(change))


def _words(resource: ResourceChange) -> str:
    """``adopt: it carries this stack's mark``; empty for what no other stack and no lost record is about."""
    return f"{resource.operation}: {resource.remark}" if resource.remark else ""


def _line(operation: Operation, text: str, remark: str = "") -> Text:
    line = Text(f"{SIGNS[operation]} {text}", style=_STYLES[operation])
    return line.append(f"  {remark}", style="dim") if remark else line


def _property(change: PropertyChange) -> Text:
    because = "  (replaces)" if change.replaces else ""
    if change.kind == "add":
        return Text(f"+ {change.path}: {shown(change.new)}{because}", style="green")
    if change.kind == "delete":
        return Text(f"- {change.path}: {shown(change.old)}{because}", style="red")
    return Text(f"~ {change.path}: {shown(change.old)} -> {shown(change.new)}{because}", style="yellow")


def shown(value: object) -> str:
    """A value as JSON, cut to LONGEST_VALUE characters."""
    if value == "[secret]":
        return "[secret]"
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."
