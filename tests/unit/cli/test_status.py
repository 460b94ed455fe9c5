"""What status says of documents that are recorded in part, gone, silent or well."""

from pacific_infra.cli.status import NodeStatus, Status, status_lines
from pacific_infra.converge.health import Health
from pacific_infra.converge.recorded_nodes import RecordedNode

WELL = NodeStatus(True, RecordedNode("converged", 1), (), Health("healthy", "READY"))
REFUSED = NodeStatus(
    True,
    RecordedNode("partly", 6),
    ["web: update failed: too many"],
    Health("progressing", "2/3 replicas ready"),
    "FailedCreate: exceeded quota",
)
NOT_MADE = NodeStatus(True, RecordedNode("missing"), ["Namespace/shop (missing)"], None)
LEFT = NodeStatus(False, RecordedNode("undeclared", 2), (), Health("missing", "Supervisor one is gone"))


def test_three_columns_with_the_reason_and_the_last_warning_of_what_is_not_well() -> None:
    seen = Status(
        {"VirtualMachineClass/small": WELL, "CrxWorkload/shop/web": REFUSED, "Namespace/shop": NOT_MADE, "Job/x": LEFT},
        {"shop": "1 of 2 parts ready"},
        {"phase": "ready", "vcenter": "127.0.0.1:1", "memory": 84, "processes": 2},
        ["Supervisor one is gone: vCenter does not have it any more"],
    )
    assert status_lines(seen) == [
        "sandbox: ready at 127.0.0.1:1, 2 processes, 84 MiB",
        "Supervisor one is gone: vCenter does not have it any more",
        "document                   declared  recorded             live",
        "VirtualMachineClass/small  yes       1 resource           healthy: READY",
        "CrxWorkload/shop/web       yes       partly, 6 resources  progressing: 2/3 replicas ready; last warning: "
        "FailedCreate: exceeded quota  waits for: web: update failed: too many",
        "Namespace/shop             yes       missing              -  waits for: Namespace/shop (missing)",
        "Job/x                      no        2 resources          missing: Supervisor one is gone",
        "Application/shop: 1 of 2 parts ready",
        "1 missing, 1 partly, 1 recorded, 1 undeclared; 1 healthy, 1 missing, 1 progressing",
    ]
    assert [node.good for node in seen.nodes.values()] == [True, False, False, False]


def test_what_was_not_asked_has_no_health_and_nothing_declared_is_said() -> None:
    recorded = NodeStatus(True, RecordedNode("converged", 3), (), None)
    assert status_lines(Status({"Namespace/shop": recorded}, {})) == [
        "document        declared  recorded     live",
        "Namespace/shop  yes       3 resources  -",
        "1 recorded",
    ]
    assert recorded.good
    assert status_lines(Status({}, {})) == ["nothing declared"]


def test_what_others_own_is_external() -> None:
    seen = Status({"Namespace/shop": NodeStatus(True, RecordedNode("converged", 2), (), None, external=True)}, {})
    assert status_lines(seen)[1] == "Namespace/shop  external  2 resources  -"
