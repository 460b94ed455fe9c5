"""The client of an API server, against a scripted one; logins and kubeconfigs."""

import asyncio
import base64
import re
import ssl
import stat
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest

from pacific_infra.errors import PacificError
from pacific_infra.vcenter import kubernetes_api
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI, Object
from pacific_infra.vcenter.kubernetes_connection import (
    Connection,
    Identity,
    kubeconfig_connection,
    supervisor_connection,
)
from pacific_infra.vcenter.kubernetes_refusal import KubernetesRefusal, KubernetesUnreachable
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisor_objects import objects_of

Handler = Callable[[httpx2.Request], httpx2.Response]
Result = TypeVar("Result")

CONFIG_MAP: Object = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "web", "namespace": "shop"},
    "data": {"a": "b"},
}
CORE = {
    "resources": [
        {"name": "configmaps", "kind": "ConfigMap", "namespaced": True, "verbs": ["list", "patch"]},
        {"name": "pods/status", "kind": "Pod", "namespaced": True, "verbs": ["patch"]},
        {"name": "nodes", "kind": "Node", "namespaced": False, "verbs": ["list"]},
    ]
}


def query(
    handler: Handler,
    question: Callable[[KubernetesAPI], Coroutine[Any, Any, Result]],
    identify: Callable[[], Identity] = Identity,
) -> Result:
    async def run() -> Result:
        connection = Connection("https://api.test/base", ssl.create_default_context, identify, "team")
        async with KubernetesAPI(connection, transport=httpx2.MockTransport(handler)) as api:
            return await question(api)

    return asyncio.run(run())


def refusal(status: int, reason: str, message: str, *causes: dict[str, str]) -> httpx2.Response:
    body = {"kind": "Status", "code": status, "reason": reason, "message": message, "details": {"causes": causes}}
    return httpx2.Response(status, json=body)


def core_and(answer: Handler) -> Handler:
    return lambda request: httpx2.Response(200, json=CORE) if request.url.path == "/base/api/v1" else answer(request)


@pytest.mark.parametrize("status", [206, 403, 404, 500])
def test_a_schema_is_asked_for_as_the_provider_does_and_one_byte_of_it_read(status: int) -> None:
    requests: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return httpx2.Response(status, content=b"a")

    query(answer, KubernetesAPI.prepare_schema)
    assert [request.url.path for request in requests] == ["/base/openapi/v2"]
    assert requests[0].headers["Range"] == "bytes=0-0"
    assert requests[0].headers["Accept"] == "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"


def test_a_schema_that_cannot_be_had_is_no_error() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    query(answer, KubernetesAPI.prepare_schema)


def test_apply_is_a_server_side_apply_of_the_field_manager() -> None:
    requests: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return httpx2.Response(200, json={"stored": True})

    stored = query(core_and(answer), lambda api: api.apply(CONFIG_MAP, field_manager="me", dry_run=True))
    assert stored == {"stored": True}
    (request,) = requests
    assert (request.method, request.url.path) == ("PATCH", "/base/api/v1/namespaces/shop/configmaps/web")
    assert dict(request.url.params) == {"fieldManager": "me", "force": "false", "dryRun": "All"}
    assert request.headers["content-type"] == "application/apply-patch+yaml"


def test_an_object_without_a_namespace_goes_where_the_kubeconfig_says() -> None:
    paths: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        paths.append(request.url.path)
        return httpx2.Response(200, json={})

    plain = {**CONFIG_MAP, "metadata": {"name": "a/b"}}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}

    async def both(api: KubernetesAPI) -> None:
        await api.apply(plain, field_manager="me")
        await api.apply(node, field_manager="me")

    query(core_and(answer), both)
    assert paths == ["/base/api/v1/namespaces/team/configmaps/a/b", "/base/api/v1/nodes/n"]


def test_a_kind_is_looked_up_once_for_all_who_ask_together() -> None:
    paths: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        paths.append(request.url.path)
        return httpx2.Response(200, json=CORE if request.url.path == "/base/api/v1" else {})

    async def many(api: KubernetesAPI) -> None:
        await asyncio.gather(*(api.apply(CONFIG_MAP, field_manager="me") for _ in range(100)))

    query(answer, many)
    assert paths.count("/base/api/v1") == 1
    assert len(paths) == 101


def test_a_refusal_has_the_servers_reason_message_and_causes() -> None:
    def answer(_: httpx2.Request) -> httpx2.Response:
        cause = {"reason": "FieldManagerConflict", "field": ".spec.replicas"}
        other = {"reason": "FieldValueInvalid", "field": "spec.a", "message": "not so"}
        message = 'conflict with "kubectl edit" using apps/v1 at 2026-01-01T00:00:00Z'
        return refusal(409, "Conflict", "Apply failed", {**cause, "message": message}, other)

    with pytest.raises(KubernetesRefusal) as raised:
        query(core_and(answer), lambda api: api.apply(CONFIG_MAP, field_manager="me"))
    error = raised.value
    assert (error.status, error.reason, error.message) == (409, "Conflict", "Apply failed")
    assert [(item.field, item.manager) for item in error.causes] == [
        ("spec.replicas", "kubectl edit"),
        ("spec.a", None),
    ]
    assert error.conflicts == error.causes[:1]
    assert str(error) == ("the Kubernetes API refused PATCH /api/v1/namespaces/shop/configmaps/web: Apply failed")


def test_a_kind_that_is_not_served_is_refused_as_not_found() -> None:
    thing = {"apiVersion": "a/v1", "kind": "Thing", "metadata": {"name": "x"}}
    with pytest.raises(KubernetesRefusal, match="it serves no Thing of a/v1") as raised:
        query(lambda _: refusal(404, "NotFound", ""), lambda api: api.apply(thing, field_manager="me"))
    assert raised.value.status == 404
    assert query(lambda _: refusal(404, "NotFound", ""), lambda api: api.get("a/v1", "Thing", "x")) is None
    assert query(lambda _: refusal(404, "NotFound", ""), lambda api: api.list("a/v1", "Thing")) == []


PROXY = httpx2.Response(404, content=b"<html>No such site</html>")


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        pytest.param(refusal(404, "NotFound", "configmaps web not found"), None, id="the server's"),
        pytest.param(
            httpx2.Response(404, content=b"404 page not found\n"), None, id="of a kind that is served no more"
        ),
        pytest.param(
            PROXY, "the Kubernetes API refused GET /api/v1/namespaces/shop/configmaps/web: <html>", id="other"
        ),
        pytest.param(httpx2.Response(200, json=[]), "does not answer: its answer is not a JSON object", id="a list"),
        pytest.param(httpx2.Response(200, content=b'{"kin'), "its answer is not a JSON object", id="half an answer"),
    ],
)
def test_only_the_server_itself_says_that_an_object_is_missing(answer: httpx2.Response, refused: str | None) -> None:
    ask = core_and(lambda _: answer)
    if refused is None:
        assert query(ask, lambda api: api.get("v1", "ConfigMap", "web", "shop")) is None
        return
    with pytest.raises(PacificError, match=re.escape(refused)):
        query(ask, lambda api: api.get("v1", "ConfigMap", "web", "shop"))


def test_a_proxys_404_hides_no_objects_of_a_namespace() -> None:
    async def look(api: KubernetesAPI) -> object:
        return await objects_of(api, frozenset({"shop"}), None)

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"groups": []}) if request.url.path == "/base/apis" else PROXY

    with pytest.raises(KubernetesRefusal, match="No such site"):
        query(core_and(answer), look)


@pytest.mark.parametrize("words", ["service unavailable\n", "error trying to reach service: connection refused\n"])
def test_an_aggregated_api_whose_server_is_down_serves_nothing(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_api, "_PAUSES", ())
    down = httpx2.Response(503, content=words.encode())
    assert query(lambda _: down, lambda api: api.list("metrics.k8s.io/v1beta1", "PodMetrics")) == []


def test_a_server_that_is_busy_hides_no_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_api, "_PAUSES", ())
    busy = httpx2.Response(503, content=b"no healthy upstream")
    with pytest.raises(KubernetesRefusal, match="no healthy upstream"):
        query(lambda _: busy, lambda api: api.list("apps/v1", "Deployment", "shop"))


def test_after_a_401_everybody_logs_in_again_once() -> None:
    logins: list[int] = []

    def identify() -> Identity:
        logins.append(1)
        return Identity(token=f"token-{len(logins)}")

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.headers["authorization"] != "Bearer token-2":
            return refusal(401, "Unauthorized", "Unauthorized")
        return httpx2.Response(200, json=CORE if request.url.path == "/base/api/v1" else {"items": []})

    async def many(api: KubernetesAPI) -> None:
        await asyncio.gather(*(api.list("v1", "ConfigMap", "shop") for _ in range(50)))

    query(answer, many, identify)
    assert len(logins) == 2


def test_clients_with_one_login_share_an_identity_until_it_is_refused(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    plugin = tmp_path / "plugin"
    plugin.write_text(
        "#!/bin/sh\n"
        f'echo asked >> "{calls}"\n'
        f"""echo '{{"status": {{"token": "'$(wc -l < "{calls}" | tr -d " ")'"}}}}'\n"""
    )
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    connection = kubeconfig_connection(kubeconfig({"exec": {"command": str(plugin)}}), directory=tmp_path)
    accepted = ["Bearer 1"]
    shown: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        shown.append(request.headers["authorization"])
        if shown[-1] not in accepted:
            return refusal(401, "Unauthorized", "Unauthorized")
        return httpx2.Response(200, json=CORE if request.url.path.endswith("/api/v1") else {"items": []})

    def ask() -> None:
        async def run() -> None:
            async with KubernetesAPI(connection, transport=httpx2.MockTransport(answer)) as api:
                await api.list("v1", "Node")

        asyncio.run(run())

    ask()
    ask()
    assert set(shown) == {"Bearer 1"}
    accepted[:] = ["Bearer 2"]
    ask()
    ask()
    assert shown.count("Bearer 1") == 5
    assert calls.read_text() == "asked\nasked\n"


def test_a_login_that_is_refused_three_times_more_ends_it() -> None:
    logins: list[int] = []

    def identify() -> Identity:
        logins.append(1)
        return Identity(token="t")

    with pytest.raises(KubernetesRefusal, match="Unauthorized"):
        query(lambda _: refusal(401, "Unauthorized", "Unauthorized"), lambda api: api.list("v1", "Node"), identify)
    assert len(logins) == 4


def test_lists_are_read_to_their_last_page() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.params.get("continue") == "x":
            return httpx2.Response(200, json={"metadata": {}, "items": [{"n": 2}]})
        return httpx2.Response(200, json={"metadata": {"continue": "x"}, "items": [{"n": 1}]})

    assert query(core_and(answer), lambda api: api.list("v1", "ConfigMap")) == [{"n": 1}, {"n": 2}]


def test_what_passes_is_asked_again_and_what_does_not_answer_is_said() -> None:
    answers = [httpx2.Response(429, headers={"retry-after": "0"}), httpx2.Response(200, json={"items": []})]
    assert query(core_and(lambda _: answers.pop(0)), lambda api: api.list("v1", "ConfigMap")) == []

    def silent(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("connection refused")

    with pytest.raises(KubernetesUnreachable) as raised:
        query(silent, lambda api: api.list("v1", "ConfigMap"))
    assert str(raised.value) == (
        "the Kubernetes API https://api.test/base does not answer: connection refused: "
        "fix: check the address and that it is up, then run the same command again"
    )


@pytest.mark.parametrize(("body", "text"), [(b"<html>busy\nmore", "<html>busy"), (b"", "HTTP status 500")])
def test_an_answer_that_is_no_status_is_still_said(body: bytes, text: str) -> None:
    with pytest.raises(KubernetesRefusal, match=text):
        query(core_and(lambda _: httpx2.Response(500, content=body)), lambda api: api.list("v1", "ConfigMap"))


def test_a_supervisors_kubernetes_is_at_6443_where_only_a_host_is_known() -> None:
    settings = VCenterSettings("vc", "u", password="p")
    servers = [supervisor_connection(item, settings).server for item in ("10.0.0.1", "s.test:443", "[fd00::1]")]
    assert servers == ["https://10.0.0.1:6443", "https://s.test:443", "https://[fd00::1]:6443"]


def kubeconfig(user: dict[str, Any], **cluster: Any) -> dict[str, Any]:
    return {
        "current-context": "me",
        "contexts": [{"name": "me", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://k.test:6443", **cluster}}],
        "users": [{"name": "u", "user": user}],
    }


def test_tokens_and_certificates_of_a_kubeconfig_in_their_files_or_as_data(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    (tmp_path / "key.pem").write_text("KEY")
    certificate = {"client-certificate-data": base64.b64encode(b"CERT").decode(), "client-key": "key.pem"}
    users = ({"token": "plain"}, {"tokenFile": "token"}, certificate)
    identities = [kubeconfig_connection(kubeconfig(user), directory=tmp_path).identify() for user in users]
    assert identities == [Identity("plain"), Identity("from-file"), Identity(None, "CERT", "KEY")]
    assert kubeconfig_connection(kubeconfig({})).namespace == "shop"


def test_a_kubeconfigs_plugin_is_asked_as_kubectl_asks_it(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    plugin.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        "request = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        "token = ' '.join([*sys.argv[1:], os.environ['WHO'], request['kind']])\n"
        "print(json.dumps({'status': {'token': token}}))\n"
    )
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    settings = {"command": "./plugin", "args": ["a"], "env": [{"name": "WHO", "value": "me"}]}
    identity = kubeconfig_connection(kubeconfig({"exec": settings}), directory=tmp_path).identify()
    assert identity.token == "a me ExecCredential"


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        ({}, "kubeconfig contexts: the kubeconfig has no such context: allowed: none"),
        ({"current-context": "a", "contexts": 3}, "the kubeconfig has no such context: got 'a'"),
        ({**kubeconfig({}), "clusters": [{"name": "d"}]}, "the kubeconfig has no such cluster: got 'c'; allowed: d"),
        (kubeconfig({}, server="k.test"), "kubeconfig clusters: not the address of an API server: got 'k.test'"),
    ],
)
def test_a_broken_kubeconfig_is_said_where(broken: dict[str, Any], text: str) -> None:
    with pytest.raises(PacificError) as raised:
        kubeconfig_connection(broken)
    assert text in str(raised.value)


@pytest.mark.parametrize(
    ("user", "text"),
    [
        (
            {"exec": {"command": "no-such-plugin", "installHint": "get it"}},
            "is not installed: got 'no-such-plugin'; fix: get it",
        ),
        ({"exec": {"command": "false"}}, "credential plugin failed: exit code 1: got 'false'"),
        ({"exec": {"command": "true"}}, "returns no credential: got 'true'"),
        ({"tokenFile": "nowhere"}, "the kubeconfig's token cannot be read: got 'nowhere'; fix: fix the kubeconfig"),
        ({"client-key-data": "%%%"}, "the kubeconfig's client-key cannot be read: fix: fix the kubeconfig"),
    ],
)
def test_a_login_of_a_kubeconfig_that_fails_is_said(user: dict[str, Any], text: str) -> None:
    with pytest.raises(PacificError) as raised:
        kubeconfig_connection(kubeconfig(user)).identify()
    assert text in str(raised.value)


def test_authorities_and_certificates_that_are_none_are_said() -> None:
    nonsense = base64.b64encode(b"nonsense").decode()
    connection = kubeconfig_connection(kubeconfig({}, **{"certificate-authority-data": nonsense}))
    with pytest.raises(PacificError, match="certificate-authority is not a PEM bundle"):
        connection.trust()
    with pytest.raises(PacificError, match="do not match or are not PEM"):
        kubeconfig_connection(kubeconfig({})).tls(Identity(certificate="x", key="y"))
    assert (
        kubeconfig_connection(kubeconfig({}, **{"insecure-skip-tls-verify": True})).trust().verify_mode is ssl.CERT_NONE
    )
