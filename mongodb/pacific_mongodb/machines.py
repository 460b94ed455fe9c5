"""Members as VirtualMachines: made, replaced one at a time, and taken away, the highest number first."""

from pacific_mongodb.cluster import Cluster
from pacific_mongodb.database import Database, Object
from pacific_mongodb.desired import Credentials, machine_objects
from pacific_mongodb.ownership import apply_own
from pacific_mongodb.state import Observed, is_ready, is_updated


async def keep_machines(cluster: Cluster, database: Database, credentials: Credentials, observed: Observed) -> bool:
    """Write the wanted machines. Whether none is left to be replaced or taken away."""
    there = {one["metadata"]["name"]: one for one in observed.members}
    outdated: list[Object] = []
    for machine, before in machine_objects(database, credentials):
        for item in before:
            await apply_own(cluster, database, item)
        found = there.pop(machine["metadata"]["name"], None)
        if found is not None and not is_updated(database, observed, found):
            outdated.append(found)
        elif found is None or "deletionTimestamp" not in found["metadata"]:
            await apply_own(cluster, database, machine)
    for surplus in sorted(there)[-1:]:
        await cluster.delete(there[surplus])
        return False
    replaceable = len(observed.members) == database.members and all(map(is_ready, observed.members))
    # One that does not serve can always be replaced: nothing is lost by it.
    broken = [one for one in outdated if not is_ready(one) and "deletionTimestamp" not in one["metadata"]]
    if outdated and (replaceable or broken):
        await cluster.delete((broken or outdated)[-1])
    return not outdated
