"""A controller of custom resources: vSphere Pods with the rights that it needs, and no others."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from pacific_components.arguments import TimeoutsArgs
from pacific_components.checking import checked
from pacific_components.component import Component
from pacific_components.crx_workload import CrxWorkload
from pacific_components.kubernetes import DELETE_DEADLINE, KubernetesObject
from pacific_components.pod import ContainerArgs

_GROUP = "rbac.authorization.k8s.io"


class OwnedKindArgs(TypedDict):
    """A kind that the controller works on."""

    group: str
    """API group."""
    plural: str
    """Plural name."""


class PolicyRuleArgs(TypedDict):
    """A right beyond those on the owned kinds."""

    api_groups: Sequence[str]
    """API groups; "" is the core one."""
    resources: Sequence[str]
    """Plural names of kinds."""
    verbs: Sequence[str]
    """What it may do with them."""
    resource_names: NotRequired[Sequence[str]]
    """Names of the objects; default: all of them."""


class ControllerArgs(TypedDict):
    """Arguments of Controller."""

    namespace: pulumi.Input[str]
    """The vSphere Namespace that its pods run in."""
    name: NotRequired[str]
    """Name of the objects; default: the last part of the component's name."""
    owns: Sequence[OwnedKindArgs]
    """The kinds that it works on."""
    cluster_wide: NotRequired[bool]
    """True: in all namespaces, by a ClusterRole; default: in its own, by a Role."""
    containers: Sequence[ContainerArgs]
    """Containers of its pods."""
    replicas: NotRequired[pulumi.Input[int]]
    """Number of pods; default 1."""
    leader_election: NotRequired[bool]
    """True gives it rights on Leases of its namespace."""
    rules: NotRequired[Sequence[PolicyRuleArgs]]
    """Further rights."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Labels of every object and pod."""
    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Annotations of every object."""
    node: NotRequired[str]
    """Its node in the estate's graph; default: Controller/NAME."""
    timeouts: NotRequired[TimeoutsArgs]
    """Deadlines in place of the defaults."""


class Controller(Component):
    """A ServiceAccount, its role, and a Deployment of vSphere Pods, awaited until these are available."""

    name: pulumi.Output[str]
    """Name of the Deployment."""

    def __init__(self, name: str, args: ControllerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args = checked(ControllerArgs, args, f"Controller {name}")
        super().__init__("pacific:index:Controller", name, args, opts)
        object_name = args.get("name") or name.rpartition("/")[2]
        namespace = args["namespace"]
        rights = self._bound(
            name, object_name, namespace, "", role_rules(args), cluster_wide=bool(args.get("cluster_wide"))
        )
        if args.get("leader_election"):
            rights += self._bound(name, object_name, namespace, "-leader", LEADER_RULES, cluster_wide=False)
        workload = CrxWorkload(
            f"{name}-workload",
            {
                "namespace": namespace,
                "name": object_name,
                "kind": "Deployment",
                "replicas": args.get("replicas", 1),
                "containers": args["containers"],
                "service_account": True,
                "labels": args.get("labels") or {},
                "annotations": args.get("annotations") or {},
                "node": self._node,
                "timeouts": self._given_timeouts,
            },
            self._child(depends_on=rights),
        )
        self.name = workload.name
        self.register_outputs({"name": self.name})

    def _bound(
        self,
        name: str,
        object_name: str,
        namespace: pulumi.Input[str],
        suffix: str,
        rules: Sequence[Mapping[str, Any]],
        *,
        cluster_wide: bool,
    ) -> list[pulumi.Resource]:
        """A role with ``rules`` and its binding to the controller's ServiceAccount."""
        prefix = "Cluster" if cluster_wide else ""
        # A ClusterRole's name is one of the whole Supervisor.
        called: pulumi.Input[str] = f"{object_name}{suffix}"
        if cluster_wide:
            called = pulumi.Output.concat(namespace, "-", called)
        metadata = self._metadata(called, None if cluster_wide else namespace)
        options = self._child(delete_deadline=DELETE_DEADLINE)
        role = KubernetesObject(
            f"{_GROUP}/v1",
            f"{prefix}Role",
            f"{name}{suffix}-role",
            metadata=metadata,
            fields={"rules": list(rules)},
            opts=options,
        )
        binding = KubernetesObject(
            f"{_GROUP}/v1",
            f"{prefix}RoleBinding",
            f"{name}{suffix}-role-binding",
            metadata=metadata,
            fields={
                "roleRef": {"apiGroup": _GROUP, "kind": f"{prefix}Role", "name": called},
                "subjects": [{"kind": "ServiceAccount", "name": object_name, "namespace": namespace}],
            },
            opts=options,
        )
        return [role, binding]


LEADER_RULES: Sequence[Mapping[str, Any]] = (
    {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "verbs": ["get", "list", "watch", "create", "update", "patch"],
    },
)
"""What choosing a leader takes, in the controller's own namespace."""


def role_rules(args: ControllerArgs) -> list[dict[str, Any]]:
    """The rules of the controller's role: its kinds without making or deleting them, their status, and Events."""
    rules: list[dict[str, Any]] = []
    for owned in args["owns"]:
        group, plural = [owned["group"]], owned["plural"]
        rules += [
            {"apiGroups": group, "resources": [plural], "verbs": ["get", "list", "watch", "update", "patch"]},
            {"apiGroups": group, "resources": [f"{plural}/status"], "verbs": ["get", "update", "patch"]},
            {"apiGroups": group, "resources": [f"{plural}/finalizers"], "verbs": ["update"]},
        ]
    rules.append({"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]})
    for rule in args.get("rules", ()):
        given = {
            "apiGroups": list(rule["api_groups"]),
            "resources": list(rule["resources"]),
            "verbs": list(rule["verbs"]),
        }
        if rule.get("resource_names"):
            given["resourceNames"] = list(rule["resource_names"])
        rules.append(given)
    return rules
