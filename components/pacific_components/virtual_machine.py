"""A virtual machine of the VM Operator, with its cloud-init, volumes and service."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import VirtualMachineArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.crx_objects import claim_spec, service_ports
from pacific_components.kubernetes import DELETE_DEADLINE, VM_OPERATOR, KubernetesObject, Wire
from pacific_components.plumbing import NamespacedPlumbing
from pacific_components.values import applied, is_empty, text_value
from pacific_infra.documents.readiness import ready_conditions, wait_for
from pacific_infra.documents.service import Service
from pacific_infra.documents.storage_class import storage_class
from pacific_infra.documents.virtual_machine import (
    NetworkInterface,
    VirtualMachineNetwork,
    VirtualMachineProbe,
    VirtualMachineSpec,
)

DEADLINE = "15m"
"""Until the machine is created, powered as asked and has its address."""
MACHINE_DELETE_DEADLINE = "5m"
"""Until a deleted machine is gone."""
SERVICE_DEADLINE = "5m"
"""Until the load balancer has given the service an address."""


class VirtualMachine(DocumentComponent[NamespacedPlumbing, VirtualMachineSpec]):
    """A VirtualMachine, awaited until it is created, powered as asked and has an address."""

    name: pulumi.Output[str]
    """Name of the machine."""
    power_state: pulumi.Output[str]
    """Power state that the VM Operator last reported."""
    address: pulumi.Output[str]
    """Its primary IPv4 address; empty where it is powered off."""
    service_address: pulumi.Output[str]
    """The service's load balancer address, or its DNS name inside the Supervisor; empty without a service."""

    @overload
    def __init__(self, resource_name: str, /, args: VirtualMachineArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(self, resource_name: str, /, *, opts: Options = None, **args: Unpack[VirtualMachineArgs]) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:VirtualMachine", resource_name, args, keywords, opts)
        self._name = resource_name
        self._selector = {"app.kubernetes.io/name": self._object}
        machine = self._machine([*self._user_data(), *self._claims()])
        self.name = machine.metadata.apply(lambda metadata: str(metadata["name"]))
        self.power_state = machine.status.apply(lambda status: str((status or {}).get("powerState") or ""))
        self.address = machine.status.apply(primary_address)
        service = self._spec.service
        self.service_address = pulumi.Output.from_input("") if service is None else self._service(service)
        self.register_outputs(
            {
                "name": self.name,
                "power_state": self.power_state,
                "address": self.address,
                "service_address": self.service_address,
            }
        )

    @property
    def _retained(self) -> bool:
        return self._spec.deletion_policy == "Retain"

    def _user_data(self) -> list[pulumi.Resource]:
        if self._spec.cloud_init is None:
            return []
        user_data = pulumi.Output.secret(text_value(self._spec.cloud_init.user_data))
        return [
            KubernetesObject(
                "v1",
                "Secret",
                f"{self._name}-user-data",
                metadata=self._metadata(f"{self._object}-user-data", self._plumbing.namespace, labels=self._selector),
                fields={"stringData": {"user-data": user_data}},
                opts=self._child(
                    delete_deadline=DELETE_DEADLINE, retain=self._retained, additional_secret_outputs=["data"]
                ),
            )
        ]

    def _claims(self) -> list[pulumi.Resource]:
        return [
            KubernetesObject(
                "v1",
                "PersistentVolumeClaim",
                f"{self._name}-{volume.name}",
                metadata=self._metadata(
                    f"{self._object}-{volume.name}",
                    self._plumbing.namespace,
                    labels=self._selector,
                    annotations={"pulumi.com/skipAwait": "true"},
                ),
                fields={
                    "spec": claim_spec(
                        volume.size, volume.storage_policy or self._spec.storage_policy, volume.access_mode
                    )
                },
                opts=self._child(delete_deadline=DELETE_DEADLINE, retain=self._retained),
            )
            for volume in self._spec.volumes
        ]

    def _machine(self, needed: Sequence[pulumi.Resource]) -> KubernetesObject:
        conditions = awaited(self._spec.power_state, probed=self._spec.readiness_probe is not None)
        return KubernetesObject(
            VM_OPERATOR,
            "VirtualMachine",
            f"{self._name}-machine",
            metadata=self._metadata(
                self._object,
                self._plumbing.namespace,
                labels=self._selector,
                annotations={"pulumi.com/waitFor": json.dumps(conditions)},
            ),
            fields={"spec": machine_spec(self._object, self._spec)},
            opts=self._child(
                deadline=DEADLINE, delete_deadline=MACHINE_DELETE_DEADLINE, depends_on=needed, retain=self._retained
            ),
        )

    def _service(self, service: Service) -> pulumi.Output[str]:
        """Makes the VirtualMachineService; returns its address."""
        balanced = service.type == "LoadBalancer"
        annotations = {"pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].ip}"} if balanced else {}
        service_object = KubernetesObject(
            VM_OPERATOR,
            "VirtualMachineService",
            f"{self._name}-service",
            metadata=self._metadata(
                self._object, self._plumbing.namespace, labels=self._selector, annotations=annotations
            ),
            fields={"spec": {"type": service.type, "selector": self._selector, "ports": service_ports(service)}},
            opts=self._child(deadline=SERVICE_DEADLINE, delete_deadline=DELETE_DEADLINE),
        )
        dns_name = pulumi.Output.concat(self._object, ".", self._plumbing.namespace, ".svc")
        return (
            service_object.status.apply(load_balancer_address)
            if balanced
            else service_object.id.apply(lambda _: dns_name)
        )


def awaited(power_state: str, *, probed: bool) -> list[str]:
    """Conditions of a ready machine, as the Kubernetes provider's ``pulumi.com/waitFor`` spells them."""
    powered_on = power_state == "PoweredOn"
    values = [f"{{.status.powerState}}={power_state}", *(["{.status.network.primaryIP4}"] if powered_on else [])]
    of_kind = ready_conditions(VM_OPERATOR, "VirtualMachine", has_conditions=True)
    return [*wait_for(of_kind, values), *wait_for(["Ready"] if powered_on and probed else [])]


def machine_spec(name: str, spec: VirtualMachineSpec) -> Wire:
    """The spec of the VirtualMachine, without the fields that the server writes (image, class, IDs, controllers)."""
    fields: dict[str, Any] = {
        "className": spec.class_name,
        "imageName": spec.image,
        "storageClass": applied(storage_class, spec.storage_policy),
        "powerState": spec.power_state,
    }
    if spec.cloud_init is not None:
        fields["bootstrap"] = {"cloudInit": {"rawCloudConfig": {"name": f"{name}-user-data", "key": "user-data"}}}
    if spec.volumes:
        fields["volumes"] = [
            {"name": volume.name, "persistentVolumeClaim": {"claimName": f"{name}-{volume.name}"}}
            for volume in spec.volumes
        ]
    if network := network_spec(spec.network):
        fields["network"] = network
    if spec.readiness_probe is not None:
        fields["readinessProbe"] = probe_spec(spec.readiness_probe)
    if spec.guest_id is not None:
        fields["guestID"] = spec.guest_id
    if spec.resource_policy is not None:
        fields["reserved"] = {"resourcePolicyName": spec.resource_policy}
    return fields


def network_spec(network: VirtualMachineNetwork) -> Wire:
    """The network of a VirtualMachine; empty where nothing is said of it."""
    interfaces = [_interface(interface) for interface in network.interfaces]
    fields = {"hostName": network.host_name, "domainName": network.domain, "interfaces": interfaces}
    return {name: value for name, value in fields.items() if value is not None and not is_empty(value)}


def _interface(interface: NetworkInterface) -> Wire:
    fields = {
        "name": interface.name,
        "network": None if interface.network is None else {"name": interface.network},
        "addresses": interface.addresses,
        "gateway4": interface.gateway,
        "nameservers": interface.name_servers,
    }
    return {name: value for name, value in fields.items() if value is not None and not is_empty(value)}


def probe_spec(probe: VirtualMachineProbe) -> Wire:
    """The readinessProbe of a VirtualMachine."""
    spec: dict[str, Any] = {"periodSeconds": probe.period_seconds, "timeoutSeconds": probe.timeout_seconds}
    if probe.tcp_socket is not None:
        return {**spec, "tcpSocket": {"port": probe.tcp_socket.port}}
    return {**spec, "guestHeartbeat": {"thresholdStatus": probe.guest_heartbeat}}


def primary_address(status: Mapping[str, Any] | None) -> str:
    """The primary IPv4 address in a VirtualMachine's status, or empty."""
    return str(((status or {}).get("network") or {}).get("primaryIP4") or "")


def load_balancer_address(status: Mapping[str, Any] | None) -> str:
    """The first address or host name that a load balancer wrote in a service's status, or empty."""
    ingress = ((status or {}).get("loadBalancer") or {}).get("ingress") or [{}]
    return str(ingress[0].get("ip") or ingress[0].get("hostname") or "")
