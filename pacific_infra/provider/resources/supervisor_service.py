"""``pacific:vcenter:SupervisorService`` in vCenter."""

from collections.abc import Mapping, Sequence
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.checking import Failure
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.property_values import UNKNOWN
from pacific_infra.provider.resources.installed_services import services_host
from pacific_infra.provider.resources.prechecks import service_precheck
from pacific_infra.provider.resources.resource import Incomplete, Request, Resource, Values, removal_progress
from pacific_infra.provider.resources.retrying import create_or_find
from pacific_infra.provider.resources.supervisor_identifiers import read_identifier, supervisor_notation, supervisor_of
from pacific_infra.provider.resources.supervisor_service_version import SERVICE_VERSION
from pacific_infra.provider.session import Session
from pacific_infra.provider.waiting import Progress
from pacific_infra.vcenter.errors import message_texts
from pacific_infra.vcenter.inventory import nearest
from pacific_infra.vcenter.kubernetes_refusal import KubernetesUnreachable
from pacific_infra.vcenter.supervisor_objects import ObjectReference
from pacific_infra.vcenter.supervisor_services import (
    encode,
    install_service,
    list_versions,
    read_installation,
    uninstall_service,
    update_installation,
)
from pacific_infra.vcenter.supervisors import read_supervisor


class SupervisorServiceResource(Resource):
    """An installed service, known by ``SUPERVISOR/SERVICE``."""

    kind = next(kind for kind in KINDS if kind.name == "SupervisorService")

    async def refusals(self, session: Session, old: Values, new: Values) -> Sequence[Failure]:
        service, version = new["supervisorService"], new["version"]
        if UNKNOWN in (service, version) or (old.get("version"), old.get("supervisorService")) == (version, service):
            return ()
        if (SERVICE_VERSION, f"{service}/{version}") in session.announced:
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
        precheck = await service_precheck(session, new["supervisor"], service, version)
        if precheck.refused:
            return [("version", f"Supervisor {new['supervisor']} cannot run {service} {version}: {precheck.text}")]
        return ()

    async def warnings(self, session: Session, old: Values, new: Values) -> Sequence[str]:
        """What the check of a version says that may be installed."""
        del old
        precheck = session.prechecks.get((str(new["supervisor"]), new["supervisorService"], new["version"]))
        return [] if precheck is None or not precheck.text else [f"the check before it says: {precheck.text}"]

    async def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        client, service = request.session.client, inputs["supervisorService"]
        supervisor = await supervisor_of(request, inputs)
        host = await services_host(request.session, supervisor)
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
            await self._wait_until_ready(request, supervisor, info, inputs)
        except PacificError as error:
            raise Incomplete(identifier, inputs, error) from error
        return identifier, self._values(info, inputs)

    async def read(
        self, request: Request, identifier: str, state: Mapping[str, Any] | None
    ) -> tuple[str, Values] | None:
        supervisor, service = await read_identifier(request, identifier, "SERVICE")
        info = await read_installation(
            request.session.client, await services_host(request.session, supervisor), service
        )
        if info is None:
            return None
        declared = self.declared_inputs(state)
        notation = await supervisor_notation(request.session.inventory, supervisor, declared)
        return f"{supervisor}/{service}", self._values(
            info, {"supervisorService": service, **(declared or {}), "supervisor": notation}
        )

    async def update(self, request: Request, identifier: str, state: Values, inputs: Values) -> Values:
        supervisor, service = await read_identifier(request, identifier, "SERVICE")
        host = await services_host(request.session, supervisor)
        if any(state.get(name) != inputs.get(name) for name in ("version", "yamlServiceConfig")):
            await update_installation(request.session.client, host, service, self._specification(inputs))
        info = await self._wait_until_configured(request, host, service, inputs["version"])
        await self._wait_until_ready(request, supervisor, info, inputs)
        return self._values(info, inputs)

    async def delete(self, request: Request, identifier: str, state: Values) -> None:
        if state.get("deletionPolicy") == "Retain":
            text = f"Supervisor Service {identifier} stays installed: its deletionPolicy is Retain"
            await request.session.log.info(request.urn, text)
            return
        try:
            supervisor, service = await read_identifier(request, identifier, "SERVICE")
        except PacificError:
            # The Supervisor no longer exists, and its services went with it.
            return
        host = await services_host(request.session, supervisor)
        if await uninstall_service(request.session.client, host, service):
            await self._wait_until_removed(request, host, service)

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

    @staticmethod
    async def _wait_until_ready(request: Request, supervisor: str, info: dict[str, Any], inputs: Values) -> None:
        """Wait for the objects of the service that are to be ready, read with the user's own login."""
        session, objects = request.session, inputs.get("readyObjects") or []
        if not objects:
            return
        namespace = str(info.get("service_namespace") or "")
        references = [
            ObjectReference(item["apiVersion"], item["kind"], item["name"], item.get("namespace") or namespace)
            for item in objects
        ]
        summary = await read_supervisor(session.client, supervisor) or {}
        endpoint = str(summary.get("apiendpoint") or "")

        async def progress() -> Progress:
            try:
                live = await session.read_objects(endpoint, session.configuration.settings(), references)
            except KubernetesUnreachable as error:
                return Progress(done=False, waits_for=error.problem)
            missing = [
                f"{item['kind']} {item['name']}: {state}"
                for item, value in zip(objects, live, strict=True)
                if (state := _not_ready(value, item["condition"])) is not None
            ]
            return Progress(done=not missing, waits_for="; ".join(missing))

        await request.wait(f"the objects of Supervisor Service {inputs['supervisorService']}", progress)

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


def _not_ready(live: Mapping[str, Any] | None, name: str) -> str | None:
    """Why an object has not the condition ``name``; None: it has."""
    if live is None:
        return "is not there"
    conditions = (live.get("status") or {}).get("conditions") or []
    condition = next((item for item in conditions if item.get("type") == name), None)
    if condition is None:
        return f"has no condition {name} yet"
    if condition.get("status") == "True":
        return None
    reason = str(condition.get("message") or condition.get("reason") or "")
    return f"{name} is {condition.get('status')}" + (f", {reason}" if reason else "")
