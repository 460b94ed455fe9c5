"""The pod in which a Stack is run: the template of the Stack, with a script in place of the operator's agent. Pure."""

import json
from typing import Any, Final

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.process_pods.process_runtime import MARK
from pacific_sandbox.reconcile.owner_reference import controller_reference
from pacific_sandbox.stack_operator.stack_status import Outcome, type_of

UPDATE: Final = "sandbox.pacific.infra/update"
"""The annotation of a workspace that names the run that it is for."""
CONTAINER: Final = "pulumi"
_OUTPUTS = "outputs of the stack: "
_MESSAGE_LINES = 60
_WITHIN = 3600
"""Seconds after which a run is ended."""
_SCRIPT: Final = """
git clone --quiet "$SOURCE_URL" /share/source
git -C /share/source checkout --quiet "$SOURCE_COMMIT"
cd "/share/source/$SOURCE_DIR"
pulumi install
pulumi stack select --create "$STACK"
"""
_UP: Final = """
pulumi up --yes --skip-preview $REFRESH
printf '%s' "$OUTPUTS"
pulumi stack output --json
"""
_DESTROY: Final = """
pulumi destroy --yes --skip-preview $REFRESH
pulumi stack rm --yes
"""


def workspace_name(stack: Object) -> str:
    """The name of the Stack's pod."""
    return f"{stack['metadata']['name']}-workspace-0"


def workspace(stack: Object, source: Object, update: Object) -> Object:
    """The pod that runs ``update`` (a currentUpdate) of the Stack, from the GitRepository ``source``.

    In the sandbox a workspace runs as processes of this computer, so that it does what it would do in a container.
    """
    metadata, spec = stack["metadata"], stack["spec"]
    template = (spec.get("workspaceTemplate") or {}).get("spec") or {}
    pod = template.get("podTemplate") or {}
    labels = {"auto.pulumi.com/component": "workspace", "auto.pulumi.com/workspace-name": metadata["name"]}
    annotations = {**(pod.get("metadata") or {}).get("annotations", {}), MARK: "process", UPDATE: update["name"]}
    pod_spec = dict(pod.get("spec") or {})
    containers = {container["name"]: container for container in pod_spec.get("containers", ())}
    account = spec.get("serviceAccountName") or template.get("serviceAccountName")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": workspace_name(stack),
            "namespace": metadata["namespace"],
            "labels": {**(pod.get("metadata") or {}).get("labels", {}), **labels},
            "annotations": annotations,
            "ownerReferences": [controller_reference(stack)],
        },
        "spec": {
            **pod_spec,
            **({"serviceAccountName": account} if account else {}),
            "restartPolicy": "Never",
            "activeDeadlineSeconds": _WITHIN,
            "containers": [
                *(container for name, container in containers.items() if name != CONTAINER),
                _container(stack, source, update, template.get("image", ""), containers.get(CONTAINER, {})),
            ],
            "volumes": [*pod_spec.get("volumes", ()), {"name": "share", "emptyDir": {}}],
        },
    }


def outcome(pod: Object, log: str) -> Outcome | None:
    """How the workspace has ended, by what it has written; None while it runs."""
    phase = pod.get("status", {}).get("phase")
    if phase == "Failed":
        lines = log.rstrip().splitlines()[-_MESSAGE_LINES:]
        return Outcome(succeeded=False, message="\n".join(lines) or str(pod["status"].get("message", "")))
    if phase != "Succeeded":
        return None
    _, _, outputs = log.rpartition(_OUTPUTS)
    return Outcome(succeeded=True, outputs=_json(outputs))


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _container(stack: Object, source: Object, update: Object, image: str, template: Object) -> Object:
    spec = stack["spec"]
    configure = "".join(
        f'pulumi config set -- "$CONFIG_KEY_{number}" "$CONFIG_VALUE_{number}"\n'
        for number in range(len(spec.get("config") or {}))
    )
    script = _SCRIPT + (_DESTROY if type_of(stack, update) == "destroy" else configure + _UP)
    return {
        "image": image,
        **template,
        "name": CONTAINER,
        "command": ["/bin/sh", "-euc", script],
        "env": [*_variables(spec, source, update), *template.get("env", ())],
        "volumeMounts": [*template.get("volumeMounts", ()), {"name": "share", "mountPath": "/share"}],
    }


def _variables(spec: Object, source: Object, update: Object) -> list[Object]:
    plain = {
        "SOURCE_URL": source["spec"]["url"],
        "SOURCE_COMMIT": update["commit"].rpartition(":")[2],
        "SOURCE_DIR": spec["fluxSource"].get("dir", "."),
        "STACK": spec["stack"],
        "REFRESH": "--refresh" if spec.get("refresh") else "",
        "OUTPUTS": _OUTPUTS,
        "NO_COLOR": "1",
        "PULUMI_NON_INTERACTIVE": "true",
    }
    if spec.get("backend"):
        plain["PULUMI_BACKEND_URL"] = spec["backend"]
    for number, (key, value) in enumerate(sorted((spec.get("config") or {}).items())):
        plain |= {f"CONFIG_KEY_{number}": key, f"CONFIG_VALUE_{number}": value}
    variables: list[Object] = [{"name": name, "value": value} for name, value in plain.items()]
    for name, reference in sorted((spec.get("envRefs") or {}).items()):
        if reference["type"] == "Literal":
            variables.append({"name": name, "value": reference["literal"]["value"]})
        else:
            key = {field: reference["secret"][field] for field in ("name", "key")}
            variables.append({"name": name, "valueFrom": {"secretKeyRef": key}})
    return variables
