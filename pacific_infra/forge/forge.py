"""What a pipeline asks of a forge, and the messages that it keeps up to date on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from pacific_infra.forge.client import ForgeError

State = Literal["pending", "success", "failure"]
"""How a commit stands in the eyes of a check."""


@dataclass(frozen=True)
class PullRequest:
    """A pull request; GitLab calls it a merge request."""

    number: int
    head: str
    """SHA of its newest commit."""
    base_branch: str
    """Name of the branch that it goes into."""
    open: bool
    """Neither merged nor closed."""
    merged: bool
    from_fork: bool
    """Whether its branch lies in another repository, so that its author may be anybody."""


@dataclass(frozen=True)
class Message:
    """A comment or an issue."""

    identifier: str
    body: str


class Forge(Protocol):
    """One repository on a forge. Every method raises PacificError where the forge refuses or stays away."""

    longest: int
    """Characters that a comment may have."""

    def pull_request(self, number: int) -> PullRequest:
        """The pull request of that number."""

    def pull_request_of(self, commit: str) -> PullRequest | None:
        """The pull request that brought ``commit`` to its branch; None: it was pushed without any."""

    def comments(self, number: int) -> Iterable[Message]:
        """The comments of a pull request, oldest first."""

    def create_comment(self, number: int, body: str) -> None:
        """Add a comment to a pull request."""

    def edit_comment(self, number: int, comment: Message, body: str) -> None:
        """Replace the body of a comment."""

    def set_status(self, commit: str, state: State, context: str, description: str) -> None:
        """Say how ``commit`` stands by the check ``context``. ``description``: up to 140 characters."""

    def issues(self) -> Iterable[Message]:
        """The open issues."""

    def create_issue(self, title: str, body: str) -> None:
        """Open an issue."""

    def edit_issue(self, issue: Message, body: str) -> None:
        """Replace the body of an issue."""

    def close_issue(self, issue: Message) -> None:
        """Close an issue."""


def mark_of(purpose: str, stack: str) -> str:
    """The hidden line by which a message is recognised later. ``stack``: PROJECT/STACK."""
    return f"<!-- pacific:{purpose}:{stack} -->"


def shorten(body: str, longest: int) -> str:
    """``body``, cut at the end of a line where it is longer than the forge takes."""
    if len(body) <= longest:
        return body
    note = "\n\n_Cut here: the rest is longer than this forge takes._\n"
    head = body[: longest - len(note) - 16].rpartition("\n")[0]
    # An open block of code would take the note in.
    fence = "\n```" if head.count("```") % 2 else ""
    return f"{head}{fence}{note}"


def put_comment(forge: Forge, number: int, mark: str, body: str) -> None:
    """Make ``body`` the text of the comment that has ``mark``; the comment is created where nobody has yet."""
    text = shorten(f"{mark}\n{body}", forge.longest)
    for comment in forge.comments(number):
        if comment.body == text:
            return
        if comment.body.startswith(mark):
            try:
                forge.edit_comment(number, comment, text)
            except ForgeError as error:
                # Somebody else has written it, or it was deleted a moment ago.
                if error.status in (403, 404):
                    continue
                raise
            return
    forge.create_comment(number, text)


def put_issue(forge: Forge, mark: str, title: str, body: str) -> None:
    """Make ``body`` the text of the open issue that has ``mark``; the issue is opened where there is none."""
    text = shorten(f"{mark}\n{body}", forge.longest)
    issue = next((issue for issue in forge.issues() if issue.body.startswith(mark)), None)
    if issue is None:
        forge.create_issue(title, text)
    elif issue.body != text:
        forge.edit_issue(issue, text)


def close_issues(forge: Forge, mark: str) -> None:
    """Close every open issue that has ``mark``."""
    for issue in forge.issues():
        if issue.body.startswith(mark):
            forge.close_issue(issue)
