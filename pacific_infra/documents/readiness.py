"""When an object is ready: by the one table of known kinds, else by what its definition says of its status.

Deployments, StatefulSets, Jobs, Services and volumes are not in it: the Kubernetes provider knows when they are.
"""

from collections.abc import Mapping, Sequence

CONDITIONS: Mapping[tuple[str, str], Sequence[str]] = {
    ("apiextensions.k8s.io", "CustomResourceDefinition"): ("Established",),
    ("cert-manager.io", "Certificate"): ("Ready",),
    ("cert-manager.io", "Issuer"): ("Ready",),
    ("cluster.x-k8s.io", "Cluster"): ("Available",),
    ("cluster.x-k8s.io", "MachineDeployment"): ("Available",),
    ("external-secrets.io", "ClusterSecretStore"): ("Ready",),
    ("external-secrets.io", "ExternalSecret"): ("Ready",),
    ("external-secrets.io", "SecretStore"): ("Ready",),
    ("gateway.networking.k8s.io", "Gateway"): ("Programmed",),
    ("gateway.networking.k8s.io", "HTTPRoute"): (),  # its conditions lie under status.parents
    ("mongodb.pacific.infra", "MongoDB"): ("Ready",),
    ("packaging.carvel.dev", "PackageInstall"): ("ReconcileSucceeded",),
    ("packaging.carvel.dev", "PackageRepository"): ("ReconcileSucceeded",),
    ("serving.knative.dev", "Service"): ("Ready",),
    ("serving.knative.dev", "Route"): ("Ready",),
    ("vmoperator.vmware.com", "VirtualMachine"): ("VirtualMachineCreated",),  # with its power state, address and probe
    ("vmoperator.vmware.com", "VirtualMachinePublishRequest"): ("Complete",),
    ("vmoperator.vmware.com", "VirtualMachineSnapshot"): ("VirtualMachineSnapshotReady",),
}
"""Conditions that must be True, by API group and kind, as the makers of each kind document them."""


V1BETA2_CONDITIONS: Mapping[tuple[str, str], Sequence[str]] = {
    ("cluster.x-k8s.io/v1beta1", "Cluster"): ("Available",),
    ("cluster.x-k8s.io/v1beta1", "MachineDeployment"): ("Available",),
}
"""Conditions, by API version and kind, that lie under status.v1beta2.conditions: Cluster API 1.9 and newer writes those
of its API v1beta2 there into objects of v1beta1, whose status.conditions are others and sum up to Ready."""


def ready_conditions(api_version: str, kind: str, *, has_conditions: bool) -> Sequence[str]:
    """The conditions that a ready resource has.

    Kinds that are not in the table by the rule of kstatus: the condition Ready, where the definition's status has
    conditions (``has_conditions``); a resource whose kind reports none is ready as soon as it is there.
    """
    if (api_version, kind) in V1BETA2_CONDITIONS:
        return ("Ready",)  # which also sees to it that the status is of the generation asked for
    group = api_version.rpartition("/")[0]
    return CONDITIONS.get((group, kind), ("Ready",) if has_conditions else ())


def is_known(api_version: str, kind: str) -> bool:
    """Whether the table says when a resource of this kind is ready."""
    group = api_version.rpartition("/")[0]
    return (group, kind) in CONDITIONS or (api_version, kind) in V1BETA2_CONDITIONS


def ready_json_paths(api_version: str, kind: str) -> Sequence[str]:
    """What else a ready resource has in its status, where its conditions lie elsewhere than those of other kinds."""
    return [
        f'{{.status.v1beta2.conditions[?(@.type=="{name}")].status}}=True'
        for name in V1BETA2_CONDITIONS.get((api_version, kind), ())
    ]


def wait_for(conditions: Sequence[str], json_paths: Sequence[str] = ()) -> list[str]:
    """As the Kubernetes provider's ``pulumi.com/waitFor`` spells it; it looks at observedGeneration by itself."""
    return [*(f"condition={name}" for name in conditions), *(f"jsonpath={path}" for path in json_paths)]
