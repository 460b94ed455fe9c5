"""The actual objects of a database, and what follows: refusals, progress, conditions. Pure, except ``observe``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_mongodb.backups import BACKED_UP, backup_condition, last_backup
from pacific_mongodb.cluster import Cluster
from pacific_mongodb.database import GROUP, Database, Object
from pacific_mongodb.desired.backup import backup_selector
from pacific_mongodb.desired.credentials import VERSION_ANNOTATION
from pacific_mongodb.desired.crx import VOLUME
from pacific_mongodb.desired.machines import REVISION, revision
from pacific_mongodb.desired.network import VM_OPERATOR
from pacific_mongodb.quantity import parse_quantity

READY, RECONCILING, STALLED = "Ready", "Reconciling", "Stalled"
Version = tuple[int, ...]


@dataclass(frozen=True)
class Observed:
    """What is there."""

    secret: Object | None
    internal: Object | None
    stateful_set: Object | None
    members: Sequence[Object]
    """Pods or VirtualMachines, by number."""
    claims: Sequence[Object]
    jobs: Sequence[Object] = ()
    """The Jobs of the backup's schedule."""
    dumps: Sequence[Object] = ()
    """Pods of these Jobs."""

    @property
    def data_version(self) -> str | None:
        """The newest version that the data was written by; None where that is not known."""
        annotations = ((self.secret or {}).get("metadata") or {}).get("annotations") or {}
        version: str | None = annotations.get(VERSION_ANNOTATION)
        return version


@dataclass(frozen=True)
class Refusal:
    """Why the database is not as wanted: for good, or where not ``stalled``, until the next look."""

    reason: str
    message: str
    stalled: bool = True


async def observe(cluster: Cluster, database: Database) -> Observed:
    """Read all of it from the API server."""
    namespace = database.namespace
    api_version, kind = ("v1", "Pod") if database.runtime == "crx" else (VM_OPERATOR, "VirtualMachine")
    members = await cluster.find(api_version, kind, namespace, database.selector)
    backups = backup_selector(database)
    jobs = await cluster.find("batch/v1", "Job", namespace, backups) if database.backup else []
    return Observed(
        secret=await cluster.get("v1", "Secret", namespace, database.secret_name),
        internal=await cluster.get("v1", "Secret", namespace, database.internal_secret_name),
        stateful_set=await cluster.get("apps/v1", "StatefulSet", namespace, database.name),
        members=sorted(members, key=lambda member: str(member["metadata"]["name"])),
        claims=await cluster.find("v1", "PersistentVolumeClaim", namespace, database.selector),
        jobs=jobs,
        dumps=await cluster.find("v1", "Pod", namespace, backups) if jobs else [],
    )


def version_of(text: str) -> Version:
    """7.0.14 as (7, 0, 14)."""
    return tuple(int(part) for part in text.split("."))


def refusal(database: Database, observed: Observed) -> Refusal | None:
    """What the definition's rules cannot see: data that a database of this name has left behind."""
    data = observed.data_version
    if data is not None and version_of(database.version) < version_of(data):
        problem = f"the data was written by {data}, and version {database.version} does not read it"
        return Refusal("DowngradeRefused", f"{problem}: set spec.version to {data} or newer")
    if data is not None and version_of(database.version)[0] > version_of(data)[0] + 1:
        problem = f"the data was written by {data}, and goes up by one major version at a time"
        return Refusal("UpgradeSkipsVersions", f"{problem}, not to {database.version}")
    for claim in member_claims(database, observed):
        size = claim["spec"]["resources"]["requests"]["storage"]
        if parse_quantity(database.size) < parse_quantity(size):
            problem = f"volume {claim['metadata']['name']} has {size} and cannot shrink to {database.size}"
            return Refusal("ShrinkRefused", f"{problem}: set spec.storage.size to {size} or more")
    return None


def member_claims(database: Database, observed: Observed) -> list[Object]:
    """The volumes of the members that are wanted."""
    names = {f"{VOLUME}-{database.member(index)}" for index in range(database.members)}
    return [claim for claim in observed.claims if claim["metadata"]["name"] in names]


def is_ready(member: Object) -> bool:
    """Whether a pod or machine serves: its condition Ready, and that it is not going."""
    conditions = (member.get("status") or {}).get("conditions") or ()
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and "deletionTimestamp" not in member["metadata"]


def is_updated(database: Database, observed: Observed, member: Object) -> bool:
    """Whether a member is made from what is wanted now."""
    annotations = member["metadata"].get("annotations") or {}
    if database.runtime == "vm":
        return bool(annotations.get(REVISION) == revision(database))
    status = (observed.stateful_set or {}).get("status") or {}
    labels = member["metadata"].get("labels") or {}
    return bool(
        annotations.get(f"{GROUP}/version") == database.version
        and labels.get("controller-revision-hash") == status.get("updateRevision")
    )


def status_of(
    database: Database, observed: Observed, problem: Refusal | None, before: Mapping[str, Any], now: str
) -> Object:
    """The status; conditions keep the time of their last transition."""
    ready = sum(map(is_ready, observed.members))
    updated = sum(is_updated(database, observed, member) for member in observed.members)
    current = _settled(database, observed)
    whole = current and ready == updated == len(observed.members) == database.members
    if problem is not None:
        why = (problem.reason, problem.message)
        stalled = problem.stalled
        conditions = [(READY, False, *why), (RECONCILING, not stalled, *why), (STALLED, stalled, *why)]
    elif whole:
        message = f"{ready} of {database.members} members are ready with version {database.version}"
        conditions = [
            (READY, True, "AllMembersReady", message),
            (RECONCILING, False, "AllMembersReady", message),
            (STALLED, False, "AllMembersReady", ""),
        ]
    else:
        reason = (
            "Rolling" if len(observed.members) == database.members and updated < database.members else "MembersStarting"
        )
        message = f"{ready} of {database.members} members are ready, {updated} as wanted"
        conditions = [
            (READY, False, reason, message),
            (RECONCILING, True, reason, message),
            (STALLED, False, reason, ""),
        ]
    known = {str(condition["type"]): condition for condition in before.get("conditions") or ()}
    dump = last_backup(observed.jobs, observed.dumps, before.get("lastBackup"))
    backed_up = backup_condition(observed.jobs, observed.dumps, known.get(BACKED_UP))
    if database.backup is not None and backed_up is not None:
        conditions.append(backed_up)
    versions = {(member["metadata"].get("annotations") or {}).get(f"{GROUP}/version") for member in observed.members}
    version = versions.pop() if len(versions) == 1 else before.get("version")
    return {
        "observedGeneration": database.generation,
        "members": len(observed.members),
        "readyMembers": ready,
        "updatedMembers": updated,
        "selector": ",".join(f"{key}={value}" for key, value in database.selector.items()),
        "host": database.host,
        "secretName": database.secret_name,
        **({"version": version} if version else {}),
        **({"lastBackup": dump} if dump else {}),
        "conditions": [_condition(condition, known, database.generation, now) for condition in conditions],
    }


def _settled(database: Database, observed: Observed) -> bool:
    """Whether the StatefulSet's own controller has seen what is wanted."""
    if database.runtime == "vm":
        return True
    stateful_set = observed.stateful_set
    if stateful_set is None:
        return False
    status = stateful_set.get("status") or {}
    return bool(status.get("observedGeneration") == stateful_set["metadata"]["generation"])


def _condition(condition: tuple[str, bool, str, str], known: Mapping[str, Object], generation: int, now: str) -> Object:
    type_, value, reason, message = condition
    status = str(value)
    before = known.get(type_) or {}
    since = before.get("lastTransitionTime") if before.get("status") == status else None
    return {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": message,
        "observedGeneration": generation,
        "lastTransitionTime": since or now,
    }
