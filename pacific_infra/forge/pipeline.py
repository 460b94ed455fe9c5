"""What the job of a pipeline says of itself in its variables: forge, repository, token and pull request."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pacific_infra.errors import PacificError
from pacific_infra.forge.client import ForgeClient
from pacific_infra.forge.forge import Forge
from pacific_infra.forge.github import Gitea, GitHub
from pacific_infra.forge.gitlab import GitLab

_REQUEST = re.compile(r"refs/pull/(\d+)/")


@dataclass(frozen=True)
class Pipeline:
    """A job on a forge."""

    forge: Forge
    pull_request: int | None
    """The number of the pull request that it runs for; None: it runs for a branch."""


def read_pipeline(variables: Mapping[str, str]) -> Pipeline:
    """The job that ``variables`` tell of, as GitHub Actions, Gitea Actions and GitLab CI set them.

    Raises PacificError outside such a job, and where its token is missing.
    """
    if variables.get("GITLAB_CI"):
        client = ForgeClient(
            _required(variables, "CI_API_V4_URL"), {"PRIVATE-TOKEN": _token(variables, "GITLAB_TOKEN")}
        )
        number = variables.get("CI_MERGE_REQUEST_IID")
        return Pipeline(GitLab(client, _required(variables, "CI_PROJECT_ID")), int(number) if number else None)
    if not variables.get("GITHUB_ACTIONS"):
        raise PacificError(
            "this is not the job of a pipeline that is known",
            allowed=["GitHub Actions", "Gitea Actions", "GitLab CI"],
            fix="pacific ci init github|gitlab|gitea writes such pipelines; elsewhere use pacific plan --markdown",
        )
    url, repository = _required(variables, "GITHUB_API_URL"), _required(variables, "GITHUB_REPOSITORY")
    match = _REQUEST.match(variables.get("GITHUB_REF", ""))
    number_of_request = int(match[1]) if match else None
    if variables.get("GITEA_ACTIONS"):
        token = variables.get("GITEA_TOKEN") or _token(variables, "GITHUB_TOKEN")
        return Pipeline(Gitea(ForgeClient(url, {"Authorization": f"token {token}"}), repository), number_of_request)
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {_token(variables, 'GITHUB_TOKEN')}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    return Pipeline(GitHub(ForgeClient(url, headers), repository), number_of_request)


def _required(variables: Mapping[str, str], name: str) -> str:
    value = variables.get(name)
    if not value:
        raise PacificError(f"the variable {name} is missing, which the forge sets in its jobs")
    return value


def _token(variables: Mapping[str, str], name: str) -> str:
    token = variables.get(name)
    if not token:
        raise PacificError(
            f"the variable {name} is missing",
            fix="give the job a token that may write comments, statuses, issues and contents",
        )
    return token
