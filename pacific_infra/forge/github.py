"""GitHub's REST API (version 2022-11-28), and Gitea's (v1), which follows it with other names here and there."""

from collections.abc import Iterator
from typing import Any

from pacific_infra.forge.client import ForgeClient
from pacific_infra.forge.forge import Message, PullRequest, State


class GitHub:
    """One repository on GitHub. ``repository``: OWNER/NAME."""

    longest = 65_536
    page_size = "per_page"

    def __init__(self, client: ForgeClient, repository: str) -> None:
        self._client = client
        self._path = f"repos/{repository}"
        self._repository = repository

    def pull_request(self, number: int) -> PullRequest:
        return self._pull_request(self._client.request("GET", f"{self._path}/pulls/{number}"))

    def pull_request_of(self, commit: str) -> PullRequest | None:
        requests = self._client.request("GET", f"{self._path}/commits/{commit}/pulls")
        merged = [entry for entry in requests if entry.get("merged_at")]
        return self._pull_request(merged[0]) if merged else None

    def _pull_request(self, content: Any) -> PullRequest:
        source = content["head"].get("repo") or {}
        return PullRequest(
            number=content["number"],
            head=content["head"]["sha"],
            base_branch=content["base"]["ref"],
            open=content["state"] == "open",
            merged=bool(content.get("merged_at")),
            # The repository of a fork may be deleted; then nobody knows whose it was.
            from_fork=source.get("full_name") != self._repository,
        )

    def comments(self, number: int) -> Iterator[Message]:
        for entry in self._client.pages(f"{self._path}/issues/{number}/comments", self.page_size):
            yield _message(entry, "id")

    def create_comment(self, number: int, body: str) -> None:
        self._client.request("POST", f"{self._path}/issues/{number}/comments", {"body": body})

    def edit_comment(self, number: int, comment: Message, body: str) -> None:
        self._client.request("PATCH", f"{self._path}/issues/comments/{comment.identifier}", {"body": body})

    def set_status(self, commit: str, state: State, context: str, description: str) -> None:
        body = {"state": state, "context": context, "description": description[:140]}
        self._client.request("POST", f"{self._path}/statuses/{commit}", body)

    def issues(self) -> Iterator[Message]:
        for entry in self._client.pages(f"{self._path}/issues", self.page_size, {"state": "open"}):
            if not entry.get("pull_request"):
                yield _message(entry, "number")

    def create_issue(self, title: str, body: str) -> None:
        self._client.request("POST", f"{self._path}/issues", {"title": title, "body": body})

    def edit_issue(self, issue: Message, body: str) -> None:
        self._client.request("PATCH", f"{self._path}/issues/{issue.identifier}", {"body": body})

    def close_issue(self, issue: Message) -> None:
        self._client.request("PATCH", f"{self._path}/issues/{issue.identifier}", {"state": "closed"})


class Gitea(GitHub):
    """One repository on Gitea or Forgejo."""

    page_size = "limit"

    def pull_request_of(self, commit: str) -> PullRequest | None:
        content = self._client.request("GET", f"{self._path}/commits/{commit}/pull", may_miss=True)
        return self._pull_request(content) if content and content.get("merged_at") else None

    def comments(self, number: int) -> Iterator[Message]:
        # All at once: this list has no pages.
        for entry in self._client.request("GET", f"{self._path}/issues/{number}/comments") or ():
            yield _message(entry, "id")


def _message(entry: Any, key: str) -> Message:
    return Message(str(entry[key]), entry.get("body") or "")
