"""Supervisors, namespaces, VM classes and workload clusters that are lost, and a stack's state without them. Pure.

The objects on a lost Supervisor or cluster are lost too, though its Kubernetes API can no longer tell. Forgetting them
changes only the state; the next up creates them again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_infra.converge.claims import Recorded
from pacific_infra.errors import PacificError
from pacific_infra.record.urns import split_urn

SUPERVISOR = "pacific:vcenter:Supervisor"
KUBERNETES = "pulumi:providers:kubernetes"
NAMESPACE = "pacific:vcenter:Namespace"
VIRTUAL_MACHINE_CLASS = "pacific:vcenter:VirtualMachineClass"
_CLUSTER = "kubernetes:cluster.x-k8s.io/"


@dataclass(frozen=True)
class RecordedSupervisor:
    """A Supervisor that the stack has made."""

    urn: str
    identifier: str
    name: str
    endpoint: str
    """HOST:PORT of its Kubernetes API; empty where it was never ready."""
    server: str = ""
    """The vCenter that it was last seen at; empty where that is not recorded."""


@dataclass(frozen=True)
class RecordedName:
    """A vSphere Namespace or VM class that the stack has made."""

    urn: str
    type: str
    name: str
    supervisor: str
    """The Supervisor of a namespace, as it was given: its identifier or its name."""


@dataclass(frozen=True)
class RecordedCluster:
    """A workload cluster that the stack has made."""

    urn: str
    api_version: str
    namespace: str
    name: str
    uid: str
    """What tells it from another one of the same name."""
    supervisor: str
    """Identifier of the Supervisor that it runs on."""
    endpoint: str
    """HOST:PORT of its API; empty where it was never ready."""

    @property
    def id(self) -> str:
        """NAMESPACE/NAME."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Lost:
    """What is recorded and not there: a Supervisor, a workload cluster, a vSphere Namespace or a VM class."""

    urn: str
    name: str
    """For example ``Supervisor supervisor-01``."""
    reason: str
    """Who says so: ``vCenter vc-01 does not know it``."""
    uid: str | None = None
    """The UID of another cluster that now has its name; then only the old cluster's contents are lost."""

    @property
    def text(self) -> str:
        """That it is gone, in one clause."""
        return f"{self.name} is gone: {self.reason}"


@dataclass(frozen=True)
class Forgotten:
    """What is gone with one that is lost."""

    lost: Lost
    resources: tuple[Recorded, ...]
    """Without components and providers, which are nothing but records."""

    @property
    def text(self) -> str:
        """What happened and what comes of it, in one line."""
        count = len([resource for resource in self.resources if resource["urn"] != self.lost.urn])
        where = "on" if self.lost.name.startswith("Supervisor ") else "in"
        rest = f" with {count} {'resource' if count == 1 else 'resources'} {where} it" if count else ""
        return f"{self.lost.name} is gone{rest} ({self.lost.reason})"


def recorded_supervisors(resources: Sequence[Recorded]) -> list[RecordedSupervisor]:
    """The Supervisors among a stack's resources, without external ones."""
    servers = {
        resource["urn"]: str((resource.get("inputs") or {}).get("server") or "")
        for resource in resources
        if resource["type"] == "pulumi:providers:pacific"
    }
    return [
        RecordedSupervisor(
            urn=resource["urn"],
            identifier=str(resource["id"]),
            name=str((resource.get("inputs") or {}).get("name") or split_urn(resource["urn"])[1]),
            endpoint=str((resource.get("outputs") or {}).get("endpoint") or ""),
            server=servers.get(provider_of(resource), ""),
        )
        for resource in resources
        if resource["type"] == SUPERVISOR and resource.get("id") and not resource.get("external")
    ]


def recorded_names(resources: Sequence[Recorded]) -> list[RecordedName]:
    """The vSphere Namespaces and VM classes among a stack's own resources."""
    return [
        RecordedName(
            resource["urn"],
            resource["type"],
            str(resource["id"]),
            str((resource.get("inputs") or {}).get("supervisor") or ""),
        )
        for resource in resources
        if resource["type"] in (NAMESPACE, VIRTUAL_MACHINE_CLASS)
        and resource.get("id")
        and not resource.get("external")
    ]


def check_vcenter(lost: Sequence[Lost], resources: Sequence[Recorded], server: str) -> None:
    """Raises PacificError where a Supervisor that is not at the vCenter ``server`` was recorded at another one: most
    often that one is meant, and the Supervisor is well.
    """
    urns = {supervisor.urn for supervisor in lost}
    for supervisor in recorded_supervisors(resources):
        if supervisor.urn in urns and supervisor.server not in ("", server):
            raise PacificError(
                f"Supervisor {supervisor.name} was made at vCenter {supervisor.server}, and vCenter {server} does not "
                "have it",
                fix=f"set pacific:server to {supervisor.server}; where that vCenter is gone for good: "
                f"pulumi state delete --target-dependents '{supervisor.urn}'",
            )


def recorded_clusters(resources: Sequence[Recorded]) -> list[RecordedCluster]:
    """The workload clusters among a stack's own resources."""
    providers = {resource["urn"]: resource for resource in resources if resource["type"] == KUBERNETES}
    return list(_clusters(resources, providers))


def _clusters(resources: Sequence[Recorded], providers: Mapping[str, Recorded]) -> Iterator[RecordedCluster]:
    for resource in resources:
        if not (resource["type"].startswith(_CLUSTER) and resource["type"].endswith(":Cluster")) or resource.get(
            "external"
        ):
            continue
        outputs = resource.get("outputs") or {}
        metadata = outputs.get("metadata") or {}
        provider = providers.get(provider_of(resource))
        if not metadata.get("uid") or provider is None:
            continue
        address = (outputs.get("spec") or {}).get("controlPlaneEndpoint") or {}
        yield RecordedCluster(
            urn=resource["urn"],
            api_version=str(outputs.get("apiVersion") or resource["type"].split(":")[1]),
            namespace=str(metadata.get("namespace") or ""),
            name=str(metadata["name"]),
            uid=str(metadata["uid"]),
            supervisor=str((provider.get("inputs") or {}).get("clusterIdentifier") or ""),
            endpoint=f"{address['host']}:{address['port']}" if address.get("host") else "",
        )


def held_by(resources: Sequence[Recorded], urn: str) -> list[Recorded]:
    """The objects on the Supervisor or in the workload cluster ``urn``."""
    on_it = _lost_urns(resources, Lost(urn, "", ""))
    return [resource for resource in resources if resource["urn"] in on_it - {urn} and _is_object(resource)]


def without_lost(deployment: Mapping[str, Any], lost: Sequence[Lost]) -> tuple[dict[str, Any], list[Forgotten]]:
    """The deployment without all that is lost and what lay on it, and what that is, by the lost one."""
    remaining = dict(deployment)
    forgotten = []
    for holder in lost:
        lost_urns = _lost_urns(remaining["resources"], holder)
        remaining["resources"] = _without_references(remaining["resources"], lost_urns, holder)
        pending = remaining.get("pending_operations")
        if pending:
            remaining["pending_operations"] = [
                step
                for step in pending
                if step["resource"]["urn"] not in lost_urns and provider_of(step["resource"]) not in lost_urns
            ]
        objects = tuple(
            resource for resource in deployment["resources"] if resource["urn"] in lost_urns and _is_object(resource)
        )
        forgotten.append(Forgotten(holder, objects))
    return remaining, forgotten


def _is_object(resource: Recorded) -> bool:
    provider = resource["type"].startswith("pulumi:providers:")
    return bool(resource.get("custom")) and not provider and not resource.get("external")


def _lost_urns(resources: Sequence[Recorded], lost: Lost) -> set[str]:
    """URNs of the resources lost with it. One pass is enough: a resource is recorded after all that it depends on."""
    holder = next((resource for resource in resources if resource["urn"] == lost.urn), None)
    if holder is None:
        return set()
    inputs = holder.get("inputs") or {}
    supervisor = {str(holder.get("id")), str(inputs.get("name"))} if holder["type"] == SUPERVISOR else set()
    providers = set()
    if holder["type"] == NAMESPACE:
        providers = _providers_of(resources, str(inputs.get("supervisor")))
    lost_urns = {lost.urn}
    for resource in resources:
        in_namespace = provider_of(resource) in providers and str(resource.get("id")).partition("/")[0] == str(
            holder.get("id")
        )
        if resource["urn"] != lost.urn and (in_namespace or _depends_on_lost(resource, lost_urns, supervisor)):
            lost_urns.add(resource["urn"])
    return lost_urns - {lost.urn} if lost.uid is not None else lost_urns


def _providers_of(resources: Sequence[Recorded], supervisor: str) -> set[str]:
    """URNs of the Kubernetes providers of a Supervisor, which is given by its identifier or its name."""
    named = {
        candidate.identifier
        for candidate in recorded_supervisors(resources)
        if supervisor in (candidate.identifier, candidate.name)
    }
    return {
        resource["urn"]
        for resource in resources
        if resource["type"] == KUBERNETES
        and (resource.get("inputs") or {}).get("clusterIdentifier") in {supervisor, *named}
    }


def _depends_on_lost(resource: Recorded, lost_urns: Collection[str], supervisor: Collection[str]) -> bool:
    kind, inputs = resource["type"], resource.get("inputs") or {}
    if kind == KUBERNETES:
        kubeconfig = (resource.get("propertyDependencies") or {}).get("kubeconfig") or ()
        return inputs.get("clusterIdentifier") in supervisor or any(urn in lost_urns for urn in kubeconfig)
    if provider_of(resource) in lost_urns or resource.get("deletedWith") in lost_urns:
        return True
    if resource.get("external"):
        # An external resource is read again at the next run, so its record can be dropped.
        return any(urn in lost_urns for urn in resource.get("dependencies") or ())
    return kind.startswith("pacific:vcenter:") and inputs.get("supervisor") in supervisor


def _without_references(
    resources: Sequence[Mapping[str, Any]], lost_urns: Collection[str], lost: Lost
) -> list[dict[str, Any]]:
    """The remaining resources, without references to lost ones: the engine refuses a state with dangling references."""
    by_urn = {resource["urn"]: resource for resource in resources}
    kept = []
    for resource in resources:
        if resource["urn"] in lost_urns:
            continue
        record = dict(resource)
        parent = record.get("parent")
        while parent in lost_urns:
            parent = by_urn[parent].get("parent")
        if parent:
            record["parent"] = parent
        if record.get("dependencies"):
            record["dependencies"] = [urn for urn in record["dependencies"] if urn not in lost_urns]
        if record.get("propertyDependencies"):
            record["propertyDependencies"] = {
                name: [urn for urn in urns or () if urn not in lost_urns]
                for name, urns in record["propertyDependencies"].items()
            }
        if record["urn"] == lost.urn and lost.uid is not None:
            metadata = {**record["outputs"]["metadata"], "uid": lost.uid}
            record["outputs"] = {**record["outputs"], "metadata": metadata}
        kept.append(record)
    return kept


def provider_of(resource: Recorded) -> str:
    """The URN in ``URN::ID``; empty where the resource has no provider."""
    return str(resource.get("provider") or "").rpartition("::")[0]
