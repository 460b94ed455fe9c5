"""The configuration of a Supervisor's own controllers, as a file for their process."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pacific_sandbox.certificates import CertificateAuthority
from pacific_sandbox.control_plane_protocol import SupervisorDescription
from pacific_sandbox.supervisor import programs


@dataclass(frozen=True)
class SimulatorAddress:
    """The vCenter simulator, as the Supervisors' own controllers reach it."""

    url: str
    """``https://127.0.0.1:port/sdk``"""
    username: str
    password_file: Path
    ca_file: Path


def controllers_configuration(
    description: SupervisorDescription,
    directory: Path,
    authority: CertificateAuthority,
    simulator: SimulatorAddress,
    *,
    kubeconfig: Path,
    ports: Mapping[str, int],
    control_plane: Path,
    images: Path,
    process_images: Path,
    crx: Path | None,
) -> dict[str, Any]:
    """What ``ControllersConfiguration.read`` reads. ``directory``: the Supervisor's."""
    server, etcd = authority.server(), authority.client("etcd-client", "kube-apiserver")
    served = {"certificate": str(server.certificate), "key": str(server.key)}
    ca_file = str(authority.certificate_file)
    return {
        "kubeconfig": str(kubeconfig),
        "vcenter": {
            "url": simulator.url,
            "username": simulator.username,
            "password_file": str(simulator.password_file),
            "ca_file": str(simulator.ca_file),
        },
        "supervisor": description.supervisor,
        "cluster": description.cluster,
        "cluster_name": description.cluster_name,
        "zone": description.zone,
        "datacenter": description.datacenter,
        "log_level": "INFO",
        "runtime": {
            "machines": str(crx) if crx else None,
            "images": str(images),
            "directory": str(directory / "crx"),
        },
        "processes": {"images": str(process_images), "directory": str(directory / "processes")},
        "clusters": {
            "program": str(control_plane),
            "directory": str(directory / "clusters"),
            "etcd": {
                "url": f"https://127.0.0.1:{ports['etcd']}",
                "ca_file": ca_file,
                "certificate": str(etcd.certificate),
                "key": str(etcd.key),
            },
        },
        "pod_network": programs.POD_NETWORK,
        "service_network": programs.SERVICE_NETWORK,
        "vm_network": programs.VM_NETWORK,
        "admission": {"port": ports["admission"], **served},
        "activator": ports["activator"],
        # For a kubelet-like server (logs, exec) that the kube-apiserver accepts.
        "kubelet_server": {**served, "client_ca_file": ca_file},
    }
