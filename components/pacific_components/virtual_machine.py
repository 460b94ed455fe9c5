"""A virtual machine of the VM Operator, with its cloud-init, volumes and service."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

import pulumi

from pacific_components.arguments import TimeoutsArgs
from pacific_components.checking import checked
from pacific_components.component import Component, DeletionPolicy
from pacific_components.kubernetes import DELETE_DEADLINE, VM_OPERATOR, KubernetesObject, Wire
from pacific_infra.documents.readiness import ready_conditions, wait_for

DEADLINE = "15m"
"""Until the machine is created, powered as asked and has its address."""
MACHINE_DELETE_DEADLINE = "5m"
"""Until a deleted machine is gone."""
SERVICE_DEADLINE = "5m"
"""Until the load balancer has given the service an address."""


class VirtualMachineVolumeArgs(TypedDict):
    """A disk of its own, as a PersistentVolumeClaim that outlives a rebuilt machine."""

    name: str
    """Name of the volume in the machine; the claim is called MACHINE-NAME."""
    size: pulumi.Input[str]
    """Size as a Kubernetes quantity, for example ``20Gi``; it can grow, not shrink."""
    storage_class: pulumi.Input[str]
    """Kubernetes name of the storage policy."""
    access_mode: NotRequired[pulumi.Input[str]]
    """ReadWriteOnce (default), ReadWriteMany, ReadOnlyMany or ReadWriteOncePod."""


class VirtualMachineServicePortArgs(TypedDict):
    """A port of the machine's service."""

    name: NotRequired[str]
    """Name of the port; default: port-NUMBER."""
    port: pulumi.Input[int]
    """Port of the service."""
    target_port: NotRequired[pulumi.Input[int]]
    """Port of the machine; default: the same."""
    protocol: NotRequired[pulumi.Input[str]]
    """TCP (default), UDP or SCTP."""


class VirtualMachineServiceArgs(TypedDict):
    """A stable address in front of the machine."""

    type: NotRequired[Literal["ClusterIP", "LoadBalancer"]]
    """ClusterIP (default) or LoadBalancer; plain, since it decides what is waited for."""
    ports: Sequence[VirtualMachineServicePortArgs]
    """At least one port."""


class NetworkInterfaceArgs(TypedDict):
    """A network interface of the machine."""

    name: NotRequired[str]
    """Name, unique in the machine; default: eth0."""
    network: NotRequired[pulumi.Input[str]]
    """Network of the namespace; default: its primary one."""
    addresses: NotRequired[Sequence[pulumi.Input[str]]]
    """Fixed addresses with prefix length; default: the network gives one."""
    gateway4: NotRequired[pulumi.Input[str]]
    """Gateway of fixed addresses."""
    nameservers: NotRequired[Sequence[pulumi.Input[str]]]
    """Name servers; default: the network's."""


class NetworkArgs(TypedDict):
    """The machine's place in the network."""

    host_name: NotRequired[pulumi.Input[str]]
    """The guest's host name; default: the machine's name."""
    domain_name: NotRequired[pulumi.Input[str]]
    """The guest's domain."""
    interfaces: NotRequired[Sequence[NetworkInterfaceArgs]]
    """Network interfaces; default: one on the namespace's primary network."""


class ReadinessProbeArgs(TypedDict):
    """When the guest serves: a TCP port that answers, or the guest's heartbeat. Give one of the two."""

    tcp_port: NotRequired[int]
    """Port that must accept a connection."""
    guest_heartbeat: NotRequired[Literal["yellow", "green"]]
    """Lowest colour of VMware Tools' heartbeat that passes: yellow or green."""
    period_seconds: NotRequired[int]
    """Seconds between two probes; default 10."""
    timeout_seconds: NotRequired[int]
    """Seconds until a probe has failed; default 10."""


class VirtualMachineArgs(TypedDict):
    """Arguments of VirtualMachine."""

    namespace: pulumi.Input[str]
    """The vSphere Namespace."""
    name: NotRequired[str]
    """Name of the object; default: the last part of the component's name."""
    class_name: pulumi.Input[str]
    """The VM class."""
    image: pulumi.Input[str]
    """Name of the image, as the content library shows it. It cannot be changed afterwards."""
    storage_class: pulumi.Input[str]
    """Kubernetes name of the storage policy of the machine's own disk."""
    power_state: NotRequired[Literal["PoweredOn", "PoweredOff", "Suspended"]]
    """PoweredOn (default), PoweredOff or Suspended; plain, since it decides what is waited for."""
    cloud_init: NotRequired[pulumi.Input[str]]
    """cloud-init user data (``#cloud-config``). It is a secret from here on."""
    volumes: NotRequired[Sequence[VirtualMachineVolumeArgs]]
    """Further disks; plain, since each is a resource."""
    network: NotRequired[NetworkArgs]
    """Its place in the network. It cannot be changed afterwards."""
    service: NotRequired[VirtualMachineServiceArgs]
    """Its VirtualMachineService."""
    readiness_probe: NotRequired[ReadinessProbeArgs]
    """When given, the machine is waited for until its probe has passed."""
    guest_id: NotRequired[pulumi.Input[str]]
    """vSphere's identifier of the guest's operating system, where the image has none."""
    resource_policy: NotRequired[pulumi.Input[str]]
    """A VirtualMachineSetResourcePolicy of the namespace."""
    deletion_policy: NotRequired[DeletionPolicy]
    """Retain (default): machine, volumes and user data stay when the component goes. Delete: they go with it."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Labels of every object."""
    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Annotations of every object."""
    node: NotRequired[str]
    """Its node in the estate's graph; default: VirtualMachine/NAME."""
    timeouts: NotRequired[TimeoutsArgs]
    """Deadlines in place of the defaults."""


class VirtualMachine(Component):
    """A VirtualMachine, awaited until it is created, powered as asked and has an address."""

    name: pulumi.Output[str]
    """Name of the machine."""
    power_state: pulumi.Output[str]
    """Power state that the VM Operator last reported."""
    address: pulumi.Output[str]
    """Its primary IPv4 address; empty where it is powered off."""
    service_address: pulumi.Output[str]
    """The service's load balancer address, or its DNS name inside the Supervisor; empty without a service."""

    def __init__(self, name: str, args: VirtualMachineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args = checked(VirtualMachineArgs, args, f"VirtualMachine {name}")
        super().__init__("pacific:index:VirtualMachine", name, args, opts)
        object_name = args.get("name") or name.rpartition("/")[2]
        namespace = args["namespace"]
        retain = args.get("deletion_policy", "Retain") == "Retain"
        selector = {"app.kubernetes.io/name": object_name}
        power_state = args.get("power_state", "PoweredOn")

        needed: list[pulumi.Resource] = []
        if "cloud_init" in args:
            needed.append(
                KubernetesObject(
                    "v1",
                    "Secret",
                    f"{name}-user-data",
                    metadata=self._metadata(f"{object_name}-user-data", namespace, labels=selector),
                    fields={"stringData": {"user-data": pulumi.Output.secret(args["cloud_init"])}},
                    opts=self._child(
                        delete_deadline=DELETE_DEADLINE, retain=retain, additional_secret_outputs=["data"]
                    ),
                )
            )
        for volume in args.get("volumes", ()):
            claim = f"{object_name}-{volume['name']}"
            needed.append(
                KubernetesObject(
                    "v1",
                    "PersistentVolumeClaim",
                    f"{name}-{volume['name']}",
                    metadata=self._metadata(
                        claim, namespace, labels=selector, annotations={"pulumi.com/skipAwait": "true"}
                    ),
                    fields={"spec": claim_spec(volume)},
                    opts=self._child(delete_deadline=DELETE_DEADLINE, retain=retain),
                )
            )

        machine = KubernetesObject(
            VM_OPERATOR,
            "VirtualMachine",
            f"{name}-machine",
            metadata=self._metadata(
                object_name,
                namespace,
                labels=selector,
                annotations={"pulumi.com/waitFor": json.dumps(awaited(power_state, "readiness_probe" in args))},
            ),
            fields={"spec": machine_spec(object_name, power_state, args)},
            opts=self._child(
                deadline=DEADLINE, delete_deadline=MACHINE_DELETE_DEADLINE, depends_on=needed, retain=retain
            ),
        )
        self.name = machine.metadata.apply(lambda metadata: str(metadata["name"]))
        self.power_state = machine.status.apply(lambda status: str((status or {}).get("powerState") or ""))
        self.address = machine.status.apply(primary_address)
        self.service_address = pulumi.Output.from_input("")

        if "service" in args:
            service_args = args["service"]
            balanced = service_args.get("type") == "LoadBalancer"
            annotations = {}
            if balanced:
                annotations = {"pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].ip}"}
            service = KubernetesObject(
                VM_OPERATOR,
                "VirtualMachineService",
                f"{name}-service",
                metadata=self._metadata(object_name, namespace, labels=selector, annotations=annotations),
                fields={"spec": service_spec(service_args, selector)},
                opts=self._child(deadline=SERVICE_DEADLINE, delete_deadline=DELETE_DEADLINE),
            )
            dns_name = pulumi.Output.concat(object_name, ".", namespace, ".svc")
            self.service_address = (
                service.status.apply(load_balancer_address) if balanced else service.id.apply(lambda _: dns_name)
            )

        self.register_outputs(
            {
                "name": self.name,
                "power_state": self.power_state,
                "address": self.address,
                "service_address": self.service_address,
            }
        )


def awaited(power_state: str, probed: bool) -> list[str]:
    """Conditions of a ready machine, as the Kubernetes provider's ``pulumi.com/waitFor`` spells them."""
    powered_on = power_state == "PoweredOn"
    values = [f"{{.status.powerState}}={power_state}", *(["{.status.network.primaryIP4}"] if powered_on else [])]
    own = ready_conditions(VM_OPERATOR, "VirtualMachine", has_conditions=True)
    return [*wait_for(own, values), *wait_for(["Ready"] if powered_on and probed else [])]


def machine_spec(name: str, power_state: str, args: VirtualMachineArgs) -> Wire:
    """The spec of the VirtualMachine, without the fields that the server writes (image, class, IDs, controllers)."""
    spec: dict[str, Any] = {
        "className": args["class_name"],
        "imageName": args["image"],
        "storageClass": args["storage_class"],
        "powerState": power_state,
    }
    if "cloud_init" in args:
        spec["bootstrap"] = {"cloudInit": {"rawCloudConfig": {"name": f"{name}-user-data", "key": "user-data"}}}
    if args.get("volumes"):
        spec["volumes"] = [
            {"name": volume["name"], "persistentVolumeClaim": {"claimName": f"{name}-{volume['name']}"}}
            for volume in args["volumes"]
        ]
    if "network" in args:
        spec["network"] = network_spec(args["network"])
    if "readiness_probe" in args:
        spec["readinessProbe"] = probe_spec(args["readiness_probe"])
    if "guest_id" in args:
        spec["guestID"] = args["guest_id"]
    if "resource_policy" in args:
        spec["reserved"] = {"resourcePolicyName": args["resource_policy"]}
    return spec


def network_spec(args: NetworkArgs) -> Wire:
    """The network of a VirtualMachine."""
    spec: dict[str, Any] = {}
    if "host_name" in args:
        spec["hostName"] = args["host_name"]
    if "domain_name" in args:
        spec["domainName"] = args["domain_name"]
    if args.get("interfaces"):
        spec["interfaces"] = [_interface(interface) for interface in args["interfaces"]]
    return spec


def _interface(args: NetworkInterfaceArgs) -> Wire:
    spec: dict[str, Any] = {**args, "name": args.get("name", "eth0")}
    if "network" in args:
        spec["network"] = {"name": args["network"]}
    return spec


def probe_spec(args: ReadinessProbeArgs) -> Wire:
    """The readinessProbe of a VirtualMachine."""
    spec: dict[str, Any] = {
        "periodSeconds": args.get("period_seconds", 10),
        "timeoutSeconds": args.get("timeout_seconds", 10),
    }
    if "tcp_port" in args:
        spec["tcpSocket"] = {"port": args["tcp_port"]}
    else:
        spec["guestHeartbeat"] = {"thresholdStatus": args.get("guest_heartbeat", "green")}
    return spec


def claim_spec(volume: VirtualMachineVolumeArgs) -> Wire:
    """The spec of the PersistentVolumeClaim of a volume."""
    return {
        "accessModes": [volume.get("access_mode", "ReadWriteOnce")],
        "resources": {"requests": {"storage": volume["size"]}},
        "storageClassName": volume["storage_class"],
    }


def service_spec(args: VirtualMachineServiceArgs, selector: Mapping[str, str]) -> Wire:
    """The spec of the VirtualMachineService."""
    ports = []
    for port in args["ports"]:
        number = port["port"]
        ports.append(
            {
                "name": port.get("name") or pulumi.Output.concat("port-", pulumi.Output.from_input(number).apply(str)),
                "port": number,
                "targetPort": port.get("target_port", number),
                "protocol": port.get("protocol", "TCP"),
            }
        )
    return {"type": args.get("type", "ClusterIP"), "selector": dict(selector), "ports": ports}


def primary_address(status: Mapping[str, Any] | None) -> str:
    """The primary IPv4 address in a VirtualMachine's status, or empty."""
    return str(((status or {}).get("network") or {}).get("primaryIP4") or "")


def load_balancer_address(status: Mapping[str, Any] | None) -> str:
    """The first address or host name that a load balancer wrote in a service's status, or empty."""
    ingress = ((status or {}).get("loadBalancer") or {}).get("ingress") or [{}]
    return str(ingress[0].get("ip") or ingress[0].get("hostname") or "")
