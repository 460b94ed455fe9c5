"""Two sets of documents, compared property by property."""

from typing import Any

from pacific_infra.plan.document_diff import document_change_lines, document_changes


def test_documents_and_properties_are_compared() -> None:
    before: dict[str, dict[str, Any]] = {
        "Namespace/a": {"spec": {"limits": {"cpu": "2GHz", "memory": "4Gi"}, "zones": ["z1", "z2"]}},
        "Namespace/b": {"spec": {}},
        "Namespace/same": {"spec": {"zones": []}},
    }
    after: dict[str, dict[str, Any]] = {
        "Namespace/a": {"spec": {"limits": {"cpu": "4GHz", "storage": "1Ti"}, "zones": ["z1", "z3"]}},
        "Namespace/c": {"spec": {}},
        "Namespace/same": {"spec": {"zones": []}},
    }
    assert document_change_lines(document_changes(before, after)) == [
        "~ Namespace/a",
        '    ~ spec.limits.cpu: "2GHz" -> "4GHz"',
        '    - spec.limits.memory: "4Gi"',
        '    + spec.limits.storage: "1Ti"',
        '    ~ spec.zones[1]: "z2" -> "z3"',
        "- Namespace/b",
        "+ Namespace/c",
    ]


def test_lists_of_other_lengths_differ_as_a_whole() -> None:
    before, after = {"A/a": {"spec": [1]}}, {"A/a": {"spec": [1, 2]}}
    assert document_change_lines(document_changes(before, after)) == ["~ A/a", "    ~ spec: [1] -> [1, 2]"]
