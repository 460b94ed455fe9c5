"""GitLab's REST API (v4). A pull request is a merge request there, a comment a note."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from pacific_infra.forge.client import ForgeClient
from pacific_infra.forge.forge import Message, PullRequest, State

_STATES = {"pending": "running", "success": "success", "failure": "failed"}


class GitLab:
    """One project on GitLab. ``project``: its number, or its path."""

    longest = 1_000_000

    def __init__(self, client: ForgeClient, project: str) -> None:
        self._client = client
        self._path = f"projects/{quote(project, safe='')}"

    def pull_request(self, number: int) -> PullRequest:
        return _pull_request(self._client.request("GET", f"{self._path}/merge_requests/{number}"))

    def pull_request_of(self, commit: str) -> PullRequest | None:
        requests = self._client.request("GET", f"{self._path}/repository/commits/{commit}/merge_requests")
        merged = [entry for entry in requests if entry.get("state") == "merged"]
        return _pull_request(merged[0]) if merged else None

    def comments(self, number: int) -> Iterator[Message]:
        path = f"{self._path}/merge_requests/{number}/notes"
        for entry in self._client.pages(path, "per_page", {"sort": "asc"}):
            if not entry.get("system"):
                yield Message(str(entry["id"]), entry.get("body") or "")

    def create_comment(self, number: int, body: str) -> None:
        self._client.request("POST", f"{self._path}/merge_requests/{number}/notes", {"body": body})

    def edit_comment(self, number: int, comment: Message, body: str) -> None:
        path = f"{self._path}/merge_requests/{number}/notes/{comment.identifier}"
        self._client.request("PUT", path, {"body": body})

    def set_status(self, commit: str, state: State, context: str, description: str) -> None:
        body = {"state": _STATES[state], "name": context, "description": description[:255]}
        self._client.request("POST", f"{self._path}/statuses/{commit}", body)

    def issues(self) -> Iterator[Message]:
        for entry in self._client.pages(f"{self._path}/issues", "per_page", {"state": "opened"}):
            yield Message(str(entry["iid"]), entry.get("description") or "")

    def create_issue(self, title: str, body: str) -> None:
        self._client.request("POST", f"{self._path}/issues", {"title": title, "description": body})

    def edit_issue(self, issue: Message, body: str) -> None:
        self._client.request("PUT", f"{self._path}/issues/{issue.identifier}", {"description": body})

    def close_issue(self, issue: Message) -> None:
        self._client.request("PUT", f"{self._path}/issues/{issue.identifier}", {"state_event": "close"})


def _pull_request(content: Any) -> PullRequest:
    return PullRequest(
        number=content["iid"],
        head=content["sha"],
        base_branch=content["target_branch"],
        open=content["state"] == "opened",
        merged=content["state"] == "merged",
        from_fork=content["source_project_id"] != content["target_project_id"],
    )
