"""vCenter and a Supervisor as plain clients see them; nothing of the product's own clients."""

import json
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.waiting import PATIENCE, wait_until

SUPERVISORS = "/api/vcenter/namespace-management/supervisors"
NAMESPACES = "/api/vcenter/namespaces/instances"
TAGS = "/api/cis/tagging/tag"


@dataclass
class VCenter:
    """A session at the simulated vCenter."""

    settings: VCenterSettings

    def __post_init__(self) -> None:
        context = ssl.create_default_context(cafile=str(self.settings.ca_file))
        self._http = httpx2.Client(
            base_url=f"https://{self.settings.server}", verify=context, trust_env=False, timeout=PATIENCE
        )
        answer = self._http.post("/api/session", auth=(self.settings.username, self.settings.read_password()))
        answer.raise_for_status()
        self._http.headers["vmware-api-session-id"] = answer.json()

    def call(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        """The JSON of the answer; the test fails where its code is not ``expect`` (or 204)."""
        answer = self._http.request(method, path, json=body)
        assert answer.status_code in {expect, 204}, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def cluster(self, name: str) -> str:
        """The managed object identifier of a cluster."""
        return next(str(item["cluster"]) for item in self.call("GET", "/api/vcenter/cluster") if item["name"] == name)

    def network(self, name: str) -> str:
        """The managed object identifier of a port group."""
        return next(str(item["network"]) for item in self.call("GET", "/api/vcenter/network") if item["name"] == name)

    def enable(self, name: str, cluster: str) -> str:
        """Enable a Supervisor and wait until it is ready; its identifier."""
        spec = supervisor_spec(name, self.network("management"), self.network("workload-01"))
        path = f"{SUPERVISORS}/{self.cluster(cluster)}?action=enable_on_compute_cluster"
        supervisor = str(self.call("POST", path, spec))
        self.wait_running(supervisor)
        return supervisor

    def wait_running(self, supervisor: str) -> Mapping[str, Any]:
        """The summary of a Supervisor once it is RUNNING and READY."""

        def summary() -> Mapping[str, Any] | None:
            answer: Mapping[str, Any] = self.call("GET", f"{SUPERVISORS}/{supervisor}/summary")
            ready = answer["config_status"] == "RUNNING" and answer["kubernetes_status"] == "READY"
            return answer if ready else None

        ready: Mapping[str, Any] = wait_until(f"Supervisor {supervisor}", summary)
        return ready

    def delete_supervisors(self, keep: str) -> list[str]:
        """Delete every Supervisor of another name than ``keep``, wait until they are away, and delete the tags by which
        stacks mark their clusters; the names of the Supervisors.
        """

        def others() -> dict[str, str]:
            items = self.call("GET", f"{SUPERVISORS}/summaries")["items"]
            return {item["supervisor"]: item["info"]["name"] for item in items if item["info"]["name"] != keep}

        leftovers = others()
        for supervisor in leftovers:
            self.call("DELETE", f"{SUPERVISORS}/{supervisor}")
        wait_until("the end of the Supervisors that a test left", lambda: not others())
        for tag in self.call("GET", TAGS) if leftovers else ():
            self.call("DELETE", f"{TAGS}/{quote(tag, safe='')}")
        return list(leftovers.values())

    def delete_namespaces(self) -> None:
        """Delete every vSphere Namespace, and wait until they are away."""

        def namespaces() -> dict[str, str]:
            return {item["namespace"]: item["config_status"] for item in self.call("GET", f"{NAMESPACES}/v2")}

        for name, status in namespaces().items():
            if status != "REMOVING":  # vCenter refuses to remove it twice
                self.call("DELETE", f"{NAMESPACES}/{name}", expect=204)
        wait_until("the end of the namespaces that a test left", lambda: not namespaces())

    def close(self) -> None:
        self._http.close()


def supervisor_spec(name: str, management: str, workload: str) -> dict[str, Any]:
    """The least that a Supervisor needs (EnableOnComputeClusterSpec)."""
    return {
        "name": name,
        "control_plane": {"network": {"backing": {"backing": "NETWORK", "network": management}}, "count": 1},
        "workloads": {
            "network": {"network_type": "VSPHERE", "vsphere": {"dvpg": workload}},
            "edge": {"provider": "VSPHERE_FOUNDATION", "foundation": {}},
        },
    }


@dataclass(frozen=True)
class SupervisorClient:
    """kubectl and login at one Supervisor."""

    endpoint: str
    ca_file: Path
    users: Path

    def password(self, user: str) -> str:
        return str(json.loads(self.users.read_text())[user]["password"])

    def login(self, user: str, password: str | None = None) -> httpx2.Response:
        context = ssl.create_default_context(cafile=str(self.ca_file))
        credentials = (user, self.password(user) if password is None else password)
        with httpx2.Client(verify=context, trust_env=False, timeout=PATIENCE) as client:
            return client.post(f"https://{self.endpoint}/wcp/login", auth=credentials)

    def token(self, user: str = "administrator@vsphere.local") -> str:
        return str(self.login(user).raise_for_status().json()["session_id"])

    def kubectl(self, token: str, *arguments: str, document: Any = None) -> subprocess.CompletedProcess[str]:
        """Run kubectl as a token's user; ``document`` goes to its standard input."""
        text = None if document is None else json.dumps(document)
        command = self._command(token, *arguments)
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=PATIENCE)

    @contextmanager
    def forwarded(self, token: str, namespace: str, target: str, port: int) -> Iterator[str]:
        """While inside, ``kubectl port-forward`` serves the target's port at this address of this computer."""
        command = self._command(token, "port-forward", "-n", namespace, target, f":{port}")
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as forwarding:
            try:
                assert forwarding.stdout is not None
                yield forwarding.stdout.readline().removeprefix("Forwarding from ").partition(" ")[0]
            finally:
                forwarding.terminate()

    def _command(self, token: str, *arguments: str) -> list[str]:
        server = ["--kubeconfig=/dev/null", f"--server=https://{self.endpoint}"]
        return ["kubectl", *server, f"--certificate-authority={self.ca_file}", f"--token={token}", *arguments]
