"""The built-in rules and those that installed packages bring."""

from collections.abc import Iterator
from importlib.metadata import entry_points

from pacific_infra.errors import PacificError
from pacific_infra.plan.policy.rule import Rule
from pacific_infra.plan.policy.rules.containers import CONTAINER_RULES
from pacific_infra.plan.policy.rules.manifests import MANIFEST_RULES
from pacific_infra.plan.policy.rules.namespaces import ACCESS_RULES, NAMESPACE_RULES
from pacific_infra.plan.policy.rules.workloads import AVAILABILITY_RULES, DATA_RULES

ENTRY_POINTS = "pacific_infra.rules"
"""Group of entry points; each names a function without arguments that gives a sequence of Rule."""

BUILT_IN = (*NAMESPACE_RULES, *CONTAINER_RULES, *DATA_RULES, *ACCESS_RULES, *AVAILABILITY_RULES, *MANIFEST_RULES)


def all_rules() -> tuple[Rule, ...]:
    """Built-in rules first. Raises PacificError where an installed pack cannot be loaded or repeats an id."""
    rules: dict[str, Rule] = {}
    for source, rule in (*(("pacific-infra", rule) for rule in BUILT_IN), *_installed()):
        if rule.id in rules:
            raise PacificError("two rules have one id", place=source, value=rule.id, fix="give it another id")
        rules[rule.id] = rule
    return tuple(rules.values())


def _installed() -> Iterator[tuple[str, Rule]]:
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name):
        try:
            rules = list(point.load()())
        except Exception as error:
            raise PacificError(
                f"the rules of {point.name} cannot be loaded",
                place=point.value,
                value=f"{type(error).__name__}: {error}",
                fix="fix or uninstall that package",
            ) from error
        for rule in rules:
            if not isinstance(rule, Rule):
                raise PacificError("not a Rule", place=point.value, value=type(rule).__name__, allowed="Rule")
            yield point.value, rule
