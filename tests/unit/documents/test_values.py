"""Values by stack: what they become, which come first, what is said of those that are wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pacific_infra.documents import CrxWorkload, Estate, Namespace, load_estate
from tests.support.refusals import refusals

HEAD = "apiVersion: pacific.infra/v1alpha1\n"
VALUES = f"""{HEAD}kind: Values
values:
  replicas: 3
  limits: {{cpu: 10GHz, memory: 10Gi}}
  image: {{name: web, tag: "1.4"}}
"""
NAMESPACE = f"""{HEAD}kind: Namespace
metadata: {{name: shop}}
spec:
  supervisor: s
  limits: ${{values.limits}}
  description: "$${{values.kept}} ${{HOME}} of ${{values.replicas}}"
"""
WEB = f"""{HEAD}kind: CrxWorkload
metadata: {{name: web, namespace: shop}}
spec:
  kind: Deployment
  replicas: ${{values.replicas}}
  containers:
  - {{name: web, image: "${{values.image.name}}:${{values.image.tag}}"}}
"""
Load = Callable[..., Estate]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    monkeypatch.chdir(tmp_path)

    def build(*overlays: str, web: str = WEB, values: str = VALUES) -> Estate:
        Path("a.yaml").write_text(f"{NAMESPACE}---\n{web}")
        Path("values.yaml").write_text(values)
        files = [f"overlay-{number}.yaml" for number in range(len(overlays))]
        for file, text in zip(files, overlays, strict=True):
            Path(file).write_text(text)
        return load_estate(["a.yaml", "values.yaml"], files)

    return build


def errors(load: Load, *overlays: str, **files: str) -> list[str]:
    return refusals(lambda: load(*overlays, **files))


def web(estate: Estate) -> CrxWorkload:
    document = estate.by_id["CrxWorkload/shop/web"]
    assert isinstance(document, CrxWorkload)
    return document


def test_a_whole_field_takes_the_type_and_a_text_takes_the_text(load: Load) -> None:
    estate = load()
    shop = estate.by_id["Namespace/shop"]
    assert isinstance(shop, Namespace)
    assert shop.spec.limits.cpu == "10GHz"
    assert shop.spec.description == "${values.kept} ${HOME} of 3"
    assert web(estate).spec.replicas == 3
    assert web(estate).spec.containers[0].image == "web:1.4"
    assert [document.id for document in estate] == ["Namespace/shop", "CrxWorkload/shop/web"]


def test_those_of_overlays_come_first_and_are_merged(load: Load) -> None:
    first = f"{HEAD}kind: Values\nvalues: {{replicas: 5, image: {{tag: '2'}}}}\n"
    second = f"{HEAD}kind: Values\nvalues: {{replicas: 7}}\n"
    patch = f"{HEAD}kind: CrxWorkload\nmetadata: {{name: web, namespace: shop}}\n"
    patch += "spec: {containers: [{name: web, image: 'patched:${values.image.tag}'}]}\n"
    spec = web(load(first, second, patch)).spec
    assert (spec.replicas, spec.containers[0].image) == (7, "patched:2")


def test_an_error_names_the_use_and_the_definition(load: Load) -> None:
    wrong = f"{HEAD}kind: Values\nvalues: {{replicas: many}}\n"
    assert errors(load, wrong) == [
        "a.yaml:14 (values.replicas at overlay-0.yaml:3): spec.replicas is of the wrong type: "
        "got 'many'; allowed: a whole number"
    ]


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (
            "${values.replica}",
            "a.yaml:14: the value does not exist: got '${values.replica}'; allowed: replicas; "
            "fix: write one of them, or define replica in a document of kind Values",
        ),
        (
            "${values.colour}",
            "a.yaml:14: the value does not exist: got '${values.colour}'; "
            "fix: define colour in a document of kind Values",
        ),
        (
            "${values.}",
            "a.yaml:14: this names no value: got '${values.}'; fix: write ${values.NAME}, or $${ for the text itself",
        ),
        (
            "x ${values.limits}",
            "a.yaml:14: only a text, a number or a truth value goes into a text: got '${values.limits}'; "
            "fix: name a part of it, or make it the whole field",
        ),
    ],
)
def test_what_is_wrong_with_a_use(load: Load, use: str, message: str) -> None:
    assert errors(load, web=WEB.replace("${values.replicas}", use)) == [message]


def test_two_documents_may_not_define_one_value(load: Load) -> None:
    assert errors(load, values=f"{VALUES}---\n{HEAD}kind: Values\nvalues: {{image: {{tag: '2'}}}}\n") == [
        "values.yaml:10: two documents define one value: got 'image.tag'; fix: remove one of them, or move it to an "
        "overlay: the other is at values.yaml:6"
    ]


def test_a_value_names_no_other_one(load: Load) -> None:
    values = VALUES.replace("replicas: 3", "replicas: ${values.replicas}")
    assert errors(load, values=values)[0] == (
        "a.yaml:7: a value names no other value, as replicas at values.yaml:4 does: got '${values.replicas}'"
    )


def test_a_few_lines_do_not_become_gigabytes(load: Load) -> None:
    values = f"{HEAD}kind: Values\nvalues:\n  replicas: 1\n  limits: {{cpu: 1GHz}}\n  image: {{name: a, tag: b}}\n"
    values += f"  many: [{', '.join(['x'] * 1000)}]\n  long: {'x' * 20_000}\n"
    lists = "".join(f"  f{number}: ${{values.many}}\n" for number in range(51))
    texts = "".join(f"  f{number}: a ${{values.long}}\n" for number in range(53))
    assert (
        "the document has more than 50000 values, those put in counted"
        in errors(load, web=WEB + lists, values=values)[0]
    )
    assert "more than 1048576 characters are put into the document" in errors(load, web=WEB + texts, values=values)[0]
