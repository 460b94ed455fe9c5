"""Keys of the stack's configuration that documents name and that are not set, or not as secrets."""

from pathlib import Path

import pytest

from pacific_infra.cli.preflight import check_secrets
from pacific_infra.converge.project import find_project
from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificErrors

DOCUMENTS = """\
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: web, namespace: shop}
spec:
  kind: Deployment
  containers:
    - name: web
      image: sandbox/web:1
      environment:
        A: {config: kept}
        B: {config: missing}
        C: {template: "${config.estate:plain} ${config.other:kept} ${config.other:parts}"}
"""
CONFIGURATION = """\
config:
  estate:kept: {secure: v1:abc}
  estate:plain: in-the-clear
  other:kept: {secure: v1:def}
  other:parts: {one: {secure: v1:ghi}}
"""


def message(folder: Path, configuration: str, stack: str = "dev") -> list[str]:
    (folder / "Pulumi.yaml").write_text("name: estate\nruntime: python\n")
    (folder / f"Pulumi.{stack}.yaml").write_text(configuration)
    (folder / "web.yaml").write_text(DOCUMENTS)
    try:
        check_secrets(find_project(folder, stack), load_estate([folder / "web.yaml"]))
    except PacificErrors as errors:
        return [str(error).replace(f"{folder}/", "") for error in errors.errors]
    return []


def test_a_missing_key_and_a_plain_one_are_said_without_a_value(tmp_path: Path) -> None:
    assert message(tmp_path, CONFIGURATION) == [
        "web.yaml:11: CrxWorkload/shop/web: this key of the stack's configuration is not set: got 'missing'; "
        "fix: pulumi config set --secret missing",
        "web.yaml:12: CrxWorkload/shop/web: this key of the stack's configuration is set as plain text, "
        "not as a secret: got 'estate:plain'; fix: pulumi config set --secret estate:plain",
    ]


def test_the_stack_is_named_where_it_is_not_the_default_one(tmp_path: Path) -> None:
    assert message(tmp_path, CONFIGURATION, "prod")[0].endswith("pulumi config set --secret missing --stack prod")


def test_what_an_environment_may_bring_is_left_to_the_engine(tmp_path: Path) -> None:
    (problem,) = message(tmp_path, f"{CONFIGURATION}environment: [shop]\n")
    assert "is set as plain text" in problem


@pytest.mark.parametrize("key", ["missing", "estate:plain"])
def test_a_default_of_the_project_is_plain_text(tmp_path: Path, key: str) -> None:
    def configured(folder: Path) -> list[str]:
        (folder / "Pulumi.yaml").write_text(f"name: estate\nruntime: python\nconfig:\n  {key}: {{value: clear}}\n")
        (folder / "web.yaml").write_text(DOCUMENTS)
        with pytest.raises(PacificErrors) as raised:
            check_secrets(find_project(folder), load_estate([folder / "web.yaml"]))
        return [error.problem for error in raised.value.errors if error.value == key]

    plain = "CrxWorkload/shop/web: this key of the stack's configuration is set as plain text, not as a secret"
    assert configured(tmp_path) == [plain]
