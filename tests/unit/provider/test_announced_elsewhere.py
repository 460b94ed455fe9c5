"""What other stacks of an estate are going to make is no missing name in the plan of this one."""

from pacific_infra.provider.session import announced_elsewhere


def test_names_of_other_stacks_are_known_by_the_inventorys_kinds() -> None:
    text = "VirtualMachineClass/small Supervisor/s1 /web Namespace/shop"
    assert announced_elsewhere(text) == {("VM class", "small"), ("Supervisor", "s1")}
    assert announced_elsewhere("") == set()
