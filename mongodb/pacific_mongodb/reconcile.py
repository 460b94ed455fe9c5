"""Reconciles a database once: reads its objects, writes the desired ones, reports. It keeps nothing between calls."""

import base64
import logging
from datetime import UTC, datetime

from pymongo.errors import PyMongoError

from pacific_mongodb.backups import BACKED_UP
from pacific_mongodb.cluster import Cluster, post_event
from pacific_mongodb.database import API_VERSION, FINALIZER, Database, Object
from pacific_mongodb.desired import (
    Credentials,
    backup_objects,
    credential_objects,
    credentials_of,
    machine_objects,
    network_objects,
    stateful_set,
)
from pacific_mongodb.metrics import Metrics
from pacific_mongodb.ownership import Foreign, NotYet, apply_own
from pacific_mongodb.quantity import parse_quantity
from pacific_mongodb.replica_set import keep_replica_set, rotate_password
from pacific_mongodb.state import Observed, Refusal, is_ready, is_updated, member_claims, observe, refusal, status_of

SOON, LATER = 2.0, 60.0
"""Seconds until the next look, where nothing changes before: with something under way, and without."""
_log = logging.getLogger(__name__)


async def reconcile(cluster: Cluster, metrics: Metrics, namespace: str, name: str) -> float | None:
    """Bring one database nearer to what its object says.

    Seconds until the next look; None where the object has gone. Raises KubernetesError, ClientError.
    """
    manifest = await cluster.get(API_VERSION, "MongoDB", namespace, name)
    if manifest is None:
        metrics.forget((namespace, name))
        return None
    database = Database.read(manifest)
    finalizers = manifest["metadata"].get("finalizers") or []
    if "deletionTimestamp" in manifest["metadata"]:
        return await _finalize(cluster, database, manifest) if FINALIZER in finalizers else SOON
    if FINALIZER not in finalizers:
        version = manifest["metadata"]["resourceVersion"]
        patch = {"metadata": {"finalizers": [*finalizers, FINALIZER], "resourceVersion": version}}
        manifest = await cluster.merge(API_VERSION, "MongoDB", namespace, name, patch)
    observed = await observe(cluster, database)
    problem = refusal(database, observed)
    if problem is None:
        try:
            if not await _converge(cluster, database, observed):
                pending = "volumes, replica set or machines are on their way to what is wanted"
                problem = Refusal("Rolling", pending, stalled=False)
        except Foreign as error:
            problem = Refusal("NameTaken", str(error))
        except PyMongoError as error:
            problem = Refusal("ReplicaSetNotReached", str(error)[:500], stalled=False)
        except NotYet as error:
            _log.info("%s/%s: %s", namespace, name, error)
            return SOON
        observed = await observe(cluster, database)
    ready = await _report(cluster, metrics, database, manifest, observed, problem)
    return LATER if ready or (problem is not None and problem.stalled) else SOON


async def _converge(cluster: Cluster, database: Database, observed: Observed) -> bool:
    """Write all that is wanted. Whether nothing is left to be done but to wait for members."""
    credentials = credentials_of(observed.secret, observed.internal)
    await _apply_credentials(cluster, database, observed, credentials)
    for item in [*network_objects(database), *backup_objects(database)]:
        await apply_own(cluster, database, item)
    if database.backup is None:
        schedule = await cluster.get("batch/v1", "CronJob", database.namespace, f"{database.name}-backup")
        if schedule is not None and (schedule["metadata"].get("labels") or {}).items() >= database.labels.items():
            await cluster.delete(schedule)
    settled = await _grow_volumes(cluster, database, observed)
    leaving = database.replica_set and len(observed.members) > database.members
    # Out of the set first, so that the others do not miss it.
    if leaving and not await keep_replica_set(database, credentials):
        return False
    if database.runtime == "vm":
        settled &= await _keep_machines(cluster, database, credentials, observed)
    elif settled:
        await apply_own(cluster, database, stateful_set(database, credentials))
    if database.replica_set and len(observed.members) == database.members and all(map(is_ready, observed.members)):
        settled &= await keep_replica_set(database, credentials)
        if credentials.applied != credentials.password:
            await rotate_password(database, credentials)
            await _record_password(cluster, database, credentials)
    return settled


async def _grow_volumes(cluster: Cluster, database: Database, observed: Observed) -> bool:
    """Enlarge the members' volumes to the desired size. False while the StatefulSet must be created again.

    A StatefulSet's claim templates cannot change: it is deleted without its pods. The next reconciliation
    creates it again, and it adopts the pods.
    """
    size = parse_quantity(database.size)
    for claim in member_claims(database, observed):
        requests = claim["spec"]["resources"]["requests"]
        if parse_quantity(requests["storage"]) < size:
            patch = {"spec": {"resources": {"requests": {"storage": database.size}}}}
            name = claim["metadata"]["name"]
            await cluster.merge("v1", "PersistentVolumeClaim", database.namespace, name, patch)
    current = observed.stateful_set
    if current is None or database.runtime != "crx":
        return True
    template = current["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"]
    if parse_quantity(template) == size:
        return True
    await cluster.delete(current, "Orphan")
    return False


async def _keep_machines(cluster: Cluster, database: Database, credentials: Credentials, observed: Observed) -> bool:
    """Make members as VirtualMachines, replace them one at a time, and take them away, the highest number first.

    Whether none is left to be replaced or taken away.
    """
    present = {member["metadata"]["name"]: member for member in observed.members}
    outdated: list[Object] = []
    for machine, before in machine_objects(database, credentials):
        for item in before:
            await apply_own(cluster, database, item)
        current = present.pop(machine["metadata"]["name"], None)
        if current is not None and not is_updated(database, observed, current):
            outdated.append(current)
        elif current is None or "deletionTimestamp" not in current["metadata"]:
            await apply_own(cluster, database, machine)
    for surplus in sorted(present)[-1:]:
        await cluster.delete(present[surplus])
        return False
    replaceable = len(observed.members) == database.members and all(map(is_ready, observed.members))
    # One that does not serve can always be replaced: nothing is lost by it.
    broken = [member for member in outdated if not is_ready(member) and "deletionTimestamp" not in member["metadata"]]
    if outdated and (replaceable or broken):
        await cluster.delete((broken or outdated)[-1])
    return not outdated


async def _apply_credentials(
    cluster: Cluster, database: Database, observed: Observed, credentials: Credentials
) -> None:
    version = database.version
    for item in credential_objects(database, credentials, observed.secret, observed.internal, version):
        await apply_own(cluster, database, item)


async def _record_password(cluster: Cluster, database: Database, credentials: Credentials) -> None:
    data = {"password": base64.b64encode(credentials.password.encode()).decode()}
    await cluster.merge("v1", "Secret", database.namespace, database.internal_secret_name, {"data": data})


async def _report(  # noqa: PLR0917 - all that a report is made of
    cluster: Cluster,
    metrics: Metrics,
    database: Database,
    manifest: Object,
    observed: Observed,
    problem: Refusal | None,
) -> bool:
    """Write the status where it differs, with an event for each turn of Ready and each backup. Whether it is ready."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    before = manifest.get("status") or {}
    status = status_of(database, observed, problem, before, now)
    metrics.report((database.namespace, database.name), status)
    ready = status["conditions"][0]
    if status != before:
        await cluster.merge(
            API_VERSION, "MongoDB", database.namespace, database.name, {"status": status}, subresource="status"
        )
        known = {condition["type"]: condition for condition in before.get("conditions") or ()}
        if known.get(ready["type"], {}).get("reason") != ready["reason"]:
            warning = problem is not None and problem.reason != "Rolling"
            await post_event(cluster, manifest, ready["reason"], ready["message"], now=now, warning=warning)
        for current in status["conditions"]:
            if current["type"] == BACKED_UP and known.get(BACKED_UP, {}).get("message") != current["message"]:
                failed = current["status"] == "False"
                reason = "BackupFailed" if failed else "BackupCompleted"
                await post_event(cluster, manifest, reason, current["message"], now=now, warning=failed)
    return bool(ready["status"] == "True")


async def _finalize(cluster: Cluster, database: Database, manifest: Object) -> float | None:
    """End the members, then keep or delete the data, then let the object go."""
    namespace = database.namespace
    observed = await observe(cluster, database)
    if observed.stateful_set is not None:
        await cluster.delete(observed.stateful_set, "Foreground")
    if database.runtime == "vm":
        for machine in observed.members:
            await cluster.delete(machine)
    if observed.stateful_set is not None or observed.members:
        return SOON
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    volumes = ", ".join(claim["metadata"]["name"] for claim in observed.claims)
    if database.retain:
        kept = f"volumes {volumes} and Secret {database.secret_name} stay; a MongoDB of this name takes them up again"
        await post_event(cluster, manifest, "DataKept", kept, now=now)
    else:
        for item in (*observed.claims, observed.secret, observed.internal):
            if item is not None:
                await cluster.delete(item)
        await post_event(cluster, manifest, "DataDeleted", f"deleted volumes {volumes}", now=now)
    remaining = [finalizer for finalizer in manifest["metadata"]["finalizers"] if finalizer != FINALIZER]
    version = manifest["metadata"]["resourceVersion"]
    patch = {"metadata": {"finalizers": remaining, "resourceVersion": version}}
    await cluster.merge(API_VERSION, "MongoDB", namespace, database.name, patch)
    return SOON
