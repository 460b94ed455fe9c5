"""Documents that move from one stack to another: their resources change the stack, and nothing else."""

from collections.abc import Mapping
from typing import Any

import pytest

from pacific_infra.converge.moving import Move
from pacific_infra.errors import PacificError

MOVE = Move("shop", "prod", "prod-web")
KEY = {"type": "passphrase", "state": {"salt": "s"}}
WEB = "pacific:index:CrxWorkload"


def urn(stack: str, types: str, name: str) -> str:
    return f"urn:pulumi:{stack}::shop::{types}::{name}"


def root(stack: str) -> dict[str, Any]:
    name = f"shop-{stack}"
    return {"urn": urn(stack, "pulumi:pulumi:Stack", name), "type": "pulumi:pulumi:Stack", "outputs": {"a": 1}}


def component(stack: str, token: str, name: str, **rest: Any) -> dict[str, Any]:
    return {"urn": urn(stack, token, name), "type": token, "parent": root(stack)["urn"], **rest}


def state(stack: str) -> dict[str, Any]:
    """A Supervisor with its provider, and two workloads of which one waits for the other."""
    supervisor = component(stack, "pacific:index:SupervisorCluster", "s1")
    provider = {
        "urn": urn(stack, "pacific:index:SupervisorCluster$pulumi:providers:kubernetes", "s1-kubernetes"),
        "type": "pulumi:providers:kubernetes",
        "parent": supervisor["urn"],
        "id": f"id-of-{stack}",
    }
    resources = [root(stack), supervisor, provider]
    for name, needs in (("data/db", ()), ("web/page", ("data/db",))):
        workload = component(stack, WEB, name)
        deployment = {
            "urn": urn(stack, f"{WEB}$kubernetes:apps/v1:Deployment", f"{name}-deployment"),
            "type": "kubernetes:apps/v1:Deployment",
            "parent": workload["urn"],
            "provider": f"{provider['urn']}::{provider['id']}",
            "dependencies": [
                urn(stack, f"{WEB}$kubernetes:apps/v1:Deployment", f"{need}-deployment") for need in needs
            ],
            "propertyDependencies": {"spec": [provider["urn"]], "metadata": []},
            "inputs": {"text": f"urn:pulumi:{stack}::"},
        }
        resources += [workload, deployment]
    return {"resources": resources, "secrets_providers": KEY, "manifest": {}}


def names(deployment: Mapping[str, Any]) -> list[str]:
    return [resource["urn"].rpartition("::")[2] for resource in deployment["resources"]]


def references(deployment: Mapping[str, Any]) -> set[str]:
    """Every URN that a resource names."""
    urns = set()
    for resource in deployment["resources"]:
        urns |= {resource.get("parent"), (resource.get("provider") or "").rpartition("::")[0]}
        urns |= {*resource.get("dependencies", ())}
        urns |= {urn for urns in resource.get("propertyDependencies", {}).values() for urn in urns}
    return urns - {None, ""}


def test_a_document_moves_with_its_resources_and_takes_a_copy_of_its_provider() -> None:
    left, arrived = MOVE.apply(state("prod"), None, {"CrxWorkload/web/page"})
    assert names(left) == ["shop-prod", "s1", "s1-kubernetes", "data/db", "data/db-deployment"]
    assert names(arrived) == ["shop-prod-web", "s1", "s1-kubernetes", "web/page", "web/page-deployment"]
    assert arrived["resources"][0]["outputs"] == {}
    assert arrived["secrets_providers"] == KEY
    for deployment in (left, arrived):
        known = {resource["urn"] for resource in deployment["resources"]}
        assert references(deployment) <= known
    moved = arrived["resources"][-1]
    assert moved["provider"].endswith("::s1-kubernetes::id-of-prod")
    assert moved["provider"].startswith("urn:pulumi:prod-web::")
    # What it is to be stays as it is, whatever it looks like.
    assert moved["inputs"] == {"text": "urn:pulumi:prod::"}


def test_the_other_stacks_own_provider_is_used() -> None:
    target = state("prod-web")
    target["resources"] = target["resources"][:3]
    _, arrived = MOVE.apply(state("prod"), target, {"CrxWorkload/web/page"})
    assert names(arrived) == ["shop-prod-web", "s1", "s1-kubernetes", "web/page", "web/page-deployment"]
    assert arrived["resources"][-1]["provider"].endswith("::s1-kubernetes::id-of-prod-web")
    assert arrived["resources"][0]["outputs"] == {"a": 1}


def test_a_move_that_was_killed_between_the_two_stacks_is_repeated() -> None:
    nodes = {"CrxWorkload/web/page", "CrxWorkload/data/db"}
    left, arrived = MOVE.apply(state("prod"), None, nodes)
    # The stack that gets them was written, the one that had them was not.
    assert MOVE.apply(state("prod"), arrived, nodes) == (left, arrived)
    # Both were written, and the move was not noted as done.
    assert MOVE.apply(left, arrived, nodes) == (left, arrived)


def test_there_and_back_again_is_as_before() -> None:
    nodes = {"CrxWorkload/web/page", "CrxWorkload/data/db"}
    left, arrived = MOVE.apply(state("prod"), None, nodes)
    _, back = Move("shop", "prod-web", "prod").apply(arrived, left, nodes)
    assert {resource["urn"]: resource for resource in back["resources"]} == {
        resource["urn"]: resource for resource in state("prod")["resources"]
    }


def test_what_was_interrupted_moves_with_its_document() -> None:
    source = state("prod")
    source["pending_operations"] = [{"type": "updating", "resource": source["resources"][-1]}]
    left, arrived = MOVE.apply(source, None, {"CrxWorkload/web/page"})
    assert left["pending_operations"] == []
    assert arrived["pending_operations"][0]["resource"]["urn"].startswith("urn:pulumi:prod-web::")


def test_stacks_with_different_keys_are_refused() -> None:
    target = {**state("prod-web"), "secrets_providers": {**KEY, "state": {"salt": "another"}}}
    with pytest.raises(PacificError) as refused:
        MOVE.apply(state("prod"), target, {"CrxWorkload/web/page"})
    assert str(refused.value) == (
        "documents cannot move from the stack prod to prod-web: their secrets are encrypted with different keys: fix: "
        "run pulumi stack change-secrets-provider passphrase in both, --stack prod and --stack prod-web, with one "
        "passphrase"
    )
