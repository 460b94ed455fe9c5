"""What of a live object differs from its record."""

from typing import Any

import pytest

from pacific_infra.plan.changes import PropertyChange
from pacific_infra.record.secrets import SIGNATURE
from pacific_infra.view.differences import live_differences

SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}


@pytest.mark.parametrize(
    ("inputs", "outputs", "live", "expected"),
    [
        ({"spec": {"replicas": 3}}, {"spec": {"replicas": 3.0}}, {"spec": {"replicas": 3}}, []),
        (
            {"spec": {"replicas": 3}},
            {"spec": {"replicas": 3}},
            {"spec": {"replicas": 5}},
            [PropertyChange("spec.replicas", "update", 3, 5)],
        ),
        (
            {"metadata": {"labels": {"a": "b"}}},
            {"metadata": {"labels": {"a": "b"}}},
            {"metadata": {}},
            [PropertyChange("metadata.labels.a", "delete", "b")],
        ),
        (
            {"ports": [{"port": 80}, {"port": 81}]},
            {"ports": [{"port": 80}, {"port": 81}]},
            {"ports": [{"port": 80}, {"port": 82, "name": "set by the server"}]},
            [PropertyChange("ports[1].port", "update", 81, 82)],
        ),
        ({"args": ["a"]}, {"args": ["a"]}, {"args": ["a", "b"]}, [PropertyChange("args", "update", ["a"], ["a", "b"])]),
        # What the server has written in its own way, added, or keeps to itself is no difference.
        ({"cpu": "1000m"}, {"cpu": "1"}, {"cpu": "1", "more": True}, []),
        ({"data": SECRET}, {"data": SECRET}, {"data": {"password": "other"}}, []),
        ({"status": {"phase": "A"}}, {"status": {"phase": "A"}}, {"status": {"phase": "B"}}, []),
        ({"notKept": 1}, {}, {}, []),
    ],
)
def test_only_given_fields_are_compared_with_what_the_server_had(
    inputs: Any, outputs: Any, live: Any, expected: list[PropertyChange]
) -> None:
    assert live_differences(inputs, outputs, live) == expected
