"""What documents say that they become is what the components declare, no more and no less."""

from pathlib import Path

import pulumi
import pytest
import yaml
from pacific_components.estate import EstateOptions, declare_estate

from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.documents import load_estate
from pacific_infra.documents.capabilities import VCENTER
from pacific_infra.documents.kinds import RESOURCE_KINDS
from pacific_infra.documents.manifests import identity_of
from pacific_infra.graph import build_graph
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import Registration, record

ROOT = Path(__file__).parents[3]
EVERY_OBJECT = ROOT / "tests/golden/every-object"
ESTATES = [
    *sorted(path for path in (ROOT / "stacks").glob("*/documents") if any(path.rglob("*.yaml"))),
    ROOT / "mongodb/stack/documents",
    EVERY_OBJECT,
    ROOT / "tests/golden/every-property",
    ROOT / "tests/golden/hybrid-estate",
    ROOT / "tests/golden/queue-estate",
]
SETTINGS = VCenterSettings("vcenter.test", "administrator@vsphere.local", password="secret")
OPTIONS = EstateOptions("4.18.1", secret=pulumi.Output.secret)


def identity(registration: Registration) -> tuple[str, ...] | None:
    """API group, kind, namespace and name of a resource; None where it is no object of its own."""
    if registration.type.startswith(("pacific:vcenter:", "vsphere:index/")):
        return VCENTER, registration.type.rpartition(":")[2], "", name_in_vcenter(registration)
    if not registration.type.startswith("kubernetes:") or registration.type.endswith("Patch"):
        return None
    return tuple(identity_of(registration.inputs))


def name_in_vcenter(registration: Registration) -> str:
    """What vCenter calls it: versions of services are called by their content."""
    if registration.type.endswith(":SupervisorServiceVersion"):
        contents = [*yaml.safe_load_all(registration.inputs["content"])]
        package = next((item["spec"] for item in contents if item["kind"] == "Package"), None)
        return f"{package['refName']}/{package['version']}" if package else "harbor.example.com/3.0.0"
    inputs = registration.inputs
    return str(inputs.get("supervisorService") or inputs.get("name") or registration.name)


@pytest.mark.parametrize("folder", ESTATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_what_the_components_declare(folder: Path) -> None:
    graph = build_graph(load_estate([folder]))
    recording, _ = record(lambda: declare_estate(graph, SETTINGS, OPTIONS))
    finder = NodeFinder()
    nodes = [(finder.node(resource.urn, resource.parent or None), resource) for resource in recording]
    result = sorted((str(node), *actual) for node, resource in nodes if (actual := identity(resource)) is not None)
    table = [(document.id, *item.identity[1:]) for document, item in graph.estate.objects() if not item.maker]
    assert sorted(table) == result


def test_every_kind_of_document_is_declared_in_the_example() -> None:
    assert {document.kind for document in load_estate([EVERY_OBJECT])} == set(RESOURCE_KINDS)
