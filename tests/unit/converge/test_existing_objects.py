"""Whose what is there already is, of the Kubernetes objects that a run would make or change."""

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.existing_objects import ExistingObjects, marked_by_others
from pacific_infra.converge.rendering import RenderedResource
from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.plan import Operation
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.kubernetes_connection import Connection, Identity
from tests.support.existing_lookup import STACK, looked_up
from tests.support.external_estate import surroundings

DOCUMENT = """\
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachine
metadata: {name: db, namespace: team}
spec:
  class: small
  image: ubuntu-24.04
  storagePolicy: gold
  adopt: false
"""
SURROUNDINGS = surroundings("team", "sv").removesuffix("---\n")
LOST = "it carries this stack's mark, and its record was lost"
UNKNOWN = "PersistentVolumeClaim team/db-data exists already and has no known owner"
SET: Recorded = {
    "urn": "urn:set",
    "type": "kubernetes:apps/v1:StatefulSet",
    "inputs": {"metadata": {"namespace": "team", "name": "db"}},
}
ADOPTED = "it has no known owner, and its document says adopt: true"


def graph_of(folder: Path, *, adopt: bool = False) -> DependencyGraph:
    document = DOCUMENT.replace("adopt: false", f"adopt: {str(adopt).lower()}")
    (folder / "d.yaml").write_text(f"{document}---\n{SURROUNDINGS}")
    return build_graph(load_estate([folder]))


def claim(
    operation: Operation = "create", annotations: Mapping[str, str] | None = None, **metadata: Any
) -> RenderedResource:
    marks = {"pacific.infra/stack": STACK.name} if annotations is None else annotations
    inputs = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "db-data", "namespace": "team", "annotations": marks, **metadata},
    }
    token = "kubernetes:core/v1:PersistentVolumeClaim"
    return RenderedResource("urn:claim", token, "team/db-data", "VirtualMachine/team/db", "p", inputs, True, operation)


def server(annotations: Mapping[str, str] | None, status: int = 200, **metadata: Any) -> httpx2.MockTransport:
    """A Supervisor with the claim team/db-data; None: without it."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/api/v1":
            kind = {"name": "persistentvolumeclaims", "kind": "PersistentVolumeClaim"}
            return httpx2.Response(200, json={"resources": [{**kind, "namespaced": True, "verbs": ["list"]}]})
        assert request.url.path == "/api/v1/namespaces/team/persistentvolumeclaims"
        present = {"name": "db-data", "namespace": "team", "annotations": annotations, **metadata}
        items = [] if annotations is None else [{"metadata": present}]
        body = {"items": items} if status == 200 else {"kind": "Status", "code": status, "reason": "Forbidden"}
        return httpx2.Response(status, json=body)

    return httpx2.MockTransport(answer)


def words(existing_objects: ExistingObjects) -> list[tuple[str, str]]:
    return [(item.operation, item.remark) for item in existing_objects.standing.values()]


@pytest.mark.parametrize(
    ("annotations", "adopt", "expected"),
    [
        (None, False, []),
        ({"pacific.infra/stack": "shop/dev"}, False, [("adopt", LOST)]),
        (
            {"pacific.infra/stack": "other/dev"},
            False,
            [("refused", "PersistentVolumeClaim team/db-data belongs to other/dev")],
        ),
        (
            {"pacific.infra/stack": "other/dev"},
            True,
            [("refused", "PersistentVolumeClaim team/db-data belongs to other/dev")],
        ),
        (
            {},
            False,
            [("refused", "PersistentVolumeClaim team/db-data exists already and has no known owner")],
        ),
        ({}, True, [("adopt", ADOPTED)]),
    ],
)
def test_what_becomes_of_what_is_there(
    tmp_path: Path, annotations: Mapping[str, str] | None, adopt: bool, expected: list[tuple[str, str]]
) -> None:
    result = looked_up(graph_of(tmp_path, adopt=adopt), claim(), server(annotations))
    assert words(result) == expected
    assert bool(result.refusals) is any(word == "refused" for word, _ in expected)
    refused = [item for item in [claim()] if item not in result.allowed_resources([item])]
    assert bool(refused) is bool(result.refusals)


def test_a_refusal_names_the_line_and_what_to_do(tmp_path: Path) -> None:
    graph = graph_of(tmp_path)
    with pytest.raises(PacificErrors) as caught:
        looked_up(graph, claim(), server({"pacific.infra/stack": "other/dev"})).require_owned()
    assert str(caught.value) == (
        f"{tmp_path}/d.yaml:1: VirtualMachine/team/db: PersistentVolumeClaim team/db-data belongs to other/dev: fix: "
        "give the document another name; to take it from that stack: kubectl annotate persistentvolumeclaim db-data -n "
        "team pacific.infra/stack-, and adopt: true in the document"
    )
    with pytest.raises(PacificErrors) as caught:
        looked_up(graph, claim(), server({})).require_owned()
    assert str(caught.value) == (
        f"{tmp_path}/d.yaml:1: VirtualMachine/team/db: PersistentVolumeClaim team/db-data exists already and has no "
        "known owner: fix: give the document another name, delete the object, or say adopt: true in the "
        "document"
    )


def test_what_is_recorded_is_the_stacks_unless_another_has_marked_it(tmp_path: Path) -> None:
    graph = graph_of(tmp_path)
    assert words(looked_up(graph, claim("update"), server({}))) == []
    assert words(looked_up(graph, claim("update"), server({"pacific.infra/stack": "shop/dev"}))) == []
    ((word, _),) = words(looked_up(graph, claim("update"), server({"pacific.infra/stack": "other/dev"})))
    assert word == "refused"


def test_what_is_recorded_and_was_made_anew_by_nobody_known_is_refused(tmp_path: Path) -> None:
    recorded = {"urn": "urn:claim", "type": "claim", "outputs": {"metadata": {"uid": "first"}}}
    graph, second = graph_of(tmp_path), server({}, uid="second")
    assert words(looked_up(graph, claim("update"), server({}, uid="first"), recorded)) == []
    assert words(looked_up(graph, claim("update"), second, recorded)) == [("refused", UNKNOWN)]
    marked = server({"pacific.infra/stack": "shop/dev"}, uid="second")
    assert words(looked_up(graph, claim("update"), marked, recorded)) == []
    assert words(looked_up(graph_of(tmp_path, adopt=True), claim("update"), second, recorded)) == [("adopt", ADOPTED)]


def test_of_a_stack_that_was_renamed_it_is_said_how_it_goes_on(tmp_path: Path) -> None:
    result = looked_up(graph_of(tmp_path), claim("update"), server({"pacific.infra/stack": "shop/prod"}))
    assert [error.fix for error in result.refusals] == [
        "where this stack was called prod, give it that name again: pulumi stack rename prod --stack dev; else give "
        "the document another name; to take it from that stack: kubectl annotate persistentvolumeclaim db-data -n team "
        "pacific.infra/stack-, and adopt: true in the document"
    ]


def managed_by(*managers: str) -> dict[str, Any]:
    return {"managedFields": [{"manager": manager} for manager in managers]}


@pytest.mark.parametrize(
    ("metadata", "recorded", "word"),
    [
        (managed_by("pacific-infra:shop/dev", "kube-controller-manager"), [], "adopt"),
        (managed_by("kube-controller-manager"), [SET], "adopt"),
        (managed_by("kube-controller-manager"), [], "refused"),
        (managed_by("kube-controller-manager"), [{**SET, "inputs": {"metadata": {"name": "other"}}}], "refused"),
        (managed_by("kubectl-create", "kube-controller-manager"), [], "refused"),
        (managed_by("pacific-infra:other/dev"), [], "refused"),
    ],
)
def test_a_replicas_claim_is_the_stacks_where_it_or_its_set_has_made_it(
    tmp_path: Path, metadata: dict[str, Any], recorded: list[Recorded], word: str
) -> None:
    annotations = {"pulumi.com/patchFieldManager": "pacific-infra:shop/dev"}
    replicas = claim(annotations=annotations, labels={"app.kubernetes.io/name": "db"})
    ((verdict, _),) = words(looked_up(graph_of(tmp_path), replicas, server({}, **metadata), *recorded))
    assert verdict == word


def test_a_namespace_that_no_run_has_made_yet_is_the_documents(tmp_path: Path) -> None:
    unknown = claim(namespace="04da6b54-80e4-46f7-96ec-b56ff0331ba9")
    assert words(looked_up(graph_of(tmp_path), unknown, server({"pacific.infra/stack": "shop/dev"}))) == [
        ("adopt", LOST)
    ]


def test_what_the_user_may_not_list_is_left_to_the_write(tmp_path: Path) -> None:
    assert words(looked_up(graph_of(tmp_path), claim(), server({}, status=403))) == []


BELONGS = "PersistentVolumeClaim team/db-data belongs to other/dev now, so this stack does not delete it"
ANOTHER = (
    "PersistentVolumeClaim team/db-data is another one than this stack made, and has no known owner: it is not deleted"
)


@pytest.mark.parametrize(
    ("owner", "uid", "problem"),
    [
        ("other/dev", "first", BELONGS),
        ("other/dev", "second", BELONGS),
        ("shop/dev", "first", None),
        ("shop/dev", "second", None),
        (None, "first", None),
        (None, "second", ANOTHER),
    ],
)
def test_a_record_of_what_others_have_by_now_deletes_nothing(owner: str | None, uid: str, problem: str | None) -> None:
    outputs = {**claim().inputs, "metadata": {**claim().inputs["metadata"], "uid": "first"}}
    record = {"urn": "urn:claim", "type": "kubernetes:core/v1:PersistentVolumeClaim", "outputs": outputs}
    present = server({"pacific.infra/stack": owner} if owner else {}, uid=uid)

    async def run() -> list[PacificError]:
        connection = Connection("https://sv.test", ssl.create_default_context, Identity)
        async with KubernetesAPI(connection, transport=present) as api:
            return await marked_by_others(api, [record], STACK)

    fix = "fix: remove it from this stack's record: pulumi state delete 'urn:claim'"
    assert [str(error) for error in asyncio.run(run())] == ([f"{problem}: {fix}"] if problem else [])
