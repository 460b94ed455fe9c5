"""Members as vSphere Pods: a StatefulSet, which Kubernetes rolls one member at a time, the highest number first."""

from typing import Any

from pacific_mongodb.database import GROUP, PORT, REPLICA_SET, Database, Object
from pacific_mongodb.desired.credentials import Credentials
from pacific_mongodb.desired.metadata import metadata

VOLUME = "data"
DATA = "/data/db"
_USER = 999
"""The user of MongoDB's own image."""
_REPLICA_SET_COMMAND = f"""\
install -m 400 /etc/mongodb/key /tmp/key
# Only the first member makes the user: a replica set takes in members without data alone.
[ "${{HOSTNAME##*-}}" = 0 ] || unset MONGO_INITDB_ROOT_USERNAME MONGO_INITDB_ROOT_PASSWORD
exec docker-entrypoint.sh mongod --replSet {REPLICA_SET} --keyFile /tmp/key --bind_ip_all --dbpath {DATA}
"""


def stateful_set(database: Database, credentials: Credentials) -> Object:
    """The members' StatefulSet. Their volumes stay when it is deleted."""
    claim: Object = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": database.size}},
        **({"storageClassName": database.storage_class} if database.storage_class else {}),
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(database, database.name),
        "spec": {
            "serviceName": database.members_service,
            "replicas": database.members,
            # A member that cannot start must not keep the others from starting, nor a repair from being rolled out.
            "podManagementPolicy": "Parallel",
            "updateStrategy": {"type": "RollingUpdate"},
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            "selector": {"matchLabels": database.selector},
            "template": _template(database, credentials),
            "volumeClaimTemplates": [{"metadata": {"name": VOLUME, "labels": database.labels}, "spec": claim}],
        },
    }


def restricted(uid: int = _USER) -> dict[str, Any]:
    """The pod's security context under the Pod Security Standard restricted."""
    profile = {"seccompProfile": {"type": "RuntimeDefault"}}
    return {"runAsNonRoot": True, "runAsUser": uid, "runAsGroup": uid, "fsGroup": uid, **profile}


def restricted_container() -> dict[str, Any]:
    """The container's."""
    return {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def _template(database: Database, credentials: Credentials) -> Object:
    amounts = {"cpu": database.cpu, "memory": database.memory}
    container: Object = {
        "name": "mongodb",
        "image": database.image,
        "ports": [{"name": "mongodb", "containerPort": PORT}],
        "env": [
            secret_variable("MONGO_INITDB_ROOT_USERNAME", database, "username"),
            secret_variable("MONGO_INITDB_ROOT_PASSWORD", database, "password"),
        ],
        "resources": {"requests": amounts, "limits": amounts},
        "readinessProbe": {"tcpSocket": {"port": "mongodb"}, "periodSeconds": 2},
        "securityContext": restricted_container(),
        "volumeMounts": [{"name": VOLUME, "mountPath": DATA}],
    }
    pod: Object = {
        "securityContext": restricted(),
        "terminationGracePeriodSeconds": 30,
        "automountServiceAccountToken": False,
        "containers": [container],
    }
    annotations = {f"{GROUP}/version": database.version}
    if database.replica_set:
        container["command"] = ["sh", "-ec", _REPLICA_SET_COMMAND]
        container["volumeMounts"].append({"name": "key", "mountPath": "/etc/mongodb", "readOnly": True})
        key = {"secretName": database.internal_secret_name, "items": [{"key": "key", "path": "key"}]}
        pod["volumes"] = [{"name": "key", "secret": key}]
    else:
        # An image without replica sets takes the password at each start; a replica set is told it while it runs.
        annotations[f"{GROUP}/credentials"] = credentials.mark(database.uid)
    return {"metadata": {"labels": database.labels, "annotations": annotations}, "spec": pod}


def secret_variable(name: str, database: Database, key: str) -> Object:
    """An environment variable from the Secret of clients."""
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": database.secret_name, "key": key}}}
