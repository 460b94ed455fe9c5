"""The definitions of Stack and GitRepository: what the stand-in reads of them, with the columns of the real ones."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from pacific_infra.errors import PacificError
from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, Object, Resource
from pacific_sandbox.supervisor.structural_definitions import OPEN, TEXT, definition

STACKS: Final = Resource("pulumi.com/v1", "stacks")
GIT_REPOSITORIES: Final = Resource("source.toolkit.fluxcd.io/v1", "gitrepositories")
STAND_IN: Final = "sandbox.pacific.infra/stand-in"
"""The annotation of what the stand-in has defined."""
_DEFINITIONS: Final = Resource("apiextensions.k8s.io/v1", "customresourcedefinitions", namespaced=False)
_SERVED_WITHIN = 60.0
_BOOLEAN: Final = {"type": "boolean"}
_INTEGER: Final = {"type": "integer", "format": "int64"}
_TEXTS: Final = {"type": "object", "additionalProperties": TEXT}


def definitions() -> Sequence[Object]:
    """Both. Fields of the real Stack that the stand-in does not know are refused by the API server."""
    source = _fields({"apiVersion": TEXT, "kind": TEXT, "name": TEXT}, "apiVersion", "kind", "name")
    secret = _fields({"name": TEXT, "key": TEXT, "namespace": TEXT}, "name", "key")
    reference = _fields(
        {
            "type": {"type": "string", "enum": ["Secret", "Literal"]},
            "secret": secret,
            "literal": _fields({"value": TEXT}),
        },
        "type",
    )
    requirement = _fields({"succeededWithinDuration": TEXT})
    prerequisite = _fields({"name": TEXT, "requirement": requirement}, "name")
    template = _fields(
        {
            "spec": _fields(
                {"image": TEXT, "serviceAccountName": TEXT, "podTemplate": _fields({"metadata": OPEN, "spec": OPEN})}
            )
        }
    )
    stack = _fields(
        {
            "stack": TEXT,
            "backend": TEXT,
            "config": _TEXTS,
            "continueResyncOnCommitMatch": _BOOLEAN,
            "destroyOnFinalize": _BOOLEAN,
            "envRefs": {"type": "object", "additionalProperties": reference},
            "fluxSource": _fields({"sourceRef": source, "dir": TEXT}, "sourceRef"),
            "prerequisites": {"type": "array", "items": prerequisite},
            "refresh": _BOOLEAN,
            "resyncFrequencySeconds": _INTEGER,
            "serviceAccountName": TEXT,
            "workspaceReclaimPolicy": {"type": "string", "enum": ["Retain", "Delete"]},
            "workspaceTemplate": template,
        },
        "stack",
        "fluxSource",
    )
    repository = _fields(
        {
            "interval": {"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"},
            "url": {"type": "string", "pattern": "^(http|https|ssh)://.*$"},
            "ref": _fields({"branch": TEXT}),
        },
        "interval",
        "url",
    )
    return [
        _stack(stack),
        _stand_in(definition(GIT_REPOSITORIES, "GitRepository", repository, (), ["gitrepo"]), _GIT_COLUMNS),
    ]


async def define(api: KubernetesAPI, written: Sequence[Object]) -> None:
    """Define kinds in a cluster, and wait until they are served. Raises KubernetesError where they are not.

    Raises PacificError where the stand-in has defined what a real controller would, or the other way round.
    """
    for definition_ in written:
        name = definition_["metadata"]["name"]
        present = await api.get(_DEFINITIONS, name)
        if present is not None and _is_stand_in(present) != _is_stand_in(definition_):
            if _is_stand_in(definition_):
                raise PacificError(
                    "the cluster has this definition from a real controller, which the stand-in leaves alone",
                    value=name,
                    fix="let that controller converge the stacks",
                )
            raise PacificError(
                "the cluster has this definition from the stand-in for the Pulumi Kubernetes Operator",
                value=name,
                fix=f"end the stand-in, then, with all its objects: kubectl delete customresourcedefinition {name}",
            )
        await api.apply(_DEFINITIONS, definition_)
    for definition_ in written:
        spec = definition_["spec"]
        version = next(version["name"] for version in spec["versions"] if version["storage"])
        await _served(api, Resource(f"{spec['group']}/{version}", spec["names"]["plural"]))


async def _served(api: KubernetesAPI, resource: Resource) -> None:
    """Wait until the API server serves a kind that was just defined."""
    deadline = asyncio.get_running_loop().time() + _SERVED_WITHIN
    while True:
        try:
            await api.list(resource)
        except KubernetesError as error:
            if error.code != 404 or asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.1)
        else:
            return


def _is_stand_in(definition_: Object) -> bool:
    return STAND_IN in (definition_["metadata"].get("annotations") or {})


def _stack(spec: Object) -> Object:
    written = _stand_in(definition(STACKS, "Stack", spec, ()), _STACK_COLUMNS)
    written["spec"]["names"]["categories"] = ["pulumi"]
    schema = written["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    too_long = "Stack name must be no more than 42 characters in length."
    schema["x-kubernetes-validations"] = [{"rule": "size(self.metadata.name) <= 42", "message": too_long}]
    return written


def _column(name: str, path: str, type_: str = "string", priority: int = 0) -> Object:
    return {"name": name, "type": type_, "jsonPath": path, "priority": priority}


_STACK_COLUMNS: Final = [
    _column("Stack", ".spec.stack", priority=10),
    _column("Last Update", ".status.lastUpdate.state"),
    _column("Age", ".status.lastUpdate.lastResyncTime", "date"),
    _column("Last Commit", ".status.lastUpdate.lastAttemptedCommit", priority=10),
    _column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
    _column("Reconciling", '.status.conditions[?(@.type=="Reconciling")].reason'),
    _column("Stalled", '.status.conditions[?(@.type=="Stalled")].reason'),
    _column("Permalink", ".status.lastUpdate.permalink"),
]
_GIT_COLUMNS: Final = [
    _column("URL", ".spec.url"),
    _column("Age", ".metadata.creationTimestamp", "date"),
    _column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
    _column("Status", '.status.conditions[?(@.type=="Ready")].message'),
]


def _stand_in(written: Object, columns: Sequence[Object]) -> Object:
    written["metadata"]["annotations"] = {STAND_IN: "a part of the definition, for the sandbox"}
    written["spec"]["versions"][0]["additionalPrinterColumns"] = list(columns)
    return written


def _fields(properties: Mapping[str, Object], *required: str) -> Object:
    return {"type": "object", "properties": dict(properties)} | ({"required": list(required)} if required else {})
