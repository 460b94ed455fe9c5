"""A client of the simulated vCenter in this process."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.testclient import TestClient

from tests.support.vcenter_doubles import GOLD, LIBRARY, ControlPlaneDouble, ControlPlanesDouble, InventoryDouble
from tests.support.waiting import PATIENCE

SUPERVISORS = "/api/vcenter/namespace-management/supervisors"
NAMESPACES = "/api/vcenter/namespaces/instances"
PASSWORDS = {"administrator@vsphere.local": "admin", "alice@vsphere.local": "alice", "auditor@vsphere.local": "auditor"}


@dataclass
class VCenter:
    """A running application with a logged-in client."""

    client: TestClient
    planes: ControlPlanesDouble
    inventory: InventoryDouble
    headers: dict[str, str] = field(default_factory=dict)

    def log_in(self, user: str = "administrator@vsphere.local") -> dict[str, str]:
        answer = self.client.post("/api/session", headers=basic(user, PASSWORDS[user]))
        assert answer.status_code == 201, answer.text
        return {"vmware-api-session-id": answer.json()}

    def send(self, method: str, path: str, body: Any = None, **parameters: str) -> tuple[int, Any]:
        """Status and decoded answer."""
        content = None if body is None else json.dumps(body)
        answer = self.client.request(method, path, content=content, params=parameters, headers=self.headers)
        return answer.status_code, answer.json() if answer.content else None

    def get(self, path: str, **parameters: str) -> Any:
        status, answer = self.send("GET", path, **parameters)
        assert status == 200, answer
        return answer

    def done(self, method: str, path: str, body: Any = None, **parameters: str) -> None:
        assert self.send(method, path, body, **parameters) == (204, None)

    def refused(self, method: str, path: str, body: Any = None, **parameters: str) -> tuple[int, str, str]:
        """Status, error type and text of an error, whose shape is checked."""
        status, answer = self.send(method, path, body, **parameters)
        assert status >= 400, answer
        (message,) = answer["messages"]
        assert set(message) == {"id", "default_message", "args"}
        return status, answer["error_type"], message["default_message"]

    def enable(self, cluster: str = "domain-c1", name: str = "supervisor-01", **more: Any) -> str:
        """Enable a Supervisor and wait until it runs; its identifier."""
        status, supervisor = self.send(
            "POST",
            f"{SUPERVISORS}/{cluster}",
            {**enable_specification(name), **more},
            action="enable_on_compute_cluster",
        )
        assert status == 200, supervisor
        self.eventually(lambda: self.supervisor(supervisor)["config_status"] == "RUNNING")
        return str(supervisor)

    def supervisor(self, supervisor: str) -> Any:
        return self.get(f"{SUPERVISORS}/{supervisor}/summary")

    def create_namespace(self, supervisor: str, namespace: str = "shop", **fields: Any) -> None:
        self.done("POST", f"{NAMESPACES}/v2", {"supervisor": supervisor, "namespace": namespace, **fields})
        self.runs(namespace)

    def namespace(self, name: str = "shop") -> Any:
        return self.get(f"{NAMESPACES}/v2/{name}")

    def runs(self, namespace: str = "shop") -> None:
        self.eventually(lambda: self.namespace(namespace)["config_status"] == "RUNNING")

    def wait_until_gone(self, path: str) -> None:
        self.eventually(lambda: self.send("GET", path)[0] == 404)

    @property
    def plane(self) -> ControlPlaneDouble:
        return self.planes.only

    @staticmethod
    def eventually(condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, "the condition did not become true in time"
            time.sleep(0.005)


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def enable_specification(name: str = "supervisor-01") -> dict[str, Any]:
    return {
        "name": name,
        "control_plane": {
            "network": {
                "backing": {"backing": "NETWORK", "network": "dvportgroup-1"},
                "floating_IP_address": "10.0.0.9",
                "services": {"dns": {"servers": ["10.0.0.2"], "search_domains": []}},
            },
            "storage_policy": GOLD,
            "size": "TINY",
            "count": 1,
        },
        "workloads": {
            "network": {"network_type": "VSPHERE", "vsphere": {"dvpg": "dvportgroup-2"}},
            "edge": {
                "provider": "HAPROXY",
                "haproxy": {
                    "servers": [{"host": "10.0.0.5", "port": 5556}],
                    "username": "admin",
                    "password": "very-secret",
                    "certificate_authority_chain": "PEM",
                },
            },
            "images": {"content_libraries": [{"content_library": LIBRARY}]},
        },
    }
