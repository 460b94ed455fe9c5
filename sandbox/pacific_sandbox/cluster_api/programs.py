"""The command lines of a workload cluster's control plane, which keeps its data in the Supervisor's etcd."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pacific_sandbox.certificates import KeyPair
from pacific_sandbox.supervisor.programs import api_server, served

COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
"""In the order of their start."""
ENVIRONMENT = {"GOGC": "50"}
"""Less memory for more work of the collector: a cluster of the sandbox is small and seldom busy."""
_CONTROLLERS = (
    "cronjob-controller",
    "daemonset-controller",
    "deployment-controller",
    "disruption-controller",
    "endpoints-controller",
    "endpointslice-controller",
    "garbage-collector-controller",
    "job-controller",
    "namespace-controller",
    "replicaset-controller",
    "resourcequota-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "statefulset-controller",
    "ttl-after-finished-controller",
)
"""Those whose work is seen in a cluster without disks, kubelets and a cloud."""


@dataclass(frozen=True)
class Etcd:
    """The etcd that clusters share: each has a prefix of its own there."""

    url: str
    ca_file: Path
    client: KeyPair


@dataclass(frozen=True)
class ClusterFiles:
    """The files that the command lines name."""

    ca_file: Path
    server: KeyPair
    service_account: KeyPair
    controller_manager_kubeconfig: Path
    scheduler_kubeconfig: Path


def kube_apiserver(
    program: Path, files: ClusterFiles, ports: Mapping[str, int], etcd: Etcd, *, prefix: str, services: str
) -> Sequence[str]:
    """Client certificates and service accounts, RBAC; ``services``: the network of Services."""
    return [
        str(program),
        "kube-apiserver",
        f"--etcd-servers={etcd.url}",
        f"--etcd-cafile={etcd.ca_file}",
        f"--etcd-certfile={etcd.client.certificate}",
        f"--etcd-keyfile={etcd.client.key}",
        f"--etcd-prefix={prefix}",
        *api_server(files.ca_file, files.server, files.service_account, ports["kube-apiserver"], services=services),
    ]


def kube_controller_manager(program: Path, files: ClusterFiles, ports: Mapping[str, int]) -> Sequence[str]:
    """Without the life cycle of nodes: theirs is that of their machines."""
    return [
        str(program),
        "kube-controller-manager",
        f"--kubeconfig={files.controller_manager_kubeconfig}",
        *served(files.server, ports["kube-controller-manager"], queries=100),
        f"--root-ca-file={files.ca_file}",
        f"--service-account-private-key-file={files.service_account.key}",
        f"--controllers={','.join(_CONTROLLERS)}",
        "--namespace-sync-period=30s",
    ]


def kube_scheduler(program: Path, files: ClusterFiles, ports: Mapping[str, int]) -> Sequence[str]:
    """The default scheduler."""
    return [
        str(program),
        "kube-scheduler",
        f"--kubeconfig={files.scheduler_kubeconfig}",
        *served(files.server, ports["kube-scheduler"], queries=100),
    ]
