"""Fields that cannot change are compared with the record of the objects that the components declare."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pacific_components.estate import EstateOptions, declare_estate
from pydantic import BaseModel

from pacific_infra.converge.immutable import check_fixed_fields, fixed_changes, fixed_values, may_replace
from pacific_infra.documents import Estate, load_estate
from pacific_infra.documents.field_descriptions import field_descriptions
from pacific_infra.documents.models import MODELS
from pacific_infra.graph import build_graph
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import record
from tests.support.refusals import refusals

ROOT = Path(__file__).parents[3]
ESTATES = [ROOT / "tests/golden" / name for name in ("every-object", "every-property", "hybrid-estate")]
SETTINGS = VCenterSettings("vcenter.test", "administrator@vsphere.local", password="secret")
OF_THE_PROVIDER = {
    "SupervisorCluster": {
        "spec.loadBalancer.name",
        "spec.managementNetwork.name",
        "spec.managementNetwork.network",
        "spec.managementNetwork.networkSegment",
    }
}
"""Fields of vCenter's objects whose change the provider refuses in each plan, by the version of vCenter."""


@cache
def recorded(folder: Path) -> tuple[list[dict[str, Any]], Estate]:
    """The estate in ``folder`` and the state after it was converged."""
    estate = load_estate([folder])
    options = EstateOptions("4.18.1", secret=pulumi.Output.secret)
    recording, _ = record(lambda: declare_estate(build_graph(estate), SETTINGS, options))
    state = [
        {
            "urn": item.urn,
            "type": item.type,
            "parent": item.parent or None,
            "inputs": item.inputs,
            "outputs": {"supervisor": "supervisor-id"} if item.type.endswith(":Supervisor") else {},
        }
        for item in recording
    ]
    return state, estate


@pytest.mark.parametrize("folder", ESTATES, ids=lambda path: path.name)
def test_documents_that_stay_the_same_change_nothing(folder: Path) -> None:
    assert list(fixed_changes(*recorded(folder))) == []


def test_every_field_that_its_description_calls_fixed_is_compared() -> None:
    for kind, model in MODELS.items():
        examples = [item for folder in ESTATES for item in load_estate([folder]) if item.kind == kind]
        fields = [fixed.field for example in examples for fixed in fixed_values(example, {})]
        compared = {".".join(part for part in field if isinstance(part, str)) for field in fields}
        described = set(_called_fixed(model, ""))
        assert described <= compared | OF_THE_PROVIDER.get(kind, set()), kind


def _called_fixed(model: type[BaseModel], place: str) -> list[str]:
    """Paths of the fields below ``model`` that cannot change, by what they or their models say."""
    result = []
    texts = field_descriptions(model)
    for name, field in model.model_fields.items():
        path = f"{place}.{field.alias or name}".lstrip(".")
        inner = _models(field.annotation)
        whole = [item for item in inner if "annot change." in (item.__doc__ or "")]
        if re.search(r"annot\s+change", texts.get(name, "")):
            result.append(path)
        elif whole:
            result += [f"{path}.{item.alias or sub}" for sub, item in whole[0].model_fields.items()]
        else:
            result += [deeper for item in inner for deeper in _called_fixed(item, path)]
    return result


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]


def edited(folder: Path, old: str, new: str) -> Estate:
    """The example with ``new`` in place of ``old``."""
    texts = {file.name: file.read_text() for file in ESTATES[0].iterdir()}
    assert any(old in text for text in texts.values())
    for name, text in texts.items():
        # One replica at most, so that its volume may have any access mode.
        (folder / name).write_text(text.replace(old, new).replace("maxReplicas: 3", "maxReplicas: 1"))
    return load_estate([folder])


DEFINED = """\
metadata: {name: fuses.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Fuse, plural: fuses,"""
CHANGES = {
    "the networks of a cluster": (
        ("nodePools: [{name: workers}]", "nodePools: [{name: workers}], network: {pods: 172.30.0.0/20}"),
        "every-object.yaml:146: WorkloadCluster/closed/cluster: spec.network.pods cannot change once the Cluster "
        "exists: got '172.30.0.0/20'; allowed: 192.168.156.0/20; fix: write 192.168.156.0/20 again; to replace it, add "
        "a WorkloadCluster of another name, move the data, and remove this one",
    ),
    "the image of a VM": (
        ("spec: {class: small, image: debian-12,", "spec: {class: small, image: debian-13,"),
        "every-object.yaml:97: VirtualMachine/open/plain: spec.image cannot change once the VirtualMachine exists: "
        "got 'debian-13'; allowed: debian-12; fix: write debian-12 again; or write updateStrategy: Recreate, which "
        "deletes the VM with its image's disk and makes it anew with its volumes",
    ),
    "the host name of a VM": (
        ("storagePolicy: gold}\n---\napiVersion: pacific.infra/v1alpha1\nkind: CustomResourceDefinition",
         "storagePolicy: gold, network: {hostName: other}}\n---\napiVersion: pacific.infra/v1alpha1\n"
         "kind: CustomResourceDefinition"),
        "every-object.yaml:97: VirtualMachine/open/plain: spec.network.hostName cannot change once the VirtualMachine "
        "exists: got 'other'; fix: remove spec.network.hostName; or write updateStrategy: Recreate, which deletes the "
        "VM with its image's disk and makes it anew with its volumes",
    ),
    "the access mode of a volume": (
        ("accessMode: ReadWriteMany}", "accessMode: ReadWriteOnce}"),
        "every-object.yaml:42: CrxWorkload/closed/web: spec.volumes[1].claim.accessMode cannot change once the "
        "PersistentVolumeClaim exists: got 'ReadWriteOnce'; allowed: ReadWriteMany; fix: write ReadWriteMany again; "
        "to replace it, add a volume of another name, move the data, and remove this one",
    ),
    "the storage policy of a replica's volume": (
        ("volumes: [{name: data, claim: {size: 1Gi, storagePolicy: gold}}]",
         "volumes: [{name: data, claim: {size: 1Gi, storagePolicy: Über Silver}}]"),
        "every-object.yaml:65: CrxWorkload/closed/database: spec.volumes[0].claim.storagePolicy cannot change once the "
        "PersistentVolumeClaim exists: got 'uber-silver'; allowed: gold; fix: write gold again; "
        "to replace it, add a volume of another name, move the data, and remove this one",
    ),
    "the definition in a document": (
        (DEFINED, DEFINED.replace("fuses", "switches")),
        "every-object.yaml:117: CustomResourceDefinition/fuses: spec.manifest cannot change once the "
        "CustomResourceDefinition exists: got 'switches.example.com'; allowed: fuses.example.com; "
        "fix: write fuses.example.com again; to replace it, add a CustomResourceDefinition of another name, move the "
        "data, and remove this one",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    (old, new), expected = CHANGES[case]
    state, _ = recorded(ESTATES[0])
    estate = edited(tmp_path, old, new)
    assert refusals(lambda: check_fixed_fields(state, estate), tmp_path) == [expected]
    assert not may_replace(state, estate)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("supervisor: zoned, storagePolicies: [{name: gold}], virtual",
         "supervisor: zoned, creator: {user: a, domain: b.example}, storagePolicies: [{name: gold}], virtual"),
        ("zones: [zone-a, zone-b, zone-c]", "zones: [zone-a]"),
    ],
)  # fmt: skip
def test_what_the_provider_may_replace_asks_for_a_plan(tmp_path: Path, old: str, new: str) -> None:
    state, _ = recorded(ESTATES[0])
    estate = edited(tmp_path, old, new)
    check_fixed_fields(state, estate)
    assert may_replace(state, estate)
