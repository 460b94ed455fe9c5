"""The sandbox's SSO users and groups, as its stand-in for pulumi-vsphere makes them: they can log in."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from pacific_infra.errors import PacificError
from pacific_sandbox.users import authenticate, create_users
from pacific_sandbox.vcenter.shape import V9_1
from pacific_sandbox.vcenter.sso_routes import SsoRoutes
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.vapi_error import VapiError, handle_error
from pacific_sandbox.vsphere_plugin.schema import KINDS

USER = {"name": "pipeline", "password": "one", "firstName": "Pipe"}


class SiteDouble:
    """The plug-in's way to vCenter, with the routes alone behind it."""

    def __init__(self, folder: Path) -> None:
        self.users = folder / "users.json"
        create_users(self.users, folder / "password")
        routes = SsoRoutes(self.users, Store(folder / "vcenter.json")).routes()
        self._app = Starlette(routes=routes, exception_handlers={VapiError: handle_error})
        self._app.state.version = V9_1

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        async def call() -> httpx2.Response:
            transport = httpx2.ASGITransport(app=self._app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://vcenter.test") as client:
                return await client.request(method, f"/rest{path}", json=body)

        answer = asyncio.run(call())
        if answer.status_code == 404 and method != "POST":
            return None
        if not answer.is_success:
            raise PacificError(answer.json()["value"]["messages"][0]["default_message"])
        return answer.json().get("value") if answer.content else None

    def groups_of(self, name: str, password: str) -> list[str] | None:
        user = authenticate(self.users, name, password)
        return None if user is None else list(user.groups)


def test_a_user_logs_in_with_the_groups_that_it_is_in(tmp_path: Path) -> None:
    site: Any = SiteDouble(tmp_path)
    user, group = KINDS["SsoUser"], KINDS["SsoGroup"]
    identifier = user.create(site, USER)
    assert identifier == "pipeline@vsphere.local"
    assert user.read(site, identifier) == {"name": "pipeline", "domain": "vsphere.local", "firstName": "Pipe"}
    team = {"name": "pipelines", "memberUsers": [{"name": "pipeline"}, {"name": "alice"}]}
    assert group.create(site, team) == "pipelines@vsphere.local"
    assert site.groups_of("pipeline", "one") == ["pipelines"]
    user.update(site, identifier, {**USER, "password": "two"})
    assert (site.groups_of("pipeline", "one"), site.groups_of("pipeline", "two")) == (None, ["pipelines"])
    group.update(site, "pipelines@vsphere.local", {"name": "pipelines", "memberUsers": [{"name": "alice"}]})
    assert site.groups_of("pipeline", "two") == []
    state = {"name": "pipelines", "description": "", "memberUsers": [{"name": "alice"}]}
    assert group.read(site, "pipelines@vsphere.local") == state
    group.delete(site, "pipelines@vsphere.local")
    user.delete(site, identifier)
    assert (user.read(site, identifier), group.read(site, "pipelines")) == (None, None)
    assert site.groups_of("pipeline", "two") is None


@pytest.mark.parametrize(
    ("kind", "inputs", "message"),
    [
        ("SsoUser", {"name": "alice", "password": "x"}, "SSO principal alice exists already."),
        ("SsoGroup", {"name": "a", "memberUsers": [{"name": "nobody"}]}, "SSO user nobody@vsphere.local not found."),
        (
            "SsoGroup",
            {"name": "a", "memberUsers": [{"name": "jane", "domain": "corp.example.com"}]},
            "the sandbox has one SSO domain: got 'corp.example.com'; allowed: vsphere.local",
        ),
    ],
)
def test_what_single_sign_on_would_not_take_is_refused(
    tmp_path: Path, kind: str, inputs: dict[str, Any], message: str
) -> None:
    site: Any = SiteDouble(tmp_path)
    with pytest.raises(PacificError) as refused:
        KINDS[kind].create(site, inputs)
    assert str(refused.value) == message
