"""``pacific:vcenter:SupervisorServiceVersion`` in vCenter."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from pacific_infra.errors import PacificError
from pacific_infra.provider.checking import Failure
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.property_values import UNKNOWN
from pacific_infra.provider.resources.installed_services import supervisors_with
from pacific_infra.provider.resources.resource import Request, Resource, Values
from pacific_infra.provider.resources.retrying import create_or_find
from pacific_infra.provider.session import Session
from pacific_infra.vcenter.errors import message_texts
from pacific_infra.vcenter.inventory import nearest
from pacific_infra.vcenter.supervisor_services import (
    activate_version,
    check_content,
    decode,
    delete_version,
    encode,
    list_services,
    list_versions,
    read_service,
    read_version_of_service,
    register_service,
    register_version,
)

SERVICE, SERVICE_VERSION = "Supervisor Service", "Supervisor Service version"
"""What references call a service, and one version of it, SERVICE/VERSION."""


class SupervisorServiceVersionResource(Resource):
    """A version in the catalogue, known by ``SERVICE/VERSION``."""

    kind = next(kind for kind in KINDS if kind.name == "SupervisorServiceVersion")

    async def refusals(self, session: Session, old: Values, new: Values) -> Sequence[Failure]:
        """vCenter checks the content. This registers nothing, but says what will be registered."""
        content = new["content"]
        if content is UNKNOWN or content == old.get("content"):
            return ()
        result = await check_content(session.client, content)
        identity = _identity_in(result)
        if identity is not None:
            session.announced |= {(SERVICE, identity[0]), (SERVICE_VERSION, "/".join(identity))}
        if result.get("status") == "INVALID":
            reasons = "; ".join(message_texts(_as_messages(result.get("error_messages"))))
            return [("content", f"vCenter refuses it: {reasons}")]
        if result.get("content_type") not in (None, new["contentType"]):
            return [("contentType", f"got {new['contentType']!r}; allowed for this content: {result['content_type']}")]
        return ()

    def deletes_first(self, replaces: Sequence[str], new: Values, old: Values) -> bool:
        """A new version can exist next to the old one, which Supervisors may still run; the same version cannot."""
        return carvel_version(new.get("content")) in (None, old.get("version"))

    async def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        client = request.session.client
        service, version = await self._identity(request, inputs)
        specification = self._specification(inputs)

        async def register() -> dict[str, Any]:
            if await read_service(client, service) is None:
                name, value = next(iter(specification.items()))
                await register_service(client, {name: {"version_spec": value}})
            else:
                await register_version(client, service, specification)
            return {}

        info, refused = await create_or_find(
            register, lambda: read_version_of_service(client, service, version), request.session.first_pause
        )
        if refused is not None and info.get("content") != encode(inputs["content"]):
            raise PacificError(
                f"version {version} of Supervisor Service {service} is registered already, with different content",
                fix=f"give the content another version, or import it: "
                f"pulumi import {self.kind.token} NAME {service}/{version}",
            ) from refused
        return f"{service}/{version}", await self._activate(request, service, version, inputs)

    async def read(
        self, request: Request, identifier: str, state: Mapping[str, Any] | None
    ) -> tuple[str, Values] | None:
        service, _, version = identifier.partition("/")
        info = await read_version_of_service(request.session.client, service, version) if version else None
        if info is None and state is None:
            raise await self._not_there(request, identifier, service)
        if info is None:
            return None
        return identifier, self._values(info, service, version, self.declared_inputs(state))

    async def update(self, request: Request, identifier: str, state: Values, inputs: Values) -> Values:
        del state
        service, _, version = identifier.partition("/")
        return await self._activate(request, service, version, inputs)

    async def delete(self, request: Request, identifier: str, state: Values) -> None:
        service, _, version = identifier.partition("/")
        client = request.session.client
        if await read_version_of_service(client, service, version) is None:
            return
        if state.get("deletionPolicy") == "Retain":
            supervisors = await supervisors_with(request.session, service, version)
            if supervisors:
                text = f"version {version} of Supervisor Service {service} stays: {', '.join(supervisors)} has it"
                await request.session.log.info(request.urn, text)
                return
        await activate_version(client, service, version, active=False)
        await delete_version(client, service, version)

    @staticmethod
    async def _not_there(request: Request, identifier: str, service: str) -> PacificError:
        client = request.session.client
        services = [info["supervisor_service"] for info in await list_services(client)]
        near = [service] if service in services else nearest(service, services)
        versions = [f"{name}/{info['version']}" for name in near for info in await list_versions(client, name)]
        return PacificError(
            "this version of a Supervisor Service does not exist in vCenter",
            value=identifier,
            allowed=nearest(identifier, versions) or "none: vCenter has no Supervisor Services",
        )

    async def _identity(self, request: Request, inputs: Values) -> tuple[str, str]:
        result = await check_content(request.session.client, inputs["content"])
        identity = _identity_in(result)
        if identity is None:
            reasons = "; ".join(message_texts(_as_messages(result.get("error_messages"))))
            raise PacificError(f"vCenter refuses the service's content: {reasons}", place="content")
        return identity

    @staticmethod
    def _specification(inputs: Values) -> dict[str, Any]:
        content = {"content": encode(inputs["content"])}
        if inputs["contentType"] == "CARVEL_APPS_YAML":
            return {"carvel_spec": content}
        names = {"trustedProvider": "trusted_provider", "acceptEula": "accept_EULA"}
        return {"vsphere_spec": content | {wire: inputs[name] for name, wire in names.items() if name in inputs}}

    async def _activate(self, request: Request, service: str, version: str, inputs: Values) -> Values:
        client = request.session.client
        info = await read_version_of_service(client, service, version)
        if info is not None and (info.get("state") == "ACTIVATED") != inputs["activated"]:
            await activate_version(client, service, version, active=inputs["activated"])
            info = await read_version_of_service(client, service, version)
        if info is None:
            raise PacificError(
                f"version {version} of Supervisor Service {service} no longer exists",
                fix="run the same command again",
            )
        return self._values(info, service, version, inputs)

    @staticmethod
    def _values(info: dict[str, Any], service: str, version: str, declared: Values | None) -> Values:
        content = str(info.get("content") or "")
        values = declared or {}
        if encode(str(values.get("content", ""))) != content:
            values = {**values, "content": decode(content), "contentType": str(info.get("content_type"))}
        return {
            **values,
            "activated": info.get("state") == "ACTIVATED",
            "supervisorService": service,
            "version": version,
            "displayName": str(info.get("display_name", service)),
            "state": str(info.get("state")),
        }


def carvel_version(content: Any) -> str | None:
    """The version of the Carvel Package in ``content``; None where it has none that can be read."""
    try:
        documents = [document for document in yaml.safe_load_all(content) if isinstance(document, dict)]
        return next(str(document["spec"]["version"]) for document in documents if document.get("kind") == "Package")
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, StopIteration):
        return None


def _identity_in(result: Mapping[str, Any]) -> tuple[str, str] | None:
    """The service and its version, as vCenter has read them out of a content."""
    identity = result.get("carvel_apps_check_result") or result.get("vsphere_apps_check_result")
    return (str(identity["supervisor_service"]), str(identity["version"])) if identity else None


def _as_messages(messages: Any) -> list[dict[str, Any]]:
    return [message for message in messages or [] if isinstance(message, dict)]
