"""Members as VirtualMachines: made, replaced one at a time, and taken away, the highest number first."""

from pacific_mongodb.cluster import Cluster
from pacific_mongodb.database import Database, Object
from pacific_mongodb.desired import Credentials, machine_objects
from pacific_mongodb.ownership import apply_own
from pacific_mongodb.state import Observed, is_ready, is_updated


async def keep_machines(cluster: Cluster, database: Database, credentials: Credentials, observed: Observed) -> bool:
    """Write the wanted machines. Whether none is left to be replaced or taken away."""
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
