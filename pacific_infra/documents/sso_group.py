"""SsoGroup: a group of vCenter Single Sign-On's own domain (``vsphere:index/ssoGroup:SsoGroup`` of pulumi-vsphere)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator

from pacific_infra.documents.capabilities import VCENTER, DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.model import Listed, Metadata, Model, Reference, Spec, named
from pacific_infra.documents.names import Domain, Subject, without_domain
from pacific_infra.documents.problems import Problem, repeated


class SsoMember(Model):
    """A user or group that belongs to a group."""

    name: Subject
    r"""Its name; of another domain than the vCenter's own alice@example.com or EXAMPLE.COM\alice."""
    domain: Domain | None = None
    """Its domain, such as that of an Active Directory; default: the vCenter's own."""

    @property
    def whose(self) -> str:
        """Its name and domain."""
        return f"{self.name}@{self.domain}" if self.domain else self.name


def _member(value: object) -> object:
    return without_domain(named(value), "name")


_Member = Annotated[SsoMember, BeforeValidator(_member, json_schema_input_type=Subject | SsoMember)]


class SsoGroupSpec(Spec):
    """The wanted group."""

    description: str | None = None
    """What the group is for."""
    users: Listed[_Member] = ()
    """Users in it, each by name, name@domain, or as an object with name and domain. Others are taken out."""
    groups: Listed[_Member] = ()
    """Groups in it. Others are taken out."""

    def problems(self) -> Iterator[Problem]:
        yield from repeated("users", [member.whose.lower() for member in self.users])
        yield from repeated("groups", [member.whose.lower() for member in self.groups])


class SsoGroup(Document):
    """A group of the vCenter's own SSO domain, such as one that a namespace's `access` names."""

    kind: Literal["SsoGroup"]
    """Always SsoGroup."""
    metadata: Metadata
    """Name and labels; the name is the group's, without its domain. vCenter cannot say whose a group is: one that is
    there already is refused."""
    spec: SsoGroupSpec
    """The wanted group."""

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        for kind, field, members in (("SsoUser", "users", self.spec.users), ("SsoGroup", "groups", self.spec.groups)):
            for index, member in enumerate(members):
                if member.domain is None:
                    yield Reference(f"{kind}/{member.name}", "reference", ("spec", field, index), required=False)

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield DeclaredObject(VCENTER, VCENTER, "SsoGroup", "", self.name)
