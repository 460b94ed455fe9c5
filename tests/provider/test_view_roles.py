"""The page for many users: each logs in at vCenter, and sees what their roles in namespaces let them see."""

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import pytest

from pacific_infra.record.history import Run, Writer
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.view.door import Door
from pacific_infra.view.server import Lenses, application
from pacific_infra.view.visitors import Visitors
from tests.support.simulated_vcenter import Site, simulated, with_supervisor
from tests.support.view_world import DEPLOYMENT, World, event, pod
from tests.support.wire_double import PASSWORD

HOST, PORT = "view.example.com", 8722
ORIGIN = f"https://{HOST}:{PORT}"
USERS = {
    "administrator": ["Administrators"],
    "alice": ["blue-developers"],
    "bob": ["green-developers"],
    "auditor": [],
    "eve": [],
}
AUDITOR = {"subjectType": "USER", "subject": "auditor", "domain": "vsphere.local", "role": "VIEW"}
ACCESS = {
    "shop": [
        {"subjectType": "GROUP", "subject": "blue-developers", "domain": "vsphere.local", "role": "EDIT"},
        AUDITOR,
    ],
    "data": [{"subjectType": "USER", "subject": "bob", "domain": "vsphere.local", "role": "OWNER"}, AUDITOR],
}
VISIBLE = {
    "administrator": {"shop", "data"},
    "alice": {"shop"},
    "bob": {"data"},
    "auditor": {"shop", "data"},
    "eve": set(),
}
ADDRESSES = (
    *("/", "/supervisors", "/namespaces", "/namespaces/shop", "/namespaces/data", "/documents", "/documents?q=orders"),
    *("/documents/CrxWorkload/data/orders", "/documents/CrxWorkload/shop/web", "/graph", "/events", "/drift"),
    *("/converge", "/history", "/history/1", "/view.json", "/metrics"),
)


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Shared:
    """A page that is shown to many, of a world and a vCenter."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.clock, self.world = site, Clock(), populated()
        settings = VCenterSettings("vcenter.test", "nobody")
        self.visitors = Visitors(settings, site.client, self.clock)
        self.collector = self.world.collector(folder)
        self.app = application(self.collector, Door(PORT, [HOST], self.visitors))

    def browser(self) -> httpx2.AsyncClient:
        """One that has not been here yet."""
        transport = httpx2.ASGITransport(self.app)
        return httpx2.AsyncClient(transport=transport, base_url=ORIGIN, trust_env=False)

    @asynccontextmanager
    async def user(self, name: str) -> AsyncIterator[httpx2.AsyncClient]:
        """The browser of somebody who has logged in."""
        async with self.browser() as browser:
            answer = await log_in(browser, name)
            assert answer.status_code == 303, answer.text
            yield browser


def populated() -> World:
    """Both namespaces with objects, events, a run that goes on and one that is over, and what is wrong somewhere."""
    world = World()
    world.objects.followed |= {("", "Pod")}
    world.put({**DEPLOYMENT, "spec": {"replicas": 5}})
    for name in ("shop", "data"):
        stray = pod(f"stray-of-{name}")
        world.put({**stray, "metadata": {"name": f"stray-of-{name}", "namespace": name}})
        happened = event(f"stray-of-{name}", f"something in {name}")
        world.happen({**happened, "involvedObject": {**happened["involvedObject"], "namespace": name}})
    row: dict[str, Any] = {"wave": 4, "started": None, "finished": None, "reasons": [], "state": "waiting", "waits": []}
    world.converge = {
        "run": 2,
        "title": "Converging estate/dev",
        "summary": "0 of 2 nodes done, CrxWorkload/data/orders takes longer than before",
        "critical": ["CrxWorkload/data/orders", "CrxWorkload/shop/web"],
        "nodes": [
            {**row, "id": "CrxWorkload/data/orders", "state": "running", "detail": "Deployment"},
            {
                **row,
                "id": "CrxWorkload/shop/web",
                "waits": ["CrxWorkload/data/orders"],
                "detail": "waits for CrxWorkload/data/orders",
            },
        ],
    }
    changes = {"CrxWorkload/shop/web": {"create": 2}, "CrxWorkload/data/orders": {"create": 3}}
    errors = ["CrxWorkload/data/orders: the quota of data is full"]
    writer = Writer("admin", "host", 1, 0.0)
    command = "up --only CrxWorkload/data/orders"
    world.runs = [Run(1, command, 1.0, writer, "a" * 64, counts={"create": 5}, changes=changes, errors=errors)]
    world.remarks = ["documents/data/orders.yaml:3: something is wrong"]
    return world


async def log_in(browser: httpx2.AsyncClient, name: str, password: str | None = None, **more: str) -> httpx2.Response:
    """Send the form."""
    values = {"username": f"{name}@vsphere.local", "password": PASSWORD if password is None else password}
    return await browser.post("/login", data={**values, **more}, headers={"Origin": ORIGIN})


def shared(tmp_path: Path, body: Callable[[Shared], Awaitable[None]]) -> None:
    """Run ``body`` on a page of a vCenter with two namespaces."""

    async def main() -> None:
        async with simulated(tmp_path) as site:
            engine = await with_supervisor(site)
            for name, access in ACCESS.items():
                values = {"name": name, "supervisor": "supervisor-01", "accessList": access, "deletionPolicy": "Delete"}
                await engine.create("Namespace", name, values)
            users = {
                f"{name}@vsphere.local": {"password": PASSWORD, "groups": groups} for name, groups in USERS.items()
            }
            (tmp_path / "users.json").write_text(json.dumps(users))
            page = Shared(site, tmp_path)
            await body(page)
            await page.visitors.close()

    asyncio.run(main())


@pytest.mark.parametrize("name", USERS)
def test_each_user_sees_what_their_roles_let_them_see(tmp_path: Path, name: str) -> None:
    async def body(page: Shared) -> None:
        hidden = {"shop", "data"} - VISIBLE[name]
        async with page.user(name) as browser:
            for address in ADDRESSES:
                answer = await browser.get(address)
                text = html.unescape(answer.text)
                asked_for = set(re.findall(r"[\w-]+", unquote(address)))
                names_hidden = bool(hidden & asked_for)
                assert answer.status_code == (404 if names_hidden else 200), address
                for space in hidden:
                    rest = text.replace(address.removeprefix("/documents/"), "") if names_hidden else text
                    # The document web names what it needs in its own text: these are the reader's own lines.
                    if "/view.json" not in address and address != "/documents/CrxWorkload/shop/web":
                        assert re.findall(rf"\b{space}/|stray-of-{space}|\bof {space}\b", rest) == [], address
            document = (await browser.get("/view.json")).json()
            assert {space["name"] for space in document["namespaces"]} == VISIBLE[name]
            assert {node["namespace"] for node in document["nodes"]} - {""} == VISIBLE[name]
            assert bool(document["supervisors"]) is (name == "administrator")
            (metric,) = re.findall(
                r'pacific_documents\{stack="estate/dev",state="healthy"\} (\d+)', await metrics(browser)
            ) or [0]
            assert (int(metric) > 0) is bool(VISIBLE[name])

    shared(tmp_path, body)


async def metrics(browser: httpx2.AsyncClient) -> str:
    """The metrics of a user."""
    return (await browser.get("/metrics")).text


def test_a_run_and_the_history_tell_a_user_of_their_documents_alone(tmp_path: Path) -> None:
    async def body(page: Shared) -> None:
        async with page.user("alice") as browser:
            document = (await browser.get("/view.json")).json()
            assert document["converge"]["summary"] == "0 of 1 nodes done"
            assert document["converge"]["critical"] == ["CrxWorkload/shop/web"]
            (row,) = document["converge"]["nodes"]
            assert (row["waits"], row["detail"]) == ([], "")
            (run,) = document["history"]
            assert (run["command"], run["errors"], run["counts"]) == ("up", [], {"create": 2})
            assert document["remarks"] == []
            (web,) = [node for node in document["nodes"] if node["id"] == "CrxWorkload/shop/web"]
            assert "data/orders" not in json.dumps([web["needs"], web["neededBy"]])

    shared(tmp_path, body)


def test_what_changes_elsewhere_is_no_news_to_a_user(tmp_path: Path) -> None:
    async def body(page: Shared) -> None:
        lenses = Lenses(page.collector)
        sights = {}
        for name in ("alice", "bob"):
            visitor = await page.visitors.visitor(await page.visitors.log_in(f"{name}@vsphere.local", PASSWORD))
            assert visitor is not None
            sights[name] = visitor.sight
        before = {name: lenses.look(sight)[0] for name, sight in sights.items()}
        page.world.put(pod("web-1-b", waiting="ImagePullBackOff", message="there is no such image"))
        await page.collector.show(page.world.view())
        after = {name: lenses.look(sight)[0] for name, sight in sights.items()}
        assert after["alice"] == before["alice"] + 1
        assert after["bob"] == before["bob"]

    shared(tmp_path, body)


def test_who_has_not_logged_in_is_sent_to_the_login_and_on_from_there(tmp_path: Path) -> None:
    async def body(page: Shared) -> None:
        async with page.browser() as browser:
            answer = await browser.get("/documents?q=web&state=healthy")
            assert (answer.status_code, answer.headers["location"]) == (
                303,
                "/login?next=/documents%3Fq%3Dweb%26state%3Dhealthy",
            )
            assert (
                'name="next" value="/documents?q=web&amp;state=healthy"'
                in (await browser.get(answer.headers["location"])).text
            )
            refused = await browser.get("/view.json")
            assert (refused.status_code, refused.text) == (401, f"Log in at {ORIGIN}/login first.\n")
            renewed = await browser.get("/", headers={"HX-Request": "true"})
            assert (renewed.status_code, renewed.headers["hx-redirect"]) == (401, "/login?next=/")
            done = await log_in(browser, "alice", next="/documents?q=web")
            assert done.headers["location"] == "/documents?q=web"
            cookie = done.headers["set-cookie"]
            assert re.fullmatch(r"__Host-pacific-view-8722=[\w-]{43}; Path=/; Secure; HttpOnly; SameSite=Lax", cookie)
            assert "alice@vsphere.local" in (await browser.get("/")).text

    shared(tmp_path, body)


@pytest.mark.parametrize("address", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_the_login_leads_to_no_other_host(tmp_path: Path, address: str) -> None:
    async def body(page: Shared) -> None:
        async with page.browser() as browser:
            location = (await log_in(browser, "alice", next=address)).headers["location"]
            assert re.match(r"/[^/\\]", location)

    shared(tmp_path, body)


def test_a_wrong_login_is_refused_and_says_nothing_of_who_there_is(tmp_path: Path) -> None:
    async def body(page: Shared) -> None:
        async with page.browser() as browser:
            for name, password in (("alice", "wrong"), ("nobody", PASSWORD)):
                answer = await log_in(browser, name, password)
                assert answer.status_code == 401
                assert "vCenter refuses this name or this password." in answer.text
                assert "set-cookie" not in answer.headers
            assert (await log_in(browser, "alice", "")).status_code == 400
            huge = await log_in(browser, "alice", "a" * 10_000)
            assert huge.status_code == 400
            assert (await browser.get("/", headers={"Cookie": "__Host-pacific-view-8722=guess"})).status_code == 303

    shared(tmp_path, body)


def test_another_page_can_neither_log_in_nor_read_but_may_link(tmp_path: Path) -> None:
    async def body(page: Shared) -> None:
        async with page.user("alice") as browser:
            elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
            assert (await browser.post("/login", data={}, headers=elsewhere)).status_code == 403
            assert (await browser.post("/logout")).status_code == 405
            assert (await browser.get("/view.json", headers=elsewhere)).status_code == 403
            assert (await browser.get("/", headers={"Host": "evil.example"})).text == (
                "This page answers to view.example.com alone.\n"
            )
            link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
            assert (await browser.get("/namespaces/shop", headers=link)).status_code == 200
            framed = {**link, "Sec-Fetch-Dest": "iframe"}
            assert (await browser.get("/namespaces/shop", headers=framed)).status_code == 403

    shared(tmp_path, body)


@pytest.mark.parametrize(
    ("host", "port", "origin"),
    [
        ("view.example.com", 8722, "https://view.example.com:8722"),
        ("view.example.com", 443, "https://view.example.com"),
        ("view.example.com:443", 8722, "https://view.example.com"),
        ("192.0.2.1", 8722, "https://192.0.2.1:8722"),
        ("2001:db8::1", 8722, "https://[2001:db8::1]:8722"),
    ],
)
def test_the_page_knows_the_address_by_which_browsers_reach_it(host: str, port: int, origin: str) -> None:
    door = Door(port, [host], Visitors(VCenterSettings("vcenter.test", "nobody")))
    assert (door.origins, door.address) == ([origin], f"{origin}/")


def test_a_role_that_is_taken_away_hides_the_namespace(tmp_path: Path) -> None:
    async def body(page: Shared) -> None:
        async with page.user("alice") as browser:
            assert (await browser.get("/namespaces/shop")).status_code == 200
            await page.site.by_hand.patch("/vcenter/namespaces/instances/shop", {"access_list": []})
            page.clock.now += 61
            assert (await browser.get("/namespaces/shop")).status_code == 404

    shared(tmp_path, body)


def test_a_session_that_vcenter_has_ended_is_renewed_or_logged_out(tmp_path: Path) -> None:
    async def body(page: Shared) -> None:
        async with page.user("alice") as browser:
            page.site.declare(effect="fail", value=401, path="/api/vcenter/namespaces-user/*", count=1)
            page.clock.now += 61
            assert (await browser.get("/namespaces/shop")).status_code == 200
            page.site.declare(effect="fail", value=401)
            page.clock.now += 61
            assert (await browser.get("/namespaces/shop")).headers["location"] == "/login?next=/namespaces/shop"
            page.site.clear()
            assert (await browser.get("/namespaces/shop")).status_code == 303

    shared(tmp_path, body)


def test_while_vcenter_is_away_users_see_what_they_saw_and_nobody_logs_in(tmp_path: Path) -> None:
    async def body(page: Shared) -> None:
        async with page.user("alice") as browser, page.browser() as other:
            page.site.declare(effect="fail", value=503)
            page.clock.now += 61
            assert (await browser.get("/namespaces/shop")).status_code == 200
            answer = await log_in(other, "bob")
            assert answer.status_code == 503
            assert "vCenter cannot be asked now: vCenter is still busy" in answer.text

    shared(tmp_path, body)


@pytest.mark.parametrize("seconds", [1801, 36001])
def test_a_session_ends_when_it_is_not_used_and_after_a_working_day(tmp_path: Path, seconds: int) -> None:
    async def body(page: Shared) -> None:
        async with page.user("alice") as browser:
            page.clock.now += seconds
            assert (await browser.get("/")).status_code == 303

    shared(tmp_path, body)


def test_who_logs_out_is_out(tmp_path: Path) -> None:
    async def body(page: Shared) -> None:
        async with page.user("alice") as browser:
            cookies = dict(browser.cookies)
            answer = await browser.post("/logout", headers={"Origin": ORIGIN})
            assert (answer.status_code, answer.headers["location"]) == (303, "/login")
            header = "; ".join(f"{name}={value}" for name, value in cookies.items())
            assert (await browser.get("/", headers={"Cookie": header})).status_code == 303

    shared(tmp_path, body)
