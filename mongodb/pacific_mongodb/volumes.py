"""Volumes that grow."""

from pacific_mongodb.cluster import Cluster
from pacific_mongodb.database import Database
from pacific_mongodb.quantity import parse_quantity
from pacific_mongodb.state import Observed, member_claims


async def grow_volumes(cluster: Cluster, database: Database, observed: Observed) -> bool:
    """Have the members' volumes grow to the wanted size. False while the StatefulSet has to be made anew.

    A StatefulSet's claim templates cannot change: it is deleted without its pods, and the next look makes it again,
    which takes the pods up.
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
