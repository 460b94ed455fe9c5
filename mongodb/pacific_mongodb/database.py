"""A MongoDB as its manifest has it, with the defaults that the definition's schema sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

GROUP = "mongodb.pacific.infra"
API_VERSION = f"{GROUP}/v1alpha1"
FINALIZER = f"{GROUP}/finalizer"
PORT = 27017
REPLICA_SET = "rs0"

Object = dict[str, Any]
"""A Kubernetes object as JSON has it."""


@dataclass(frozen=True)
class Backup:
    """Dumps by schedule."""

    schedule: str
    size: str
    keep: int
    image: str
    """With mongodump and a shell."""


@dataclass(frozen=True)
class Machine:
    """What a member with runtime ``vm`` is made of."""

    class_name: str
    image_name: str


@dataclass(frozen=True)
class Database:
    """The wanted database. Sizes, CPU and memory are Kubernetes quantities."""

    namespace: str
    name: str
    uid: str
    generation: int
    runtime: Literal["crx", "vm"]
    version: str
    image: str
    replica_set: bool
    members: int
    size: str
    storage_class: str | None
    cpu: str
    memory: str
    machine: Machine | None
    service_type: str
    backup: Backup | None
    retain: bool

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> Self:
        """Read an object that the API server has validated and filled in."""
        metadata, spec = manifest["metadata"], manifest["spec"]
        backup, machine = spec.get("backup"), spec.get("virtualMachine")
        image = spec.get("image") or f"mongo:{spec['version']}"
        return cls(
            namespace=metadata["namespace"],
            name=metadata["name"],
            uid=metadata["uid"],
            generation=metadata["generation"],
            runtime=spec["runtime"],
            version=spec["version"],
            image=image,
            replica_set=spec["topology"] == "ReplicaSet",
            members=spec["members"],
            size=spec["storage"]["size"],
            storage_class=spec["storage"].get("storageClassName"),
            cpu=spec["resources"]["cpu"],
            memory=spec["resources"]["memory"],
            machine=Machine(machine["className"], machine["imageName"]) if machine else None,
            service_type=spec["service"]["type"],
            backup=Backup(backup["schedule"], backup["size"], backup["keep"], backup.get("image") or image)
            if backup
            else None,
            retain=spec["deletionPolicy"] == "Retain",
        )

    @property
    def secret_name(self) -> str:
        """The Secret with username, password and uri, for clients."""
        return f"{self.name}-credentials"

    @property
    def internal_secret_name(self) -> str:
        """The Secret of what only members and controller know: the key file, the password that the members have."""
        return f"{self.name}-internal"

    @property
    def members_service(self) -> str:
        """The headless Service by which members know each other."""
        return f"{self.name}-members"

    @property
    def host(self) -> str:
        """Where clients in the cluster connect."""
        return f"{self.name}.{self.namespace}.svc:{PORT}"

    @property
    def selector(self) -> dict[str, str]:
        """Labels of its members."""
        return {"app.kubernetes.io/name": "mongodb", "app.kubernetes.io/instance": self.name}

    @property
    def labels(self) -> dict[str, str]:
        """Labels of everything that is made for it."""
        return {**self.selector, "app.kubernetes.io/managed-by": GROUP}

    def member(self, index: int) -> str:
        """A member's name: that of its pod or machine."""
        return f"{self.name}-{index}"

    def member_host(self, index: int) -> str:
        """Where the other members find a member."""
        if self.runtime == "vm":
            return f"{self.member(index)}.{self.namespace}.svc:{PORT}"
        return f"{self.member(index)}.{self.members_service}.{self.namespace}.svc:{PORT}"

    def uri(self, username: str, password: str) -> str:
        """The connection string for clients. The password is of letters and digits."""
        end = f"&replicaSet={REPLICA_SET}" if self.replica_set else ""
        hosts = [self.member_host(index) for index in range(self.members)] if self.replica_set else [self.host]
        return f"mongodb://{username}:{password}@{','.join(hosts)}/?authSource=admin{end}"
