"""A stack as an object of the Pulumi Kubernetes Operator, with all that it needs in its cluster.

Follows the operator's own definitions of 2.9: ``Stack`` of pulumi.com/v1; source by Flux' ``GitRepository``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from pacific_infra.errors import PacificError
from pacific_infra.gitops.git_source import API_VERSION, KIND, GitSource, kubernetes_name
from pacific_infra.record.backends import is_postgres, threads_on_postgres
from pacific_infra.settings import OWNER

LONGEST_NAME = 42
"""Characters: the operator makes longer names of it, which are labels of at most 63."""
_PASSWORD = "password"  # noqa: S105 - the name of a key
_ACCOUNT = "pacific-workspace"
_OPERATIONS = "16"
"""That plain pulumi has at a time where PULUMI_PARALLEL is not set, in a container of four processors or less."""


@dataclass(frozen=True)
class StackSource:
    """What the objects are made of."""

    project: str
    stack: str
    folder: str
    """The project's folder in the repository."""
    configuration: Mapping[str, Any]
    """The stack's plain configuration, with namespaces."""
    repository: str
    """URL of the git repository."""
    branch: str
    namespace: str
    """The namespace of the operator's cluster that the objects lie in."""
    backend: str
    """URL of the Pulumi backend."""
    image: str
    """Image of the workspace: Pulumi, its plugins and this product."""
    secret: str
    """Name of the Secret with the passphrase and the password."""
    after: Sequence[str] = ()
    """Names of Stack objects that have to be converged before."""
    destroy_on_delete: bool = False
    """Whether deleting the Stack object deletes what the stack has made."""
    resync_seconds: int = 600
    """Seconds between two runs that look for drift; the operator takes less than 60 for 60."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What this product sets for the engine and plain ``pulumi`` does not."""
    estate: str | None = None
    """For one of several stacks of an estate: the stack that the estate is named after, whose configuration it has."""


def object_name(project: str, stack: str) -> str:
    """The name of the Stack object. Raises PacificError where it is too long for the operator."""
    name = kubernetes_name(project, stack)
    if len(name) > LONGEST_NAME:
        raise PacificError(
            "the name of the Stack object is too long",
            value=name,
            allowed=f"{LONGEST_NAME} characters",
            fix="shorten the project's or the stack's name",
        )
    return name


def operator_objects(source: StackSource) -> list[dict[str, Any]]:
    """GitRepository, ServiceAccount, its binding and Stack. Raises PacificErrors for what cannot work in a cluster."""
    name = object_name(source.project, source.stack)
    _check(source)
    repository = GitSource(kubernetes_name(source.project), source.namespace, source.repository, source.branch)
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": _metadata(source, _ACCOUNT),
    }
    # The agent of a workspace asks the API server who calls it.
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"{source.namespace}-{_ACCOUNT}"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "system:auth-delegator",
        },
        "subjects": [{"kind": "ServiceAccount", "name": _ACCOUNT, "namespace": source.namespace}],
    }
    spec: dict[str, Any] = {
        "stack": f"organization/{source.project}/{source.stack}",
        "backend": source.backend,
        "fluxSource": {
            "sourceRef": {"apiVersion": API_VERSION, "kind": KIND, "name": repository.name},
            "dir": source.folder,
        },
        "envRefs": {variable: _reference(source, key) for variable, key in _secret_variables(source).items()},
        "serviceAccountName": _ACCOUNT,
        "refresh": True,
        "continueResyncOnCommitMatch": True,
        "resyncFrequencySeconds": source.resync_seconds,
        "destroyOnFinalize": source.destroy_on_delete,
        # A workspace is a pod that would otherwise stand between two runs.
        "workspaceReclaimPolicy": "Delete",
        "workspaceTemplate": {"spec": {"image": source.image, "podTemplate": {"spec": _pod(source)}}},
    }
    if source.estate not in (None, source.stack):
        # It has no Pulumi.STACK.yaml in the repository.
        spec["config"] = {
            key: value if isinstance(value, str) else json.dumps(value) for key, value in source.configuration.items()
        }
    if source.after:
        spec["prerequisites"] = [
            {"name": other, "requirement": {"succeededWithinDuration": "24h"}} for other in source.after
        ]
    stack = {"apiVersion": "pulumi.com/v1", "kind": "Stack", "metadata": _metadata(source, name), "spec": spec}
    return [repository.as_object(), account, binding, stack]


def _secret_variables(source: StackSource) -> dict[str, str]:
    """Keys of the Secret, by the variable that takes each."""
    variables = {"PULUMI_CONFIG_PASSPHRASE": "passphrase"}
    if is_postgres(source.backend):
        variables["PGPASSWORD"] = "PGPASSWORD"
    return variables


def _reference(source: StackSource, key: str) -> dict[str, Any]:
    return {"type": "Secret", "secret": {"name": source.secret, "key": key}}


def _metadata(source: StackSource, name: str) -> dict[str, Any]:
    return {"name": name, "namespace": source.namespace}


def _pod(source: StackSource) -> dict[str, Any]:
    # As `pacific up --refresh` has it: fields that others have set since are taken back.
    variables = {**source.variables, "PULUMI_K8S_ENABLE_PATCH_FORCE": "true"}
    if is_postgres(source.backend):
        operations = int(variables.get("PULUMI_PARALLEL", _OPERATIONS))
        variables["GOMAXPROCS"] = str(threads_on_postgres(operations))
    if source.estate is not None:
        variables[OWNER] = f"{source.project}/{source.estate}"
    container: dict[str, Any] = {
        "name": "pulumi",
        "env": [{"name": key, "value": value} for key, value in sorted(variables.items())],
    }
    file = source.configuration.get("pacific:passwordFile")
    if file is None:
        return {"containers": [container]}
    path = PurePosixPath(file)
    container["volumeMounts"] = [{"name": "vcenter", "mountPath": str(path), "subPath": path.name, "readOnly": True}]
    items = [{"key": _PASSWORD, "path": path.name}]
    return {
        "containers": [container],
        "volumes": [{"name": "vcenter", "secret": {"secretName": source.secret, "items": items}}],
    }


def _check(source: StackSource) -> None:
    if not source.configuration.get("pacific:server") and not source.configuration.get("pacific:kubeconfig"):
        raise PacificError(
            "the stack names no vCenter, and there is no embedded sandbox in a workspace",
            fix=f"pulumi config set pacific:server HOST --stack {source.estate or source.stack}",
        )
    if not source.backend or source.backend.startswith("file:"):
        raise PacificError(
            "the state is in a folder of this computer, which a workspace cannot read",
            value=source.backend or None,
            allowed="postgres://, s3://, azblob://, gs:// or https:// of a Pulumi service",
            fix="name the backend with --backend",
        )
    if urlsplit(source.backend).password:
        raise PacificError(
            "the backend's URL has a password, which would lie in git",
            fix=f"leave it out, and put PGPASSWORD into the Secret {source.secret}",
        )
    file = str(source.configuration.get("pacific:passwordFile") or "/")
    if not file.startswith("/"):
        raise PacificError(
            "the password's file is in the project's folder, and would be in git",
            value=file,
            fix="pulumi config set pacific:passwordFile /run/secrets/vcenter",
        )
