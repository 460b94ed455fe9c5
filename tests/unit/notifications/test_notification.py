"""What webhooks are told, in both forms."""

import json
from dataclasses import replace

from pacific_infra.notifications.notification import MOST_NAMES, cloud_event, slack_message
from tests.support.webhook_server import RUN

HOSTILE = "CrxWorkload/<!channel> @here `x` & \u202egnp.exe\n*bold* https://evil.test|click>"


def test_slack_is_told_in_a_few_lines() -> None:
    assert json.loads(slack_message(RUN)) == {
        "text": "*estate/prod: up failed* by alice after 72 s: 2 created, 1 updated\n"
        "failed: `CrxWorkload/shop/db`\n"
        "documents: `Namespace/shop`, `CrxWorkload/shop/web`"
    }


def test_an_event_has_what_cloud_events_ask_for_and_another_id_each_time() -> None:
    first, second = (json.loads(cloud_event(RUN)) for _ in range(2))
    assert first.pop("id") != second.pop("id")
    assert first == second
    assert first == {
        "specversion": "1.0",
        "source": "urn:pulumi:prod::estate",
        "type": "infra.pacific.converge.failed",
        "subject": "estate/prod",
        "time": "2027-01-15T08:00:00.250000+00:00",
        "datacontenttype": "application/json",
        "data": {
            "schema": "pacific.infra/notification/v1",
            "stack": "estate/prod",
            "command": "up",
            "result": "failed",
            "user": "alice",
            "seconds": 72.3,
            "counts": {"create": 2, "update": 1},
            "documents": ["Namespace/shop", "CrxWorkload/shop/web"],
            "documentCount": 2,
            "failed": ["CrxWorkload/shop/db"],
            "failedCount": 1,
        },
    }


def test_hostile_names_are_text() -> None:
    text = json.loads(slack_message(replace(RUN, failed=[HOSTILE], user=HOSTILE)))["text"]
    shown = "CrxWorkload/&lt;!channel&gt; (at)here 'x' &amp; \\u202egnp.exe *bold* https://evil.test|click&gt;"
    assert f"failed: `{shown}`\n" in text
    assert len(text.splitlines()) == 3
    assert json.loads(cloud_event(replace(RUN, failed=[HOSTILE])))["data"]["failed"] == [HOSTILE]
    assert cloud_event(replace(RUN, failed=[HOSTILE])).isascii()


def test_many_long_names_are_counted_and_cut() -> None:
    many = replace(RUN, documents=[f"CrxWorkload/shop/{number}-{'x' * 1000}" for number in range(5_000)])
    data = json.loads(cloud_event(many))["data"]
    assert (len(data["documents"]), data["documentCount"]) == (MOST_NAMES, 5_000)
    assert len(cloud_event(many)) < 2**16
    text = json.loads(slack_message(many))["text"]
    assert text.endswith(" and 4990 more")
    assert len(text) < 4_000
