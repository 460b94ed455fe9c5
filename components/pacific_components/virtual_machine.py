"""A virtual machine of the VM Operator, with its guest's first configuration, volumes and service."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import VirtualMachineArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.crx_objects import claim_spec, machine_service
from pacific_components.guest_bootstrap import BootstrapSecret, bootstrap_spec
from pacific_components.kubernetes import DELETE_DEADLINE, VM_OPERATOR, KubernetesObject, Wire
from pacific_components.plumbing import VirtualMachinePlumbing
from pacific_components.values import api_fields, applied, is_empty
from pacific_infra.documents.readiness import ready_conditions, wait_for
from pacific_infra.documents.service import Service
from pacific_infra.documents.storage_class import storage_class
from pacific_infra.documents.virtual_machine import (
    NetworkInterface,
    VirtualMachineNetwork,
    VirtualMachineProbe,
    VirtualMachineSpec,
)
from pacific_infra.documents.virtual_machine_changes import replaced_by
from pacific_infra.documents.virtual_machine_hardware import CdRom, Encryption, VirtualMachineAffinity
from pacific_infra.documents.virtual_machine_patch import patched

DEADLINE = "15m"
"""Until the machine is created, powered as asked and has its address."""
MACHINE_DELETE_DEADLINE = "5m"
"""Until a deleted machine is gone."""
SERVICE_DEADLINE = "5m"
"""Until the load balancer has given the service an address."""


class VirtualMachine(DocumentComponent[VirtualMachinePlumbing, VirtualMachineSpec]):
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
        secret = BootstrapSecret(self._object + ("-user-data" if self._spec.cloud_init is not None else "-bootstrap"))
        bootstrap = bootstrap_spec(self._spec, secret)
        machine = self._machine(bootstrap, [*self._bootstrap_secret(secret), *self._claims()])
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

    def _bootstrap_secret(self, secret: BootstrapSecret) -> list[pulumi.Resource]:
        if not secret.data:
            return []
        return [
            KubernetesObject(
                "v1",
                "Secret",
                f"{self._name}{secret.name.removeprefix(self._object)}",
                metadata=self._metadata(secret.name, self._plumbing.namespace, labels=self._selector),
                fields={"stringData": secret.data},
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

    def _machine(self, bootstrap: Wire, needed: Sequence[pulumi.Resource]) -> KubernetesObject:
        options: dict[str, Any] = {}
        if self._spec.update_strategy == "Recreate":
            # Two VMs of one name, with one volume attached to both, cannot be.
            options |= {"replace_on_changes": replaced_by(), "delete_before_replace": True}
        fields, power_state = machine_spec(self._object, self._spec, bootstrap), self._spec.power_state
        if (of_group := self._plumbing.group_power_state) is not None:
            fields, power_state = {**fields, "powerState": "PoweredOff"}, of_group
            options["ignore_changes"] = ["spec.powerState"]
        conditions = awaited(power_state, probed=self._spec.readiness_probe is not None)
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
            fields={"spec": fields},
            opts=self._child(
                deadline=DEADLINE,
                delete_deadline=MACHINE_DELETE_DEADLINE,
                depends_on=needed,
                retain=self._retained,
                **options,
            ),
        )

    def _service(self, service: Service) -> pulumi.Output[str]:
        """Makes the VirtualMachineService; returns its address."""
        balanced = service.type == "LoadBalancer"
        address = {"pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].ip}"} if balanced else {}
        spec, annotations = machine_service(service, self._selector)
        service_object = KubernetesObject(
            VM_OPERATOR,
            "VirtualMachineService",
            f"{self._name}-service",
            metadata=self._metadata(
                self._object, self._plumbing.namespace, labels=self._selector, annotations={**annotations, **address}
            ),
            fields={"spec": spec},
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


def machine_spec(name: str, spec: VirtualMachineSpec, bootstrap: Wire) -> Wire:
    """The spec of the VirtualMachine, without the fields that the server writes (image, class, IDs, controllers)."""
    fields: dict[str, Any] = {
        "className": spec.class_name,
        "imageName": spec.image,
        "storageClass": applied(storage_class, spec.storage_policy),
        "powerState": spec.power_state,
        "powerOffMode": spec.power_off_mode,
        "suspendMode": spec.suspend_mode,
        "restartMode": spec.restart_mode,
        "bootstrap": bootstrap or None,
        "volumes": [
            {"name": volume.name, "persistentVolumeClaim": {"claimName": f"{name}-{volume.name}"}}
            for volume in spec.volumes
        ],
        "network": network_spec(spec.network),
        "readinessProbe": None if spec.readiness_probe is None else probe_spec(spec.readiness_probe),
        "guestID": spec.guest_id,
        "bootOptions": None if spec.boot_options is None else api_fields(spec.boot_options),
        "advanced": None if spec.boot_disk_capacity is None else {"bootDiskCapacity": spec.boot_disk_capacity},
        "hardware": {"cdrom": [_drive(drive) for drive in spec.cdrom]} if spec.cdrom else None,
        "minHardwareVersion": spec.min_hardware_version,
        "crypto": None if spec.crypto is None else _crypto(spec.crypto),
        "affinity": None if spec.affinity is None else _affinity(spec.affinity),
        "groupName": spec.group,
        "reserved": None if spec.resource_policy is None else {"resourcePolicyName": spec.resource_policy},
    }
    return patched(
        {field: value for field, value in fields.items() if value is not None and not is_empty(value)}, spec.spec
    )


def _drive(drive: CdRom) -> Wire:
    return {**api_fields(drive, without=["image", "kind"]), "image": {"kind": drive.kind, "name": drive.image}}


def _crypto(encryption: Encryption) -> Wire:
    mode = encryption.vtpm_mode
    return {**api_fields(encryption, without=["vtpm_mode"]), **({} if mode is None else {"vTPMMode": mode})}


def _affinity(affinity: VirtualMachineAffinity) -> Wire:
    """Rules without terms are left out: the API takes no empty list for none."""
    rules = {"vmAffinity": affinity.vm_affinity, "vmAntiAffinity": affinity.vm_anti_affinity}
    return {
        name: {field: terms for field, terms in api_fields(rule).items() if terms}
        for name, rule in rules.items()
        if rule is not None
    }


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
