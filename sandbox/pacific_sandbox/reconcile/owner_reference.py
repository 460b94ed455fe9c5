"""The reference by which Kubernetes deletes what belongs to an object."""

from pacific_sandbox.kubernetes_api import Object


def controller_reference(item: Object) -> Object:
    """The reference to ``item``, which controls what has it."""
    return {
        "apiVersion": item["apiVersion"],
        "kind": item["kind"],
        "name": item["metadata"]["name"],
        "uid": item["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
