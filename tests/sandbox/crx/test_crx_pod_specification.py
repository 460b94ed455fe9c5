from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from pacific_sandbox.crx.image_store import Image, ImageConfiguration, Layer
from pacific_sandbox.crx.pod_inputs import references
from pacific_sandbox.crx.pod_specification import MachineNetwork, pod_specification, resolver
from pacific_sandbox.crx.pod_variables import Objects, environment, expand
from pacific_sandbox.crx.pod_volumes import TokenRequest, Unsupported, VolumeContext, claims, token_requests
from pacific_sandbox.crx.service_variables import service_variables

Object = dict[str, Any]
NETWORK = MachineNetwork("10.244.0.9", 20, "10.244.0.1", "10.96.0.254", {"WEB_SERVICE_HOST": "10.96.4.1"})
IMAGE = Image(
    "web:1",
    "sha256:0",
    ImageConfiguration(["/web"], ["--serve"], ["A=image", "B=image"], "/srv", "web"),
    [Layer("sha256:0123456789abcdef01234567", Path("/layer"), 1)],
)


def pod(container: Object | None = None, **spec: Any) -> Object:
    metadata = {"name": "one", "namespace": "shop", "uid": "u", "labels": {"app": "web"}}
    return {
        "metadata": metadata,
        "spec": {"containers": [{"name": "c", "image": "web:1", **(container or {})}], **spec},
    }


def context(of: Object, objects: Objects | None = None, **more: Any) -> VolumeContext:
    return VolumeContext(of, objects or {}, more.get("tokens", {}), more.get("disks", {}), ("10.244.0.9", "192.0.2.1"))


def container(of: Object, objects: Objects | None = None) -> Object:
    result = pod_specification(context(of, objects), {"web:1": IMAGE}, NETWORK, {"c": 2})
    first: Object = result["containers"][0]
    return first


def test_the_image_says_what_the_pod_does_not() -> None:
    result = container(pod())
    assert result["command"] == ["/web", "--serve"]
    assert result["environment"] == ["A=image", "B=image", "WEB_SERVICE_HOST=10.96.4.1"]
    assert (result["directory"], result["user"], result["restarts"]) == ("/srv", "web", 2)
    assert result["layers"] == ["0123456789abcdef0123"]
    assert "NET_RAW" in result["capabilities"]
    assert "SYS_ADMIN" not in result["capabilities"]


def test_the_pod_has_the_last_word() -> None:
    expected = {
        "args": ["--port", "$(PORT)", "$$(PORT)", "$(NONE)"],
        "env": [{"name": "PORT", "value": "80"}, {"name": "B", "value": "pod"}],
        "workingDir": "/tmp",  # noqa: S108 - in the container
        "securityContext": {"runAsGroup": 5, "capabilities": {"drop": ["ALL"], "add": ["CAP_KILL"]}},
        "resources": {"limits": {"cpu": "250m", "memory": "64Mi"}},
    }
    result = container(pod(expected, securityContext={"runAsUser": 7, "fsGroup": 9, "supplementalGroups": [8]}))
    assert result["command"] == ["/web", "--port", "80", "$(PORT)", "$(NONE)"]
    assert result["environment"] == ["A=image", "B=pod", "WEB_SERVICE_HOST=10.96.4.1", "PORT=80"]
    assert (result["user"], result["groups"], result["capabilities"]) == ("7:5", [8, 9], ["KILL"])
    assert (result["memory"], result["millicores"]) == (64 * 2**20, 250)
    replaced = container(pod({"command": ["/other"]}))
    assert replaced["command"] == ["/other"]


def test_probes_have_numbers_for_ports() -> None:
    probe = {"httpGet": {"path": "ready", "port": "http", "httpHeaders": [{"name": "H", "value": "v"}]}}
    result = container(pod({"ports": [{"name": "http", "containerPort": 8080}], "readinessProbe": probe}))
    assert result["readinessProbe"] == {
        "http": {"scheme": "HTTP", "host": "10.244.0.9", "port": 8080, "path": "/ready", "headers": [["H", "v"]]},
        "delay": 0,
        "period": 10,
        "timeout": 1,
        "successes": 1,
        "failures": 3,
    }
    with pytest.raises(Unsupported, match="no probes or hooks of this kind: grpc"):
        container(pod({"livenessProbe": {"grpc": {"port": 1}}}))


def test_without_a_command_nothing_can_run() -> None:
    empty = Image("web:1", "sha256:0", ImageConfiguration(), ())
    with pytest.raises(Unsupported, match="neither the pod nor image web:1 names a command"):
        pod_specification(context(pod()), {"web:1": empty}, NETWORK, {})


OBJECTS = {
    ("configmap", "settings"): {"data": {"colour": "red"}, "binaryData": {"bytes": b64encode(b"\x00\x01").decode()}},
    ("secret", "login"): {"data": {"password": b64encode(b"pass").decode()}},
}


def test_variables() -> None:
    item: Object = {
        "name": "c",
        "resources": {"limits": {"memory": "100Mi"}},
        "envFrom": [{"prefix": "S_", "secretRef": {"name": "login"}}, {"configMapRef": {"name": "absent"}}],
        "env": [
            {"name": "COLOUR", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "colour"}}},
            {"name": "NONE", "valueFrom": {"secretKeyRef": {"name": "login", "key": "absent", "optional": True}}},
            {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "APP", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
            {"name": "MIB", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
            {"name": "ALL", "value": "$(S_password) $(COLOUR)"},
        ],
    }
    addresses = ("10.244.0.9", "192.0.2.1")
    assert environment(pod(item), item, OBJECTS, addresses) == {
        "S_password": "pass",
        "COLOUR": "red",
        "IP": "10.244.0.9",
        "APP": "web",
        "MIB": "100",
        "ALL": "pass red",
    }
    assert expand("$$(A) $(A) $(B", {"A": "1"}) == "$(A) 1 $(B"


def test_volumes() -> None:
    token = {"serviceAccountToken": {"path": "token", "expirationSeconds": 60}}
    of = pod(
        volumes=[
            {"name": "empty", "emptyDir": {"sizeLimit": "1Mi"}},
            {"name": "settings", "configMap": {"name": "settings", "items": [{"key": "colour", "path": "a/b"}]}},
            {"name": "login", "secret": {"secretName": "login", "defaultMode": 0o400}},
            {"name": "data", "persistentVolumeClaim": {"claimName": "claim"}},
            {"name": "scratch", "ephemeral": {}},
            {
                "name": "both",
                "projected": {
                    "defaultMode": 0o440,
                    "sources": [
                        token,
                        {"downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
                    ],
                },
            },
        ],
        securityContext={"fsGroup": 9},
    )
    assert claims(of) == ["claim", "one-scratch"]
    assert token_requests(of) == [TokenRequest("default", "", 60)]
    assert set(references(of)) == {("configmap", "settings"), ("secret", "login")}
    tokens, disks = {TokenRequest("default", "", 60): "secret-token"}, {"claim": "d1", "one-scratch": "d2"}
    result = pod_specification(context(of, OBJECTS, tokens=tokens, disks=disks), {"web:1": IMAGE}, NETWORK, {})

    def file(path: str, content: bytes, mode: int) -> Object:
        return {"path": path, "content": b64encode(content).decode(), "mode": mode}

    assert result["volumes"] == [
        {"name": "empty", "writable": True, "size": 2**20, "group": 9},
        {"name": "settings", "writable": False, "files": [file("a/b", b"red", 0o644)], "group": 9},
        {"name": "login", "writable": False, "files": [file("password", b"pass", 0o400)], "group": 9},
        {"name": "data", "writable": True, "disk": "d1", "group": 9},
        {"name": "scratch", "writable": True, "disk": "d2", "group": 9},
        {
            "name": "both",
            "writable": False,
            "files": [file("token", b"secret-token", 0o440), file("l", b'app="web"\n', 0o440)],
            "group": 9,
        },
    ]
    with pytest.raises(Unsupported, match="volume v: CRX machines have no volumes of this kind: nfs"):
        pod_specification(context(pod(volumes=[{"name": "v", "nfs": {}}])), {"web:1": IMAGE}, NETWORK, {})


def test_the_resolver_is_the_kubelets() -> None:
    cluster = "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.254\noptions ndots:5\n"
    assert resolver(pod(), "10.96.0.254") == cluster
    local: dict[str, Any] = {
        "nameservers": ["192.0.2.9"],
        "searches": ["a.test"],
        "options": [{"name": "ndots", "value": "1"}],
    }
    local["options"].append({"name": "edns0"})
    expected = "search a.test\nnameserver 192.0.2.9\noptions ndots:1 edns0\n"
    assert resolver(pod(dnsPolicy="None", dnsConfig=local), "10.96.0.254") == expected
    assert resolver(pod(dnsConfig=local), "10.96.0.254").startswith(
        "search shop.svc.cluster.local svc.cluster.local cluster.local a.test\nnameserver 10.96.0.254\n"
    )
    assert resolver(pod(dnsPolicy="Default"), "10.96.0.254") == ""


def test_a_stateful_pod_knows_its_whole_name() -> None:
    of = pod(hostname="db-0", subdomain="db")
    result = pod_specification(context(of), {"web:1": IMAGE}, NETWORK, {})
    assert result["hosts"] == "127.0.0.1\tlocalhost\n10.244.0.9\tdb-0.db.shop.svc.cluster.local\tdb-0\n"


def service(namespace: str, name: str, address: str, *ports: Object) -> Object:
    return {"metadata": {"namespace": namespace, "name": name}, "spec": {"clusterIP": address, "ports": list(ports)}}


def test_services_are_named_in_variables() -> None:
    services = [
        service("default", "kubernetes", "10.96.0.1", {"name": "https", "port": 443}),
        service("shop", "my-web", "10.96.4.1", {"name": "http", "port": 80}, {"port": 53, "protocol": "UDP"}),
        service("shop", "headless", "None", {"port": 1}),
        service("data", "db", "10.96.4.2", {"port": 5432}),
    ]
    api = {
        "KUBERNETES_SERVICE_HOST": "10.96.0.1",
        "KUBERNETES_SERVICE_PORT": "443",
        "KUBERNETES_SERVICE_PORT_HTTPS": "443",
        "KUBERNETES_PORT": "tcp://10.96.0.1:443",
        "KUBERNETES_PORT_443_TCP": "tcp://10.96.0.1:443",
        "KUBERNETES_PORT_443_TCP_PROTO": "tcp",
        "KUBERNETES_PORT_443_TCP_PORT": "443",
        "KUBERNETES_PORT_443_TCP_ADDR": "10.96.0.1",
    }
    assert service_variables(pod(enableServiceLinks=False), services) == api
    result = service_variables(pod(), services)
    assert result.items() > api.items()
    assert {name.partition("_SERVICE")[0] for name in result if "_SERVICE_HOST" in name} == {"KUBERNETES", "MY_WEB"}
    assert result["MY_WEB_PORT"] == "tcp://10.96.4.1:80"
    assert result["MY_WEB_PORT_53_UDP"] == "udp://10.96.4.1:53"
