"""``pacific:vcenter:SupervisorService`` in vCenter."""

from collections.abc import Mapping, Sequence
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.checking import Failure
from pacific_infra.provider.models.model import V9_0
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.property_values import UNKNOWN
from pacific_infra.provider.resources.resource import Incomplete, Request, Resource, Values, removal_progress
from pacific_infra.provider.resources.retrying import create_or_find
from pacific_infra.provider.resources.supervisor_identifiers import read_identifier, supervisor_notation, supervisor_of
from pacific_infra.provider.session import Session
from pacific_infra.provider.waiting import Progress
from pacific_infra.vcenter.errors import message_texts
from pacific_infra.vcenter.inventory import nearest
from pacific_infra.vcenter.supervisor_services import (
    encode,
    install_service,
    list_versions,
    read_installation,
    services_path,
    services_path_of_cluster,
    uninstall_service,
    update_installation,
)
from pacific_infra.vcenter.supervisors import read_topology


class SupervisorServiceResource(Resource):
    """An installed service, known by ``SUPERVISOR/SERVICE``."""

    kind = next(kind for kind in KINDS if kind.name == "SupervisorService")

    async def refusals(self, session: Session, old: Values, new: Values) -> Sequence[Failure]:
        service, version = new["supervisorService"], new["version"]
        if UNKNOWN in (service, version) or (old.get("version"), old.get("supervisorService")) == (version, service):
            return ()
        versions = {
            str(info["version"]): str(info.get("state")) for info in await list_versions(session.client, service)
        }
        if versions and version not in versions:
            allowed = ", ".join(nearest(version, versions))
            return [
                ("version", f"Supervisor Service {service} has no such version: got {version!r}; allowed: {allowed}")
            ]
        if versions.get(version) == "DEACTIVATED":
            active = ", ".join(name for name, state in versions.items() if state == "ACTIVATED") or "none"
            return [("version", f"got {version!r}, which is deactivated; allowed: {active}; or activate it")]
        return ()

    async def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        client, service = request.session.client, inputs["supervisorService"]
        supervisor = await supervisor_of(request, inputs)
        host = await self._host(request, supervisor)
        pause = request.session.first_pause

        async def install() -> dict[str, Any]:
            await install_service(client, host, {"supervisor_service": service, **self._specification(inputs)})
            return {}

        async def find() -> dict[str, Any] | None:
            return await read_installation(client, host, service)

        info, refused = await create_or_find(install, find, pause)
        if info.get("config_status") == "REMOVING":
            await self._wait_until_removed(request, host, service)
            info, refused = await create_or_find(install, find, pause)
        if refused is not None:
            if info.get("desired_version") != inputs["version"]:
                raise PacificError(
                    f"Supervisor Service {service} is installed on {inputs['supervisor']} already, in version "
                    f"{info.get('desired_version')}",
                    fix=f"import it: pulumi import {self.kind.token} NAME {supervisor}/{service}",
                ) from refused
            await update_installation(client, host, service, self._specification(inputs))
        identifier = f"{supervisor}/{service}"
        try:
            info = await self._wait_until_configured(request, host, service, inputs["version"])
        except PacificError as error:
            raise Incomplete(identifier, inputs, error) from error
        return identifier, self._values(info, inputs)

    async def read(
        self, request: Request, identifier: str, state: Mapping[str, Any] | None
    ) -> tuple[str, Values] | None:
        supervisor, service = await read_identifier(request, identifier, "SERVICE")
        info = await read_installation(request.session.client, await self._host(request, supervisor), service)
        if info is None:
            return None
        declared = self.declared_inputs(state)
        notation = await supervisor_notation(request.session.inventory, supervisor, declared)
        return f"{supervisor}/{service}", self._values(
            info, {"supervisorService": service, **(declared or {}), "supervisor": notation}
        )

    async def update(self, request: Request, identifier: str, state: Values, inputs: Values) -> Values:
        del state
        supervisor, service = await read_identifier(request, identifier, "SERVICE")
        host = await self._host(request, supervisor)
        await update_installation(request.session.client, host, service, self._specification(inputs))
        return self._values(await self._wait_until_configured(request, host, service, inputs["version"]), inputs)

    async def delete(self, request: Request, identifier: str, state: Values) -> None:
        del state
        try:
            supervisor, service = await read_identifier(request, identifier, "SERVICE")
        except PacificError:
            # The Supervisor no longer exists, and its services went with it.
            return
        host = await self._host(request, supervisor)
        if await uninstall_service(request.session.client, host, service):
            await self._wait_until_removed(request, host, service)

    async def _host(self, request: Request, supervisor: str) -> str:
        version = await request.session.version()
        if version is None or version >= V9_0:
            return services_path(supervisor)
        return services_path_of_cluster((await read_topology(request.session.client, supervisor))[0][1][0])

    @staticmethod
    def _specification(inputs: Values) -> dict[str, Any]:
        specification = {"version": inputs["version"]}
        if inputs.get("yamlServiceConfig") is not None:
            specification["yaml_service_config"] = encode(inputs["yamlServiceConfig"])
        return specification

    async def _wait_until_configured(self, request: Request, host: str, service: str, version: str) -> dict[str, Any]:
        last: dict[str, Any] = {}

        async def progress() -> Progress:
            info = await read_installation(request.session.client, host, service)
            if info is None:
                raise PacificError(
                    f"the Supervisor Service {service} no longer exists", fix="run the same command again"
                )
            last.clear()
            last.update(info)
            status = str(info.get("config_status"))
            return Progress(
                done=status == "CONFIGURED" and info.get("current_version") == version,
                waits_for=f"state {status}, version {info.get('current_version') or 'none'}",
                failed=status == "ERROR",
                messages=message_texts(info.get("messages")),
            )

        await request.wait(f"Supervisor Service {service} {version}", progress)
        return last

    async def _wait_until_removed(self, request: Request, host: str, service: str) -> None:
        client = request.session.client
        await request.wait(
            f"Supervisor Service {service} to be removed",
            lambda: removal_progress(lambda: read_installation(client, host, service)),
        )

    @staticmethod
    def _values(info: dict[str, Any], inputs: Values) -> Values:
        return {
            **inputs,
            "version": str(info.get("desired_version")),
            "configStatus": str(info.get("config_status")),
            "currentVersion": str(info.get("current_version") or ""),
            "serviceNamespace": str(info.get("service_namespace") or ""),
        }
