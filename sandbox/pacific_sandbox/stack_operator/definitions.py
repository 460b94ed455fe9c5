"""The definitions of Stack and GitRepository: what the stand-in reads of them, with the columns of the real ones."""

from collections.abc import Mapping, Sequence
from typing import Final

from pacific_sandbox.kubernetes_api import Object, Resource
from pacific_sandbox.supervisor.structural_definitions import OPEN, TEXT, definition

STACKS: Final = Resource("pulumi.com/v1", "stacks")
GIT_REPOSITORIES: Final = Resource("source.toolkit.fluxcd.io/v1", "gitrepositories")
STAND_IN: Final = "sandbox.pacific.infra/stand-in"
"""The annotation of what the stand-in has defined."""
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
