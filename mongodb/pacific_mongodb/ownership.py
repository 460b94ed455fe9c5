"""Writing objects that belong to a database, and no others."""

from pacific_mongodb.cluster import Cluster
from pacific_mongodb.database import Database, Object


class Foreign(Exception):
    """An object of the wanted name is there and not ours."""


class NotYet(Exception):
    """A former object must be gone before it can be created again."""


async def apply_own(cluster: Cluster, database: Database, item: Object) -> None:
    """Apply it. Raises Foreign for an object of another owner, NotYet while a former one is being deleted."""
    kind, name = item["kind"], item["metadata"]["name"]
    current = await cluster.get(item["apiVersion"], kind, database.namespace, name)
    if current is not None:
        _check(database, kind, name, current["metadata"])
        if kind == "PersistentVolumeClaim":
            return  # its size is kept by volumes.py, and nothing else of it can change
    applied = await cluster.apply(item)
    ports = item.get("spec", {}).get("ports")
    if kind == "Service" and len(applied["spec"]["ports"]) != len(ports):
        # Apply takes back what it set; ports that others have added stay. Here they do not.
        await cluster.merge("v1", kind, database.namespace, name, {"spec": {"ports": ports}})


def _check(database: Database, kind: str, name: str, metadata: Object) -> None:
    labels = metadata.get("labels") or {}
    labelled = all(labels.get(key) == value for key, value in database.labels.items())
    owners = [owner for owner in metadata.get("ownerReferences") or () if owner.get("controller")]
    if any(owner["uid"] == database.uid for owner in owners):
        return  # labels that others removed are set again
    if not labelled or any(owner["kind"] != "MongoDB" for owner in owners):
        raise Foreign(f"{kind} {name} exists and does not belong to MongoDB {database.name}: delete or rename it")
    if owners or "deletionTimestamp" in metadata:
        raise NotYet(f"{kind} {name} of a former MongoDB is still going")
