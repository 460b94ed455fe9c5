"""The provider's configuration: which vCenter, as whom, and how long to wait."""

from pathlib import Path
from typing import Annotated

from pacific_infra.provider.models.model import Meta, Model, described
from pacific_infra.vcenter.settings import VCenterSettings


class Configuration(Model):
    """The vCenter to work on, a login, and how long to wait."""

    server: str = described("Address of vCenter, host or host:port.", min_length=1)
    username: str = described("User principal name, for example administrator@vsphere.local.", min_length=1)
    password: Annotated[str | None, Meta(secret=True)] = described(
        "Password; one of password and passwordFile.", default=None
    )
    password_file: str | None = described(
        "File whose first line is the password; read when it is needed; one of password and passwordFile.", default=None
    )
    ca_file: str | None = described(
        "PEM bundle that signs vCenter's certificate; absent: the system's certificate authorities.", default=None
    )
    insecure: bool = described("True turns TLS verification off.", default=False)
    wait_timeout: int = described("How long one create, update or delete may wait, in seconds.", default=3600, ge=1)
    error_grace: int = described(
        "How long the state ERROR counts as transient, since vCenter keeps retrying, in seconds.", default=300, ge=0
    )

    def settings(self) -> VCenterSettings:
        """The settings of the vCenter client."""
        return VCenterSettings(
            server=self.server,
            username=self.username,
            password=self.password,
            password_file=Path(self.password_file) if self.password_file else None,
            ca_file=Path(self.ca_file) if self.ca_file else None,
            insecure=self.insecure,
        )
