"""What a plan says in addition to its changes: whether the estate fits, and which rules it breaks."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from pacific_infra.graph import DependencyGraph
from pacific_infra.plan.capacity import Capacity, Site, check_capacity
from pacific_infra.plan.capacity.amounts import amount, bar
from pacific_infra.plan.capacity.fit import Use
from pacific_infra.plan.capacity.prices import Cost, Prices, costs
from pacific_infra.plan.policy import PolicyReport, Rule, report_policy
from pacific_infra.plan.server_answers import ServerAnswers


@dataclass(frozen=True)
class Assessment:
    """Capacity and policy of the documents that are planned."""

    capacity: Capacity
    policy: PolicyReport
    answers: ServerAnswers | None = None
    """What the API servers say; None where they were not asked."""
    cost: Cost | None = None
    """None where no prices are known."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to say: a stack of no documents."""
        return not self.capacity.uses and not self.policy.findings

    @property
    def capacity_line(self) -> str:
        """``Capacity: it fits``."""
        return f"Capacity: {self.capacity.verdict}"

    @property
    def policy_line(self) -> str:
        """``Policy: 19 rules: 0 errors, 3 warnings, 1 excepted``."""
        return f"Policy: {self.policy.counts_line}"

    def capacity_advice(self) -> Iterator[tuple[str, str]]:
        """Severity and text of each finding of the capacity, with its place and what would fit; errors first."""
        for finding in sorted(self.capacity.findings, key=lambda finding: finding.severity):
            yield finding.severity, f"{finding.place}: {finding.text}; fix: {finding.fix}"

    def policy_advice(self) -> Iterator[tuple[str, str]]:
        """Every error in full; the warnings of each rule only counted: `pacific policy` shows them."""
        for finding in self.policy.errors:
            violation = finding.violation
            yield "error", f"{finding.place}: {finding.rule.id}: {violation.problem}; fix: {violation.fix}"
        counts = ", ".join(f"{rule} {count}" for rule, count in self.policy.warnings_by_rule.items())
        if counts:
            yield "warning", f"{counts}; pacific policy says where"


def assess(
    graph: DependencyGraph, rules: Sequence[Rule], today: date, site: Site | None = None, prices: Prices | None = None
) -> Assessment:
    """Check the documents of ``graph``. Raises PacificErrors for invalid exceptions from a rule."""
    capacity = check_capacity(graph, site)
    cost = costs(capacity.uses, prices) if prices is not None else None
    return Assessment(capacity, report_policy(graph.estate, rules, today), cost=cost)


def limited(uses: Sequence[Use]) -> list[Use]:
    """Those that have a limit."""
    return [use for use in uses if use.limit]


def use_line(use: Use) -> str:
    """``███░░░░░░░  31% cpu: 12.4 GHz of 40 GHz``."""
    limit = amount(use.limit or 0, use.unit)
    return f"{bar(use)} {use.resource}: {amount(use.most, use.unit)} of {limit}"


def assessment_json(assessment: Assessment) -> dict[str, Any]:
    """For pipelines: ``capacity`` and ``policy`` of a plan's JSON."""
    capacity, policy = assessment.capacity, assessment.policy
    return {
        "capacity": {
            "fits": capacity.fits,
            "uncounted": capacity.uncounted,
            "notKnown": list(capacity.not_known),
            "namespaces": [
                {"namespace": use.namespace.name, "uses": [asdict(amount) for amount in limited(use.uses)]}
                for use in capacity.uses
            ],
            "findings": [asdict(finding) for finding in capacity.findings],
        },
        "policy": {
            "errors": len(policy.errors),
            "warnings": len(policy.warnings),
            "excepted": policy.excepted,
            "findings": [
                {
                    "rule": finding.rule.id,
                    "severity": finding.severity,
                    "node": finding.document.id,
                    "place": finding.place,
                    "what": finding.violation.problem,
                    "fix": finding.violation.fix,
                }
                for finding in (*policy.errors, *policy.warnings)
            ],
        },
        **({"costs": assessment.cost.as_json()} if assessment.cost is not None else {}),
        **({"asked": assessment.answers.as_json()} if assessment.answers is not None else {}),
    }
