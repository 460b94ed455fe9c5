"""What is asked below a plan that may have scrolled away, and the one line of a plan without changes."""

from pacific_infra.plan import Plan, PlannedNode, ResourceChange
from pacific_infra.plan.removal import Fate, Removal, RemovedPart, removal_question
from pacific_infra.plan.stacks import PlannedStacks
from pacific_infra.plan.tree import no_changes_line, question

CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
SERVICE = "kubernetes:core/v1:Service"


def planned(*changes: ResourceChange) -> Plan:
    return Plan((PlannedNode("CrxWorkload/shop/db", "update", changes),), (), ())


def test_the_question_repeats_the_counts_and_whose_data_is_destroyed() -> None:
    changes = (
        ResourceChange("a", CLAIM, "a", "replace"),
        ResourceChange("b", SERVICE, "b", "create"),
        ResourceChange("c", SERVICE, "c", "same"),
    )
    assert question(planned(*changes), "Converge", "estate/dev") == (
        "Converge estate/dev: 1 to create, 1 to replace? This destroys data of CrxWorkload/shop/db."
    )
    assert question(planned(*changes[1:]), "Converge", "estate/dev") == "Converge estate/dev: 1 to create?"


def test_a_plan_without_changes_is_one_line() -> None:
    unchanged = planned(ResourceChange("c", SERVICE, "c", "same"))
    assert no_changes_line(unchanged) == (
        "No changes: 1 resources of 1 documents are as recorded; --all shows them, with capacity and policy"
    )


def test_a_plan_for_which_no_stack_was_looked_at_counts_no_resources() -> None:
    assert no_changes_line(Plan((), (), (), stacks=PlannedStacks(3, 2, ()))) == (
        "No changes: no stack had to be looked at; --engine looks at all 3, --all shows capacity and policy"
    )
    looked_at = Plan((), (), (), stacks=PlannedStacks(3, 2, ("dev",)))
    assert no_changes_line(looked_at).startswith("No changes: 0 resources of 0 documents are as recorded")


def test_the_question_of_a_removal_does_so_too() -> None:
    part = RemovedPart("VirtualMachine/shop/db", (Fate(CLAIM, "data", "u", data=True), Fate(SERVICE, "s", "v")))
    kept = RemovedPart("Namespace/shop", (Fate("pacific:vcenter:Namespace", "n", "w", kept="Retain", data=True),))
    assert removal_question(Removal(None, (part, kept), (), ()), "estate/dev") == (
        "Remove all of estate/dev: 2 to delete, 1 kept? This destroys data of VirtualMachine/shop/db."
    )
    assert removal_question(Removal("shop", (kept,), (), ()), "estate/dev") == (
        "Take down Application/shop: 0 to delete, 1 kept?"
    )
