"""How Supervisors serve the Clusters of documents: asked before the program says them.

A Cluster is made in the newest version of Cluster API that its Supervisor serves, and stays in the version in which it
is there for as long as that is served: so nothing changes when a Supervisor begins to serve a newer one.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from pacific_infra.converge.dry_run import FIELD_MANAGER
from pacific_infra.declaration import ServedCluster
from pacific_infra.documents import Document, Estate
from pacific_infra.documents.kubernetes_release import is_form_of
from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.kubeconfig_file import KubeconfigFile
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI, Object
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisors import list_supervisors

VERSIONS = ("cluster.x-k8s.io/v1beta2", "cluster.x-k8s.io/v1beta1")
"""Versions of Cluster API that documents are written in, the newest first."""
DEADLINE = 20.0
"""Seconds for all questions."""


def served_clusters(
    estate: Estate, settings: VCenterSettings | None, kubeconfig: KubeconfigFile | None
) -> Mapping[str, ServedCluster]:
    """By document; without those whose Supervisor is not there yet, or does not answer in time.

    ``kubeconfig``: by which Supervisors are used; without it ``settings``. It waits, on a thread of its own: the
    program of a stack runs in an event loop.
    """
    documents = [document for document in estate if document.kubernetes_release is not None]
    if not documents:
        return {}
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, _ask_all(documents, estate, settings, kubeconfig)).result()


async def _ask_all(
    documents: Iterable[Document],
    estate: Estate,
    settings: VCenterSettings | None,
    kubeconfig: KubeconfigFile | None,
) -> dict[str, ServedCluster]:
    by_supervisor: dict[str, list[Document]] = {}
    for document in documents:
        namespace = estate.namespace_of(document)
        if namespace is not None and namespace.supervisor is not None:
            by_supervisor.setdefault(namespace.supervisor, []).append(document)
    served: dict[str, ServedCluster] = {}
    try:
        async with asyncio.timeout(DEADLINE):
            for name, api in (await _apis(by_supervisor, settings, kubeconfig)).items():
                served.update(await _ask(api, by_supervisor[name]))
    except (TimeoutError, PacificError):
        # Whatever is wrong here the run itself says, with its place.
        return served
    return served


async def _apis(
    names: Iterable[str], settings: VCenterSettings | None, kubeconfig: KubeconfigFile | None
) -> dict[str, KubernetesAPI]:
    if kubeconfig is not None:
        return {name: KubernetesAPI.of_kubeconfig(json.loads(kubeconfig.of_supervisor(name))) for name in names}
    if settings is None:
        return {}
    client = VCenterClient(settings)
    try:
        summaries = await list_supervisors(client)
    finally:
        await client.close()
    endpoints = {str(info["name"]): str(info.get("apiendpoint") or "") for info in summaries.values()}
    return {name: KubernetesAPI.of_supervisor(endpoints[name], settings) for name in names if endpoints.get(name)}


async def _ask(api: KubernetesAPI, documents: Iterable[Document]) -> dict[str, ServedCluster]:
    """Ask one Supervisor."""
    async with api:
        versions = [version for version in VERSIONS if await api.resource(version, "Cluster") is not None]
        if not versions:
            return {}
        return {document.id: await served_cluster(api, document, versions) for document in documents}


async def served_cluster(api: KubernetesAPI, document: Document, versions: list[str]) -> ServedCluster:
    """``versions``: those that are served, the newest first."""
    cluster = await api.get(versions[0], "Cluster", document.name, document.namespace)
    if cluster is None:
        return ServedCluster(versions[0])
    version, release = _version_of(cluster), str(document.kubernetes_release)
    stored = str(((cluster.get("spec") or {}).get("topology") or {}).get("version") or "")
    return ServedCluster(
        version if version in versions else versions[0], keeps_release=stored != release and is_form_of(release, stored)
    )


def _version_of(cluster: Object) -> str | None:
    """The version in which its owner has applied it."""
    metadata = cluster["metadata"]
    manager = (metadata.get("annotations") or {}).get(FIELD_MANAGER)
    applied = (
        str(entry.get("apiVersion"))
        for entry in metadata.get("managedFields") or ()
        if manager is not None and entry.get("manager") == manager
    )
    return next(applied, None)
