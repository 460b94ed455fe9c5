"""The command lines of a Supervisor's control plane: etcd, the Kubernetes components and the front."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pacific_sandbox.certificates import KeyPair

SERVICE_NETWORK = "10.96.0.0/20"
API_ADDRESS = "10.96.0.1"
"""The ClusterIP that Kubernetes gives to the Service ``kubernetes``: the first of the network."""
API_NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
POD_NETWORK = "10.244.64.0/18"
VM_NETWORK = "10.244.16.0/20"

LOST_HOST_SECONDS = 20
"""For so long pods wait for a lost host; Kubernetes' own default is 300."""

COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "front")
"""In the order of their start."""
ENVIRONMENT = {"GOGC": "200"}
"""Less work of the collector for more memory: a tenth of the API server's time where many objects are made."""


@dataclass(frozen=True)
class ControlPlaneFiles:
    """The files that the command lines name."""

    data: Path
    """Folder of etcd's data."""
    ca_file: Path
    server: KeyPair
    etcd_client: KeyPair
    kubelet_client: KeyPair
    service_account: KeyPair
    authentication: Path
    """AuthenticationConfiguration: who may come without a token."""
    token_webhook: Path
    """Kubeconfig of the service that reviews tokens."""
    controller_manager_kubeconfig: Path
    scheduler_kubeconfig: Path


def etcd(program: Path, files: ControlPlaneFiles, ports: Mapping[str, int]) -> Sequence[str]:
    """One member that does not wait for the disk: a sandbox may lose its last writes in a power failure."""
    client, peer = f"https://127.0.0.1:{ports['etcd']}", f"https://127.0.0.1:{ports['etcd-peer']}"
    return [
        str(program),
        "etcd",
        "--name=sandbox",
        f"--data-dir={files.data}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=sandbox={peer}",
        "--client-cert-auth",
        f"--trusted-ca-file={files.ca_file}",
        f"--cert-file={files.server.certificate}",
        f"--key-file={files.server.key}",
        # By which its JSON gateway is a client of its own.
        f"--client-cert-file={files.etcd_client.certificate}",
        f"--client-key-file={files.etcd_client.key}",
        "--peer-client-cert-auth",
        f"--peer-trusted-ca-file={files.ca_file}",
        f"--peer-cert-file={files.server.certificate}",
        f"--peer-key-file={files.server.key}",
        "--unsafe-no-fsync",
        "--auto-compaction-mode=periodic",
        "--auto-compaction-retention=10m",
        "--snapshot-count=5000",
        "--log-level=warn",
    ]


def kube_apiserver(program: Path, files: ControlPlaneFiles, ports: Mapping[str, int]) -> Sequence[str]:
    """Kubernetes' default admission, RBAC, tokens by webhook to the login service."""
    return [
        str(program),
        "kube-apiserver",
        f"--etcd-servers=https://127.0.0.1:{ports['etcd']}",
        f"--etcd-cafile={files.ca_file}",
        f"--etcd-certfile={files.etcd_client.certificate}",
        f"--etcd-keyfile={files.etcd_client.key}",
        *api_server(
            files.ca_file, files.server, files.service_account, ports["kube-apiserver"], services=SERVICE_NETWORK
        ),
        f"--kubelet-certificate-authority={files.ca_file}",
        f"--kubelet-client-certificate={files.kubelet_client.certificate}",
        f"--kubelet-client-key={files.kubelet_client.key}",
        # Not the hosts' own addresses: their Spherelet is on this computer, and speaks WebSocket, not SPDY.
        "--kubelet-preferred-address-types=InternalDNS",
        "--feature-gates=TranslateStreamCloseWebsocketRequests=false",
        f"--default-not-ready-toleration-seconds={LOST_HOST_SECONDS}",
        f"--default-unreachable-toleration-seconds={LOST_HOST_SECONDS}",
        f"--authentication-config={files.authentication}",
        f"--authentication-token-webhook-config-file={files.token_webhook}",
        "--authentication-token-webhook-version=v1",
        "--authentication-token-webhook-cache-ttl=2s",
        "--enable-priority-and-fairness=true",
    ]


def api_server(ca_file: Path, server: KeyPair, service_account: KeyPair, port: int, *, services: str) -> Sequence[str]:
    """Flags that the API servers of Supervisors and workload clusters share; ``services``: the network of Services."""
    return [
        "--bind-address=127.0.0.1",
        # Never used (no endpoints are written); without it the server wants a default route.
        "--advertise-address=192.0.2.1",
        "--endpoint-reconciler-type=none",
        f"--secure-port={port}",
        f"--tls-cert-file={server.certificate}",
        f"--tls-private-key-file={server.key}",
        f"--client-ca-file={ca_file}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={service_account.certificate}",
        f"--service-account-signing-key-file={service_account.key}",
        f"--service-cluster-ip-range={services}",
        "--allow-privileged=true",
        "--profiling=false",
        # One second of delay instead of a minute: no load balancer has to notice.
        "--shutdown-delay-duration=0s",
    ]


def kube_controller_manager(program: Path, files: ControlPlaneFiles, ports: Mapping[str, int]) -> Sequence[str]:
    """All of Kubernetes' controllers that a Supervisor needs; pods' addresses come from Spherelet, not from nodes."""
    return [
        str(program),
        "kube-controller-manager",
        f"--kubeconfig={files.controller_manager_kubeconfig}",
        *served(files.server, ports["kube-controller-manager"], queries=200),
        f"--root-ca-file={files.ca_file}",
        f"--service-account-private-key-file={files.service_account.key}",
        "--controllers=*,-node-ipam-controller,-node-route-controller,-cloud-node-lifecycle-controller,"
        "-service-lb-controller,-certificatesigningrequest-signing-controller",
        "--namespace-sync-period=30s",
    ]


def kube_scheduler(program: Path, files: ControlPlaneFiles, ports: Mapping[str, int]) -> Sequence[str]:
    """The default scheduler, as on a Supervisor."""
    return [
        str(program),
        "kube-scheduler",
        f"--kubeconfig={files.scheduler_kubeconfig}",
        *served(files.server, ports["kube-scheduler"], queries=200),
    ]


def served(server: KeyPair, port: int, *, queries: int) -> Sequence[str]:
    """Flags that controller manager and scheduler share; ``queries``: of the API a second, twice as many at once."""
    return [
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={server.certificate}",
        f"--tls-private-key-file={server.key}",
        "--leader-elect=false",
        "--profiling=false",
        f"--kube-api-qps={queries}",
        f"--kube-api-burst={2 * queries}",
    ]


def front(
    program: Path, files: ControlPlaneFiles, ports: Mapping[str, int], *, login: str, faults: Path, decisions: str
) -> Sequence[str]:
    """The one address of the Supervisor: ``/wcp/`` to the login service, the rest to the kube-apiserver."""
    return [
        str(program),
        "front",
        f"-listen=127.0.0.1:{ports['front']}",
        f"-tls-cert-file={files.server.certificate}",
        f"-tls-private-key-file={files.server.key}",
        f"-ca-file={files.ca_file}",
        f"-kubernetes=https://127.0.0.1:{ports['kube-apiserver']}",
        f"-login={login}",
        f"-faults={faults}",
        f"-fault-decisions={decisions}",
    ]


def authentication_configuration() -> dict[str, object]:
    """AuthenticationConfiguration: without credentials only health may be asked."""
    paths = ["/livez", "/readyz", "/healthz"]
    return {
        "apiVersion": "apiserver.config.k8s.io/v1beta1",
        "kind": "AuthenticationConfiguration",
        "anonymous": {"enabled": True, "conditions": [{"path": path} for path in paths]},
    }


def kubeconfig(server: str, ca_file: Path, client: KeyPair | None = None) -> dict[str, object]:
    """A kubeconfig that names files."""
    user = {"client-certificate": str(client.certificate), "client-key": str(client.key)} if client else {}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "supervisor", "cluster": {"server": server, "certificate-authority": str(ca_file)}}],
        "users": [{"name": "client", "user": user}],
        "contexts": [{"name": "supervisor", "context": {"cluster": "supervisor", "user": "client"}}],
        "current-context": "supervisor",
    }
