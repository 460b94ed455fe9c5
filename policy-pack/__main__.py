"""The policy pack ``pacific-infra``: the planner's rules, on the resources of whatever program."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pulumi_policy import EnforcementLevel, PolicyPack, ReportViolation, StackValidationArgs, StackValidationPolicy
from pulumi_policy.proxy import UnknownValueError

from pacific_infra.errors import PacificErrors
from pacific_infra.plan.policy import Rule, check_policy
from pacific_infra.plan.policy.resources import RESOURCE_RULES, Resource, estate_of_resources


def plain(value: Any) -> Any:
    """A property as plain values; what is not known before the update is left out."""
    if isinstance(value, Mapping):
        return {key: plain(held) for key, held in _known(value, list(value))}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(held) for _, held in _known(value, range(len(value)))]
    return value


def _known(values: Any, keys: Any) -> Any:
    for key in keys:
        try:
            yield key, values[key]
        except UnknownValueError:
            continue


def policy(rule: Rule) -> StackValidationPolicy:
    """One rule as a policy: an error is mandatory, a warning advisory; exceptions are annotations as in documents."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [Resource(res.urn, res.resource_type, res.name, plain(res.props)) for res in args.resources]
        estate, urns = estate_of_resources(resources)
        try:
            findings = check_policy(estate, RESOURCE_RULES, date.today())
        except PacificErrors as errors:
            for error in errors.errors:
                report(str(error))
            return
        for finding in findings:
            if finding.rule.id == rule.id and finding.excepted_until is None:
                violation = finding.violation
                report(f"{finding.document.id}: {violation.problem}; fix: {violation.fix}", urns[finding.document.id])

    level = EnforcementLevel.MANDATORY if rule.severity == "error" else EnforcementLevel.ADVISORY
    return StackValidationPolicy(rule.id, f"{rule.title}: {rule.reason}", validate, level)


PolicyPack("pacific-infra", [policy(rule) for rule in RESOURCE_RULES])
