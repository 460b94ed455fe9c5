"""The webhooks of VM Operator and Cluster API: names and paths as theirs, and what installs them. Pure."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pacific_sandbox.cluster_api import admission as clusters
from pacific_sandbox.cluster_api.definitions import CLUSTERS
from pacific_sandbox.cluster_api.definitions import GROUP as CLUSTER_GROUP
from pacific_sandbox.kubernetes_api import Object, Resource
from pacific_sandbox.vm_operator.admission import (
    groups,
    publish_requests,
    resource_policies,
    services,
    snapshots,
)
from pacific_sandbox.vm_operator.admission.review import CONTROLLERS_USER, Mutation, Rule
from pacific_sandbox.vm_operator.admission.virtual_machine import (
    bootstrap,
    defaults,
    host_name,
    identity,
    image_and_class,
    network,
    options,
    power,
    snapshot,
    storage,
    volumes,
)

VALIDATING: Final = Resource(
    "admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", namespaced=False
)  # fmt: skip
MUTATING: Final = Resource("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", namespaced=False)
QUOTA_PATH: Final = "/resource-quota"
CONVERSION_PATH: Final = "/convert"
_GROUP, _VERSION = "vmoperator.vmware.com", "v1alpha5"
CLUSTER_VERSION: Final = CLUSTERS.api_version.partition("/")[2]
_SECONDS = 30
"""The most that Kubernetes lets a webhook take: a busy computer may stand still for longer than the usual ten."""
_TRUSTED_USERS = (CONTROLLERS_USER, "system:kube-controller-manager")
"""Users whose writes are not looked at: with them the sandbox's controllers get over a failure of this very server."""


@dataclass(frozen=True)
class Webhook:
    """What is asked of one kind. Without rules or mutation there is no such webhook."""

    plural: str
    kind: str
    rules: Sequence[Rule]
    mutation: Mutation | None = None
    group: str = _GROUP
    version: str = _VERSION

    @property
    def validating_path(self) -> str:
        """The URL's path of the validating webhook."""
        return f"/default-validate-{self.group.replace('.', '-')}-{self.version}-{self.kind}"

    @property
    def mutating_path(self) -> str:
        """The URL's path of the mutating webhook."""
        return f"/default-mutate-{self.group.replace('.', '-')}-{self.version}-{self.kind}"


WEBHOOKS: Final[Sequence[Webhook]] = (
    Webhook(
        "virtualmachines",
        "virtualmachine",
        (
            identity.check,
            image_and_class.check,
            storage.check,
            power.check,
            bootstrap.check,
            network.check,
            host_name.check,
            volumes.check,
            options.check,
            snapshot.check,
        ),
        defaults.fill,
    ),
    Webhook("virtualmachinegroups", "virtualmachinegroup", (groups.check,), groups.fill),
    Webhook("virtualmachinesnapshots", "virtualmachinesnapshot", (snapshots.check,), snapshots.fill),
    Webhook("virtualmachinesetresourcepolicies", "virtualmachinesetresourcepolicy", (resource_policies.check,)),
    Webhook("virtualmachinepublishrequests", "virtualmachinepublishrequest", (publish_requests.check,)),
    Webhook("virtualmachineservices", "virtualmachineservice", (services.check,)),
    Webhook("clusters", "cluster", (clusters.check,), clusters.fill, CLUSTER_GROUP, CLUSTER_VERSION),
)


def configurations(url: str, ca_bundle: bytes) -> Sequence[tuple[Resource, Object]]:
    """What makes the API server ask at ``url`` (``https://127.0.0.1:port``)."""
    client = {"caBundle": base64.b64encode(ca_bundle).decode()}
    validating = [
        _vm_operator(webhook, "validating", {**client, "url": url + webhook.validating_path}) for webhook in WEBHOOKS
    ]
    mutating = [
        _vm_operator(webhook, "mutating", {**client, "url": url + webhook.mutating_path})
        for webhook in WEBHOOKS
        if webhook.mutation is not None
    ]
    quota = _quota({**client, "url": url + QUOTA_PATH})
    return [
        (VALIDATING, _configuration("Validating", "vmware-system-vmop-validating-webhook-configuration", validating)),
        (MUTATING, _configuration("Mutating", "vmware-system-vmop-mutating-webhook-configuration", mutating)),
        (VALIDATING, _configuration("Validating", "vmware-system-wcp-quota-webhook-configuration", [quota])),
    ]


def conversion(url: str, ca_bundle: bytes) -> Object:
    """What makes the API server ask at ``url`` for VirtualMachines in older versions: a definition's ``conversion``."""
    client = {"url": url + CONVERSION_PATH, "caBundle": base64.b64encode(ca_bundle).decode()}
    return {"strategy": "Webhook", "webhook": {"clientConfig": client, "conversionReviewVersions": ["v1"]}}


def _configuration(kind: str, name: str, webhooks: list[Object]) -> Object:
    return {
        "apiVersion": VALIDATING.api_version,
        "kind": f"{kind}WebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": webhooks,
    }


def _vm_operator(webhook: Webhook, verb: str, client: Mapping[str, str]) -> Object:
    quoted = ", ".join(f"'{user}'" for user in _TRUSTED_USERS)
    return {
        "name": f"default.{verb}.{webhook.kind}.{webhook.version}.{webhook.group}",
        "clientConfig": client,
        "rules": [_rule(webhook.group, webhook.version, webhook.plural, "CREATE", "UPDATE")],
        "failurePolicy": "Fail",
        "matchConditions": [
            {"name": "not-own-controllers", "expression": f"!(request.userInfo.username in [{quoted}])"}
        ],
        **_COMMON,
    }


def _quota(client: Mapping[str, str]) -> Object:
    """It has no counterpart of VMware's: there the resource pool and a closed service refuse."""
    return {
        "name": "quota.wcp.vmware.com",
        "clientConfig": client,
        "rules": [
            _rule("", "v1", "pods", "CREATE"),
            _rule("", "v1", "persistentvolumeclaims", "CREATE", "UPDATE"),
            _rule(_GROUP, _VERSION, "virtualmachines", "CREATE", "UPDATE"),
        ],
        # What the vCenter manages, and nothing of the system's.
        "namespaceSelector": {"matchLabels": {"app.kubernetes.io/managed-by": "wcp"}},
        "failurePolicy": "Ignore",
        "matchConditions": [
            {"name": "not-vm-operator", "expression": f"request.userInfo.username != '{CONTROLLERS_USER}'"}
        ],
        **_COMMON,
    }


_COMMON: Final[Object] = {
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
    "matchPolicy": "Equivalent",
    "timeoutSeconds": _SECONDS,
}


def _rule(group: str, version: str, plural: str, *operations: str) -> Object:
    return {
        "apiGroups": [group],
        "apiVersions": [version],
        "resources": [plural],
        "operations": list(operations),
        "scope": "Namespaced",
    }
