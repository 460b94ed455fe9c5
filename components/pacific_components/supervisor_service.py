"""A Supervisor Service: its versions in vCenter's catalogue, and its installation on each Supervisor."""

from typing import Any, Unpack, overload

import pulumi

from pacific_components import vcenter
from pacific_components.arguments import SupervisorServiceArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.plumbing import SupervisorServicePlumbing
from pacific_components.values import part_arguments
from pacific_infra.documents.supervisor_service import SupervisorServiceSpec

DEADLINE = "30m"
"""Until vCenter says CONFIGURED and the awaited objects are ready, or the service is gone."""


class SupervisorService(DocumentComponent[SupervisorServicePlumbing, SupervisorServiceSpec]):
    """Versions of a service in vCenter's catalogue, and one of them on Supervisors.

    A new version is registered, then the Supervisors get it, and a version that is no longer named is deleted last.
    """

    service: pulumi.Output[str]
    """Identifier of the service in vCenter's catalogue."""
    version: pulumi.Output[str]
    """Version that the Supervisors are to have."""

    @overload
    def __init__(self, resource_name: str, /, args: SupervisorServiceArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, /, *, opts: Options = None, **args: Unpack[SupervisorServiceArgs]
    ) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:SupervisorService", resource_name, args, keywords, opts)
        name, spec, subject = resource_name, self._spec, f"SupervisorService {resource_name}"
        versions = [
            vcenter.SupervisorServiceVersion(
                f"{name}-{version.name}",
                **part_arguments(version, subject),
                deletion_policy=spec.deletion_policy,
                opts=self._child(deadline=DEADLINE),
            )
            for version in spec.versions
        ]
        for supervisor in spec.supervisors:
            vcenter.SupervisorService(
                f"{name}-{supervisor}",
                **part_arguments(spec, subject),
                supervisor=self._plumbing.supervisor_ids.get(supervisor, supervisor),
                supervisor_service=spec.identifier,
                version=spec.installed,
                opts=self._child(deadline=DEADLINE, depends_on=versions),
            )
        self.service = pulumi.Output.from_input(spec.identifier)
        self.version = pulumi.Output.from_input(spec.installed)
        self.register_outputs({"service": self.service, "version": self.version})
