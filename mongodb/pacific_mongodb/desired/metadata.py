"""What every object of a database carries: labels, and its owner where it goes with the database."""

from typing import Any

from pacific_mongodb.database import API_VERSION, Database, Object


def metadata(database: Database, name: str, *, owned: bool = True, **more: Any) -> Object:
    """``owned`` objects are collected by Kubernetes after the database; volumes and Secrets are not."""
    metadata: Object = {"name": name, "namespace": database.namespace, "labels": database.labels, **more}
    if owned:
        owner = {"apiVersion": API_VERSION, "kind": "MongoDB", "name": database.name, "uid": database.uid}
        metadata["ownerReferences"] = [{**owner, "controller": True, "blockOwnerDeletion": True}]
    return metadata
