"""The controller of MongoDB as a process beside the sandbox, with the rights of its document and no others."""

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pacific_components.controller import LEADER_RULES, role_rules

from pacific_infra.documents import load_estate
from pacific_infra.documents.controller import Controller
from tests.support.sandbox_clients import SupervisorClient, VCenter
from tests.support.waiting import PATIENCE, wait_until

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "mongodb" / "stack" / "documents"
DEFINITION = ROOT / "mongodb" / "pacific_mongodb" / "mongodb.crd.yaml"
ACCOUNT = "mongodb-controller"
NAMESPACES = "/api/vcenter/namespaces/instances/v2"
WITHOUT_FINALIZERS = '{"metadata":{"finalizers":null}}'


@dataclass
class MongoDBController:
    """One controller of one namespace; ``start`` and ``kill`` as often as wanted."""

    client: SupervisorClient
    token: str
    namespace: str
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    identity: str = "controller-0"
    environment: dict[str, str] = field(default_factory=dict)

    def kubectl(self, *arguments: str, document: Any = None) -> str:
        """The output; the test fails where kubectl does."""
        self._restart()
        done = self.client.kubectl(self.token, "-n", self.namespace, *arguments, document=document)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *arguments: str, document: Any = None) -> str:
        """What kubectl says to what is refused."""
        done = self.client.kubectl(self.token, "-n", self.namespace, *arguments, document=document)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def get(self, kind: str, name: str) -> Any:
        """The object; None where it is not there."""
        self._restart()
        done = self.client.kubectl(self.token, "-n", self.namespace, "get", kind, name, "-o", "json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def items(self, kind: str) -> list[Any]:
        items: list[Any] = json.loads(self.kubectl("get", kind, "-o", "json"))["items"]
        return items

    def apply(self, name: str, **spec: Any) -> None:
        """A MongoDB as the stack's document has it, with other fields."""
        self.kubectl("apply", "-f", "-", document=mongodb(name, **spec))

    def until(self, name: str, subject: str, holds: Any) -> Any:
        """The MongoDB once ``holds`` is true of it."""

        def looked() -> Any:
            result = self.get("mongodb", name)
            return result if result and holds(result) else None

        try:
            return wait_until(subject, looked)
        except BaseException:
            print(json.dumps((self.get("mongodb", name) or {}).get("status")), self.log()[-3000:])  # noqa: T201
            raise

    def until_ready(self, name: str, members: int) -> Any:
        """The MongoDB once it is Ready with so many members, by its newest generation."""
        return self.until(name, f"{members} members", lambda result: is_ready(result, members))

    @contextlib.contextmanager
    def replaced(self, name: str, kind: str = "pod") -> Iterator[None]:
        """Waits at its end until another member has this name."""
        before = self.get(kind, name)["metadata"]["uid"]
        yield

        def moved() -> bool:
            result = self.get(kind, name)
            return bool(result) and result["metadata"]["uid"] != before

        wait_until(f"another {kind} {name}", moved)

    def rotate(self, name: str, password: str) -> None:
        """Write another password into a database's Secret."""
        data = {"password": base64.b64encode(password.encode()).decode()}
        self.kubectl("patch", "secret", f"{name}-credentials", "-p", json.dumps({"data": data}))

    def install(self) -> None:
        """The definition, and an account with the rights of the document."""
        self.kubectl("apply", "-f", str(DEFINITION))
        self.kubectl("wait", "--for=condition=Established", "crd/mongodbs.mongodb.pacific.infra", "--timeout=300s")
        spec = controller_document().spec
        rules = [*role_rules(["mongodbs.mongodb.pacific.infra"], spec.rules), *LEADER_RULES]
        group = "rbac.authorization.k8s.io"
        account = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": self.namespace}
        items: list[Any] = [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT}},
            {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": {"name": ACCOUNT}, "rules": rules},
            {
                "apiVersion": f"{group}/v1",
                "kind": "RoleBinding",
                "metadata": {"name": ACCOUNT},
                "roleRef": {"apiGroup": group, "kind": "Role", "name": ACCOUNT},
                "subjects": [account],
            },
        ]
        self.kubectl("apply", "-f", "-", document={"apiVersion": "v1", "kind": "List", "items": items})
        self.login()

    def login(self) -> None:
        """A kubeconfig as the controller's account."""
        token = self.kubectl("create", "token", ACCOUNT, "--duration=2h").strip()
        cluster = {"server": f"https://{self.client.endpoint}", "certificate-authority": str(self.client.ca_file)}
        kubeconfig = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": self.namespace}}],
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {"token": token}}],
        }
        file = self.folder / "kubeconfig"
        file.write_text(json.dumps(kubeconfig))
        self.environment = {**os.environ, "KUBECONFIG": str(file)}

    def start(self, identity: str = "controller-0") -> subprocess.Popen[bytes]:
        """Start it; a second of the same identity takes the lease over at once, as a restarted container does."""
        self.identity = identity
        command = [sys.executable, "-m", "pacific_mongodb", f"--namespace={self.namespace}", f"--identity={identity}"]
        command += [f"--lease-namespace={self.namespace}", "--metrics-port=0", "--metrics-address=127.0.0.1"]
        with (self.folder / "controller.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        return self.process

    def _restart(self) -> None:
        """Start it again where it has lost its lease, as its pod does: a computer that stands still for ten seconds."""
        if self.process is not None and self.process.poll() is not None:
            assert self.process.returncode == 1, self.log()[-3000:]
            self.start(self.identity)

    def end(self) -> None:
        """Kill it, and let go of the databases that only it would let go of, so that their namespace can be deleted."""
        self.kill()
        for item in self.items("mongodb"):
            self.kubectl("patch", "mongodb", item["metadata"]["name"], "--type=merge", "-p", WITHOUT_FINALIZERS)

    def kill(self) -> None:
        """kill -9, at once."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(PATIENCE)
            self.process = None

    def log(self) -> str:
        """What it has written."""
        return (self.folder / "controller.log").read_text()


def namespace_of(vcenter: VCenter, supervisor: str, name: str) -> None:
    """A vSphere Namespace with storage and machine classes, made where it is not there."""
    if name in {result["namespace"] for result in vcenter.call("GET", NAMESPACES)}:
        return
    policies = {result["name"]: result["policy"] for result in vcenter.call("GET", "/api/vcenter/storage/policies")}
    spec = {
        "supervisor": supervisor,
        "namespace": name,
        "storage_specs": [{"policy": policies["gold"]}],
        "vm_service_spec": {
            "vm_classes": ["best-effort-small", "best-effort-large"],
            "content_libraries": [vcenter.call("GET", "/api/content/library")[0]],
        },
    }
    vcenter.call("POST", NAMESPACES, spec)
    running = lambda: vcenter.call("GET", f"{NAMESPACES}/{name}")["config_status"] == "RUNNING"  # noqa: E731
    wait_until(f"namespace {name}", running)


def controller_document() -> Controller:
    """The controller of the stack."""
    result = [document for document in load_estate([DOCUMENTS]).documents if isinstance(document, Controller)]
    return result[0]


def mongodb(name: str, **spec: Any) -> dict[str, Any]:
    """A MongoDB of one member for the sandbox."""
    expected = {
        "version": "7.0.14",
        "image": "sandbox/ferretdb:1",
        "topology": "Independent",
        "members": 1,
        "storage": {"size": "1Gi", "storageClassName": "gold"},
        "resources": {"cpu": "250m", "memory": "128Mi"},
        **spec,
    }
    return {
        "apiVersion": "mongodb.pacific.infra/v1alpha1",
        "kind": "MongoDB",
        "metadata": {"name": name},
        "spec": expected,
    }


def condition(result: Any, type_: str = "Ready") -> Any:
    """A condition of a MongoDB; empty where it has none."""
    conditions = result.get("status", {}).get("conditions", ())
    return next((item for item in conditions if item["type"] == type_), {})


def is_ready(result: Any, members: int) -> bool:
    """Whether it is Ready with so many members, by its newest generation."""
    ready = condition(result)
    return bool(
        ready.get("status") == "True"
        and ready["observedGeneration"] == result["metadata"]["generation"]
        and result["status"]["readyMembers"] == members
    )
