"""The Kubernetes of all workload clusters of one Supervisor."""

import asyncio
import base64
import json
import shutil
import ssl
from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path

import httpx2

from pacific_sandbox.cluster_api.kubernetes_cluster import ClusterDescription, KubernetesCluster
from pacific_sandbox.cluster_api.programs import Etcd
from pacific_sandbox.kubernetes_api import Object

_POD_NETWORK = "192.168.156.0/20"
_SERVICE_NETWORK = "10.96.0.0/12"


class KubernetesClusters:
    """Starts, supervises and removes clusters; each has a folder in ``directory``."""

    def __init__(self, directory: Path, program: Path, etcd: Etcd) -> None:
        """``program``: the one with the Kubernetes components."""
        self._directory, self._program, self._etcd = directory, program, etcd
        self._clusters: dict[str, KubernetesCluster] = {}

    async def run(self) -> None:
        """End their processes when cancelled."""
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.gather(*(cluster.stop() for cluster in self._clusters.values()))

    def start(self, cluster: Object, host: str, changed: Callable[[], None]) -> KubernetesCluster:
        """The Kubernetes of ``cluster``, which runs or starts; ``changed`` is called whenever a part of it changes."""
        uid = cluster["metadata"]["uid"]
        if uid not in self._clusters:
            description = _description(cluster, host)
            folder = self._directory / uid
            self._clusters[uid] = KubernetesCluster(description, folder, self._program, self._etcd, changed)
        self._clusters[uid].start()
        return self._clusters[uid]

    async def delete(self, cluster: Object) -> None:
        """Stop the cluster and delete its data, if it exists."""
        uid = cluster["metadata"]["uid"]
        running = self._clusters.pop(uid, None)
        if running is not None:
            await running.stop()
        if (self._directory / uid).exists():
            await self._delete_data(_prefix(uid))
            await asyncio.to_thread(shutil.rmtree, self._directory / uid, ignore_errors=True)

    async def _delete_data(self, prefix: str) -> None:
        """By etcd's JSON gateway: all keys from PREFIX/ to PREFIX0, which follows it."""
        context = ssl.create_default_context(cafile=self._etcd.ca_file)
        context.load_cert_chain(self._etcd.client.certificate, self._etcd.client.key)
        keys = (f"{prefix}/", f"{prefix}0")
        first, last = (base64.b64encode(key.encode()).decode() for key in keys)
        content = json.dumps({"key": first, "range_end": last})
        async with httpx2.AsyncClient(verify=context, trust_env=False, timeout=30.0) as client:
            answer = await client.post(f"{self._etcd.url}/v3/kv/deleterange", content=content)
            answer.raise_for_status()


def _prefix(uid: str) -> str:
    return f"/workload-clusters/{uid}"


def _description(cluster: Object, host: str) -> ClusterDescription:
    metadata, network = cluster["metadata"], cluster["spec"].get("clusterNetwork", {})
    services = _first(network.get("services"), _SERVICE_NETWORK)
    return ClusterDescription(
        name=f"{metadata['namespace']}/{metadata['name']}",
        prefix=_prefix(metadata["uid"]),
        host=host,
        pods=_first(network.get("pods"), _POD_NETWORK),
        services=services,
        service_address=str(IPv4Network(services)[1]),
    )


def _first(blocks: Object | None, default: str) -> str:
    block = next(iter((blocks or {}).get("cidrBlocks", ())), default)
    # Kubernetes lets blocks name an address within the network, too.
    return str(IPv4Network(block, strict=False))
