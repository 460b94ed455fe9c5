"""A VM takes up its class at a power cycle: the plan says so at each VM that a change concerns."""

from pathlib import Path

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph
from pacific_infra.plan import Operation, PropertyChange, ResourceChange, build_plan, render_tree, resource_of

EVERY_OBJECT = Path(__file__).parents[2] / "golden" / "every-object"
GRAPH = build_graph(load_estate([EVERY_OBJECT]))
MACHINE = "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachine"
CLASS = "VirtualMachineClass/small"
VM = "VirtualMachine/open/plain"


def of_class(*fields: str, operation: Operation = "update") -> ResourceChange:
    token, name = resource_of(CLASS)
    changes = tuple(PropertyChange(field, "update", 1, 2) for field in fields)
    return ResourceChange("urn:class", token, name, operation, None, changes)


def of_machine(*fields: str, operation: Operation = "same") -> list[ResourceChange]:
    token, name = resource_of(VM)
    changes = tuple(PropertyChange(field, "update", "a", "b") for field in fields)
    machine = ResourceChange("urn:machine", MACHINE, f"{name}-machine", operation, "urn:vm", changes)
    return [ResourceChange("urn:vm", token, name, "same"), machine]


CASES = {
    "a class with more CPUs": (
        [of_class("cpuCount", "memoryMib", "description"), *of_machine()],
        "cpuCount, memoryMib of class small: not taken up without annotation "
        "vmoperator.vmware.com/same-vm-class-resize",
    ),
    "another class": (
        [*of_machine("spec.className", operation="update")],
        "class small takes effect at its next power cycle",
    ),
    "the description of a class": ([of_class("description"), *of_machine()], None),
    "a new class and a new VM": ([of_class("cpuCount", operation="create"), *of_machine(operation="create")], None),
    "a class that changes with a VM that is made anew": (
        [of_class("cpuCount"), *of_machine("spec.className", operation="replace")],
        None,
    ),
    "another field of a VM": ([*of_machine("spec.powerState", operation="update")], None),
}


@pytest.mark.parametrize("case", CASES)
def test_what_takes_effect_later_is_said_at_the_vm(case: str) -> None:
    changes, remark = CASES[case]
    plan = build_plan(GRAPH, changes)
    assert {node.id: node.remark for node in plan.nodes if node.remark} == ({VM: remark} if remark else {})
    labels = [str(child.label) for wave in render_tree(plan).children for child in wave.children]
    assert any(VM in label and (remark or VM) in label for label in labels)
