"""VirtualMachineGroups and their members: what each says of the other, and whose power state holds."""

from collections.abc import Iterator

from pacific_infra.documents import Document, Estate, VirtualMachine, VirtualMachineGroup
from pacific_infra.errors import PacificError


def group_of(document: Document, estate: Estate) -> VirtualMachineGroup | None:
    """The group that a VM or a group names, where the estate has it."""
    name = getattr(document.spec, "group", None)
    return estate.get(f"VirtualMachineGroup/{document.namespace}/{name}", VirtualMachineGroup) if name else None


def power_state_of_group(document: Document, estate: Estate) -> str | None:
    """The power state that the document's group, or the next group around it, gives its members; None: none does."""
    group = group_of(document, estate)
    while group is not None and group.spec.power_state is None:
        group = group_of(group, estate)
    return None if group is None else group.spec.power_state


def broken_memberships(estate: Estate) -> Iterator[PacificError]:
    """Members that only one side names: VM Operator places no VM that names a group without it, and leaves alone what
    does not name the group.
    """
    for document in (*estate.of(VirtualMachine), *estate.of(VirtualMachineGroup)):
        group = group_of(document, estate)
        if group is not None and (document.kind, document.name) not in _members(group):
            yield PacificError(
                f"{group.id} does not have {document.id} among its members, so it would not be placed",
                place=document.place(("spec", "group")),
                value=group.name,
                fix=f"add {document.name} to spec.bootOrder at {group.place(('spec', 'bootOrder'))}",
            )
    for group in estate.of(VirtualMachineGroup):
        for step, boot in enumerate(group.spec.boot_order):
            for index, member in enumerate(boot.members):
                document_of_member = estate.by_id.get(f"{member.kind}/{group.namespace}/{member.name}")
                if document_of_member is not None and group_of(document_of_member, estate) is not group:
                    yield PacificError(
                        f"{document_of_member.id} does not name {group.id} as its group, so it is not a member",
                        place=group.place(("spec", "bootOrder", step, "members", index)),
                        value=member.name,
                        fix=f"write group: {group.name} at {document_of_member.place(('spec',))}",
                    )


def _members(group: VirtualMachineGroup) -> set[tuple[str, str]]:
    return {(member.kind, member.name) for boot in group.spec.boot_order for member in boot.members}
