"""The provider: receives the engine's calls and lets each custom resource answer in plain values."""

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pulumi.provider.experimental import provider as sdk
from pydantic import ValidationError

from pacific_infra.errors import PacificError
from pacific_infra.provider.checking import Failure, failures, missing_references, too_new
from pacific_infra.provider.comparing import Change, with_identifiers
from pacific_infra.provider.configuration import Configuration
from pacific_infra.provider.engine import EngineLog
from pacific_infra.provider.functions import RUNNERS
from pacific_infra.provider.models.functions import FUNCTIONS
from pacific_infra.provider.models.introspection import properties, version_text
from pacific_infra.provider.models.registry import PACKAGE
from pacific_infra.provider.ownership import SHOWN_BY_CALLER, Owner
from pacific_infra.provider.property_values import (
    UNKNOWN,
    Properties,
    has_unknown,
    plain_properties,
    property_values,
    secret_paths,
)
from pacific_infra.provider.resources.registry import RESOURCES
from pacific_infra.provider.resources.resource import Request, Resource, Values
from pacific_infra.provider.schema import merge, package_schema
from pacific_infra.provider.session import Session
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.inventory import nearest
from pacific_infra.vcenter.supervisor_objects import ObjectsIn, ReadObjects, labelled_objects, objects_at

_ADOPTED_BY_REPLACEMENT = (
    "the {} {} is not deleted: its replacement has the same name and has adopted it; "
    "to create it again, set the option deleteBeforeReplace"
)
_KINDS = {
    ("add", False): sdk.PropertyDiffKind.ADD,
    ("add", True): sdk.PropertyDiffKind.ADD_REPLACE,
    ("delete", False): sdk.PropertyDiffKind.DELETE,
    ("delete", True): sdk.PropertyDiffKind.DELETE_REPLACE,
    ("update", False): sdk.PropertyDiffKind.UPDATE,
    ("update", True): sdk.PropertyDiffKind.UPDATE_REPLACE,
}


class Components(Protocol):
    """The components of the package, served by the same plug-in."""

    def schema(self) -> dict[str, Any]:
        """Their part of the package schema: ``types`` and ``resources``."""

    async def construct(self, request: sdk.ConstructRequest, version: str | None) -> sdk.ConstructResponse:
        """Construct one component. ``version``: the one that its program asks the plug-in for; None: any."""


class PacificProvider(sdk.Provider):
    """The package ``pacific``: the custom resources ``pacific:vcenter:*`` and, if passed in, the components."""

    def __init__(
        self,
        log: EngineLog,
        components: Components | None = None,
        make_client: Callable[[Configuration], VCenterClient] | None = None,
        first_pause: float = 0.2,
        *,
        objects_in: ObjectsIn = labelled_objects,
        read_objects: ReadObjects = objects_at,
    ) -> None:
        self._log = log
        self._components = components
        self._make_client = make_client
        self._first_pause = first_pause
        self._objects_in = objects_in
        self._read_objects = read_objects
        self._configured = True
        self._version: str | None = None
        """The version that the program has asked for, and so a part of this provider's identity in the engine."""
        self._session: Session | None = None
        self._created: set[tuple[str, str]] = set()
        """URN and identifier of each resource created in this run of the engine."""
        self._recorded: set[str] = set()
        """URNs of resources that are in the stack's record, as the engine's calls have shown."""
        self._resources: dict[str, Resource] = {resource.kind.token: resource for resource in RESOURCES}

    async def get_schema(self, request: sdk.GetSchemaRequest) -> sdk.GetSchemaResponse:
        schema = package_schema()
        if self._components is not None:
            schema = merge(schema, self._components.schema())
        return sdk.GetSchemaResponse(schema=json.dumps(schema))

    async def check_config(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        values = configuration_values(plain_properties(request.new_inputs))
        # Components of Kubernetes objects need no vCenter, so an empty configuration is fine until one is needed.
        problems = (
            [sdk.CheckFailure(path, reason) for path, reason in failures(values, Configuration)] if values else []
        )
        return sdk.CheckResponse(inputs=_with_secrets(request.new_inputs), failures=problems)

    async def diff_config(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        """A new address or login never replaces resources."""
        old, new = plain_properties(request.old_state), plain_properties(request.new_inputs)
        return sdk.DiffResponse(changes={**old, "version": None} != {**new, "version": None})

    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        arguments = plain_properties(request.args)
        values = configuration_values(arguments)
        self._version = arguments.get("version")
        self._configured = bool(values)
        if values and not has_unknown(values):
            try:
                configuration = Configuration.model_validate(values)
            except ValidationError as error:
                problems = "; ".join(f"{PACKAGE}:{path}: {reason}" for path, reason in failures(values, Configuration))
                raise PacificError(f"the provider's configuration is wrong: {problems}") from error
            self._session = Session(
                configuration,
                self._log,
                self._make_client,
                self._first_pause,
                objects_in=self._objects_in,
                read_objects=self._read_objects,
            )
        return sdk.ConfigureResponse(
            accept_secrets=True, supports_preview=True, accept_resources=False, accept_outputs=False
        )

    async def check(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        resource = self._resource(request.type)
        if not self._configured:
            raise _not_configured()
        model = resource.kind.inputs
        values = plain_properties(request.new_inputs)
        defaults = {item.name: item.default for item in properties(model) if item.default is not None}
        if "name" in model.model_fields:
            defaults["name"] = request.name
        values = resource.with_defaults({**defaults, **values})
        problems = failures(values, model)
        if not problems:
            problems.extend(resource.rules(plain_properties(request.old_inputs), values))
        if request.old_inputs:
            self._recorded.add(request.urn)
        if not problems and self._session is not None:
            old = plain_properties(request.old_inputs)
            problems.extend(await self._refusals(resource, old, values))
            if not problems:
                for text in await resource.warnings(self._session, old, values):
                    await self._session.log.warning(request.urn, text)
        if not problems and request.urn not in self._recorded:
            problems.extend(await self._owned_by_others(resource, request.urn, values))
        return sdk.CheckResponse(
            inputs=property_values(values, model, secret_paths(request.new_inputs)),
            failures=[sdk.CheckFailure(path, reason) for path, reason in problems],
        )

    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        self._recorded.add(request.urn)
        resource = self._resource(request.type)
        new, old = plain_properties(request.new_inputs), plain_properties(request.old_state)
        differences = await self._changes(resource, new, old)
        if self._session is not None:
            call = self._request(request.urn)
            differences = [*await resource.without_empty_additions(call, request.resource_id, differences, new, old)]
        replaces = sorted({change.top for change in differences if change.replace})
        return sdk.DiffResponse(
            changes=bool(differences),
            replaces=replaces,
            diffs=sorted({change.top for change in differences}),
            # Also where no change asks for a replacement: the option replaceOnChanges may.
            delete_before_replace=resource.deletes_first(replaces, new, old),
            detailed_diff={
                change.path: sdk.PropertyDiff(_KINDS[change.kind, change.replace], input_diff=True)
                for change in differences
            },
        )

    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        resource = self._resource(request.type)
        inputs, secrets = plain_properties(request.properties), secret_paths(request.properties)
        if request.preview:
            return sdk.CreateResponse("", self._preview_values(resource, inputs, None, secrets))
        identifier, state = await resource.create(self._request(request.urn, request.timeout), inputs)
        self._created.add((request.urn, identifier))
        return sdk.CreateResponse(identifier, self._stored_values(resource, state, secrets))

    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        resource = self._resource(request.type)
        state = plain_properties(request.properties) or None
        secrets = secret_paths(request.inputs) | secret_paths(request.properties)
        if state is not None:
            state |= plain_properties(request.inputs)
        answer = await resource.read(self._request(request.urn), request.resource_id, state)
        if answer is None:
            return sdk.ReadResponse("", {}, {})
        identifier, values = answer
        stored = self._stored_values(resource, values, secrets)
        inputs = property_values(resource.inputs_of(values), resource.kind.inputs, secrets)
        return sdk.ReadResponse(identifier, stored, inputs)

    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        resource = self._resource(request.type)
        state, inputs = plain_properties(request.olds), plain_properties(request.news)
        secrets = secret_paths(request.news)
        if request.preview:
            return sdk.UpdateResponse(self._preview_values(resource, inputs, state, secrets))
        call = self._request(request.urn, request.timeout)
        return sdk.UpdateResponse(
            self._stored_values(resource, await resource.update(call, request.resource_id, state, inputs), secrets)
        )

    async def delete(self, request: sdk.DeleteRequest) -> None:
        resource = self._resource(request.type)
        call = self._request(request.urn, request.timeout)
        if (request.urn, request.resource_id) in self._created:
            # With pulumi up --replace the engine creates first and cannot know that old and new are the same object.
            await call.session.log.warning(
                request.urn, _ADOPTED_BY_REPLACEMENT.format(resource.kind.name, request.resource_id)
            )
            return
        await resource.delete(call, request.resource_id, plain_properties(request.properties))

    async def invoke(self, request: sdk.InvokeRequest) -> sdk.InvokeResponse:
        function = next((candidate for candidate in FUNCTIONS if candidate.token == request.tok), None)
        if function is None:
            tokens = [candidate.token for candidate in FUNCTIONS]
            raise PacificError(
                "not a function of this package", value=request.tok, allowed=nearest(request.tok, tokens)
            )
        arguments = plain_properties(request.args)
        problems = failures(arguments, function.inputs)
        if problems:
            return sdk.InvokeResponse(failures=[sdk.CheckFailure(path, reason) for path, reason in problems])
        session = self._request("").session
        await session.require_supported()
        values = await RUNNERS[function.name](session, arguments)
        return sdk.InvokeResponse(property_values(values, function.outputs))

    async def construct(self, request: sdk.ConstructRequest) -> sdk.ConstructResponse:
        if self._components is None:
            raise PacificError("this plug-in serves no components", value=request.resource_type)
        return await self._components.construct(request, self._version)

    async def cancel(self) -> None:
        """End every wait. What was started in vCenter continues there, and the next run picks it up."""
        if self._session is not None:
            self._session.cancelled.set()

    async def close(self) -> None:
        """End the session in vCenter."""
        if self._session is not None:
            await self._session.client.close()

    async def _refusals(self, resource: Resource, old: Values, values: Values) -> list[Failure]:
        """Why this vCenter refuses ``values``: its version, missing references, its present state."""
        session = self._session
        if session is None:
            return []
        version = await session.require_supported()
        kind = resource.kind
        problems: list[Failure] = []
        if version is not None:
            if kind.since is not None and version < kind.since:
                needed = version_text(kind.since)
                return [("", f"{kind.name} needs vCenter {needed} or newer, this one is {version}; upgrade vCenter")]
            problems.extend(too_new(values, kind.inputs, version))
        if not problems:
            problems.extend(await missing_references(values, kind.inputs, session.inventory, session.announced))
        if not problems:
            problems.extend(await resource.refusals(session, old, values))
        if kind.known_as is not None and isinstance(values.get("name"), str):
            session.announced.add((kind.known_as, values["name"]))
        return problems

    async def _owned_by_others(self, resource: Resource, urn: str, values: Values) -> list[Failure]:
        """Why an existing object with the name of a new resource may not be adopted."""
        name = values.get("name")
        if self._session is None or SHOWN_BY_CALLER in os.environ or not isinstance(name, str):
            return []
        existing = await resource.existing_object(self._session, values)
        error = existing and existing.refusal_for(Owner.of_urn(urn), adopt=values.get("adopt") is True)
        return [("name", str(error))] if error is not None else []

    async def _changes(self, resource: Resource, new: Values, old: Values) -> list[Change]:
        version = await self._session.version() if self._session is not None else None
        differences = list(resource.differences(new, old, version))
        if differences and self._session is not None and not has_unknown(new):
            # A name equals its identifier. Identifiers are looked up only where there is a difference.
            inventory, model = self._session.inventory, resource.kind.inputs
            new, old = [await with_identifiers(values, model, inventory) for values in (new, old)]
            differences = list(resource.differences(new, old, version))
        return differences

    def _request(self, urn: str, timeout: float = 0.0) -> Request:
        if self._session is None:
            raise _not_configured()
        return Request(self._session, urn, timeout)

    def _resource(self, token: str) -> Resource:
        # A URN names the parents' types too: parent$child.
        name = token.rpartition("$")[2]
        if name not in self._resources:
            raise PacificError("not a resource of this package", value=name, allowed=nearest(name, self._resources))
        return self._resources[name]

    def _preview_values(
        self, resource: Resource, inputs: Values, old: Mapping[str, Any] | None, secrets: frozenset[str]
    ) -> Properties:
        computed = {item.name: UNKNOWN for item in properties(resource.kind.outputs)}
        return self._stored_values(resource, {**computed, **resource.known_outputs(inputs, old), **inputs}, secrets)

    @staticmethod
    def _stored_values(resource: Resource, state: Values, secrets: frozenset[str]) -> Properties:
        return property_values(state, resource.kind.inputs, secrets)


def configuration_values(values: Mapping[str, Any]) -> Values:
    """A provider's inputs, decoded: the engine passes what is not a string as JSON text."""
    decoded: Values = {}
    for item in properties(Configuration):
        value = values.get(item.name)
        if isinstance(value, str) and item.base is not str:
            with contextlib.suppress(ValueError):
                value = json.loads(value)
        if value is not None and value != "":
            decoded[item.name] = value
    return decoded


def _with_secrets(values: Properties) -> Properties:
    secret = {item.name for item in properties(Configuration) if item.meta.secret}
    return {name: value.with_secret(True) if name in secret else value for name, value in values.items()}


def _not_configured() -> PacificError:
    return PacificError(
        "the vCenter to work on is not known", fix="set pacific:server and pacific:username, or give a provider"
    )
