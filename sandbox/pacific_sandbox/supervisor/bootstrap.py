"""What a new Supervisor has in Kubernetes before its first namespace."""

import asyncio
import hashlib
import json
import time
from collections.abc import Sequence

from pacific_infra.errors import PacificError
from pacific_sandbox.cluster_api.catalogue import CLASSES, RELEASES
from pacific_sandbox.cluster_api.catalogue import NAMESPACE as CLASS_NAMESPACE
from pacific_sandbox.cluster_api.definitions import GROUP as CLUSTER_GROUP
from pacific_sandbox.control_plane_protocol import SupervisorDescription
from pacific_sandbox.external_secrets.definitions import GROUP as EXTERNAL_SECRETS_GROUP
from pacific_sandbox.gateway_api import GROUP as GATEWAY_GROUP
from pacific_sandbox.knative.definitions import GROUPS as KNATIVE_GROUPS
from pacific_sandbox.kubernetes_api import KubernetesAPI, Object, Resource
from pacific_sandbox.supervisor import resources
from pacific_sandbox.supervisor.admission import admission_policies
from pacific_sandbox.users import ADMINISTRATORS, DOMAIN

SYSTEM_NAMESPACES = (
    "vmware-system-csi",
    "vmware-system-kubeimage",
    "vmware-system-logging",
    "vmware-system-netop",
    CLASS_NAMESPACE,
    "vmware-system-ucs",
    "vmware-system-vmop",
)
_RBAC = "rbac.authorization.k8s.io"
_READ = ("get", "list", "watch")
_WRITE = (*_READ, "create", "update", "patch", "delete", "deletecollection")
_ESTABLISHED_WITHIN = 60.0
_PARALLEL = 8

_MARK = "supervisor-bootstrap"
"""ConfigMap in kube-system with the hash of what was applied, so that a restart applies it once."""

_EDITABLE = (
    "virtualmachinegroups",
    "virtualmachinegrouppublishrequests",
    "virtualmachinepublishrequests",
    "virtualmachinereplicasets",
    "virtualmachines",
    "virtualmachineservices",
    "virtualmachinesetresourcepolicies",
    "virtualmachinesnapshots",
    "virtualmachinewebconsolerequests",
)


async def bootstrap(
    kubernetes: KubernetesAPI,
    supervisor: SupervisorDescription,
    definitions: Sequence[Object],
    webhooks: Sequence[tuple[Resource, Object]] = (),
    catalogue: Sequence[tuple[Resource, Object]] = (),
) -> None:
    """Apply definitions, namespaces, roles, admission, webhooks, then ``catalogue``, which is of kinds that the
    definitions define, and the zone. Raises PacificError, KubernetesError.
    """
    objects = [*cluster_objects(), *admission_policies(), *webhooks]
    bodies = [body for _, body in (*objects, *catalogue)]
    content = hashlib.sha256(json.dumps([definitions, bodies]).encode()).hexdigest()
    mark = await kubernetes.get(resources.CONFIG_MAPS, _MARK, "kube-system")
    if mark is None or mark["data"]["content"] != content:
        await _apply_all(
            kubernetes, [*((resources.CUSTOM_RESOURCE_DEFINITIONS, definition) for definition in definitions), *objects]
        )
        await _wait_established(kubernetes, {definition["metadata"]["name"] for definition in definitions})
        await _apply_all(kubernetes, catalogue)
        metadata = {"name": _MARK, "namespace": "kube-system"}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"content": content}}
        await kubernetes.apply(resources.CONFIG_MAPS, body)
    await kubernetes.apply(resources.AVAILABILITY_ZONES, availability_zone(supervisor))


def cluster_objects() -> Sequence[tuple[Resource, Object]]:
    """System namespaces and roles; people's roles in namespaces are Kubernetes' own ``edit`` and ``view``, extended."""
    vmoperator = "vmoperator.vmware.com"
    view = [
        _rule(vmoperator, ("*",), _READ),
        _rule("imageregistry.vmware.com", ("*",), _READ),
        _rule("cns.vmware.com", ("storagepolicyquotas", "storagepolicyusages"), _READ),
        _rule("topology.tanzu.vmware.com", ("zones",), _READ),
        _rule("netoperator.vmware.com", ("*",), _READ),
        _rule("vsphere.policy.vmware.com", ("*",), _READ),
        *(
            _rule(group, ("*",), _READ)
            for group in (CLUSTER_GROUP, EXTERNAL_SECRETS_GROUP, GATEWAY_GROUP, *KNATIVE_GROUPS)
        ),
    ]
    everyone = [
        _rule("", ("nodes",), _READ),
        _rule("storage.k8s.io", ("storageclasses",), _READ),
        _rule("topology.tanzu.vmware.com", ("availabilityzones",), _READ),
        _rule(vmoperator, ("clustervirtualmachineimages",), _READ),
        _rule(CLUSTER_GROUP, (CLASSES.plural,), _READ),
        _rule(RELEASES.api_version.partition("/")[0], (RELEASES.plural,), _READ),
        _rule("apiextensions.k8s.io", ("customresourcedefinitions",), _READ),
    ]
    administrators = {"apiGroup": _RBAC, "kind": "Group", "name": f"sso:{ADMINISTRATORS}@{DOMAIN}"}
    authenticated = {"apiGroup": _RBAC, "kind": "Group", "name": "system:authenticated"}
    return [
        *((resources.NAMESPACES, _namespace(name)) for name in SYSTEM_NAMESPACES),
        (resources.CLUSTER_ROLES, _cluster_role("vmware-system-wcp-view", view, "view")),
        (
            resources.CLUSTER_ROLES,
            _cluster_role("vmware-system-wcp-edit", [_rule(vmoperator, _EDITABLE, _WRITE)], "edit"),
        ),
        (
            resources.CLUSTER_ROLES,
            _cluster_role(
                "sandbox-services-edit",
                [
                    _rule(group, ("*",), _WRITE)
                    for group in (CLUSTER_GROUP, EXTERNAL_SECRETS_GROUP, GATEWAY_GROUP, *KNATIVE_GROUPS)
                ],
                "edit",
            ),
        ),
        (resources.CLUSTER_ROLES, _cluster_role("vmware-system-wcp-everyone", everyone)),
        (resources.CLUSTER_ROLE_BINDINGS, _binding("vmware-system-wcp-everyone", authenticated)),
        (
            resources.CLUSTER_ROLE_BINDINGS,
            _binding("cluster-admin", administrators, "vmware-system-wcp-administrators"),
        ),
    ]


def availability_zone(supervisor: SupervisorDescription) -> Object:
    """The zone of the Supervisor's one compute cluster. Namespaces enter themselves."""
    return {
        "apiVersion": resources.AVAILABILITY_ZONES.api_version,
        "kind": "AvailabilityZone",
        "metadata": {"name": supervisor.zone},
        "spec": {
            "clusterComputeResourceMoIDs": [supervisor.cluster],
            "clusterComputeResourceMoId": supervisor.cluster,
        },
    }


async def _apply_all(kubernetes: KubernetesAPI, objects: Sequence[tuple[Resource, Object]]) -> None:
    # All at once would only make them wait in the server, which works on two cores.
    limit = asyncio.Semaphore(_PARALLEL)

    async def apply(resource: Resource, body: Object) -> None:
        async with limit:
            stored = await kubernetes.apply(resource, body)
            if resource == resources.CUSTOM_RESOURCE_DEFINITIONS and _is_established(stored) is False:
                # It was there, half installed when the server died; the server takes it up again when it changes.
                nudge = {"metadata": {"annotations": {"sandbox.pacific.infra/installed-again": str(time.time_ns())}}}
                await kubernetes.patch(resource, body["metadata"]["name"], nudge)

    await asyncio.gather(*(apply(resource, body) for resource, body in objects))


async def _wait_established(kubernetes: KubernetesAPI, names: set[str]) -> None:
    waiting = set(names)
    try:
        async with asyncio.timeout(_ESTABLISHED_WITHIN):
            async for event in kubernetes.watch(resources.CUSTOM_RESOURCE_DEFINITIONS):
                if event.type in ("ADDED", "MODIFIED") and _is_established(event.object):
                    waiting.discard(event.object["metadata"]["name"])
                if not waiting:
                    return
    except TimeoutError:
        raise PacificError(
            f"custom resource definitions were not established within {_ESTABLISHED_WITHIN:.0f} s",
            value=", ".join(sorted(waiting)),
            fix="read `pacific sandbox logs` of the kube-apiserver",
        ) from None


def _is_established(definition: Object) -> bool | None:
    """Whether it is served; None where nothing is said yet."""
    conditions = definition.get("status", {}).get("conditions") or ()
    return next((condition["status"] == "True" for condition in conditions if condition["type"] == "Established"), None)


def _namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _rule(group: str, resources_: Sequence[str], verbs: Sequence[str]) -> Object:
    return {"apiGroups": [group], "resources": list(resources_), "verbs": list(verbs)}


def _cluster_role(name: str, rules: list[Object], aggregate_to: str | None = None) -> Object:
    labels = {f"{_RBAC}/aggregate-to-{aggregate_to}": "true"} if aggregate_to else {}
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole", "metadata": metadata, "rules": rules}


def _binding(role: str, subject: Object, name: str | None = None) -> Object:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name or role},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [subject],
    }
