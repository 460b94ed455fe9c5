"""Secrets of the stack's configuration in documents: which forms are taken, and what is said of wrong ones."""

from pathlib import Path

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.documents.resource_secrets import with_secrets
from pacific_infra.documents.stack_secret import SecretText, template_parts
from tests.support.refusals import refusals

WORKLOAD = """\
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: web, namespace: shop}
spec:
  kind: Deployment
  containers:
    - name: web
      image: sandbox/web:1
      environment:
        A: VALUE
"""
MANIFESTS = """\
apiVersion: pacific.infra/v1alpha1
kind: Manifests
metadata: {name: web, namespace: shop}
spec:
  cluster: branch
  manifests: {template: {file: web.k8s.yaml}}
"""


def said_of(folder: Path, text: str) -> list[str]:
    (folder / "a.yaml").write_text(text)
    return refusals(lambda: load_estate([folder / "a.yaml"]), folder)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "{config: 1password}",
            "environment.A.config has the wrong form: got '1password'; allowed: a key of the stack's configuration",
        ),
        (
            "{config: KEY, format: postgres}",
            "environment.A.format: the format has no single {} for the value: got 'postgres'; "
            "allowed: text with one {}",
        ),
        (
            "{template: plain}",
            "environment.A.template: the template contains no secret: "
            "fix: write ${config.KEY} in it, or give the text without template",
        ),
        (
            "{template: 'a ${config.} b'}",
            "environment.A.template: line 1 names no key of the stack's configuration: got '${config.}'; "
            "fix: write ${config.KEY}, or $${config. for the text itself",
        ),
        (
            "{template: 'a ${config.KEY b'}",
            "environment.A.template: line 1 names no key of the stack's configuration: got '${config.KEY b'; "
            "fix: write ${config.KEY}, or $${config. for the text itself",
        ),
        (
            "'postgres://${config.KEY}'",
            "environment.A: a secret of the stack's configuration is not put into plain text: "
            "got 'postgres://${config.KEY}'; fix: write {config: KEY}, or {template: TEXT} around it",
        ),
    ],
)
def test_a_wrong_form_is_said_at_its_line(tmp_path: Path, value: str, message: str) -> None:
    (problem,) = said_of(tmp_path, WORKLOAD.replace("VALUE", value))
    place, _, subject = problem.partition(": spec.containers[0].")
    assert place == "a.yaml:10"
    assert subject == message


def test_a_template_is_split_at_its_marks() -> None:
    text = "a ${config.one}${config.shop:two} $${config.three} ${values.four} {}"
    assert template_parts(text) == ("a ", "one", "", "shop:two", " ${config.three} ${values.four} {}")


def test_a_manifest_takes_no_secret_in_what_names_it(tmp_path: Path) -> None:
    (tmp_path / "web.k8s.yaml").write_text(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {b: '${config.one}'}}\n"
        "data: {c: '${config.two}'}\nstringData: {d: '${config.three}', '${config.four}': e}\n"
    )
    assert said_of(tmp_path, MANIFESTS) == [
        "a.yaml:6: spec.manifests: the manifest at line 1 cannot contain a secret here: "
        "got 'metadata.labels.b'; fix: remove it: what an object is called and labelled is not secret",
        "a.yaml:6: spec.manifests: the manifest at line 1 cannot contain a secret here: "
        "got 'data.c'; fix: write it in stringData: data is base64",
        "a.yaml:6: spec.manifests: the manifest at line 1 cannot contain a secret here: "
        "got 'stringData.${config.four}'; fix: remove it: a field's name is not secret",
    ]


@pytest.mark.parametrize(
    ("schema", "secret"),
    [
        ({"type": "string"}, True),
        ({"x-kubernetes-int-or-string": True}, True),
        ({"x-kubernetes-preserve-unknown-fields": True}, True),
        ({}, True),
        ({"type": "object", "properties": {"config": {"type": "string"}}}, False),
        ({"type": "object", "additionalProperties": {"type": "string"}}, False),
        ({"type": "object", "x-kubernetes-preserve-unknown-fields": True}, False),
        ({"properties": {"config": {}}}, False),
    ],
)
def test_a_field_config_is_a_secret_where_the_schema_takes_text(schema: dict[str, object], secret: bool) -> None:
    assert isinstance(with_secrets({"config": "key"}, schema), SecretText) is secret


@pytest.mark.parametrize(
    "value", [{"config": 1}, {"config": "two words"}, {"config": "a", "b": "c"}, {"template": "a"}]
)
def test_what_has_another_form_is_the_resources_own(value: dict[str, object]) -> None:
    assert with_secrets(value, {}) == value
