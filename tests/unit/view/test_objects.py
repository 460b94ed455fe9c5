"""What is kept of live objects and events."""

from pacific_infra.view.objects import MOST_EVENTS, ServerObjects, event_of, seen
from tests.support.view_world import DEPLOYMENT, event, pod


def test_of_a_pod_only_its_health_is_kept() -> None:
    item = seen(pod("web-1-a", waiting="ImagePullBackOff", message="there is no such image"))
    assert not item.text
    assert str(item.health) == ("degraded: Pending, not ready; container web ImagePullBackOff: there is no such image")
    assert (item.made_for, item.owned) == ("web", True)


def test_nothing_that_is_in_a_secret_is_kept() -> None:
    item = seen({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"password": "aHVudGVyMg=="}})
    assert "aHVudGVyMg==" not in repr(item)


def test_a_new_list_takes_the_place_of_its_kind_alone() -> None:
    objects = ServerObjects()
    objects.replace((), [seen(pod("a")), seen(pod("b")), seen(DEPLOYMENT)])
    objects.replace(objects.of("", "Pod", "shop"), [seen(pod("c"))])
    assert sorted(key.name for key in objects.objects) == ["c", "web"]


def test_the_oldest_events_go() -> None:
    objects = ServerObjects()
    for number in range(2 * MOST_EVENTS):
        objects.add_events([event_of(event("a", f"{number:05}", time=f"2026-11-28T10:00:00.{number:05}Z"))])
    assert MOST_EVENTS <= len(objects.events) <= MOST_EVENTS + MOST_EVENTS // 4
    assert f"a {2 * MOST_EVENTS - 1:05}" in objects.events
    assert "a 00000" not in objects.events
