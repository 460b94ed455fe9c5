"""``pacific:vcenter:SupervisorServiceVersion`` and ``SupervisorService``: a service in the catalogue, and installed.

Follow ``namespace_management.SupervisorServices`` and ``supervisors.SupervisorServices`` of the vSphere Automation API
8.0 U3 to 9.1.
"""

from typing import Annotated, Literal, Self

from pydantic import model_validator

from pacific_infra.provider.models.model import Meta, Model, RuleBroken, described


class SupervisorServiceVersionInputs(Model):
    """A version of a Supervisor Service in vCenter's catalogue, from where Supervisors install it."""

    content: Annotated[str, Meta(replace=True)] = described(
        "The service's YAML as its maker publishes it: a Carvel Package with its PackageMetadata, or a vSphere "
        "application.",
        min_length=1,
    )
    content_type: Annotated[Literal["CARVEL_APPS_YAML", "VSPHERE_APPS_YAML"], Meta(replace=True)] = described(
        "Format of the content.", default="CARVEL_APPS_YAML"
    )
    trusted_provider: Annotated[bool | None, Meta(replace=True, write_only=True)] = described(
        "True takes a VSPHERE_APPS_YAML without a valid signature; absent: false.", default=None
    )
    accept_eula: Annotated[bool | None, Meta(replace=True, write_only=True)] = described(
        "True accepts the licence agreement of a VSPHERE_APPS_YAML; absent: false.", default=None
    )
    activated: bool = described("Whether Supervisors may install this version.", default=True)
    deletion_policy: Annotated[Literal["Delete", "Retain"] | None, Meta(local=True)] = described(
        "Retain leaves the version in the catalogue while a Supervisor has it installed; absent: Delete, which vCenter "
        "refuses then.",
        default=None,
    )

    @model_validator(mode="after")
    def _settings_of_vsphere_applications(self) -> Self:
        for name, value in (("trustedProvider", self.trusted_provider), ("acceptEula", self.accept_eula)):
            if value is not None and self.content_type != "VSPHERE_APPS_YAML":
                raise RuleBroken(name, f"does not go with contentType {self.content_type}")
        return self


class SupervisorServiceVersionOutputs(Model):
    """What vCenter reads out of the content."""

    supervisor_service: str = described("Identifier of the service, for a SupervisorService to install.")
    version: str = described("Version of the service, for a SupervisorService to install.")
    display_name: str = described("Name of the version for people.")
    state: str = described("State: ACTIVATED or DEACTIVATED.")


class ReadyObject(Model):
    """A Kubernetes object of a service, and the condition that says that it is ready."""

    api_version: str = described("API version, for example apps/v1.", min_length=1)
    kind: str = described("Kind, for example Deployment.", min_length=1)
    name: str = described("Name.", min_length=1)
    namespace: str | None = described("Namespace; absent: the service's own.", default=None)
    condition: str = described(
        "Condition that is True when it is ready, for example Available of a Deployment.", default="Ready"
    )


class SupervisorServiceInputs(Model):
    """A Supervisor Service that is installed on a Supervisor; another version upgrades it."""

    supervisor: Annotated[str, Meta(replace=True, reference="Supervisor", local=True)] = described(
        "Supervisor that it is installed on, by name or by identifier.", min_length=1
    )
    supervisor_service: Annotated[str, Meta(replace=True, reference="Supervisor Service")] = described(
        "Identifier of the service in vCenter's catalogue.", min_length=1
    )
    version: str = described("Version in the catalogue; another one upgrades.", min_length=1)
    yaml_service_config: Annotated[str | None, Meta(secret=True, write_only=True)] = described(
        "Configuration of the service, YAML text as its maker documents it; a secret, since it may hold passwords.",
        default=None,
    )
    ready_objects: Annotated[list[ReadyObject] | None, Meta(local=True)] = described(
        "Objects on the Supervisor that are waited for once vCenter says CONFIGURED; absent: none.", default=None
    )
    deletion_policy: Annotated[Literal["Delete", "Retain"] | None, Meta(local=True)] = described(
        "Retain leaves the service installed when the resource is deleted; absent: Delete.", default=None
    )


class SupervisorServiceOutputs(Model):
    """What vCenter adds to an installed service."""

    config_status: str = described("State: CONFIGURING, REMOVING, CONFIGURED or ERROR.")
    current_version: str = described("Version that runs now.")
    service_namespace: str = described("Namespace of the Supervisor that it runs in.")
