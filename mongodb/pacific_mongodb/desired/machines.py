"""Members as VirtualMachines of VM Operator, each with a volume; mongod comes with the image, cloud-init sets it up."""

import base64
import hashlib
import json

from pacific_mongodb.database import GROUP, PORT, REPLICA_SET, Database, Object
from pacific_mongodb.desired.backup import volume_claim
from pacific_mongodb.desired.credentials import USERNAME, Credentials
from pacific_mongodb.desired.crx import VOLUME
from pacific_mongodb.desired.metadata import metadata
from pacific_mongodb.desired.network import VM_OPERATOR

REVISION = f"{GROUP}/revision"
"""On each machine: what it was made from. A machine with another revision is replaced, one at a time."""


def machine_objects(database: Database, credentials: Credentials) -> list[tuple[Object, list[Object]]]:
    """For each member its machine, and what must be there before it: volume and cloud-init."""
    return [_member(database, credentials, index) for index in range(database.members)]


def _member(database: Database, credentials: Credentials, index: int) -> tuple[Object, list[Object]]:
    machine_of = database.machine
    if machine_of is None:
        raise ValueError("runtime vm without virtualMachine")  # the definition has a rule against it
    name = database.member(index)
    user_data = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(database, f"{name}-user-data"),
        "type": "Opaque",
        "data": {"user-data": base64.b64encode(cloud_config(database, credentials, index).encode()).decode()},
    }
    claim = volume_claim(database, f"{VOLUME}-{name}", database.size)
    labels = {**database.labels, f"{GROUP}/member": name}
    machine = {
        "apiVersion": VM_OPERATOR,
        "kind": "VirtualMachine",
        "metadata": {
            **metadata(database, name),
            "labels": labels,
            "annotations": {REVISION: revision(database), f"{GROUP}/version": database.version},
        },
        "spec": {
            "className": machine_of.class_name,
            "imageName": machine_of.image_name,
            **({"storageClass": database.storage_class} if database.storage_class else {}),
            "powerState": "PoweredOn",
            "bootstrap": {"cloudInit": {"rawCloudConfig": {"name": f"{name}-user-data", "key": "user-data"}}},
            "volumes": [{"name": VOLUME, "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]}}],
            "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 10},
        },
    }
    return machine, [claim, user_data]


def revision(database: Database) -> str:
    """A word for what a machine is made from: another one asks for another machine."""
    made_from = (database.version, database.machine)
    return hashlib.sha256(repr(made_from).encode()).hexdigest()[:12]


def cloud_config(database: Database, credentials: Credentials, index: int) -> str:
    """Formats an empty volume, mounts it, and starts mongod on it. JSON is YAML."""
    options = f"--bind_ip_all --dbpath /data/db --port {PORT}"
    if database.replica_set:
        options += f" --replSet {REPLICA_SET} --keyFile /etc/mongodb/key"
    commands = [
        "install -d /data/db && chown -R mongodb:mongodb /data/db /etc/mongodb && chmod 400 /etc/mongodb/key",
        "systemctl daemon-reload && systemctl enable --now mongodb-member",
    ]
    if index == 0 or not database.replica_set:
        # By localhost, until there is a user: MongoDB lets the first one be made.
        commands.append("mongosh --quiet /etc/mongodb/first-user.js || true")
    unit = f"[Service]\nUser=mongodb\nExecStart=/usr/bin/mongod {options}\nRestart=always\n"
    unit += "[Install]\nWantedBy=multi-user.target\n"
    secret = {"owner": "root:root", "permissions": "0400"}
    return "#cloud-config\n" + json.dumps(
        {
            "hostname": database.member(index),
            "fs_setup": [{"label": "data", "filesystem": "xfs", "device": "/dev/sdb", "overwrite": False}],
            "mounts": [["/dev/sdb", "/data", "xfs", "defaults,nofail", "0", "2"]],
            "write_files": [
                {"path": "/etc/mongodb/key", "content": credentials.key, **secret},
                {"path": "/etc/mongodb/first-user.js", "content": _first_user(database, credentials), **secret},
                {"path": "/etc/systemd/system/mongodb-member.service", "content": unit},
            ],
            "runcmd": commands,
        },
        indent=1,
    )


def _first_user(database: Database, credentials: Credentials) -> str:
    """The script that makes the user. In a replica set that takes a primary: a set of one member to begin with."""
    user = json.dumps({"user": USERNAME, "pwd": credentials.password, "roles": ["root"]})
    command = f"db.getSiblingDB('admin').createUser({user})\n"
    if not database.replica_set:
        return command
    first = json.dumps({"_id": REPLICA_SET, "members": [{"_id": 0, "host": database.member_host(0)}]})
    wait = "for (let i = 0; i < 120 && !db.hello().isWritablePrimary; i++) sleep(500)\n"
    return f"try {{ rs.status() }} catch (error) {{ rs.initiate({first}) }}\n{wait}{command}"
