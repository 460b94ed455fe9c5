"""A stack for the Pulumi Kubernetes Operator: checked by the operator's own definition, version 2.9.0.

The definition's schema lies in tests/golden/pulumi-kubernetes-operator, without its descriptions.
"""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.documents.structural_schema import schema_problems
from pacific_infra.errors import PacificError
from pacific_infra.gitops.operator import StackSource, object_name, operator_objects

SCHEMA = json.loads((Path(__file__).parents[2] / "golden/pulumi-kubernetes-operator/stack.schema.json").read_text())
SOURCE = StackSource(
    project="estate",
    stack="prod",
    folder="stacks/estate",
    configuration={"pacific:server": "vcenter.example.test", "pacific:passwordFile": "/run/secrets/vcenter"},
    repository="https://git.example.test/estate.git",
    branch="main",
    namespace="gitops",
    backend="postgres://pulumi@db.example.test/state",
    image="pacific-workspace:1",
    secret="pacific",
    after=("base-prod",),
    variables={"PULUMI_PARALLEL": "32"},
)


def problems(stack: dict[str, Any]) -> list[tuple[str | int, ...]]:
    """Places that the definition does not allow; metadata is the API server's own."""
    return [problem.path for problem in schema_problems({**stack, "metadata": {}}, SCHEMA)]


def stack_of(source: StackSource) -> dict[str, Any]:
    (stack,) = (item for item in operator_objects(source) if item["kind"] == "Stack")
    return stack


@pytest.mark.parametrize(
    "source",
    [
        SOURCE,
        replace(SOURCE, after=(), destroy_on_delete=True, backend="s3://bucket"),
        replace(SOURCE, configuration={"pacific:kubeconfig": "/run/kubeconfig"}),
    ],
)
def test_the_operator_takes_the_stack(source: StackSource) -> None:
    assert problems(stack_of(source)) == []


def test_an_unknown_field_would_be_told() -> None:
    stack = stack_of(SOURCE)
    stack["spec"]["prerequisite"] = []
    assert problems(stack) == [("spec", "prerequisite")]


def test_the_stack_names_its_source_its_state_and_what_comes_before() -> None:
    objects = {item["kind"]: item for item in operator_objects(SOURCE)}
    spec = objects["Stack"]["spec"]
    assert objects["Stack"]["metadata"] == {"name": "estate-prod", "namespace": "gitops"}
    assert spec["stack"] == "organization/estate/prod"
    assert spec["fluxSource"]["dir"] == "stacks/estate"
    assert spec["fluxSource"]["sourceRef"]["name"] == objects["GitRepository"]["metadata"]["name"]
    assert spec["serviceAccountName"] == objects["ServiceAccount"]["metadata"]["name"]
    assert objects["ClusterRoleBinding"]["roleRef"]["name"] == "system:auth-delegator"
    assert spec["prerequisites"] == [{"name": "base-prod", "requirement": {"succeededWithinDuration": "24h"}}]
    assert (spec["refresh"], spec["destroyOnFinalize"]) == (True, False)


def test_the_workspace_has_what_plain_pulumi_lacks() -> None:
    pod = stack_of(SOURCE)["spec"]["workspaceTemplate"]["spec"]["podTemplate"]["spec"]
    (container,) = pod["containers"]
    variables = {entry["name"]: entry["value"] for entry in container["env"]}
    assert variables["PULUMI_K8S_ENABLE_PATCH_FORCE"] == "true"
    assert variables["PULUMI_PARALLEL"] == "32"
    assert variables["GOMAXPROCS"] == "18"
    assert "GOMAXPROCS" not in str(stack_of(replace(SOURCE, backend="s3://bucket")))
    assert container["volumeMounts"][0]["mountPath"] == "/run/secrets/vcenter"
    assert pod["volumes"][0]["secret"]["secretName"] == "pacific"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (
            replace(SOURCE, configuration={}),
            "the stack names no vCenter, and there is no embedded sandbox in a workspace: "
            "fix: pulumi config set pacific:server HOST --stack prod",
        ),
        (
            replace(SOURCE, backend="file:///home/user"),
            "the state is in a folder of this computer, which a workspace cannot read: got 'file:///home/user'; "
            "allowed: postgres://, s3://, azblob://, gs:// or https:// of a Pulumi service; "
            "fix: name the backend with --backend",
        ),
        (
            replace(SOURCE, backend="postgres://pulumi:secret@db.example.test/state"),
            "the backend's URL has a password, which would lie in git: "
            "fix: leave it out, and put PGPASSWORD into the Secret pacific",
        ),
        (
            replace(SOURCE, configuration={**SOURCE.configuration, "pacific:passwordFile": "password"}),
            "the password's file is in the project's folder, and would be in git: got 'password'; "
            "fix: pulumi config set pacific:passwordFile /run/secrets/vcenter",
        ),
        (
            replace(SOURCE, project="a" * 40),
            f"the name of the Stack object is too long: got '{'a' * 40}-prod'; allowed: 42 characters; "
            "fix: shorten the project's or the stack's name",
        ),
    ],
)
def test_what_cannot_work_in_a_cluster_is_refused(source: StackSource, problem: str) -> None:
    with pytest.raises(PacificError) as caught:
        operator_objects(source)
    assert str(caught.value) == problem


@pytest.mark.parametrize(("project", "name"), [("Shop_2.x", "shop-2-x-dev"), ("_a_", "a-dev")])
def test_the_name_is_a_label(project: str, name: str) -> None:
    assert object_name(project, "dev") == name


def test_every_name_is_one_that_kubernetes_takes() -> None:
    objects = operator_objects(replace(SOURCE, project="Shop_2.x"))
    names = {item["metadata"]["name"] for item in objects}
    assert {"shop-2-x", "shop-2-x-prod"} <= names
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name) for name in names)
    stack = stack_of(replace(SOURCE, project="Shop_2.x"))
    assert stack["spec"]["fluxSource"]["sourceRef"]["name"] == "shop-2-x"
    assert stack["spec"]["stack"] == "organization/Shop_2.x/prod"
