"""SsoUser: a user of vCenter Single Sign-On's own domain (``vsphere:index/ssoUser:SsoUser`` of pulumi-vsphere 4.18)."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pacific_infra.documents.capabilities import VCENTER, DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.model import Metadata, Spec
from pacific_infra.documents.stack_secret import StackSecret


class SsoUserSpec(Spec):
    """The wanted user."""

    password: StackSecret
    """The password. vCenter never shows it, so a change of it there is no drift."""
    description: str | None = None
    """What the user is for."""
    first_name: str | None = None
    """First name."""
    last_name: str | None = None
    """Last name."""
    email_address: str | None = None
    """E-mail address."""


class SsoUser(Document):
    """A user of the vCenter's own SSO domain, such as one for a pipeline."""

    kind: Literal["SsoUser"]
    """Always SsoUser."""
    metadata: Metadata
    """Name and labels; the name is the user's, without its domain. vCenter cannot say whose a user is: one that is
    there already is refused."""
    spec: SsoUserSpec
    """The wanted user."""

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield DeclaredObject(VCENTER, VCENTER, "SsoUser", "", self.name)
