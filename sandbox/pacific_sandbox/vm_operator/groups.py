"""VirtualMachineGroups: their members' power, in the order and with the delays that the group says."""

import time
from collections.abc import Iterator, Sequence
from typing import Final

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object, Resource
from pacific_sandbox.reconcile.conditions import condition_of, with_transitions
from pacific_sandbox.reconcile.times import rfc3339, rfc3339_nano, seconds_of, seconds_of_duration
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.supervisor.resources import VIRTUAL_MACHINES
from pacific_sandbox.vm_operator.admission.groups import APPLY_AT, LAST_UPDATED
from pacific_sandbox.vm_operator.conditions import GROUP_LINKED, READY, false, true
from pacific_sandbox.vm_operator.kind_controller import KindController

GROUPS: Final = Resource("vmoperator.vmware.com/v1alpha5", "virtualmachinegroups")
_POWER_SYNCED: Final = "PowerStateSynced"
_PLACED: Final = "PlacementReady"
_MACHINE, _GROUP = "VirtualMachine", "VirtualMachineGroup"


class Groups(KindController):
    """All groups of one Supervisor."""

    finalizer = "vmoperator.vmware.com/virtualmachinegroup"

    def __init__(self, api: KubernetesAPI, groups: WatchedObjects, *, virtual_machines: WatchedObjects) -> None:
        super().__init__(api, groups, [virtual_machines])
        self._virtual_machines = virtual_machines
        virtual_machines.listen(lambda vm, _: self._member_changed(vm))
        groups.listen(lambda group, _: self._member_changed(group))

    async def converge(self, item: Object) -> float | None:
        """Link the members, pass on a new power state, say how they are."""
        updating = power_state_is_new(item)
        before = {(member["kind"], member["name"]): member for member in item.get("status", {}).get("members", ())}
        statuses: list[Object] = []
        linked = True
        for kind, name, apply_at in members_in_order(item):
            member = self._member(item, kind, name)
            problem = unlinked(member, item["metadata"]["name"])
            known = before.get((kind, name), {}).get("conditions", ())
            if member is None or problem is not None:
                linked = False
                conditions = [problem or false(GROUP_LINKED, "NotFound")]
                statuses.append(_member_status(kind, name, None, conditions, known))
                continue
            patch = member_patch(item, member, apply_at if updating else None)
            if patch:
                resource = VIRTUAL_MACHINES if kind == _MACHINE else GROUPS
                metadata = member["metadata"]
                patch["metadata"] = {**patch.get("metadata", {}), "resourceVersion": metadata["resourceVersion"]}
                member = await self._api.patch(resource, name, patch, metadata["namespace"])
                (self._virtual_machines if kind == _MACHINE else self._items).note(member)
            conditions = member_conditions(item, kind, member, updating=updating)
            statuses.append(_member_status(kind, name, member, conditions, known))
        fields: Object = {"members": statuses or None}
        if updating and linked:
            wished = item["metadata"].get("annotations", {}).get(LAST_UPDATED)
            fields["lastUpdatedPowerStateTime"] = wished or rfc3339(time.time())
        await self.report(item, fields, [ready_condition(statuses)])
        return None

    async def delete(self, item: Object) -> bool:
        """The members stay: they are no part of a group any more once they say so themselves."""
        return True

    def _member(self, group: Object, kind: str, name: str) -> Object | None:
        where = self._virtual_machines if kind == _MACHINE else self._items
        return where.get((group["metadata"]["namespace"], name))

    def _member_changed(self, member: Object) -> None:
        name = member["spec"].get("groupName")
        for group in self._items.list(member["metadata"]["namespace"]):
            named = {
                member["name"] for boot in group["spec"].get("bootOrder") or () for member in boot.get("members") or ()
            }
            if group["metadata"]["name"] == name or member["metadata"]["name"] in named:
                self.look_at((group["metadata"]["namespace"], group["metadata"]["name"]))


def power_state_is_new(group: Object) -> bool:
    """Whether the group's wish for a power state has still to be passed on."""
    if not group["spec"].get("powerState"):
        return False
    wished = group["metadata"].get("annotations", {}).get(LAST_UPDATED)
    done = group.get("status", {}).get("lastUpdatedPowerStateTime")
    return done is None or (wished is not None and seconds_of(done) < seconds_of(wished))


def members_in_order(group: Object) -> Iterator[tuple[str, str, float]]:
    """Kind and name of each member, and when (seconds since the epoch) it is to be powered on."""
    annotations = group["metadata"].get("annotations", {})
    start = annotations.get(APPLY_AT) or annotations.get(LAST_UPDATED)
    at = seconds_of(start) if start else time.time()
    for boot in group["spec"].get("bootOrder") or ():
        if group["spec"].get("powerState") == "PoweredOn":
            at += seconds_of_duration(boot.get("powerOnDelay", "0s"))
        for member in boot.get("members") or ():
            yield member.get("kind", _MACHINE), member["name"], at


def linked_condition(vm: Object, group: Object | None) -> Object | None:
    """Whether a VirtualMachine's group knows it; None where it names no group."""
    if not vm["spec"].get("groupName"):
        return None
    if group is None:
        return false(GROUP_LINKED, "NotFound", "")
    member = (_MACHINE, vm["metadata"]["name"])
    if all((kind, name) != member for kind, name, _ in members_in_order(group)):
        return false(GROUP_LINKED, "NotMember", "")
    return true(GROUP_LINKED)


def unlinked(member: Object | None, group: str) -> Object | None:
    """The condition of a member that is not linked to its group; None where it is."""
    if member is None:
        return false(GROUP_LINKED, "NotFound", "")
    name = member["spec"].get("groupName")
    if name == group:
        return None
    key = f'"{member["kind"]}/{member["metadata"]["name"]}"'
    detail = f'has different group name: "{name}"' if name else "has no group name"
    return false(GROUP_LINKED, "NotMember", f"member {key} {detail}")


def member_patch(group: Object, member: Object, apply_at: float | None) -> Object:
    """What is to be written into a member: the owner, and with a time also the power state."""
    metadata = group["metadata"]
    owner = {"apiVersion": GROUPS.api_version, "kind": _GROUP, "name": metadata["name"], "uid": metadata["uid"]}
    owners = member["metadata"].get("ownerReferences", [])
    patch: Object = {}
    if all(owner["uid"] != metadata["uid"] for owner in owners):
        patch["metadata"] = {"ownerReferences": [*owners, owner]}
    if apply_at is None:
        return patch
    spec = group["spec"]
    power = {field: spec[field] for field in ("powerState", "powerOffMode", "suspendMode") if spec.get(field)}
    changed = {field: value for field, value in power.items() if member["spec"].get(field) != value}
    if changed:
        patch["spec"] = changed
    if spec["powerState"] == "PoweredOn":
        annotation = {APPLY_AT: rfc3339_nano(int(apply_at * 10**9))}
        if member["metadata"].get("annotations", {}).get(APPLY_AT) != annotation[APPLY_AT]:
            patch.setdefault("metadata", {})["annotations"] = annotation
    return patch


def member_conditions(group: Object, kind: str, member: Object, *, updating: bool) -> list[Object]:
    """How a linked member is."""
    conditions = [true(GROUP_LINKED)]
    if kind == _GROUP:
        ready = condition_of(member, READY)
        if ready is not None:
            conditions.append({key: ready[key] for key in ("type", "status", "reason", "message")})
        return conditions
    status, power_state = member.get("status", {}), group["spec"].get("powerState")
    if status.get("uniqueID"):
        conditions.append(true(_PLACED, "AlreadyPlaced", status.get("zone", "")))
    if not power_state:
        return conditions
    if status.get("powerState") == power_state:
        conditions.append(true(_POWER_SYNCED))
    elif updating or member["spec"].get("powerState") == power_state:
        conditions.append(false(_POWER_SYNCED, "Pending", ""))
    else:
        conditions.append(false(_POWER_SYNCED, "NotSynced", ""))
    return conditions


def ready_condition(members: Sequence[Object]) -> Object:
    """Whether all members are as the group wants them."""
    reasons = [reason for member in members if (reason := _not_ready(member)) is not None]
    if not reasons:
        return true(READY)
    message = f"{len(reasons)} of {len(members)} members not ready: {'; '.join(reasons)}"
    return false(READY, "MembersNotReady", message)


def _not_ready(member: Object) -> str | None:
    key, states = (
        f"{member['kind']}/{member['name']}",
        {condition["type"]: condition["status"] for condition in member["conditions"]},
    )
    for expected in (GROUP_LINKED, _PLACED if member["kind"] == _MACHINE else READY):
        if expected not in states:
            return f"{key} missing condition {expected}"
        if states[expected] != "True":
            return f"{key} condition {expected} is {states[expected]}"
    return next((f"{key} condition {type_} is {status}" for type_, status in states.items() if status != "True"), None)


def _member_status(
    kind: str, name: str, member: Object | None, conditions: Sequence[Object], known: Sequence[Object]
) -> Object:
    status: Object = {
        "kind": kind,
        "name": name,
        "conditions": with_transitions(conditions, known, rfc3339(time.time())),
    }
    if member is not None:
        status["uid"] = member["metadata"]["uid"]
        if kind == _MACHINE and member.get("status", {}).get("powerState"):
            status["powerState"] = member["status"]["powerState"]
    return status
