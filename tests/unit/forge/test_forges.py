"""The three forges behind one interface, against stand-ins that speak their APIs."""

from collections.abc import Iterator

import pytest

from pacific_infra.forge.client import ForgeError
from pacific_infra.forge.forge import close_issues, mark_of, put_comment, put_issue, shorten
from tests.support.forge_server import FORGES, LONGEST, ForgeServer, Request, serve_forge

MARK = mark_of("plan", "estate/prod")


@pytest.fixture(params=FORGES)
def server(request: pytest.FixtureRequest) -> Iterator[ForgeServer]:
    with serve_forge(request.param) as server:
        server.requests[12] = Request(12, head="a" * 40)
        yield server


def test_a_pull_request_says_where_it_stands(server: ForgeServer) -> None:
    forge = server.forge()
    request = forge.pull_request(12)
    assert (request.number, request.head, request.base_branch) == (12, "a" * 40, "main")
    assert (request.open, request.merged, request.from_fork) == (True, False, False)
    server.requests[12].state, server.requests[12].fork = "merged", True
    request = forge.pull_request(12)
    assert (request.open, request.merged, request.from_fork) == (False, True, True)
    server.requests[12].state = "closed"
    assert (forge.pull_request(12).open, forge.pull_request(12).merged) == (False, False)


def test_a_commit_names_the_merged_request_that_brought_it(server: ForgeServer) -> None:
    server.requests[12].state, server.requests[12].merge_commit = "merged", "c0ffee"
    request = server.forge().pull_request_of("c0ffee")
    assert request is not None
    assert request.number == 12
    assert server.forge().pull_request_of("decade") is None


def test_a_comment_is_created_once_and_then_edited(server: ForgeServer) -> None:
    server.comments[12] = {number: f"comment {number}" for number in range(5)}
    for text in ("first", "second", "second"):
        put_comment(server.forge(), 12, MARK, text)
    assert list(server.comments[12].values())[5:] == [f"{MARK}\nsecond"]
    assert sum(line.startswith(("PATCH", "PUT")) for line in server.log) == 1


def test_a_comment_that_somebody_deleted_is_created_again(server: ForgeServer) -> None:
    put_comment(server.forge(), 12, MARK, "first")
    server.comments[12].clear()
    put_comment(server.forge(), 12, MARK, "second")
    assert list(server.comments[12].values()) == [f"{MARK}\nsecond"]


@pytest.mark.parametrize("status", [403, 404])
def test_a_comment_that_may_not_be_edited_is_created_anew(server: ForgeServer, status: int) -> None:
    put_comment(server.forge(), 12, MARK, "first")
    server.refused = {"PATCH": status, "PUT": status}
    put_comment(server.forge(), 12, MARK, "second")
    assert list(server.comments[12].values()) == [f"{MARK}\nfirst", f"{MARK}\nsecond"]


def test_a_comment_and_an_issue_are_cut_where_the_forge_would_refuse_them(
    server: ForgeServer,
) -> None:
    body = "**1 to create**\n" + "\n".join(f"line {number} 🜁" for number in range(100_000))
    put_comment(server.forge(), 12, MARK, body)
    put_issue(server.forge(), MARK, "Drift", body)
    (comment,) = server.comments[12].values()
    (issue,) = server.open_issues()
    for text in (comment, issue["body"]):
        assert text.startswith(f"{MARK}\n**1 to create**\nline 0 🜁\n")
        assert text.endswith("\n\n_Cut here: the rest is longer than this forge takes._\n")
        assert len(text) <= LONGEST[server.kind]


def test_a_status_is_set_by_its_context(server: ForgeServer) -> None:
    server.forge().set_status("a" * 40, "failure", "pacific/plan (estate/prod)", "x" * 300)
    state, description = server.statuses["a" * 40]["pacific/plan (estate/prod)"]
    assert state == ("failed" if server.kind == "gitlab" else "failure")
    assert len(description) == (255 if server.kind == "gitlab" else 140)


def test_an_issue_is_opened_edited_and_closed(server: ForgeServer) -> None:
    forge = server.forge()
    for number in range(5):
        forge.create_issue(f"issue {number}", "of others")
    put_issue(forge, MARK, "Drift", "one object")
    put_issue(forge, MARK, "Drift", "two objects")
    assert [issue["body"] for issue in server.open_issues()][5:] == [f"{MARK}\ntwo objects"]
    close_issues(forge, MARK)
    assert [issue["body"] for issue in server.open_issues()] == ["of others"] * 5


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 0])
def test_a_forge_that_is_away_is_asked_again(server: ForgeServer, status: int) -> None:
    pauses: list[float] = []
    server.answers = [(status, {}), (status, {}), (status, {})]
    assert server.forge(pauses.append).pull_request(12).number == 12
    assert pauses == [1.0, 2.0, 4.0]


def test_the_pause_is_as_long_as_the_forge_says(server: ForgeServer) -> None:
    pauses: list[float] = []
    server.answers = [(429, {"retry-after": "7"}), (403, {"x-ratelimit-remaining": "0", "retry-after": "9"})]
    server.forge(pauses.append).pull_request(12)
    assert pauses == [7.0, 9.0]


@pytest.mark.parametrize("status", [500, 502, 504, 0])
def test_a_creation_whose_answer_is_lost_is_not_repeated(server: ForgeServer, status: int) -> None:
    server.answers = [(status, {})]
    with pytest.raises(ForgeError):
        server.forge().create_comment(12, "text")
    assert len(server.log) == 1


def test_a_forge_that_stays_away_is_given_up(server: ForgeServer) -> None:
    pauses: list[float] = []
    server.answers = [(503, {})] * 100
    with pytest.raises(ForgeError) as caught:
        server.forge(pauses.append).pull_request(12)
    path = "projects/42/merge_requests/12" if server.kind == "gitlab" else "repos/platform/estate/pulls/12"
    waited = f"{sum(pauses):.0f} s"
    problem = f"the forge did not do GET {path}, after {waited}: 503 as the test says: fix: run the job again"
    assert str(caught.value) == problem
    assert sum(pauses) <= 120


def test_a_token_that_may_not_is_named_as_the_cause(server: ForgeServer) -> None:
    server.answers = [(401, {})]
    with pytest.raises(ForgeError) as caught:
        server.forge().pull_request(12)
    assert caught.value.fix == "look at the token and its permissions"


def test_a_long_text_is_cut_at_a_line_and_closes_its_block() -> None:
    text = "summary\n```diff\n" + "\n".join(f"+ line {number}" for number in range(1000)) + "\n```\n"
    short = shorten(text, 2_000)
    assert len(short) <= 2_000
    assert short.endswith("\n```\n\n_Cut here: the rest is longer than this forge takes._\n")
    assert short.count("```") == 2
    assert shorten("short", 2_000) == "short"
