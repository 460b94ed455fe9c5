"""Document VirtualMachine to arguments."""

import pulumi

from pacific_components.estate.given import annotations_of
from pacific_components.estate.sources import text_of
from pacific_components.virtual_machine import (
    NetworkArgs,
    NetworkInterfaceArgs,
    ReadinessProbeArgs,
    VirtualMachineArgs,
    VirtualMachineServiceArgs,
    VirtualMachineServicePortArgs,
    VirtualMachineVolumeArgs,
)
from pacific_infra.declaration import Secret
from pacific_infra.documents import VirtualMachine, VirtualMachineSpec
from pacific_infra.documents.service import Service, ServicePort
from pacific_infra.documents.storage_class import storage_class
from pacific_infra.documents.virtual_machine import NetworkInterface, VirtualMachineNetwork, VirtualMachineProbe
from pacific_infra.documents.volume import VirtualMachineVolume


def virtual_machine_args(document: VirtualMachine, namespace: pulumi.Input[str], secret: Secret) -> VirtualMachineArgs:
    """Arguments of the component; ``namespace`` is the name that the vSphere Namespace has."""
    spec = document.spec
    args: VirtualMachineArgs = {
        "namespace": namespace,
        "name": document.name,
        "class_name": spec.class_name,
        "image": spec.image,
        "storage_class": storage_class(spec.storage_policy),
        "power_state": spec.power_state,
        "volumes": [_volume(volume, spec) for volume in spec.volumes],
        "deletion_policy": spec.deletion_policy,
        "labels": dict(document.metadata.labels),
        "annotations": annotations_of(document),
        "node": document.id,
    }
    if spec.cloud_init is not None:
        args["cloud_init"] = text_of(spec.cloud_init.user_data, secret)
    network = _network(spec.network)
    if network:
        args["network"] = network
    if spec.service is not None:
        args["service"] = _service(spec.service)
    if spec.readiness_probe is not None:
        args["readiness_probe"] = _probe(spec.readiness_probe)
    return args


def _volume(volume: VirtualMachineVolume, spec: VirtualMachineSpec) -> VirtualMachineVolumeArgs:
    policy = volume.storage_policy or spec.storage_policy
    return {"name": volume.name, "size": volume.size, "storage_class": storage_class(policy)}


def _network(network: VirtualMachineNetwork) -> NetworkArgs:
    args = NetworkArgs()
    if network.host_name is not None:
        args["host_name"] = network.host_name
    if network.domain is not None:
        args["domain_name"] = network.domain
    if network.interfaces:
        args["interfaces"] = [_interface(interface) for interface in network.interfaces]
    return args


def _interface(interface: NetworkInterface) -> NetworkInterfaceArgs:
    args: NetworkInterfaceArgs = {"name": interface.name}
    if interface.network is not None:
        args["network"] = interface.network
    if interface.addresses:
        args["addresses"] = list(interface.addresses)
    if interface.gateway is not None:
        args["gateway4"] = interface.gateway
    if interface.name_servers:
        args["nameservers"] = list(interface.name_servers)
    return args


def _service(service: Service) -> VirtualMachineServiceArgs:
    return {"type": service.type, "ports": [_port(port) for port in service.ports]}


def _port(port: ServicePort) -> VirtualMachineServicePortArgs:
    args: VirtualMachineServicePortArgs = {"port": port.port, "protocol": port.protocol}
    if port.name is not None:
        args["name"] = port.name
    if isinstance(port.target_port, int):
        args["target_port"] = port.target_port
    return args


def _probe(probe: VirtualMachineProbe) -> ReadinessProbeArgs:
    args: ReadinessProbeArgs = {
        "period_seconds": probe.period_seconds,
        "timeout_seconds": probe.timeout_seconds,
    }
    if probe.tcp_socket is not None:
        args["tcp_port"] = probe.tcp_socket.port
    if probe.guest_heartbeat is not None:
        args["guest_heartbeat"] = probe.guest_heartbeat
    return args
