"""Patches over documents: what they change, where errors are placed, what they may not do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pacific_infra.documents import CrxWorkload, Estate, Namespace, load_estate
from pacific_infra.errors import PacificErrors
from tests.support.refusals import refusals

BASE = """\
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: shop}
spec:
  supervisor: s
  description: shared
  limits: {cpu: 10GHz, memory: 10Gi}
  virtualMachineClasses: [small, large]
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: web, namespace: shop}
spec:
  kind: Deployment
  replicas: 1
  containers:
  - name: web
    image: web:1
    environment: {LOG_LEVEL: info}
  - name: proxy
    image: proxy:1
"""
HEAD = "apiVersion: pacific.infra/v1alpha1\nkind: CrxWorkload\nmetadata: {name: web, namespace: shop}\n"
NAMESPACE = "apiVersion: pacific.infra/v1alpha1\nkind: Namespace\nmetadata: {name: shop}\n"


@pytest.fixture
def overlaid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Estate]:
    monkeypatch.chdir(tmp_path)

    def build(*patches: str) -> Estate:
        Path("a.yaml").write_text(BASE)
        files = [f"patch-{number}.yaml" for number in range(len(patches))]
        for file, text in zip(files, patches, strict=True):
            Path(file).write_text(text)
        return load_estate(["a.yaml"], files)

    return build


def web(estate: Estate) -> CrxWorkload:
    document = estate.by_id["CrxWorkload/shop/web"]
    assert isinstance(document, CrxWorkload)
    return document


def shop(estate: Estate) -> Namespace:
    document = estate.by_id["Namespace/shop"]
    assert isinstance(document, Namespace)
    return document


def test_objects_are_merged_and_named_items_found_by_name(overlaid: Callable[..., Estate]) -> None:
    spec = web(overlaid(f"{HEAD}spec: {{replicas: 5, containers: [{{name: proxy, image: 'proxy:2'}}]}}")).spec
    assert spec.replicas == 5
    assert [(container.name, container.image) for container in spec.containers] == [
        ("web", "web:1"),
        ("proxy", "proxy:2"),
    ]
    assert spec.containers[0].environment == {"LOG_LEVEL": "info"}


def test_named_items_are_added_and_taken_away(overlaid: Callable[..., Estate]) -> None:
    patch = f"{HEAD}spec: {{containers: [{{name: web, $patch: delete}}, {{name: cache, image: 'cache:1'}}]}}"
    assert [container.name for container in web(overlaid(patch)).spec.containers] == ["proxy", "cache"]


def test_null_takes_away_and_other_lists_are_replaced(overlaid: Callable[..., Estate]) -> None:
    spec = shop(overlaid(f"{NAMESPACE}spec: {{description: null, virtualMachineClasses: [huge]}}")).spec
    assert spec.description is None
    assert spec.virtual_machine_classes == ("huge",)
    assert spec.limits.memory == "10Gi"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "{containers: [{name: wbe, $patch: delete}]}",
            "no item has this name, so none is removed: got 'wbe'; allowed: web, proxy",
        ),
        ("{containers: [{name: web, $patch: remove}]}", "$patch has an unknown value: got 'remove'; allowed: delete"),
        ("{volumes: [{name: data, $patch: delete}]}", "no item has this name, so none is removed: got 'data'"),
    ],
)
def test_an_item_that_cannot_be_taken_away(overlaid: Callable[..., Estate], spec: str, message: str) -> None:
    assert refusals(lambda: overlaid(f"{HEAD}spec: {spec}")) == [f"patch-0.yaml:4: {message}"]


def test_later_patches_are_applied_after_earlier_ones(overlaid: Callable[..., Estate]) -> None:
    estate = overlaid(f"{HEAD}spec: {{replicas: 2}}", f"{HEAD}spec: {{replicas: 3}}")
    assert web(estate).spec.replicas == 3
    assert web(estate).place(("spec", "replicas")) == "patch-1.yaml:4"
    assert web(estate).place(("spec", "containers", 0, "image")) == "a.yaml:18"


def test_errors_name_the_patch_that_is_wrong(overlaid: Callable[..., Estate]) -> None:
    patch = f"{HEAD}spec:\n  containers:\n  - name: proxy\n    image: proxy:2\n    ports: [{{containerPort: 99999}}]\n"
    with pytest.raises(PacificErrors) as caught:
        overlaid(f"{HEAD}spec: {{replica: 5}}\n", patch)
    out_of_range, unknown = str(caught.value).splitlines()
    assert out_of_range.startswith("patch-1.yaml:8: spec.containers[1].ports[0].containerPort is out of range")
    assert unknown.startswith("patch-0.yaml:4: ")


def test_errors_in_what_no_patch_has_changed_name_the_document(overlaid: Callable[..., Estate]) -> None:
    overlaid(f"{NAMESPACE}spec: {{limits: {{cpu: 20GHz}}}}")
    Path("a.yaml").write_text(BASE.replace("memory: 10Gi", "memory: ten"))
    with pytest.raises(PacificErrors, match=r"a\.yaml:7: spec\.limits\.memory"):
        load_estate(["a.yaml"], ["patch-0.yaml"])


VALUES = "apiVersion: pacific.infra/v1alpha1\nkind: Values\nvalues: {space: shop, work: web, tag: 1.10}\n---\n"


def test_patches_are_matched_after_values_are_put_in(overlaid: Callable[..., Estate]) -> None:
    head = HEAD.replace("{name: web, namespace: shop}", '{name: "${values.work}", namespace: "${values.space}"}')
    patch = f"{head}spec:\n  replicas: 5\n  containers: [{{name: web, image: 'web:${{values.tag}}'}}]\n"
    document = web(overlaid(f"{HEAD}spec: {{replicas: 4}}", VALUES + patch))
    assert document.spec.replicas == 5
    assert document.spec.containers[0].image == "web:1.10"
    assert document.place(("spec", "replicas")) == "patch-1.yaml:9"
    assert document.place(("spec", "containers", 0, "image")) == "patch-1.yaml:10 (values.tag at patch-1.yaml:3)"


def test_documents_named_by_values_take_patches(overlaid: Callable[..., Estate]) -> None:
    overlaid()
    Path("a.yaml").write_text(VALUES + BASE.replace("namespace: shop}", 'namespace: "${values.space}"}'))
    Path("p.yaml").write_text(f"{HEAD}spec: {{replicas: 7}}")
    assert web(load_estate(["a.yaml"], ["p.yaml"])).spec.replicas == 7


def test_a_value_that_a_patch_lacks_is_said_once(overlaid: Callable[..., Estate]) -> None:
    with pytest.raises(PacificErrors) as caught:
        overlaid(f"{VALUES}{HEAD}spec: {{replicas: '${{values.tga}}'}}")
    assert str(caught.value) == (
        "patch-0.yaml:8: the value does not exist: got '${values.tga}'; allowed: tag; "
        "fix: write one of them, or define tga in a document of kind Values"
    )


def test_a_patch_for_nothing(overlaid: Callable[..., Estate]) -> None:
    with pytest.raises(PacificErrors) as caught:
        overlaid(HEAD.replace("web", "wbe"))
    assert str(caught.value) == (
        "patch-0.yaml:1: no document matches this patch: got 'CrxWorkload/shop/wbe'; allowed: CrxWorkload/shop/web"
    )


def test_a_patch_that_names_nothing(overlaid: Callable[..., Estate]) -> None:
    with pytest.raises(PacificErrors) as caught:
        overlaid("spec: {replicas: 3}")
    assert str(caught.value) == (
        "patch-0.yaml:1: a patch names the document that it is for: allowed: apiVersion: pacific.infra/v1alpha1, kind, "
        "metadata.name and, if it is in one, metadata.namespace"
    )
