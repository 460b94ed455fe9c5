"""The object that exists already where a resource is to be created, and the objects that a deletion would destroy."""

from dataclasses import dataclass

from pacific_infra.errors import PacificError
from pacific_infra.provider.ownership import Owner, owner_of, refusal, verdict
from pacific_infra.provider.session import Session
from pacific_infra.vcenter.contents import deletion_refusal, foreign_texts, namespaces_on, owner_text
from pacific_infra.vcenter.supervisors import read_supervisor


@dataclass(frozen=True)
class ExistingObject:
    """An object that is in vCenter already."""

    subject: str
    """Such as ``the namespace shop``."""
    command: str
    """The command that imports it."""
    owner: Owner | None
    """The stack whose mark it carries."""
    otherwise: str = ""
    """Why it is not the desired object, such as ``on the Supervisor s2``; empty where it is."""
    tagged: bool = False
    """Whether the mark is a tag of its cluster; else it is at the end of its description."""
    adoptable: bool = True
    """Whether its kind has ``adopt``."""

    def refusal_for(self, stack: Owner, *, adopt: bool) -> PacificError | None:
        """Why ``stack`` may not adopt it; None where it may."""
        if self.otherwise and self.owner in (None, stack):
            return PacificError(
                f"{self.subject} exists already, {self.otherwise}",
                fix=f"choose another name, or import it as it is: {self.command}",
            )
        if verdict(self.owner, stack, adopt=adopt) == "adopt":
            return None
        name = self.owner.name if self.owner else ""
        mark = f"the tag {name} of its cluster" if self.tagged else f"[pacific {name}] from its description"
        return refusal(self.subject, self.owner, mark=mark, command=self.command, adoptable=self.adoptable)


async def check_nothing_foreign_on(session: Session, supervisor: str, name: str, stack: Owner) -> None:
    """Raises PacificError where a Supervisor has namespaces, or objects in them, that ``stack`` does not own.

    They would be deleted with the Supervisor.
    """
    namespaces = await namespaces_on(session.client, supervisor)
    owners = {namespace: owner_of(info.get("description")) for namespace, info in namespaces.items()}
    foreign = [
        f"namespace {namespace} {owner_text(owner.name if owner else None)}"
        for namespace, owner in owners.items()
        if owner != stack
    ]
    if foreign:
        raise deletion_refusal(f"the Supervisor {name}", foreign)
    for namespace in namespaces:
        await check_nothing_foreign_in(session, namespace, supervisor, stack)


async def check_nothing_foreign_in(session: Session, namespace: str, supervisor: str, stack: Owner) -> None:
    """Raises PacificError where a namespace has objects that ``stack`` does not own, or where it cannot be read."""
    info = await read_supervisor(session.client, supervisor)
    endpoint = str((info or {}).get("apiendpoint") or "")
    if not endpoint:
        return  # the Supervisor never ran, so the namespace is empty
    objects = await session.objects_in(endpoint, session.configuration.settings(), [namespace])
    foreign = foreign_texts(objects, stack.name)
    if foreign:
        raise deletion_refusal(f"the namespace {namespace}", foreign)
