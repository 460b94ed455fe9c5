"""Who may read the pages: the user of this computer, by the token, and no other page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pacific_infra.view.guard import Guard, without_token
from pacific_infra.view.server import PAGES, application
from tests.support.view_world import World

PORT = 8722
GUARD = Guard(PORT, "correct-token")
ADDRESSES = [path.replace("{name:path}", "CrxWorkload/shop/web").replace("{name}", "shop") for path in PAGES]


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[TestClient]:
    """A browser that has not opened the printed address."""
    app = application(World().collector(tmp_path), GUARD)
    with TestClient(app, base_url=f"http://127.0.0.1:{PORT}", follow_redirects=False) as client:
        yield client


@pytest.fixture
def user(stranger: TestClient) -> TestClient:
    """A browser that has."""
    stranger.get("/", params={"token": GUARD.token})
    return stranger


@pytest.mark.parametrize("path", [*ADDRESSES, "/view.json", "/metrics", "/changes", "/static/view.css", "/nowhere"])
def test_without_the_token_nothing_is_shown(stranger: TestClient, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert answer.text == (
        "Open the address that pacific view has printed: it has the token that this page asks for.\n"
    )


@pytest.mark.parametrize("token", ["wrong", "", "correct-token-and-more"])
def test_another_token_is_none(stranger: TestClient, token: str) -> None:
    assert stranger.get("/", params={"token": token}).status_code == 401
    assert stranger.get("/", headers=[("Authorization", f"Bearer {token}")]).status_code == 401


def test_the_token_becomes_a_cookie_that_no_other_page_sends(stranger: TestClient) -> None:
    answer = stranger.get("/documents?token=correct-token&q=web")
    assert (answer.status_code, answer.headers["location"]) == (303, "/documents?q=web")
    assert answer.headers["set-cookie"] == (f"pacific-view-{PORT}=correct-token; Path=/; HttpOnly; SameSite=Strict")
    assert stranger.get("/documents?q=web").status_code == 200


def test_programs_give_the_token_in_a_header(stranger: TestClient) -> None:
    assert stranger.get("/metrics", headers={"Authorization": "Bearer correct-token"}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", f"127.0.0.1.evil.example:{PORT}", "127.0.0.1:1", ""])
def test_a_foreign_host_is_refused_even_with_the_cookie(user: TestClient, host: str) -> None:
    answer = user.get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.text == "This page answers to 127.0.0.1 and localhost alone.\n"


def test_localhost_is_this_computer_too(user: TestClient) -> None:
    assert user.get("/", headers={"Host": f"localhost:{PORT}"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_request_of_another_page_is_refused_even_with_the_cookie(user: TestClient, headers: dict[str, str]) -> None:
    answer = user.get("/view.json", headers=headers)
    assert answer.status_code == 403
    assert answer.text == "This request comes from another page; nothing is shown to it.\n"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_nothing_can_be_done(user: TestClient, method: str) -> None:
    answer = user.request(method, "/")
    assert answer.status_code == 405
    assert answer.text == "This page is to be read: only GET and HEAD are answered.\n"


@pytest.mark.parametrize("path", [*ADDRESSES, "/static/view.js", "/nowhere"])
def test_every_answer_forbids_scripts_and_styles_of_others(user: TestClient, path: str) -> None:
    headers = user.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("path", "query", "address"),
    [
        ("/", "token=a", "/"),
        ("//evil.example/", "token=a", "/evil.example/"),
        ("/documents", "q=a%26b&token=a&state=", "/documents?q=a%26b&state="),
    ],
)
def test_the_address_goes_on_below_this_host(path: str, query: str, address: str) -> None:
    assert without_token(path, query) == address


def test_each_guard_has_a_token_of_its_own() -> None:
    assert Guard(1).token != Guard(1).token
    assert "token" not in repr(Guard(1)).replace("token_", "")
