"""The login service: who gets a token, and what it is good for."""

import asyncio
import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pacific_sandbox.certificates import signing_key
from pacific_sandbox.files import read_json
from pacific_sandbox.supervisor.login import LoginService, SupervisorLogin
from pacific_sandbox.users import ADMINISTRATOR, create_users

ALICE = "alice@vsphere.local"


class Sandbox:
    """A login service with two Supervisors."""

    def __init__(self, directory: Path) -> None:
        self.lifetime = 3600.0
        self.users_file = directory / "users.json"
        create_users(self.users_file, directory / "administrator.password")
        self.service = LoginService(self.users_file, lambda: self.lifetime)
        self.requests: list[tuple[str, Sequence[str]]] = []
        for name in ("one", "two"):
            login = SupervisorLogin("127.0.0.1:20001", signing_key(directory / name), self._workloads)
            self.service.add(name, login)

    async def _workloads(self, user: str, groups: Sequence[str]) -> Sequence[str]:
        self.requests.append((user, groups))
        return ["shop"]

    def call(self, method: str, path: str, **arguments: Any) -> httpx2.Response:
        async def send() -> httpx2.Response:
            transport = httpx2.ASGITransport(app=self.service.app)
            async with httpx2.AsyncClient(transport=transport, base_url="https://sandbox.test") as client:
                return await client.request(method, path, **arguments)

        return asyncio.run(send())

    def password(self, user: str) -> str:
        return str(read_json(self.users_file)[user]["password"])

    def login(self, user: str, password: str, supervisor: str = "one") -> httpx2.Response:
        return self.call("POST", f"/{supervisor}/wcp/login", auth=(user, password))

    def token(self, user: str) -> str:
        return str(self.login(user, self.password(user)).json()["session_id"])

    def review(self, token: str, supervisor: str = "one") -> Any:
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
        return self.call("POST", f"/{supervisor}/tokenreview", json=body).json()["status"]


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path)


def test_a_token_says_who_has_logged_in(sandbox: Sandbox) -> None:
    assert sandbox.review(sandbox.token(ALICE)) == {
        "authenticated": True,
        "user": {"username": f"sso:{ALICE}", "uid": ALICE, "groups": ["sso:blue-developers@vsphere.local"]},
    }


def test_names_without_a_domain_or_in_capitals_are_the_same_user(sandbox: Sandbox) -> None:
    password = sandbox.password(ADMINISTRATOR)
    for name in ("Administrator@VSPHERE.LOCAL", "administrator"):
        token = sandbox.login(name, password).json()["session_id"]
        assert sandbox.review(token)["user"]["username"] == f"sso:{ADMINISTRATOR}"


@pytest.mark.parametrize("user", [ALICE, "nobody@vsphere.local", "alice@elsewhere.test", ""])
def test_a_wrong_password_is_unauthorized(sandbox: Sandbox, user: str) -> None:
    answer = sandbox.login(user, "wrong")
    assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized"})
    assert answer.headers["www-authenticate"] == 'Basic realm="Supervisor"'


@pytest.mark.parametrize("header", ["", "Bearer abc", "Basic ???", "Basic " + base64.b64encode(b"\xff").decode()])
def test_a_malformed_header_is_unauthorized(sandbox: Sandbox, header: str) -> None:
    assert sandbox.call("POST", "/one/wcp/login", headers={"Authorization": header}).status_code == 401


def test_an_unknown_supervisor_is_not_ready(sandbox: Sandbox) -> None:
    assert sandbox.login(ALICE, sandbox.password(ALICE), "three").status_code == 503


def test_a_token_ends(sandbox: Sandbox) -> None:
    sandbox.lifetime = -1.0
    assert sandbox.review(sandbox.token(ALICE)) == {"authenticated": False}


def test_a_token_is_good_at_its_supervisor_only(sandbox: Sandbox) -> None:
    token = sandbox.token(ALICE)
    assert sandbox.review(token, "two") == {"authenticated": False}
    sandbox.service.remove("one")
    assert sandbox.review(token) == {"authenticated": False}


def test_a_changed_token_is_worth_nothing(sandbox: Sandbox) -> None:
    header, claims, signature = sandbox.token(ALICE).split(".")
    padded = claims + "=" * (-len(claims) % 4)
    forged = base64.urlsafe_b64decode(padded).replace(b"blue-developers", b"Administrators!")
    changed = base64.urlsafe_b64encode(forged).decode().rstrip("=")
    assert changed != claims
    for token in (f"{header}.{changed}.{signature}", "", "nonsense", "a.b.c"):
        assert sandbox.review(token) == {"authenticated": False}


def test_workloads_are_those_of_the_token(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {sandbox.token(ALICE)}"}
    answer = sandbox.call("GET", "/one/wcp/workloads", headers=headers)
    expected = {"namespace": "shop", "master_host": "127.0.0.1", "control_plane_api_server_port": 20001}
    assert answer.json() == [expected]
    assert sandbox.requests == [(f"sso:{ALICE}", ["sso:blue-developers@vsphere.local"])]
    assert sandbox.call("GET", "/one/wcp/workloads").status_code == 401


def test_users_are_made_once(tmp_path: Path) -> None:
    users, password = tmp_path / "users.json", tmp_path / "administrator.password"
    create_users(users, password)
    before = users.read_bytes()
    create_users(users, password)
    assert users.read_bytes() == before
    assert password.read_text() == read_json(users)[ADMINISTRATOR]["password"] + "\n"
    assert password.stat().st_mode & 0o777 == 0o600
    assert len({user["password"] for user in read_json(users).values()}) == 4
