"""A test double of vCenter's REST API: the wire format and the states, nothing behind it."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httpx2

PASSWORD = "correct"
CLUSTERS = {"domain-c8": "cluster-01", "domain-c9": "cluster-02"}
NETWORKS = {"dvportgroup-11": "management", "dvportgroup-12": "workload-01", "network-13": "twin", "network-14": "twin"}
POLICIES = {"aa6d5a82-1c88-45da-85d3-3d74b91a5bad": "gold", "bb6d5a82-1c88-45da-85d3-3d74b91a5bad": "silver"}
LIBRARIES = {"0f0c3f5c-0000-4000-8000-000000000001": "linux-images"}
RESERVED = {
    "subject_type": "GROUP",
    "subject": "SupervisorProviderAdministrators",
    "domain": "vsphere.local",
    "role": "EDIT",
}


@dataclass
class WireDouble:
    """Answers as vCenter does; ``settle`` is how many reads an object stays in a passing state."""

    settle: int = 1
    version: str = "9.1.0.00000"
    namespaces: dict[str, dict[str, Any]] = field(default_factory=dict)
    classes: dict[str, dict[str, Any]] = field(default_factory=dict)
    supervisors: dict[str, dict[str, Any]] = field(default_factory=dict)
    machines: dict[str, dict[str, str]] = field(default_factory=dict)
    """Names of VMs by identifier, by namespace."""
    sessions: set[str] = field(default_factory=set)
    log: list[tuple[str, str, Any]] = field(default_factory=list)
    failures: list[httpx2.Response | Exception] = field(default_factory=list)
    """Given before the real answer, one a request."""
    lost: list[str] = field(default_factory=list)
    """Methods whose next request is carried out, but whose answer is lost."""
    dropped: list[str] = field(default_factory=list)
    """Methods whose next request is not carried out, and gets no answer."""
    old_session_path: bool = False
    category: dict[str, Any] = field(default_factory=dict)
    """The category of tags that was made."""
    tags: dict[str, str] = field(default_factory=dict)
    """Name of the tag by cluster."""

    def add_class(self, name: str) -> None:
        """A VM class that was there before."""
        added = {"config_status": "READY", "namespaces": [], "vms": [], "messages": [], "reads": 0}
        self.classes[name] = {"id": name, "cpu_count": 1, "memory_MB": 1024, "description": "", **added}

    def transport(self) -> httpx2.MockTransport:
        """For a client in the same process."""
        return httpx2.MockTransport(self.handle)

    def writes(self) -> list[tuple[str, str, Any]]:
        """The requests that change something, sessions and marks left out."""
        apart = ("session", "/cis/tagging")
        return [entry for entry in self.log if entry[0] != "GET" and not any(part in entry[1] for part in apart)]

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        """One request."""
        path = unquote(request.url.raw_path.decode().partition("?")[0])
        body = json.loads(request.content) if request.content and path != "/sdk" else None
        self.log.append((request.method, str(request.url.raw_path.decode()).removeprefix("/api"), body))
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, Exception):
                raise failure
            return failure
        if request.method in self.dropped and "session" not in path:
            self.dropped.remove(request.method)
            raise httpx2.ReadError("connection reset", request=request)
        answer = self._answer(request, path, body)
        if request.method in self.lost and "session" not in path:
            self.lost.remove(request.method)
            raise httpx2.ReadError("connection reset", request=request)
        return answer

    def _answer(self, request: httpx2.Request, path: str, body: Any) -> httpx2.Response:  # noqa: C901, PLR0911, PLR0912 - one case a path
        if path.endswith("session"):
            return self._session(request, path)
        if request.headers.get("vmware-api-session-id") not in self.sessions:
            return error(401, "UNAUTHENTICATED", "Authentication required.")
        action = request.url.params.get("action", "")
        parts = path.removeprefix("/api").strip("/").split("/")
        match parts:
            case ["appliance", "system", "version"]:
                return ok({"version": self.version, "build": "1"})
            case ["vcenter", "cluster"]:
                return ok([{"cluster": key, "name": name} for key, name in CLUSTERS.items()])
            case ["vcenter", "network"]:
                return ok([{"network": key, "name": name} for key, name in NETWORKS.items()])
            case ["vcenter", "resource-pool"]:
                name = request.url.params["names"]
                return ok([{"resource_pool": f"pool-{name}", "name": name}] if name in self.machines else [])
            case ["vcenter", "vm"]:
                machines = self.machines[request.url.params["resource_pools"].removeprefix("pool-")]
                return ok([{"vm": key, "name": name} for key, name in machines.items()])
            case ["vcenter", "storage", "policies"]:
                return ok([{"policy": key, "name": name} for key, name in POLICIES.items()])
            case ["content", "library"]:
                return ok(list(LIBRARIES))
            case ["content", "library", identifier]:
                return ok({"id": identifier, "name": LIBRARIES[identifier]})
            case ["cis", "tagging", *rest]:
                return self._tagging(request.method, rest, action, body)
            case ["vcenter", "namespaces", "instances", *rest]:
                return self._namespace(request.method, rest, body)
            case ["vcenter", "namespace-management", "virtual-machine-classes", *rest]:
                return self._class(request.method, rest, body)
            case ["vcenter", "namespace-management", "supervisors", *rest]:
                return self._supervisor(request.method, rest, action, body)
        return error(404, "NOT_FOUND", f"no such path {path}")

    def _session(self, request: httpx2.Request, path: str) -> httpx2.Response:
        if request.method == "DELETE":
            self.sessions.discard(request.headers.get("vmware-api-session-id", ""))
            return httpx2.Response(204)
        if self.old_session_path and path == "/api/session":
            return error(404, "NOT_FOUND", "no such path")
        login = base64.b64decode(request.headers["authorization"].split()[1]).decode()
        if login != f"administrator@vsphere.local:{PASSWORD}":
            return error(401, "UNAUTHENTICATED", "Invalid credentials.")
        token = f"session-{len(self.log)}"
        self.sessions.add(token)
        return ok({"value": token} if self.old_session_path else token)

    def _namespace(self, method: str, rest: list[str], body: Any) -> httpx2.Response:  # noqa: C901, PLR0911, PLR0912 - one case a path
        name = rest[-1] if rest else ""
        if rest[1:2] == ["access"]:
            return ok({"role": "EDIT", "inherited": rest[3] == RESERVED["subject"]})
        if method == "POST":
            name = body["namespace"]
            if name in self.namespaces:
                return error(400, "ALREADY_EXISTS", f"Namespace {name} already exists.")
            if body["supervisor"] not in self.supervisors:
                return error(404, "NOT_FOUND", f"Supervisor {body['supervisor']} does not exist.")
            info = {"access_list": [], "storage_specs": [], "description": "", **body, "config_status": "CONFIGURING"}
            info["access_list"] = [*info["access_list"], RESERVED]
            del info["namespace"]
            self.namespaces[name] = {**info, "messages": [], "stats": dict(STATS), "reads": self.settle}
            return httpx2.Response(204)
        if rest == ["v2"]:
            return ok([{"namespace": namespace} for namespace in self.namespaces])
        info = self.namespaces.get(name, {})
        if not info:
            return error(404, "NOT_FOUND", f"Namespace {name} does not exist.")
        if method == "GET":
            return self._read(self.namespaces, name, "RUNNING")
        if method == "DELETE" and info["config_status"] == "REMOVING":
            return error(400, "NOT_ALLOWED_IN_CURRENT_STATE", f"Namespace {name} is being removed.")
        if method == "DELETE":
            info.update(config_status="REMOVING", reads=self.settle)
        else:
            limits = dict(info.get("resource_spec") or {})
            for key, value in body.get("resource_spec", {}).items():
                if key.endswith("_unset"):
                    limits.pop(key.removesuffix("_unset"), None)
                else:
                    limits[key] = value
            info.update({**body, "resource_spec": limits})
        return httpx2.Response(204)

    def _tagging(self, method: str, rest: list[str], action: str, body: Any) -> httpx2.Response:  # noqa: C901, PLR0911 - one case a path
        match method, rest, action:
            case "GET", ["category"], _:
                return ok(["category-1"] if self.category else [])
            case "POST", ["category"], "":
                if self.category:
                    return error(400, "ALREADY_EXISTS", "There is a category of this name.")
                self.category = body
                return ok("category-1")
            case "GET", ["category", identifier], _:
                return ok({"id": identifier, **self.category, "used_by": []})
            case "POST", ["tag"], "":
                return ok(body["name"])
            case "POST", ["tag"], _:
                return ok(sorted(set(self.tags.values())))
            case "GET", ["tag", *name], _:
                shown = {"id": "/".join(name), "name": "/".join(name), "description": ""}
                return ok({**shown, "category_id": "category-1", "used_by": []})
            case "POST", ["tag-association"], _:
                cluster = body["object_id"]["id"]
                return ok([self.tags[cluster]] if cluster in self.tags else [])
            case "POST", ["tag-association", *name], "attach":
                cluster = body["object_id"]["id"]
                if self.tags.setdefault(cluster, "/".join(name)) != "/".join(name):
                    return error(400, "INVALID_ARGUMENT", f"{cluster} has a tag of the category already.")
                return httpx2.Response(204)
            case "POST", ["tag-association", *_], "detach":
                self.tags.pop(body["object_id"]["id"], None)
                return httpx2.Response(204)
        return error(404, "NOT_FOUND", f"no such path {'/'.join(rest)}")

    def _read(self, objects: dict[str, dict[str, Any]], name: str, ready: str) -> httpx2.Response:
        info = objects[name]
        if info.get("config_status") != "ERROR":
            if info["reads"] > 0:
                info["reads"] -= 1
            elif info["config_status"] == "REMOVING":
                del objects[name]
                return error(404, "NOT_FOUND", f"{name} does not exist.")
            else:
                info["config_status"] = ready
        return ok({key: value for key, value in info.items() if key != "reads"})

    def _class(self, method: str, rest: list[str], body: Any) -> httpx2.Response:
        if method == "POST":
            if body["id"] in self.classes:
                return error(400, "ALREADY_EXISTS", f"VM class {body['id']} already exists.")
            added = {"config_status": "READY", "namespaces": [], "vms": [], "messages": [], "reads": 0}
            self.classes[body["id"]] = {"description": "", **body, **added}
            return httpx2.Response(204)
        if not rest:
            return ok(list(self.classes.values()))
        info = self.classes.get(rest[0])
        if info is None:
            return error(404, "NOT_FOUND", f"VM class {rest[0]} does not exist.")
        if method == "GET":
            answer = {key: value for key, value in info.items() if key != "reads"}
            # As the simulator spells it.
            answer["memory_mb"] = answer.pop("memory_MB")
            return ok(answer)
        if method == "DELETE":
            del self.classes[rest[0]]
        else:
            info.update(body)
        return httpx2.Response(204)

    def _supervisor(self, method: str, rest: list[str], action: str, body: Any) -> httpx2.Response:  # noqa: C901, PLR0911, PLR0912 - one case a path
        if method == "POST":
            identifier = f"10000000-0000-4000-8000-{len(self.supervisors):012d}"
            cluster = rest[0] if rest else "domain-c9"
            if any(info["cluster"] == cluster for info in self.supervisors.values()):
                return error(400, "ALREADY_EXISTS", f"Cluster {cluster} has a Supervisor already.")
            self.supervisors[identifier] = {
                **{"name": body["name"], "cluster": cluster, "spec": body, "pods": False, "action": action},
                **{"config_status": "CONFIGURING", "kubernetes_status": "ERROR", "messages": [], "reads": self.settle},
            }
            return ok(identifier)
        if rest == ["summaries"]:
            items = [{"supervisor": key, "info": _summary(info)} for key, info in self.supervisors.items()]
            return ok({"items": items})
        info = self.supervisors.get(rest[0])
        if info is None:
            return error(404, "NOT_FOUND", f"Supervisor {rest[0]} does not exist.")
        match method, "/".join(rest[1:]):
            case "DELETE", "":
                info.update(config_status="REMOVING", reads=self.settle)
                return httpx2.Response(204)
            case "GET", "summary":
                answer = self._read(self.supervisors, rest[0], "RUNNING")
                if info["config_status"] == "RUNNING":
                    info["kubernetes_status"] = "READY"
                return answer if answer.status_code == 404 else ok(_summary(info))
            case "GET", "topology":
                return ok([{"zone": "zone-1", "clusters": [info["cluster"]]}])
            case "GET", "conditions":
                return ok(
                    {"conditions": [{"type": "ControlPlaneVMsDeployed", "status": "FALSE", "reason": "Deploying"}]}
                )
            case "GET", "vsphere-pod-settings":
                return ok({"vsphere_pods_enabled": info["pods"]})
            case "PATCH", "vsphere-pod-settings":
                info["pods"] = body["vsphere_pods_enabled"]
                return httpx2.Response(204)
            case "GET", "control-plane/settings":
                plane = info["spec"]["control_plane"]
                shown = {"count": plane.get("count", 3), "login_banner": plane.get("login_banner")}
                return ok({**shown, "size": {"identifier": plane.get("size", "SMALL")}})
            case "PATCH", "control-plane/settings":
                info["spec"]["control_plane"].update(body)
                return httpx2.Response(204)
        return error(404, "NOT_FOUND", f"no such path {'/'.join(rest)}")


STATS = {"cpu_used": 5, "memory_used": 7, "storage_used": 9}


def _summary(info: dict[str, Any]) -> dict[str, Any]:
    shown = {key: info[key] for key in ("name", "config_status", "kubernetes_status", "messages")}
    return {**shown, "APIEndpoint": "127.0.0.1:6443", "stats": {}}


def ok(body: Any) -> httpx2.Response:
    """A success with a body."""
    return httpx2.Response(200, json=body)


def error(status: int, error_type: str, message: str) -> httpx2.Response:
    """A refusal in vCenter's shape."""
    messages = [{"id": "com.vmware.test", "default_message": message, "args": []}]
    return httpx2.Response(status, json={"error_type": error_type, "messages": messages})
