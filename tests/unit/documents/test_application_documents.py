"""Applications: which documents are their parts, what these get from them, and what is refused."""

from pathlib import Path

import pytest

from pacific_infra.documents import CrxWorkload, VirtualMachine, load_estate
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import build_graph
from tests.support.refusals import refusals

ESTATE = Path(__file__).parents[2] / "golden" / "hybrid-estate"
HEAD = "apiVersion: pacific.infra/v1alpha1\nkind: Application\nmetadata: {name: NAME}\nspec:\n"
MACHINE = """\
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachine
metadata: {name: legacy, namespace: pictures, labels: {team: blue}}
spec: {class: recommender-node, image: debian-12, storagePolicy: gold}
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: kept, namespace: pictures, labels: {team: blue}}
spec: {kind: Deployment, containers: [{name: web, image: "sandbox/web:1"}], deletionPolicy: Retain}
"""
BLUE = "  selector: {matchLabels: {team: blue}}\n"


def application(spec: str, name: str = "shop") -> str:
    """A document Application."""
    return HEAD.replace("NAME", name) + spec


def written(tmp_path: Path, *texts: str) -> list[Path]:
    """The golden estate and a file of documents beside it."""
    file = tmp_path / "more.yaml"
    file.write_text("---\n".join(texts) + MACHINE)
    return [ESTATE, file]


def errors_of(tmp_path: Path, *texts: str) -> list[str]:
    return refusals(lambda: load_estate(written(tmp_path, *texts)), tmp_path)


def test_parts_are_named_and_selected_and_carry_the_name(tmp_path: Path) -> None:
    spec = "  parts: [Function/pictures/thumbnails]\n" + BLUE + "  deletionPolicy: Delete\n"
    graph = build_graph(load_estate(written(tmp_path, application(spec))))
    parts = ("Function/pictures/thumbnails", "VirtualMachine/pictures/legacy", "CrxWorkload/pictures/kept")
    assert graph.estate.applications == {"shop": parts}
    assert "Application/shop" not in graph.order
    for node in graph.order:
        label = graph.document(node).metadata.labels.get("app.kubernetes.io/part-of")
        assert label == ("shop" if node in parts else None)
    machine, workload = (graph.document(node) for node in parts[1:])
    assert isinstance(machine, VirtualMachine)
    assert isinstance(workload, CrxWorkload)
    assert machine.metadata.labels["team"] == "blue"
    assert machine.spec.deletion_policy == "Delete"
    assert workload.spec.deletion_policy == "Retain", "its own word"
    assert machine.place().endswith("more.yaml:9")


def test_parts_wait_for_what_the_application_waits_for(tmp_path: Path) -> None:
    spec = BLUE + "  dependsOn: [WorkloadCluster/pictures/recommender]\n"
    graph = build_graph(load_estate(written(tmp_path, application(spec))))
    assert "WorkloadCluster/pictures/recommender" in graph.needs("VirtualMachine/pictures/legacy")
    machine = graph.document("VirtualMachine/pictures/legacy")
    assert isinstance(machine, VirtualMachine)
    assert machine.spec.deletion_policy == "Retain"


STORE = application("  parts: [VirtualMachine/pictures/legacy]\n", "store")


def test_waiting_for_an_application_is_waiting_for_all_its_parts(tmp_path: Path) -> None:
    shop = "  parts: [CrxWorkload/pictures/kept]\n  dependsOn: [Application/store]\n"
    late = MACHINE.removeprefix("---\n").split("---\n")[0].replace("legacy", "late")
    late = late.replace("storagePolicy: gold}", "storagePolicy: gold, dependsOn: [Application/shop]}")
    graph = build_graph(load_estate(written(tmp_path, STORE, application(shop), late)))
    kept, legacy = "CrxWorkload/pictures/kept", "VirtualMachine/pictures/legacy"
    assert legacy in graph.needs(kept)
    (reason,) = graph.reasons("VirtualMachine/pictures/late", kept)
    assert (reason.reason, reason.field) == ("order", "spec.dependsOn[0] (Application/shop)")
    assert reason.place.endswith("more.yaml:17")
    assert graph.wave_of[legacy] < graph.wave_of[kept] < graph.wave_of["VirtualMachine/pictures/late"]


def test_of_an_application_only_what_no_other_part_needs_is_waited_for(tmp_path: Path) -> None:
    store = application("  parts: [Namespace/pictures, VirtualMachine/pictures/legacy]\n", "store")
    shop = application("  parts: [Function/pictures/thumbnails]\n  dependsOn: [Application/store]\n")
    graph = build_graph(load_estate(written(tmp_path, store, shop)))
    fields = {item.target: item.field for item in graph.dependencies("Function/pictures/thumbnails")}
    assert fields["VirtualMachine/pictures/legacy"].endswith("(Application/store)")
    assert fields["Namespace/pictures"] == "metadata.namespace"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("stor", "allowed: Application/store; fix: write one of them, or add the document Application/stor"),
        ("other", "fix: add the document Application/other"),
    ],
)
def test_an_application_that_is_not_there(tmp_path: Path, name: str, message: str) -> None:
    shop = application(f"  parts: [CrxWorkload/pictures/kept]\n  dependsOn: [Application/{name}]\n")
    with pytest.raises(PacificErrors) as raised:
        build_graph(load_estate(written(tmp_path, STORE, shop)))
    (error,) = raised.value.errors
    assert "CrxWorkload/pictures/kept names a document that does not exist" in str(error)
    assert str(error).endswith(f"got 'Application/{name}'; {message}")


CASES = {
    "applications in a circle": (
        (
            "  parts: [Namespace/pictures]\n  dependsOn: [Application/shop-1]\n",
            "  parts: [Function/pictures/thumbnails]\n  dependsOn: [Application/shop]\n",
        ),
        "more.yaml:6: these applications wait for each other: got 'Application/shop -> Application/shop-1 -> "
        "Application/shop'; fix: remove one of these from dependsOn of the one before it",
    ),
    "a wait for itself": (
        ("  parts: [Namespace/pictures]\n  dependsOn: [Application/shop]\n",),
        "more.yaml:6: these applications wait for each other: got 'Application/shop -> Application/shop'; "
        "fix: remove one of these from dependsOn of the one before it",
    ),
    "no parts": (
        ("  deletionPolicy: Retain\n",),
        "more.yaml:4: spec: an application has parts: fix: add parts, or a selector",
    ),
    "no label": (
        ("  selector: {matchLabels: {}}\n",),
        "more.yaml:5: spec.selector.matchLabels: a selector has labels: fix: add a label, or remove selector",
    ),
    "a name without its namespace": (
        ("  parts: [Function/thumbnails]\n",),
        "more.yaml:5: spec.parts[0]: the namespace of this Function is missing: got 'Function/thumbnails'; "
        "allowed: Kind/namespace/name; fix: write Function/NAMESPACE/thumbnails",
    ),
    "a part that is not there": (
        ("  parts: [Function/pictures/thumbnail]\n",),
        "more.yaml:5: Application/shop names a document that does not exist: got 'Function/pictures/thumbnail'; "
        "allowed: Function/pictures/thumbnails; fix: write one of them, or remove it",
    ),
    "labels of nobody": (
        ("  selector: {matchLabels: {team: red}}\n",),
        "more.yaml:5: no document has the labels that Application/shop selects: got 'team=red'; "
        "fix: add them to metadata.labels of its parts, or name these in spec.parts",
    ),
    "a wait for its own part": (
        ("  parts: [Namespace/pictures]\n  dependsOn: [Namespace/pictures]\n",),
        "more.yaml:6: Application/shop cannot wait for one of its own parts: got 'Namespace/pictures'; "
        "fix: remove it here, or from the parts at more.yaml:5",
    ),
    "two applications": (
        ("  parts: [Namespace/pictures]\n", "  parts: [Namespace/pictures]\n"),
        "more.yaml:11: Namespace/pictures is a part of two applications: got 'shop-1'; "
        "fix: keep it in one of them: the other is Application/shop at more.yaml:4",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_refused(tmp_path: Path, case: str) -> None:
    specs, message = CASES[case]
    names = ("shop", "shop-1")
    texts = [application(spec, name) for spec, name in zip(specs, names, strict=False)]
    assert errors_of(tmp_path, *texts) == [message]


def test_a_label_that_says_another_application(tmp_path: Path) -> None:
    other = MACHINE.replace("team: blue}", "app.kubernetes.io/part-of: store}").removeprefix("---\n").split("---\n")[0]
    errors = errors_of(
        tmp_path, application(BLUE + "  parts: [VirtualMachine/pictures/old]\n"), other.replace("legacy", "old")
    )
    assert errors == [
        "more.yaml:10: VirtualMachine/pictures/old is a part of Application/shop, and its label says another: "
        "got 'store'; allowed: shop; fix: remove the label: it is set for every part"
    ]
