"""What a job's variables say, as the three forges set them."""

import pytest

from pacific_infra.errors import PacificError
from pacific_infra.forge.forge import Forge
from pacific_infra.forge.github import Gitea, GitHub
from pacific_infra.forge.gitlab import GitLab
from pacific_infra.forge.pipeline import read_pipeline

ACTIONS = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_API_URL": "https://api.example.test",
    "GITHUB_REPOSITORY": "platform/estate",
    "GITHUB_TOKEN": "t",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://gitlab.example.test/api/v4",
    "CI_PROJECT_ID": "42",
    "GITLAB_TOKEN": "t",
}


@pytest.mark.parametrize(
    ("variables", "forge", "number"),
    [
        ({**ACTIONS, "GITHUB_REF": "refs/pull/12/merge"}, GitHub, 12),
        ({**ACTIONS, "GITHUB_REF": "refs/heads/main"}, GitHub, None),
        ({**ACTIONS, "GITEA_ACTIONS": "true", "GITHUB_REF": "refs/pull/7/head"}, Gitea, 7),
        ({**GITLAB, "CI_MERGE_REQUEST_IID": "3"}, GitLab, 3),
        (GITLAB, GitLab, None),
    ],
)
def test_a_job_says_its_forge_and_its_pull_request(
    variables: dict[str, str], forge: type[Forge], number: int | None
) -> None:
    pipeline = read_pipeline(variables)
    assert (type(pipeline.forge), pipeline.pull_request) == (forge, number)


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        (
            {},
            "this is not the job of a pipeline that is known: allowed: GitHub Actions, Gitea Actions, GitLab CI; "
            "fix: pacific ci init github|gitlab|gitea writes such pipelines; elsewhere use pacific plan --markdown",
        ),
        (
            {**ACTIONS, "GITHUB_TOKEN": ""},
            "the variable GITHUB_TOKEN is missing: "
            "fix: give the job a token that may write comments, statuses, issues and contents",
        ),
        ({**GITLAB, "CI_PROJECT_ID": ""}, "the variable CI_PROJECT_ID is missing, which the forge sets in its jobs"),
    ],
)
def test_what_is_missing_is_named(variables: dict[str, str], problem: str) -> None:
    with pytest.raises(PacificError) as caught:
        read_pipeline(variables)
    assert str(caught.value) == problem
