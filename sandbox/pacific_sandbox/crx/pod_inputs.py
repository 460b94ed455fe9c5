"""Asks the API server for what a pod's machine is to be told: ConfigMaps, Secrets, tokens, disks of claims."""

from collections.abc import Iterator, Mapping
from typing import Final

from pacific_sandbox.crx.claim_disks import ClaimDisks
from pacific_sandbox.crx.machine_command import Disk
from pacific_sandbox.crx.pod_volumes import (
    TokenRequest,
    VolumeContext,
    claims,
    token_requests,
    volume_specifications,
)
from pacific_sandbox.kubernetes_api import KubernetesAPI, Object, Resource

_RESOURCES: Final = {"configmap": Resource("v1", "configmaps"), "secret": Resource("v1", "secrets")}

_REFERENCES: Final = {
    "configMapRef": "configmap",
    "configMapKeyRef": "configmap",
    "secretRef": "secret",
    "secretKeyRef": "secret",
}


class PodInputs:
    """What pods refer to."""

    def __init__(self, api: KubernetesAPI, disks: ClaimDisks) -> None:
        self._api = api
        self._disks = disks

    async def collect(self, pod: Object, addresses: tuple[str, str]) -> tuple[VolumeContext, list[Disk]]:
        """Everything for ``pod``, and its disks. Raises Unsupported, and KubernetesError where a token is refused."""
        namespace = pod["metadata"]["namespace"]
        objects = await self._objects(pod)
        tokens = {request: await self._token(pod, request) for request in token_requests(pod)}
        disks = {claim: await self._disks.disk(namespace, claim) for claim in claims(pod)}
        serials = {claim: disk.serial for claim, disk in disks.items()}
        context = VolumeContext(pod, objects, tokens, serials, addresses)
        return context, list({disk.serial: disk for disk in disks.values()}.values())

    async def files(self, pod: Object, addresses: tuple[str, str], known: Mapping[str, Object]) -> list[Object]:
        """The volumes of files that differ from those ``known`` by name, tokens left as they are."""
        objects = await self._objects(pod)
        volumes = [
            volume
            for volume in pod["spec"].get("volumes", ())
            if {"configMap", "secret", "downwardAPI"} & volume.keys()
        ]
        only = {**pod, "spec": {**pod["spec"], "volumes": volumes}}
        specifications = volume_specifications(VolumeContext(only, objects, {}, {}, addresses))
        return [entry for entry in specifications if known.get(entry["name"]) != entry]

    async def _objects(self, pod: Object) -> dict[tuple[str, str], Object]:
        objects = {}
        for kind, name in set(references(pod)):
            stored = await self._api.get(_RESOURCES[kind], name, pod["metadata"]["namespace"])
            if stored is not None:
                objects[kind, name] = stored
        return objects

    async def _token(self, pod: Object, request: TokenRequest) -> str:
        metadata = pod["metadata"]
        reference = {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]}
        body: Object = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "metadata": {},
            "spec": {
                "audiences": [request.audience] if request.audience else [],
                "expirationSeconds": request.lifetime,
                "boundObjectRef": reference,
            },
        }
        accounts = Resource("v1", f"serviceaccounts/{request.account}/token")
        answer = await self._api.create(accounts, body, metadata["namespace"])
        return str(answer["status"]["token"])


def references(pod: Object) -> Iterator[tuple[str, str]]:
    """Kind and name of each ConfigMap and Secret in the pod's volumes and variables, optional ones included. Pure."""
    for volume in pod["spec"].get("volumes", ()):
        for source in (volume, *volume.get("projected", {}).get("sources", ())):
            if "configMap" in source:
                yield "configmap", source["configMap"]["name"]
            if "secret" in source:
                yield "secret", source["secret"].get("secretName") or source["secret"]["name"]
    for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]):
        values = [variable.get("valueFrom", {}) for variable in container.get("env", ())]
        for source in (*container.get("envFrom", ()), *values):
            for field, kind in _REFERENCES.items():
                if field in source:
                    yield kind, source[field]["name"]
