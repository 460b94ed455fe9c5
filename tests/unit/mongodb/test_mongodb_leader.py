"""The Lease: who holds it, who may take it, and what becomes of the work of a leader that has lost it."""

import asyncio
from typing import Any

import pytest

from pacific_mongodb import leader
from pacific_mongodb.cluster import CONFLICT, KubernetesError
from pacific_mongodb.database import Object
from pacific_mongodb.leader import Lease, lead


class Server:
    """One Lease, with the comparison of versions that the API server makes."""

    def __init__(self) -> None:
        self.lease: Object | None = None
        self.refuses = False

    async def get(self, *_: str) -> Object | None:
        return self.lease and {"metadata": dict(self.lease["metadata"]), "spec": dict(self.lease["spec"])}

    async def create(self, item: Object) -> Object:
        if self.lease is not None:
            raise KubernetesError(CONFLICT, "already exists")
        self.lease = {"metadata": {"resourceVersion": 1}, "spec": item["spec"]}
        return self.lease

    async def merge(self, *arguments: Any) -> Object:
        patch = arguments[-1]
        assert self.lease is not None
        if self.refuses or patch["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            raise KubernetesError(CONFLICT, "has been modified")
        self.lease["metadata"]["resourceVersion"] += 1
        self.lease["spec"].update(patch["spec"])
        return self.lease


def lease(server: Server, identity: str) -> Lease:
    return Lease(server, "data", "controller", identity)  # type: ignore[arg-type]  # as much of one as it asks for


def test_one_holds_it_until_it_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0
    monkeypatch.setattr("time.monotonic", lambda: clock)
    server = Server()
    first, second = lease(server, "a"), lease(server, "b")
    assert asyncio.run(first.hold())
    assert not asyncio.run(second.hold())
    assert asyncio.run(lease(server, "a").hold())  # the container of "a" was started again
    clock = 14.0
    assert asyncio.run(first.hold())
    assert not asyncio.run(second.hold())
    clock = 28.0
    assert not asyncio.run(second.hold())  # 14 s since the last renewal that it saw
    clock = 30.0
    assert asyncio.run(second.hold())
    assert not asyncio.run(first.hold())
    assert server.lease is not None
    assert server.lease["spec"]["holderIdentity"] == "b"


def test_a_quicker_candidate_wins() -> None:
    server = Server()
    assert asyncio.run(lease(server, "a").hold())
    server.refuses = True
    assert not asyncio.run(lease(server, "a").hold())


def test_work_ends_with_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leader, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(leader, "RENEW_SECONDS", 0.03)
    server = Server()
    ended = []

    async def work() -> None:
        server.refuses = True
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    assert not asyncio.run(lead(lease(server, "a"), work))
    assert ended == [True]


def test_work_that_ends_by_itself() -> None:
    async def work() -> None:
        return None

    assert asyncio.run(lead(lease(Server(), "a"), work))
