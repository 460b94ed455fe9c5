"""Rules that an estate is to keep beyond what makes it valid: a built-in pack, and those of others by entry point."""

from pacific_infra.plan.policy.check import EXCEPTION_PREFIX, Finding, check_policy
from pacific_infra.plan.policy.pack import ENTRY_POINTS, all_rules
from pacific_infra.plan.policy.report import PolicyReport, report_policy
from pacific_infra.plan.policy.rule import Rule, Severity, Violation

__all__ = [
    "ENTRY_POINTS",
    "EXCEPTION_PREFIX",
    "Finding",
    "PolicyReport",
    "Rule",
    "Severity",
    "Violation",
    "all_rules",
    "check_policy",
    "report_policy",
]
