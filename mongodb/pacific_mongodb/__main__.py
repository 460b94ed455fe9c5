"""``python -m pacific_mongodb``: watches the databases and what belongs to them, as the leader of its replicas."""

import argparse
import asyncio
import logging
import socket
from functools import partial
from typing import Any

import kopf

from pacific_mongodb.cluster import Cluster, login
from pacific_mongodb.database import API_VERSION, GROUP
from pacific_mongodb.leader import Lease, lead
from pacific_mongodb.loop import Loop
from pacific_mongodb.metrics import Metrics
from pacific_mongodb.reconcile import reconcile

INSTANCE = "app.kubernetes.io/instance"
WATCHED = (
    ("v1", "pods"),
    ("v1", "services"),
    ("v1", "secrets"),
    ("v1", "persistentvolumeclaims"),
    ("apps/v1", "statefulsets"),
    ("batch/v1", "cronjobs"),
    ("batch/v1", "jobs"),
    ("vmoperator.vmware.com/v1alpha5", "virtualmachines"),
    ("vmoperator.vmware.com/v1alpha5", "virtualmachineservices"),
)
"""What belongs to databases: a change of it is a reason to look at the database."""

_log = logging.getLogger("pacific_mongodb")


def main() -> None:
    """Run until a signal or the loss of the lease."""
    parser = argparse.ArgumentParser(prog="pacific_mongodb", description=__doc__)
    parser.add_argument("--namespace", action="append", help="only databases of this namespace; repeat; default: all")
    parser.add_argument("--lease-namespace", required=True, help="namespace of the Lease, and of the controller")
    parser.add_argument("--lease-name", default="mongodb-controller")
    parser.add_argument("--identity", default=socket.gethostname(), help="who holds the Lease; default: the host name")
    parser.add_argument("--metrics-port", type=int, default=9090)
    parser.add_argument("--metrics-address", default="0.0.0.0")  # noqa: S104 - a pod's own address
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("kopf").setLevel(logging.WARNING)

    raise SystemExit(asyncio.run(run(arguments)))


async def run(arguments: argparse.Namespace) -> int:
    """0 after a signal; 1 where the lease was lost: the pod starts again and waits for it."""
    cluster = Cluster()
    metrics = Metrics()
    runner = await metrics.serve(arguments.metrics_port, arguments.metrics_address)
    lease = Lease(cluster, arguments.lease_namespace, arguments.lease_name, arguments.identity)
    try:
        work = partial(_operate, cluster, metrics, arguments.namespace)
        ended = await lead(lease, work)
    finally:
        await runner.cleanup()
        await cluster.close()
    if not ended:
        _log.warning("the lease %s was lost: this process ends, and its pod starts it again", arguments.lease_name)
    return 0 if ended else 1


async def _operate(cluster: Cluster, metrics: Metrics, namespaces: list[str] | None) -> None:
    metrics.leader = True
    loop = Loop(partial(reconcile, cluster, metrics), metrics)
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True  # no rights on definitions and namespaces are needed
    try:
        scope: dict[str, Any] = {"namespaces": namespaces} if namespaces else {"clusterwide": True}
        await kopf.operator(registry=_registry(loop), settings=settings, standalone=True, **scope)
    finally:
        metrics.leader = False
        await loop.close()


def _registry(loop: Loop) -> kopf.OperatorRegistry:
    """kopf watches, and tells of each change; what to do about it is up to the look that follows."""
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(login)

    async def database_changed(namespace: str | None, name: str | None, **_: Any) -> None:
        if namespace and name:
            loop.wake(namespace, name)

    async def part_changed(namespace: str | None, labels: kopf.Labels, **_: Any) -> None:
        if namespace and INSTANCE in labels:
            loop.wake(namespace, labels[INSTANCE])

    group, _, version = API_VERSION.partition("/")
    kopf.on.event(group, version, "mongodbs", registry=registry)(database_changed)
    for api_version, plural in WATCHED:
        part_group, _, part_version = api_version.rpartition("/")
        on_event = kopf.on.event(
            part_group, part_version, plural, labels={"app.kubernetes.io/managed-by": GROUP}, registry=registry
        )
        on_event(part_changed)
    return registry


if __name__ == "__main__":
    main()
