"""``pacific policy``: the rules that the estate keeps and those that it does not, by namespace."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import typer

from pacific_infra.cli.document_graph import read_graph
from pacific_infra.cli.options import CURRENT_FOLDER, JsonOption, ProjectOption, StackOption
from pacific_infra.cli.result import print_json
from pacific_infra.plan.policy import Finding, PolicyReport, Rule, all_rules, report_policy


def policy(
    rules: Annotated[bool, typer.Option("--rules", help="List the rules instead.")] = False,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    json_output: JsonOption = False,
) -> None:
    """Check the documents against the built-in rules and those of installed packs.

    Reads documents only. Exit code 1 where an error stands without an exception. An exception is an annotation:
    policy.pacific.infra/RULE: "2027-01-31 why".
    """
    known = all_rules()
    if rules:
        _print_rules(known, json_output=json_output)
        return
    graph = read_graph(project, stack)
    report = report_policy(graph.estate, known, date.today())
    if json_output:
        print_json("policy", _as_json(report))
    else:
        _print(report)
    if report.errors:
        raise SystemExit(1)


def _print_rules(rules: Sequence[Rule], *, json_output: bool) -> None:
    listed = [{"id": r.id, "severity": r.severity, "title": r.title, "reason": r.reason} for r in rules]
    if json_output:
        typer.echo(json.dumps(listed, indent=2))
        return
    for rule in rules:
        typer.echo(f"{rule.id:<18} {rule.severity:<8} {rule.title}: {rule.reason}")


def _print(report: PolicyReport) -> None:
    by_namespace: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        by_namespace[finding.namespace or "(no namespace)"].append(finding)
    for namespace, findings in sorted(by_namespace.items()):
        typer.echo(namespace)
        for finding in findings:
            violation = finding.violation
            word = f"excepted until {finding.excepted_until}" if finding.excepted_until else finding.severity
            typer.echo(f"  {word}: {finding.place}: {finding.rule.id}: {violation.problem}; fix: {violation.fix}")
    typer.echo(report.counts_line)


def _as_json(report: PolicyReport) -> dict[str, Any]:
    return {
        "kept": not report.errors,
        "rules": [rule.id for rule in report.rules],
        "findings": [
            {
                "rule": finding.rule.id,
                "severity": finding.severity,
                "node": finding.document.id,
                "namespace": finding.namespace,
                "place": finding.place,
                "what": finding.violation.problem,
                "fix": finding.violation.fix,
                "exceptedUntil": finding.excepted_until.isoformat() if finding.excepted_until else None,
                "exceptionReason": finding.exception_reason or None,
            }
            for finding in report.findings
        ],
    }
