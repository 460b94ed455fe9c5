"""Definitions that go, or lose a version, while there are resources of theirs."""

from pathlib import Path
from typing import Any

from pacific_infra.converge.definitions import (
    RecordedDefinition,
    downgrade_errors,
    leaving_definitions,
    others,
    recorded_definitions,
    resources_left,
)
from pacific_infra.documents import Estate, load_estate

ROOT = Path(__file__).parents[3]
HEAD = "urn:pulumi:dev::estate::"
PROVIDER = f"{HEAD}pacific:index:SupervisorCluster$pulumi:providers:kubernetes::queue-supervisor-kubernetes::1"


def state(*stored: str, retained: bool = False) -> list[dict[str, Any]]:
    """What the state has of the queue estate's definition and of its resource ``orders``."""
    component = f"{HEAD}pacific:index:CustomResourceDefinition::queues"
    spec = {
        "group": "example.com",
        "names": {"kind": "Queue", "plural": "queues"},
        "versions": [{"name": "v1", "served": True, "storage": True}],
    }
    result = f"{HEAD}pacific:index:CustomResourceDefinition$kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
    orders = {"metadata": {"namespace": "queues", "name": "orders"}}
    return [
        {"urn": component, "type": "pacific:index:CustomResourceDefinition"},
        {
            "urn": f"{result}::queues-definition",
            "type": "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
            "parent": component,
            "provider": PROVIDER,
            "inputs": {"spec": spec},
            "outputs": {"status": {"storedVersions": list(stored)}},
            "retainOnDelete": retained,
        },
        {
            "urn": f"{HEAD}pacific:index:CustomResource$kubernetes:example.com/v1:Queue::queues/orders-resource",
            "type": "kubernetes:example.com/v1:Queue",
            "inputs": orders,
            "outputs": orders,
        },
    ]


def estate(tmp_path: Path, *, without: str = "") -> Estate:
    for file in (ROOT / "tests" / "golden" / "queue-estate").iterdir():
        parts = [part for part in file.read_text().split("---\n") if not without or without not in part]
        if parts:
            (tmp_path / file.name).write_text("---\n".join(parts))
    return load_estate([tmp_path / "queues.yaml"])


def recorded(*stored: str, retained: bool = False) -> RecordedDefinition:
    (result,) = recorded_definitions(state(*stored, retained=retained))
    return result


def test_a_definition_is_read_from_the_state() -> None:
    assert recorded("v1beta1", "v1") == RecordedDefinition(
        node="CustomResourceDefinition/queues",
        group="example.com",
        kind="Queue",
        plural="queues",
        version="v1",
        stored=("v1beta1", "v1"),
        provider="queue-supervisor-kubernetes",
        retained=False,
    )


def test_those_leave_whose_document_is_gone_and_with_the_stack_all_but_the_retained(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "less").mkdir()
    assert leaving_definitions([recorded()], estate(tmp_path / "whole")) == []
    assert leaving_definitions([recorded()], None) == [recorded()]
    assert leaving_definitions([recorded(retained=True)], None) == []


def test_resources_that_the_stack_deletes_itself_are_not_left() -> None:
    present = [("queues", "orders"), ("queues", "of-others"), ("shop", "orders")]
    assert others(recorded(), present, state()) == [("queues", "of-others"), ("shop", "orders")]


def test_what_the_stack_only_reads_is_left() -> None:
    read = {"urn": f"{HEAD}kubernetes:example.com/v1:Queue::read", "type": "kubernetes:example.com/v1:Queue"}
    resources = [*state(), {**read, "external": True, "outputs": {"metadata": {"namespace": "shop", "name": "orders"}}}]
    assert others(recorded(), [("shop", "orders")], resources) == [("shop", "orders")]


def test_what_is_left_is_listed_with_the_line_and_what_to_do(tmp_path: Path) -> None:
    document = estate(tmp_path).by_id["CustomResourceDefinition/queues"]
    message = str(resources_left(recorded(), [("shop", "b"), ("queues", "a")], document))
    assert message.replace(f"{tmp_path}/", "") == (
        "queues.yaml:33: CustomResourceDefinition/queues: deleting the definition deletes 2 Queue resources that this "
        "stack does not delete: got 'queues/a, shop/b'; fix: delete what is not needed; or keep the definition: "
        "write deletionPolicy: Retain, run pacific up, and remove it then"
    )
    removed = str(resources_left(recorded(), [("q", str(number)) for number in range(12)], None))
    assert "got 'q/0, q/1, q/10, q/11, q/2, q/3, q/4, q/5, q/6, q/7, and 2 more'" in removed
    assert removed.endswith(
        "or keep the definition: put the document back, write deletionPolicy: Retain, run pacific up, "
        "and remove it then"
    )


def test_a_version_in_which_resources_may_be_stored_is_not_taken_away(tmp_path: Path) -> None:
    (error,) = downgrade_errors([recorded("v1", "v2")], estate(tmp_path))
    assert str(error) == (
        f"{tmp_path}/queues.yaml:32: CustomResourceDefinition/queues: resources may be stored in a version that the "
        "manifest no longer has: got 'v2'; allowed: v1; fix: keep v2 in the manifest with served: false until they are "
        "migrated"
    )
    assert list(downgrade_errors([recorded("v1")], estate(tmp_path))) == []
