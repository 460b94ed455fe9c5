"""``pacific:vcenter:SupervisorUpgrade`` in vCenter."""

from collections.abc import Mapping, Sequence
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.checking import Failure
from pacific_infra.provider.models.model import V9_1
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.property_values import UNKNOWN
from pacific_infra.provider.resources.prechecks import upgrade_precheck
from pacific_infra.provider.resources.resource import Incomplete, Request, Resource, Values
from pacific_infra.provider.resources.retrying import retry
from pacific_infra.provider.resources.supervisor_identifiers import supervisor_notation, supervisor_of
from pacific_infra.provider.session import Precheck, Session
from pacific_infra.provider.waiting import Progress
from pacific_infra.provider.wire import request_body
from pacific_infra.vcenter.errors import message_texts
from pacific_infra.vcenter.inventory import nearest
from pacific_infra.vcenter.upgrades import begin_upgrade, read_upgrade

_LONGEST_PAUSE = 10.0


class SupervisorUpgradeResource(Resource):
    """The version of a Supervisor, known by the Supervisor's identifier."""

    kind = next(kind for kind in KINDS if kind.name == "SupervisorUpgrade")

    async def refusals(self, session: Session, old: Values, new: Values) -> Sequence[Failure]:
        supervisor, version = new["supervisor"], new["version"]
        if UNKNOWN in (supervisor, version) or version == old.get("version"):
            return ()
        if ("Supervisor", supervisor) in session.announced:
            return ()
        identifier = await session.inventory.identifier("Supervisor", supervisor)
        info = await read_upgrade(session.client, identifier, by_cluster=await self._by_cluster(session))
        if info is None:
            return ()
        allowed = [str(info["current_version"]), *(info.get("available_versions") or [])]
        if version in (info["current_version"], _desired(info)):
            return ()
        if version in allowed:
            return _refusals_of(await upgrade_precheck(session, supervisor, version), new)
        return [
            (
                "version",
                f"Supervisor {supervisor} cannot be upgraded to it: got {version!r}; allowed: "
                f"{', '.join(nearest(version, allowed))}",
            )
        ]

    async def warnings(self, session: Session, old: Values, new: Values) -> Sequence[str]:
        """What the check before the upgrade warns of, where that is to be ignored."""
        del old
        precheck = session.prechecks.get((str(new["supervisor"]), str(new["version"])))
        return [] if precheck is None or not precheck.text else [f"the check before the upgrade says: {precheck.text}"]

    async def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        supervisor = await supervisor_of(request, inputs)
        return supervisor, await self._upgrade(request, supervisor, inputs)

    async def read(
        self, request: Request, identifier: str, state: Mapping[str, Any] | None
    ) -> tuple[str, Values] | None:
        session = request.session
        try:
            supervisor = await session.inventory.identifier("Supervisor", identifier)
        except PacificError:
            return None
        info = await read_upgrade(session.client, supervisor, by_cluster=await self._by_cluster(session))
        if info is None:
            return None
        declared = self.declared_inputs(state)
        notation = await supervisor_notation(session.inventory, supervisor, declared)
        return supervisor, self._values(info, {**(declared or {}), "supervisor": notation})

    async def update(self, request: Request, identifier: str, state: Values, inputs: Values) -> Values:
        del state
        return await self._upgrade(request, identifier, inputs)

    async def delete(self, request: Request, identifier: str, state: Values) -> None:
        del identifier
        name, version = state.get("supervisor"), state.get("currentVersion")
        text = f"Supervisor {name} stays at version {version}: vCenter cannot downgrade it"
        await request.session.log.info(request.urn, text)

    async def _upgrade(self, request: Request, supervisor: str, inputs: Values) -> Values:
        session, version = request.session, inputs["version"]
        by_cluster = await self._by_cluster(session)
        body = await request_body(inputs, self.kind.inputs, session.inventory)

        async def begun() -> dict[str, Any]:
            info = await self._read(request, supervisor, by_cluster)
            if version not in (info["current_version"], _desired(info)):
                await begin_upgrade(session.client, supervisor, body, by_cluster=by_cluster)
            return info

        info = await retry(begun, session.first_pause)
        last: dict[str, Any] = {}

        async def progress() -> Progress:
            now = await self._read(request, supervisor, by_cluster)
            last.clear()
            last.update(now)
            steps = (now.get("upgrade_status") or {}).get("progress") or {}
            done = f", {steps['completed']} of {steps['total']} steps" if steps else ""
            return Progress(
                done=now.get("current_version") == version and now.get("state") == "READY",
                waits_for=f"state {now.get('state')}, version {now.get('current_version')}{done}",
                failed=now.get("state") == "ERROR",
                messages=message_texts([*_messages(now), *_messages(now.get("upgrade_status") or {})]),
            )

        try:
            await request.wait(f"Supervisor {inputs['supervisor']} to have version {version}", progress, _LONGEST_PAUSE)
        except PacificError as error:
            raise Incomplete(supervisor, self._values(last or info, inputs), error) from error
        return self._values(last, inputs)

    async def _read(self, request: Request, supervisor: str, by_cluster: bool) -> dict[str, Any]:
        info = await read_upgrade(request.session.client, supervisor, by_cluster=by_cluster)
        if info is None:
            raise PacificError(f"the Supervisor {supervisor} no longer exists", fix="run the same command again")
        return info

    @staticmethod
    async def _by_cluster(session: Session) -> bool:
        version = await session.version()
        return version is not None and version < V9_1

    @staticmethod
    def _values(info: dict[str, Any], inputs: Values) -> Values:
        return {
            **inputs,
            "version": _desired(info) or str(info.get("current_version")),
            "currentVersion": str(info.get("current_version")),
            "availableVersions": [str(version) for version in info.get("available_versions") or []],
            "state": str(info.get("state")),
        }


def _refusals_of(precheck: Precheck, new: Values) -> Sequence[Failure]:
    supervisor, version = new["supervisor"], new["version"]
    if precheck.refused:
        return [("version", f"Supervisor {supervisor} cannot be upgraded to {version}: {precheck.text}")]
    if precheck.warned and not new.get("ignorePrecheckWarnings"):
        problem = f"the check of Supervisor {supervisor} before the upgrade to {version} warns: {precheck.text}"
        return [("version", f"{problem}; fix: set ignorePrecheckWarnings to go on")]
    return ()


def _desired(info: Mapping[str, Any]) -> str | None:
    desired = (info.get("upgrade_status") or {}).get("desired_version")
    return None if desired is None else str(desired)


def _messages(part: Mapping[str, Any]) -> list[Any]:
    return list(part.get("messages") or [])
