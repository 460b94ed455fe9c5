"""``pacific login`` and ``pacific credential`` on the simulated vCenter and login service, through doubles."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from pacific_infra import credential
from pacific_infra.cli import login as command
from pacific_infra.cli.main import main
from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.cluster_login import ClusterLogin
from pacific_infra.vcenter.kubeconfig import merge_kubeconfigs
from pacific_infra.vcenter.login import Token
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.user_namespaces import SupervisorOfUser, find_endpoint, find_supervisor

SETTINGS = VCenterSettings("vcenter.test", "alice@vsphere.local", password="p")
NAMESPACES = [
    {"namespace": "shop", "master_host": "10.0.0.9"},
    {"namespace": "data", "master_host": "10.0.0.9"},
    {"namespace": "other", "master_host": "10.0.0.10"},
]
SUPERVISORS = {
    "items": [
        {"supervisor": "id-1", "info": {"name": "supervisor-01", "APIEndpoint": "10.0.0.9"}},
        {"supervisor": "id-2", "info": {"name": "supervisor-02"}},
    ]
}


def find(name: str, *, may_list: bool = True, namespaces: Any = NAMESPACES) -> SupervisorOfUser:
    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/api/session":
            return httpx2.Response(201, json="token")
        if request.url.path.endswith("/namespaces-user/namespaces"):
            return httpx2.Response(200, json=namespaces)
        return httpx2.Response(200, json=SUPERVISORS) if may_list else httpx2.Response(403, json={})

    client = VCenterClient(SETTINGS, transport=httpx2.MockTransport(handle))
    return asyncio.run(find_supervisor(client, name))


def test_the_address_of_a_listed_supervisor_is_found_without_a_look_at_namespaces() -> None:
    paths = list[str]()

    def handle(request: httpx2.Request) -> httpx2.Response:
        paths.append(request.url.path.rpartition("/")[2])
        return httpx2.Response(201, json="token") if paths == ["session"] else httpx2.Response(200, json=SUPERVISORS)

    client = VCenterClient(SETTINGS, transport=httpx2.MockTransport(handle))
    assert asyncio.run(find_endpoint(client, "supervisor-01")) == "10.0.0.9"
    assert paths == ["session", "summaries"]


def test_by_name_identifier_and_address() -> None:
    expected = ("10.0.0.9", ("data", "shop"))
    for name in ("supervisor-01", "id-1", "10.0.0.9"):
        result = find(name)
        assert (result.name, result.endpoint, result.namespaces) == (name, *expected)
    assert find("10.0.0.10", may_list=False).namespaces == ("other",)
    assert find("whatever", may_list=False, namespaces=NAMESPACES[:2]).endpoint == "10.0.0.9"


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("supervisor-03", {}, "no such Supervisor in vCenter: got 'supervisor-03'; allowed: supervisor-0"),
        ("supervisor-02", {}, "the Supervisor supervisor-02 has no address yet: fix: wait until it is RUNNING"),
        (
            "a",
            {"may_list": False},
            "you may not look up Supervisors by name, and your namespaces are on several Supervisors: got 'a'",
        ),
        (
            "a",
            {"may_list": False, "namespaces": []},
            "you may not look up Supervisors by name, and you have no namespace",
        ),
    ],
)
def test_what_cannot_be_found(name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(PacificError) as caught:
        find(name, **arguments)
    assert str(caught.value).startswith(message)


@pytest.fixture
def logged_in(monkeypatch: pytest.MonkeyPatch) -> list[VCenterSettings]:
    seen: list[VCenterSettings] = []

    async def result(supervisor: str, settings: VCenterSettings) -> SupervisorOfUser:
        seen.append(settings)
        return SupervisorOfUser(supervisor, "10.0.0.9", ("data", "shop"))

    monkeypatch.setattr(command, "_find", result)
    monkeypatch.setattr(credential, "fresh_token", lambda *_: Token("t", 1e12))
    return seen


ARGUMENTS = ["login", "supervisor-01", "--server", "vcenter.test", "--username", "alice@vsphere.local"]


def test_login_adds_contexts_and_keeps_the_rest(
    tmp_path: Path, logged_in: list[VCenterSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kube" / "config"
    file.parent.mkdir()
    personal = {
        "clusters": [{"name": "kind", "cluster": {}}],
        "users": [{"name": "supervisor-01", "user": {"token": "x"}}],
    }
    file.write_text(yaml.safe_dump({**personal, "contexts": None, "preferences": {"colors": True}}))
    monkeypatch.setenv("PACIFIC_PASSWORD", "s3cret")
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            main([*ARGUMENTS, "--kubeconfig", str(file), "--insecure"])
        assert ended.value.code == 0
    config = yaml.safe_load(file.read_text())
    assert [cluster["name"] for cluster in config["clusters"]] == ["kind", "supervisor-01"]
    assert [context["name"] for context in config["contexts"]] == [
        "supervisor-01",
        "supervisor-01/data",
        "supervisor-01/shop",
    ]
    assert config["contexts"][2]["context"]["namespace"] == "shop"
    assert (config["current-context"], config["preferences"]) == ("supervisor-01", {"colors": True})
    (user,) = config["users"]
    assert user["user"]["exec"]["args"][:2] == ["--endpoint", "10.0.0.9"]
    assert user["user"]["exec"]["env"] is None
    assert "s3cret" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert logged_in[0].read_password() == "s3cret"


def test_login_without_a_password_or_with_a_broken_file_says_what_to_do(
    tmp_path: Path,
    logged_in: list[VCenterSettings],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("PACIFIC_PASSWORD", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(SystemExit):
        main(ARGUMENTS)
    assert capsys.readouterr().err == (
        "error: no password for alice@vsphere.local: fix: name its file with --password-file, or set PACIFIC_PASSWORD\n"
    )
    monkeypatch.setenv("PACIFIC_PASSWORD", "p")
    (tmp_path / "config").write_text("- a list\n")
    with pytest.raises(SystemExit):
        main([*ARGUMENTS, "--kubeconfig", str(tmp_path / "config")])
    assert "not a kubeconfig: fix: fix the file" in capsys.readouterr().err
    assert (tmp_path / "config").read_text() == "- a list\n"
    with pytest.raises(PacificError, match="not a kubeconfig"):
        merge_kubeconfigs(
            {"users": [{"user": 1}]}, {"clusters": [], "users": [], "contexts": [], "current-context": "x"}
        )


def test_credential_passes_its_arguments_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(credential, "fresh_token", lambda endpoint, *_: Token(f"token of {endpoint}", 1e10))
    with pytest.raises(SystemExit) as ended:
        main(["credential", "--endpoint", "10.0.0.9", "--username", "alice", "--password-file", str(tmp_path / "p")])
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["status"]["token"] == "token of 10.0.0.9"


def test_a_workload_cluster_gets_a_context_without_its_key(
    tmp_path: Path,
    logged_in: list[VCenterSettings],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster_login = ClusterLogin("https://10.0.0.8:6443", "Q0E=", "CERT", "KEY")
    monkeypatch.setattr(command, "read_cluster_login", lambda *_: cluster_login)
    monkeypatch.setenv("PACIFIC_PASSWORD", "p")
    file = tmp_path / "config"
    with pytest.raises(SystemExit) as ended:
        main([*ARGUMENTS, "--kubeconfig", str(file), "--cluster", "shop/c"])
    assert (ended.value.code, len(logged_in)) == (0, 1)
    config = yaml.safe_load(file.read_text())
    assert [context["name"] for context in config["contexts"]][-1] == "supervisor-01/shop/c"
    assert config["current-context"] == "supervisor-01/shop/c"
    assert config["clusters"][-1]["cluster"] == {
        "server": "https://10.0.0.8:6443",
        "certificate-authority-data": "Q0E=",
    }
    assert config["users"][-1]["user"]["exec"]["args"][-2:] == ["--cluster", "shop/c"]
    assert "KEY" not in file.read_text()
    assert capsys.readouterr().out.splitlines()[-1] == (
        "at shop/c you are its administrator: the certificate is read from its Secret for each command"
    )
