"""The sandbox's External Secrets: what it makes of stores of the provider fake, when it asks again, what it refuses."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pacific_sandbox.external_secrets.controller import DATA_HASH, SECRETS, ExternalSecrets
from pacific_sandbox.external_secrets.definitions import CLUSTER_STORES, EXTERNAL_SECRETS, STORES
from pacific_sandbox.external_secrets.values import NotFetchedError, fetched
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from tests.support.controller_fakes import FakeKubernetes, eventually

VALUES = [
    {"key": "shop/database", "value": '{"user": "shop", "password": "one", "port": 5432}'},
    {"key": "shop/token", "value": "c2VjcmV0"},
    {"key": "shop/token", "value": "newer", "version": "2"},
]
PASSWORD = {"secretKey": "password", "remoteRef": {"key": "shop/database", "property": "password"}}


def store(kind: str = "SecretStore", **provider: Any) -> dict[str, Any]:
    place = {} if kind == "ClusterSecretStore" else {"namespace": "shop"}
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": kind,
        "metadata": {"name": "vault", **place},
        "spec": {"provider": provider or {"fake": {"data": VALUES}}},
    }


def external(generation: int = 1, **spec: Any) -> dict[str, Any]:
    reference = {"name": "vault", "kind": "SecretStore"}
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": "login", "namespace": "shop", "uid": "uid-login", "generation": generation},
        "spec": {"secretStoreRef": reference, "refreshInterval": "1h", "data": [PASSWORD], **spec},
    }


class Scenario:
    """The controller on an API server in memory; ``now`` is its clock."""

    def __init__(self) -> None:
        self.kubernetes: Any = FakeKubernetes()
        self.now = 1000.0
        api: Any = self.kubernetes
        stores, cluster_stores = WatchedObjects(api, STORES), WatchedObjects(api, CLUSTER_STORES)
        externals = WatchedObjects(api, EXTERNAL_SECRETS)
        controller = ExternalSecrets(api, stores, cluster_stores, externals, clock=lambda: self.now)
        self.runners: list[Any] = [stores, cluster_stores, externals, controller]

    def password(self) -> str | None:
        secret = self.kubernetes.read(SECRETS, "login", "shop")
        return None if secret is None else base64.b64decode(secret["data"]["password"]).decode()

    def ready(self) -> tuple[str, str] | None:
        status = self.kubernetes.read(EXTERNAL_SECRETS, "login", "shop").get("status")
        return status and tuple(status["conditions"][0][name] for name in ("status", "message"))

    def ask_for(self, item: dict[str, Any]) -> None:
        known = self.kubernetes.read(EXTERNAL_SECRETS, "login", "shop") or {}
        self.kubernetes.put(EXTERNAL_SECRETS, {**item, **({"status": known["status"]} if "status" in known else {})})


def running(body: Callable[[Scenario], Awaitable[None]]) -> None:
    async def scenario() -> None:
        world = Scenario()
        tasks = [asyncio.create_task(runner.run()) for runner in world.runners]
        try:
            await body(world)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(scenario())


def test_a_secret_is_made_and_kept_until_the_document_asks_for_something_else() -> None:
    async def body(world: Scenario) -> None:
        world.kubernetes.put(STORES, store())
        world.ask_for(external())
        await eventually(lambda: world.ready() == ("True", "secret synced"))
        secret = world.kubernetes.read(SECRETS, "login", "shop")
        assert secret["metadata"]["ownerReferences"][0]["uid"] == "uid-login"
        assert (secret["type"], secret["metadata"]["labels"]) == (
            "Opaque",
            {"reconcile.external-secrets.io/managed": "true"},
        )
        first = secret["metadata"]["annotations"][DATA_HASH]
        world.kubernetes.put(STORES, store(fake={"data": [{"key": "shop/database", "value": '{"password": "two"}'}]}))
        world.ask_for(external())
        await asyncio.sleep(0.05)
        assert world.password() == "one"
        world.ask_for(external(generation=2))
        await eventually(lambda: world.password() == "two")
        again = world.kubernetes.read(SECRETS, "login", "shop")
        assert again["metadata"]["annotations"][DATA_HASH] != first

    running(body)


def test_the_store_is_asked_again_after_the_interval() -> None:
    async def body(world: Scenario) -> None:
        world.kubernetes.put(CLUSTER_STORES, store("ClusterSecretStore"))
        world.ask_for(external(secretStoreRef={"name": "vault", "kind": "ClusterSecretStore"}, refreshInterval="50ms"))
        await eventually(lambda: world.password() == "one")
        fresh = store("ClusterSecretStore", fake={"data": [{"key": "shop/database", "value": '{"password": "two"}'}]})
        world.kubernetes.put(CLUSTER_STORES, fresh)
        world.now += 1
        await eventually(lambda: world.password() == "two")

    running(body)


@pytest.mark.parametrize(
    ("stores", "message"),
    [
        ([], 'SecretStore "vault" not found'),
        ([store(vault={"server": "https://vault"})], "it knows the provider fake alone"),
        ([store(fake={"data": []})], "Secret does not exist: shop/database"),
    ],
)
def test_what_cannot_be_fetched_is_said_in_the_condition(stores: list[Any], message: str) -> None:
    async def body(world: Scenario) -> None:
        for item in stores:
            world.kubernetes.put(STORES, item)
        world.ask_for(external())
        await eventually(lambda: (world.ready() or ("", ""))[0] == "False")
        assert message in (world.ready() or ("", ""))[1]
        assert world.password() is None

    running(body)


def test_a_secret_of_somebody_else_is_left_alone() -> None:
    async def body(world: Scenario) -> None:
        world.kubernetes.put(STORES, store())
        world.kubernetes.put(
            SECRETS, {"metadata": {"name": "login", "namespace": "shop"}, "data": {"password": "eA=="}}
        )
        world.ask_for(external())
        await eventually(lambda: "is not of this ExternalSecret" in (world.ready() or ("", ""))[1])
        assert world.password() == "x"

    running(body)


@pytest.mark.parametrize(
    ("spec", "data"),
    [
        ({"data": [{"secretKey": "a", "remoteRef": {"key": "shop/token", "version": "2"}}]}, {"a": "newer"}),
        (
            {"data": [{"secretKey": "a", "remoteRef": {"key": "shop/token", "decodingStrategy": "Base64"}}]},
            {"a": "secret"},
        ),
        (
            {"dataFrom": [{"extract": {"key": "shop/database"}}]},
            {"user": "shop", "password": "one", "port": "5432"},
        ),
        (
            {"data": [PASSWORD], "target": {"template": {"data": {"url": "db://shop:{{ .password }}@db"}}}},
            {"url": "db://shop:one@db"},
        ),
    ],
)
def test_values_are_taken_as_external_secrets_takes_them(spec: Any, data: dict[str, str]) -> None:
    assert fetched(spec, {"fake": {"data": VALUES}}) == data


def test_a_property_that_is_not_there_is_refused() -> None:
    wish = {"data": [{"secretKey": "a", "remoteRef": {"key": "shop/database", "property": "pin"}}]}
    with pytest.raises(NotFetchedError, match="key pin does not exist in secret shop/database"):
        fetched(wish, {"fake": {"data": VALUES}})
