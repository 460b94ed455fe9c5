"""A controller of custom resources: vSphere Pods with the rights that it needs, and no others."""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import ControllerArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.crx_workload import CrxWorkload
from pacific_components.kubernetes import DELETE_DEADLINE, KubernetesObject
from pacific_components.plumbing import ControllerPlumbing, PodsPlumbing, Timeouts
from pacific_components.validation import CheckedArguments
from pacific_components.values import api_fields, is_empty
from pacific_infra.documents.controller import ControllerSpec, PolicyRule
from pacific_infra.documents.crx_workload import CrxWorkloadSpec
from pacific_infra.documents.model import Spec
from pacific_infra.documents.pod_fields import PodFields

_GROUP = "rbac.authorization.k8s.io"


class Controller(DocumentComponent[ControllerPlumbing, ControllerSpec]):
    """A ServiceAccount, its role, and a Deployment of vSphere Pods, awaited until these are available."""

    name: pulumi.Output[str]
    """Name of the Deployment."""

    @overload
    def __init__(self, resource_name: str, /, args: ControllerArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(self, resource_name: str, /, *, opts: Options = None, **args: Unpack[ControllerArgs]) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:Controller", resource_name, args, keywords, opts)
        plumbing, spec = self._plumbing, self._spec
        rules = role_rules(plumbing.definitions, spec.rules)
        rights = self._bound(
            resource_name, self._object, plumbing.namespace, "", rules, cluster_wide=spec.scope == "Cluster"
        )
        if spec.leader_election:
            rights += self._bound(
                resource_name, self._object, plumbing.namespace, "-leader", LEADER_RULES, cluster_wide=False
            )
        pods: Any = CheckedArguments(
            PodsPlumbing.model_construct(
                name=self._object,
                namespace=plumbing.namespace,
                labels=plumbing.labels,
                annotations=self._annotations,
                node=self._node,
                timeouts=Timeouts.model_construct(**self._given_timeouts),
                secret_versions=plumbing.secret_versions,
            ),
            CrxWorkloadSpec.model_construct(
                kind="Deployment",
                replicas=spec.replicas,
                containers=spec.containers,
                service_account=True,
                **{name: getattr(spec, name) for name in PodFields.model_fields if name not in Spec.model_fields},
            ),
        )
        workload = CrxWorkload(f"{resource_name}-workload", pods, self._child(depends_on=rights))
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


def role_rules(definitions: Sequence[str], rules: Sequence[PolicyRule]) -> list[dict[str, Any]]:
    """The rules of the controller's role: its kinds without making or deleting them, their status, and Events.

    ``definitions``: names of the kinds' definitions, PLURAL.GROUP.
    """
    role: list[dict[str, Any]] = []
    for definition in definitions:
        plural, _, group = definition.partition(".")
        role += [
            {"apiGroups": [group], "resources": [plural], "verbs": ["get", "list", "watch", "update", "patch"]},
            {"apiGroups": [group], "resources": [f"{plural}/status"], "verbs": ["get", "update", "patch"]},
            {"apiGroups": [group], "resources": [f"{plural}/finalizers"], "verbs": ["update"]},
        ]
    role.append({"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]})
    without_names = ("resource_names",)
    role += [api_fields(rule, without_names if is_empty(rule.resource_names) else ()) for rule in rules]
    return role
