"""Users and groups, and what they may do in a Namespace: the access list of vCenter's namespaces API."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import model_validator

from pacific_infra.documents.marks import AtVCenter
from pacific_infra.documents.model import CheckedModel
from pacific_infra.documents.names import Domain, Subject, without_domain
from pacific_infra.documents.problems import Problem


class InDomain(CheckedModel):
    """A user or group of a domain, which its name may have in it."""

    domain: Domain = ""
    """Its domain, such as vsphere.local; required where the name is without it."""

    @model_validator(mode="before")
    @classmethod
    def _domain_of_the_name(cls, value: Any) -> Any:
        return without_domain(value, "user", "group")

    def problems(self) -> Iterator[Problem]:
        if self.domain == "":
            yield Problem("a user or group has a domain", fix="add domain: such as vsphere.local; or write NAME@DOMAIN")


class Creator(InDomain):
    """The user who is taken for the namespace's creator."""

    user: Annotated[Subject, AtVCenter("subject")]
    r"""The user: its name, alice@vsphere.local or VSPHERE.LOCAL\alice."""


class UserOrGroup(InDomain):
    """A user or a group."""

    user: Annotated[Subject | None, AtVCenter("subject", word=("subjectType", "USER"))] = None
    r"""The user: its name, alice@vsphere.local or VSPHERE.LOCAL\alice; or give `group`."""
    group: Annotated[Subject | None, AtVCenter("subject", word=("subjectType", "GROUP"))] = None
    """The group, in the same forms; or give `user`."""

    @property
    def whose(self) -> str:
        """Who it is, as a message says it."""
        return f"{self.subject_type.lower()} {self.subject}@{self.domain}"

    @property
    def subject(self) -> str:
        """The user's or group's name."""
        return self.user or self.group or ""

    @property
    def subject_type(self) -> Literal["USER", "GROUP"]:
        """Whether it is a user or a group."""
        return "USER" if self.user is not None else "GROUP"

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        if (self.user is None) == (self.group is None):
            yield Problem("access is for either a user or a group", fix="give one of the two")


class Access(UserOrGroup):
    """A permission of one user or group."""

    role: Literal["OWNER", "EDIT", "VIEW"]
    """What it may do. OWNER is only for users and groups of the vCenter's own SSO domain."""
    identity_provider: str | None = None
    """Identifier of the external identity provider that knows it; default: vCenter Single Sign-On."""

    @property
    def whose(self) -> str:
        """Whom it is for, as a message says it."""
        return super().whose + ("" if self.identity_provider is None else f" of {self.identity_provider}")

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        if self.role == "OWNER" and self.identity_provider is not None:
            problem = "OWNER is only for users and groups of vCenter Single Sign-On"
            yield Problem(
                problem, ("role",), self.role, "EDIT, VIEW", "choose another role, or remove identityProvider"
            )
