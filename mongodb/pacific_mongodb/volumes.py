"""Enlarges the members' volumes."""

from pacific_mongodb.cluster import Cluster
from pacific_mongodb.database import Database
from pacific_mongodb.quantity import parse_quantity
from pacific_mongodb.state import Observed, member_claims


async def grow_volumes(cluster: Cluster, database: Database, observed: Observed) -> bool:
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
    stateful_set = observed.stateful_set
    if stateful_set is None or database.runtime != "crx":
        return True
    template = stateful_set["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"]
    if parse_quantity(template) == size:
        return True
    await cluster.delete(stateful_set, "Orphan")
    return False
