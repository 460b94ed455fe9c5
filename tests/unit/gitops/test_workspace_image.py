"""The recipe of a workspace's image, read as text: no image can be built where these tests run."""

import re
import subprocess

from pacific_infra.gitops.workspace_image import ImageVersions, workspace_recipe

RECIPE = workspace_recipe(ImageVersions(pulumi="3.274.1", kubernetes_plugin="4.24.1", product="0.1.0"))


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its arguments, as the Containerfile reference (containers/common) splits them."""
    lines = "\n".join(line for line in RECIPE.splitlines() if not line.startswith("#")).replace("\\\n", "")
    pairs = (line.split(maxsplit=1) for line in lines.splitlines() if line)
    return [(name, text) for name, text in pairs]


def test_every_line_is_an_instruction() -> None:
    names = [name for name, _ in instructions()]
    assert names[0] == "FROM"
    assert set(names) <= {"FROM", "COPY", "RUN", "ENV", "USER", "WORKDIR"}


def test_all_that_is_fetched_has_its_version() -> None:
    text = dict(instructions())
    assert text["FROM"] == "pulumi/pulumi-python:3.274.1"
    assert "pacific-infra==0.1.0" in RECIPE
    assert "kubernetes 4.24.1" in RECIPE
    assert "latest" not in RECIPE


def test_the_commands_are_those_of_a_shell() -> None:
    for name, text in instructions():
        if name == "RUN":
            subprocess.run(["/bin/sh", "-n", "-c", text], check=True)


def test_it_runs_as_a_user_by_number_who_is_not_root() -> None:
    """Kubernetes compares numbers where a pod must not run as root."""
    (user,) = (text for name, text in instructions() if name == "USER")
    assert re.fullmatch(r"[1-9]\d*", user)
