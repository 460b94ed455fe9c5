"""What the rules found in an estate, counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from pacific_infra.documents import Estate
from pacific_infra.plan.policy.check import Finding, check_policy
from pacific_infra.plan.policy.rule import Rule, Severity


@dataclass(frozen=True)
class PolicyReport:
    """All findings of a set of rules."""

    rules: Sequence[Rule]
    findings: Sequence[Finding]

    @cached_property
    def errors(self) -> Sequence[Finding]:
        """Errors that no exception allows."""
        return self._standing("error")

    @cached_property
    def warnings(self) -> Sequence[Finding]:
        """Warnings that no exception allows."""
        return self._standing("warning")

    @property
    def excepted(self) -> int:
        """Findings that an exception allows for now."""
        return len(self.findings) - len(self.errors) - len(self.warnings)

    @property
    def counts_line(self) -> str:
        """``19 rules: 0 errors, 3 warnings, 1 excepted``."""
        return (
            f"{len(self.rules)} rules: {len(self.errors)} errors, {len(self.warnings)} warnings, "
            f"{self.excepted} excepted"
        )

    @property
    def warnings_by_rule(self) -> Mapping[str, int]:
        """How many warnings each rule has that has any, by id."""
        return dict(sorted(Counter(finding.rule.id for finding in self.warnings).items()))

    def _standing(self, severity: Severity) -> Sequence[Finding]:
        return [finding for finding in self.findings if finding.severity == severity and finding.excepted_until is None]


def report_policy(estate: Estate, rules: Sequence[Rule], today: date) -> PolicyReport:
    """Check ``estate``. Raises PacificErrors for invalid exceptions."""
    return PolicyReport(rules, check_policy(estate, rules, today))
