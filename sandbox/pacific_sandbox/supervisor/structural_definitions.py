"""Custom resource definitions that the sandbox writes itself: the parts of the schemas that its controllers read."""

from collections.abc import Sequence

from pacific_sandbox.kubernetes_api import Object, Resource

OPEN: Object = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
"""An object whose fields are not checked."""
TEXT: Object = {"type": "string"}


def definition(
    resource: Resource, kind: str, spec: Object, columns: Sequence[tuple[str, str]], short_names: Sequence[str] = ()
) -> Object:
    """The definition of a kind; ``spec`` is the schema of its spec, ``columns`` name and JSONPath of
    what ``kubectl get`` prints. The status is open but for its conditions."""
    group, _, version = resource.api_version.partition("/")
    condition = {**OPEN, "required": ["type", "status"], "properties": {"type": TEXT, "status": TEXT}}
    status = {
        **OPEN,
        "properties": {
            "observedGeneration": {"type": "integer"},
            "conditions": {"type": "array", "items": condition},
        },
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{resource.plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": resource.plural,
                "singular": kind.lower(),
                "shortNames": list(short_names),
            },
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [
                        {"name": name, "type": "string", "jsonPath": path} for name, path in columns
                    ],
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "required": ["spec"],
                            "properties": {"spec": spec, "status": status},
                        }
                    },
                }
            ],
        },
    }


def ready_columns() -> list[tuple[str, str]]:
    """The columns READY and REASON."""
    condition = ".status.conditions[?(@.type=='Ready')]"
    return [("Ready", f"{condition}.status"), ("Reason", f"{condition}.reason")]
