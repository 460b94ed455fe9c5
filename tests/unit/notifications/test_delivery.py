"""Webhooks that take what they are sent, late or never, on a server of this computer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pacific_infra.notifications.delivery import Errand, Webhook, deliver
from pacific_infra.notifications.notification import FORMS, Form
from tests.support.webhook_server import RUN, WebhookServer, certificate_of_itself, serve_webhook

SLACK, CLOUD_EVENTS = FORMS


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with serve_webhook() as server:
        yield server


def tell(server: WebhookServer, pauses: list[float] | None = None, within: float = 20.0) -> str | None:
    kept: list[float] = [] if pauses is None else pauses
    return deliver(Webhook(SLACK, server.url), RUN, within=within, sleep=kept.append)


@pytest.mark.parametrize(
    ("form", "content_type"),
    [(SLACK, "application/json"), (CLOUD_EVENTS, "application/cloudevents+json; charset=utf-8")],
    ids=["slack", "cloud-events"],
)
def test_each_form_has_its_content_type(server: WebhookServer, form: Form, content_type: str) -> None:
    assert deliver(Webhook(form, server.url), RUN) is None
    assert server.content_types == [content_type]
    assert len(server.contents) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 0])
def test_a_webhook_that_is_busy_or_away_is_told_again_and_the_same(server: WebhookServer, status: int) -> None:
    pauses: list[float] = []
    server.answers = [(status, {})] * 3
    assert deliver(Webhook(CLOUD_EVENTS, server.url), RUN, sleep=pauses.append) is None
    assert pauses == [0.5, 1.0, 2.0]
    assert len({content["id"] for content in server.contents}) == 1


def test_the_pause_is_as_long_as_the_webhook_says(server: WebhookServer) -> None:
    pauses: list[float] = []
    server.answers = [(429, {"retry-after": "7"}), (503, {"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"})]
    assert tell(server, pauses) is None
    assert pauses == [7.0, 1.0]


def test_a_webhook_that_wants_a_longer_pause_than_there_is_is_given_up(server: WebhookServer) -> None:
    pauses: list[float] = []
    server.answers = [(429, {"retry-after": "3600"})]
    assert tell(server, pauses) == "it answered 429"
    assert pauses == []


def test_a_webhook_that_stays_away_is_given_up_in_time(server: WebhookServer) -> None:
    server.answers = [(503, {})] * 1_000
    problem = deliver(Webhook(SLACK, server.url), RUN, within=1.2)
    # Once, where the computer stands still.
    attempts = len(server.bodies)
    assert problem == ("it answered 503" if attempts == 1 else f"it answered 503, asked {attempts} times")
    assert attempts <= 2


@pytest.mark.parametrize("status", [302, 400, 403, 404, 410])
def test_a_webhook_that_refuses_is_told_once(server: WebhookServer, status: int) -> None:
    server.answers = [(status, {"location": f"{server.url}/elsewhere"})]
    assert tell(server) == f"it answered {status}"
    assert len(server.bodies) == 1


def test_a_webhook_that_never_answers_is_left_alone(server: WebhookServer) -> None:
    server.silent = True
    assert tell(server, within=0.2) == "it does not answer"
    errand = Errand(lambda: str(server.over.wait(60)), within=0.1)
    assert errand.wait() == "there was no answer within 0 s"


def test_what_listens_nowhere_cannot_be_reached(server: WebhookServer) -> None:
    url = server.url.replace("127.0.0.1", "127.0.0.1:1/x?")
    assert deliver(Webhook(SLACK, url), RUN, within=0.0) == "it cannot be reached"


@pytest.mark.parametrize(
    "url", ["", "hooks.example.test/x", "ftp://127.0.0.1/x", "https://", "http://[::1", "http://a\nb"]
)
def test_an_address_that_is_none_is_said_without_it(url: str) -> None:
    assert deliver(Webhook(SLACK, url), RUN) == "its address is not an http or https URL"


def test_an_address_is_in_no_text_of_its_webhook() -> None:
    assert "secret" not in repr(Webhook(SLACK, "https://hooks.example.test/secret"))


def test_a_certificate_of_an_unknown_authority_is_refused_and_a_known_one_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = certificate_of_itself(tmp_path)
    with serve_webhook((certificate, key)) as server:
        assert tell(server) == "its certificate cannot be verified"
        assert server.bodies == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert tell(server) is None
        assert server.contents[0]["text"].startswith("*estate/prod: up failed*")


def test_settings_that_are_no_good_are_no_traceback() -> None:
    def act() -> str | None:
        raise ValueError("the port of a proxy")

    assert Errand(act).wait() == "nothing can be sent from here (ValueError)"
