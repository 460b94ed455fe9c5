"""What a Supervisor refuses in vSphere Pods, and what it takes and ignores, as ValidatingAdmissionPolicies.

Source: VMware's published conformance results: hostPath is refused save /var/log/pods read-only, local volumes are
refused; hostNetwork, hostPorts, hostIPC, hostPID and NodePort are ignored. That privileged containers are refused is
our reading of "node agents do not fit". The messages are ours; what is ignored brings a warning.
"""

from collections.abc import Sequence
from typing import Final, Literal

from pacific_sandbox.kubernetes_api import Object, Resource

POLICIES: Final = Resource("admissionregistration.k8s.io/v1", "validatingadmissionpolicies", namespaced=False)
BINDINGS: Final = Resource("admissionregistration.k8s.io/v1", "validatingadmissionpolicybindings", namespaced=False)

_CONTAINERS = "object.spec.containers + object.spec.?initContainers.orValue([])"
_HOST_PATH = """
object.spec.?volumes.orValue([]).filter(v, has(v.hostPath) && !(
  v.hostPath.path in ['/var/log/pods', '/var/log/pods/'] && variables.containers.all(c,
    c.?volumeMounts.orValue([]).all(m, m.name != v.name || m.?readOnly.orValue(false)))))
""".strip()
_PRIVILEGED = "variables.containers.filter(c, c.?securityContext.?privileged.orValue(false))"
_HOST_PORT = (
    "variables.containers.exists(c, c.?ports.orValue([]).exists(p, has(p.hostPort)))"
    " && !object.spec.?hostNetwork.orValue(false)"
)


def admission_policies() -> Sequence[tuple[Resource, Object]]:
    """The policies, each with its binding."""
    ignored = [
        _ignored(f"!object.spec.?{field}.orValue(false)", f"spec.{field}")
        for field in ("hostNetwork", "hostPID", "hostIPC")
    ]
    return [
        *_policy(
            "vmware-system-vsphere-pods-refused",
            ("", "pods"),
            "Deny",
            {"containers": _CONTAINERS, "hostPaths": _HOST_PATH, "privileged": _PRIVILEGED},
            [
                {
                    "expression": "size(variables.hostPaths) == 0",
                    "messageExpression": "'hostPath volumes are not supported in vSphere Pods: volume '"
                    " + variables.hostPaths[0].name + ' (' + variables.hostPaths[0].hostPath.path + ');"
                    " only /var/log/pods is allowed, mounted read-only'",
                },
                {
                    "expression": "size(variables.privileged) == 0",
                    "messageExpression": "'privileged containers are not supported in vSphere Pods: container '"
                    " + variables.privileged[0].name",
                },
            ],
        ),
        *_policy(
            "vmware-system-vsphere-pods-ignored",
            ("", "pods"),
            "Warn",
            {"containers": _CONTAINERS},
            [*ignored, _ignored(f"!({_HOST_PORT})", "ports[].hostPort")],
        ),
        *_policy(
            "vmware-system-local-volumes",
            ("", "persistentvolumes"),
            "Deny",
            {},
            [
                {
                    "expression": "!has(object.spec.local) && !has(object.spec.hostPath)",
                    "message": "local and hostPath volumes are not supported on a Supervisor: use a"
                    " PersistentVolumeClaim with a storage class of the namespace",
                }
            ],
        ),
        *_policy(
            "vmware-system-node-ports",
            ("", "services"),
            "Warn",
            {},
            [
                {
                    "expression": "object.spec.?type.orValue('ClusterIP') != 'NodePort'",
                    "message": "services of type NodePort are not served on a Supervisor: use type LoadBalancer",
                }
            ],
        ),
    ]


def _ignored(expression: str, field: str) -> Object:
    return {"expression": expression, "message": f"{field} is ignored in vSphere Pods: each has a machine of its own"}


def _policy(
    name: str,
    resource: tuple[str, str],
    action: Literal["Deny", "Warn"],
    variables: dict[str, str],
    validations: list[Object],
) -> list[tuple[Resource, Object]]:
    group, plural = resource
    # What is refused in a pod or a volume cannot be changed afterwards.
    operations = ["CREATE", "UPDATE"] if plural == "services" else ["CREATE"]
    rule = {"apiGroups": [group], "apiVersions": ["v1"], "operations": operations, "resources": [plural]}
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "variables": [{"name": name_, "expression": expression} for name_, expression in variables.items()],
        "validations": [{"reason": "Forbidden", **validation} for validation in validations],
    }
    binding = {"policyName": name, "validationActions": [action]}
    return [
        (POLICIES, {**_head("ValidatingAdmissionPolicy", name), "spec": spec}),
        (BINDINGS, {**_head("ValidatingAdmissionPolicyBinding", name), "spec": binding}),
    ]


def _head(kind: str, name: str) -> Object:
    return {"apiVersion": POLICIES.api_version, "kind": kind, "metadata": {"name": name}}
