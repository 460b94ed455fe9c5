"""A stand-in of a forge: what `pacific ci` asks of GitHub, Gitea and GitLab, as their public API pages describe it."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pacific_infra.forge.client import ForgeClient
from pacific_infra.forge.forge import Forge
from pacific_infra.forge.github import Gitea, GitHub
from pacific_infra.forge.gitlab import GitLab

FORGES = ("github", "gitea", "gitlab")
REPOSITORY = "platform/estate"
PROJECT = "42"
LONGEST = {"github": 65_536, "gitea": 65_536, "gitlab": 1_000_000}
"""Characters that a comment or an issue may have."""


@dataclass
class Request:
    """A pull request on the stand-in."""

    number: int
    head: str
    state: str = "open"
    """open, closed or merged."""
    merge_commit: str = ""
    fork: bool = False


@dataclass
class ForgeServer:
    """The repository that is served, to be changed and read by a test."""

    kind: str
    url: str = ""
    requests: dict[int, Request] = field(default_factory=dict)
    comments: dict[int, dict[int, str]] = field(default_factory=dict)
    """Bodies by their number, by pull request."""
    statuses: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    """State and description by context, by commit."""
    issues: dict[int, dict[str, str]] = field(default_factory=dict)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Status and headers of the next answers, in place of the true ones. Status 0: the connection is closed."""
    refused: dict[str, int] = field(default_factory=dict)
    """Status of every answer to requests of a method."""
    log: list[str] = field(default_factory=list)
    """METHOD PATH of each request, in order."""
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1000, 100_000)))

    def open_issues(self) -> list[dict[str, str]]:
        """Title and body of those that are open."""
        return [issue for issue in self.issues.values() if issue["state"] == "open"]

    def forge(self, sleep: Callable[[float], None] = lambda _: None) -> Forge:
        """The product's client of it."""
        client = ForgeClient(self.url, {"Authorization": "token of-the-test"}, sleep=sleep)
        if self.kind == "gitlab":
            return GitLab(client, PROJECT)
        return (Gitea if self.kind == "gitea" else GitHub)(client, REPOSITORY)

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, str]) -> tuple[int, Any]:
        """Status and content for a request."""
        if method in self.refused:
            return self.refused[method], {"message": "not allowed"}
        longest = LONGEST[self.kind]
        if max(len(body.get(name) or "") for name in ("body", "description")) > longest:
            return 422, {"message": f"body is too long (maximum is {longest} characters)"}
        routes = _GITLAB if self.kind == "gitlab" else _GITHUB
        for pattern, function in routes:
            match = re.fullmatch(pattern, f"{method} {path}")
            if match:
                return function(self, match.groups(), query, body)
        return 404, {"message": f"no route for {method} {path}"}


Answer = tuple[int, Any]
Route = Callable[[ForgeServer, tuple[str, ...], dict[str, str], dict[str, str]], Answer]


@contextmanager
def serve_forge(kind: str) -> Iterator[ForgeServer]:
    """Serve a forge of this kind on 127.0.0.1."""
    state = ForgeServer(kind)

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            state.log.append(f"{self.command} {parts.path}")
            if state.answers:
                status, headers = state.answers.pop(0)
                content: Any = {"message": "as the test says"}
                if not status:
                    self.close_connection = True
                    return
            else:
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                status, content = state.answer(self.command, parts.path, query, body)
                headers = {}
            data = json.dumps(content).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = _handle  # noqa: N815 - as http.server names them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def _page(entries: list[Any], query: dict[str, str], size: str) -> list[Any]:
    # Smaller pages than asked for, as a server's own limit makes them.
    length, page = min(int(query[size]), 2), int(query["page"])
    return entries[(page - 1) * length : page * length]


def _github_request(server: ForgeServer, request: Request) -> dict[str, Any]:
    full_name = "somebody/estate" if request.fork else REPOSITORY
    return {
        "number": request.number,
        "state": "open" if request.state == "open" else "closed",
        "merged_at": "2026-01-01T00:00:00Z" if request.state == "merged" else None,
        "head": {"sha": request.head, "repo": {"full_name": full_name}},
        "base": {"ref": "main"},
    }


def _gitlab_request(server: ForgeServer, request: Request) -> dict[str, Any]:
    return {
        "iid": request.number,
        "state": {"open": "opened"}.get(request.state, request.state),
        "sha": request.head,
        "target_branch": "main",
        "source_project_id": 7 if request.fork else 42,
        "target_project_id": 42,
    }


def _request_by_number(server: ForgeServer, groups: tuple[str, ...], *_: Any) -> Answer:
    request = server.requests.get(int(groups[0]))
    if request is None:
        return 404, {"message": "Not Found"}
    return 200, (_gitlab_request if server.kind == "gitlab" else _github_request)(server, request)


def _requests_of_commit(server: ForgeServer, groups: tuple[str, ...], *_: Any) -> Answer:
    shown = _gitlab_request if server.kind == "gitlab" else _github_request
    requests = [shown(server, request) for request in server.requests.values() if groups[0] == request.merge_commit]
    if server.kind != "gitea":
        return 200, requests
    return (200, requests[0]) if requests else (404, {"message": "Not Found"})


def _list_comments(server: ForgeServer, groups: tuple[str, ...], query: dict[str, str], _: Any) -> Answer:
    comments = server.comments.get(int(groups[0]), {})
    entries = [{"id": number, "body": body, "system": False} for number, body in comments.items()]
    if server.kind == "gitea":
        return 200, entries
    return 200, _page(entries, query, "per_page")


def _create_comment(server: ForgeServer, groups: tuple[str, ...], _: Any, body: dict[str, str]) -> Answer:
    number = next(server.numbers)
    server.comments.setdefault(int(groups[0]), {})[number] = body["body"]
    return 201, {"id": number}


def _edit_comment(server: ForgeServer, groups: tuple[str, ...], _: Any, body: dict[str, str]) -> Answer:
    for comments in server.comments.values():
        if int(groups[-1]) in comments:
            comments[int(groups[-1])] = body["body"]
            return 200, {}
    return 404, {"message": "Not Found"}


def _set_status(server: ForgeServer, groups: tuple[str, ...], _: Any, body: dict[str, str]) -> Answer:
    context = body.get("context") or body["name"]
    server.statuses.setdefault(groups[0], {})[context] = (body["state"], body["description"])
    return 201, {}


def _list_issues(server: ForgeServer, _groups: Any, query: dict[str, str], _: Any) -> Answer:
    entries = [
        {"number": number, "iid": number, "body": issue["body"], "description": issue["body"]}
        for number, issue in server.issues.items()
        if issue["state"] == "open"
    ]
    if server.kind == "github":
        entries.insert(0, {"number": 1, "body": "a pull request is an issue too", "pull_request": {}})
    return 200, _page(entries, query, "limit" if server.kind == "gitea" else "per_page")


def _create_issue(server: ForgeServer, _groups: Any, _: Any, body: dict[str, str]) -> Answer:
    number = next(server.numbers)
    text = body.get("body") or body["description"]
    server.issues[number] = {"state": "open", "title": body["title"], "body": text}
    return 201, {}


def _edit_issue(server: ForgeServer, groups: tuple[str, ...], _: Any, body: dict[str, str]) -> Answer:
    issue = server.issues[int(groups[0])]
    if "closed" in (body.get("state"), body.get("state_event")) or body.get("state_event") == "close":
        issue["state"] = "closed"
    else:
        issue["body"] = body.get("body") or body["description"]
    return 200, {}


_R = f"/repos/{REPOSITORY}"
_P = f"/projects/{PROJECT}"
_GITHUB: list[tuple[str, Route]] = [
    (rf"GET {_R}/pulls/(\d+)", _request_by_number),
    (rf"GET {_R}/commits/(\w+)/pulls?", _requests_of_commit),
    (rf"GET {_R}/issues/(\d+)/comments", _list_comments),
    (rf"POST {_R}/issues/(\d+)/comments", _create_comment),
    (rf"PATCH {_R}/issues/comments/(\d+)", _edit_comment),
    (rf"POST {_R}/statuses/(\w+)", _set_status),
    (rf"GET {_R}/issues", _list_issues),
    (rf"POST {_R}/issues", _create_issue),
    (rf"PATCH {_R}/issues/(\d+)", _edit_issue),
]
_GITLAB: list[tuple[str, Route]] = [
    (rf"GET {_P}/merge_requests/(\d+)", _request_by_number),
    (rf"GET {_P}/repository/commits/(\w+)/merge_requests", _requests_of_commit),
    (rf"GET {_P}/merge_requests/(\d+)/notes", _list_comments),
    (rf"POST {_P}/merge_requests/(\d+)/notes", _create_comment),
    (rf"PUT {_P}/merge_requests/(\d+)/notes/(\d+)", _edit_comment),
    (rf"POST {_P}/statuses/(\w+)", _set_status),
    (rf"GET {_P}/issues", _list_issues),
    (rf"POST {_P}/issues", _create_issue),
    (rf"PUT {_P}/issues/(\d+)", _edit_issue),
]
