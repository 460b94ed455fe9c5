"""Names of documents that a vCenter or a Supervisor does not have are refused with their place; the rest is said."""

from pathlib import Path
from typing import Any

import pytest

from pacific_infra.converge.unoffered import not_asked, questions, refusals
from pacific_infra.documents import Estate, load_estate
from pacific_infra.vcenter.offers import LIBRARY_ITEMS, Answer, Offer, Offers

NAMESPACE = """\
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: shop}
spec:
  supervisor: acme
  storagePolicies: [{name: golld}]
  virtualMachineClasses: [small]
  contentLibraries: [linux]
"""
MACHINE = """\
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachine
metadata: {name: db, namespace: shop}
spec:
  class: small
  image: debian-13
  storagePolicy: golld
"""
CLUSTER = """\
---
apiVersion: pacific.infra/v1alpha1
kind: WorkloadCluster
metadata: {name: apps, namespace: shop}
spec:
  version: VERSION
  class: small
  storagePolicy: golld
  nodePools: [{name: one, replicas: 1}]
"""
CLASS = """\
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineClass
metadata: {name: small}
spec: {cpuCount: 1, memory: 1Gi}
"""
POLICY = """\
---
apiVersion: pacific.infra/v1alpha1
kind: StoragePolicy
metadata: {name: golld}
spec: {tagRules: [{tagCategory: tier, tags: [gold]}]}
"""
LIBRARY = """\
---
apiVersion: pacific.infra/v1alpha1
kind: ContentLibrary
metadata: {name: linux}
spec: {datastore: vsan}
"""
SERVICE = """\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorService
metadata: {name: harbor}
spec: {service: harbor.example.test, version: 2.9.9}
"""
MACHINE_TYPE = "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachine"
OFFERED = {
    "storage-policies": [Offer("gold", identifier="p-1"), Offer("silver", identifier="p-2")],
    "virtual-machine-classes": [Offer("small")],
    "content-libraries": [Offer("linux", identifier="l-1")],
    "images": [Offer("debian-12", "acme/shop", identifier="vmi-1"), Offer("debian-13", "acme/other")],
    "cluster-classes": [Offer("builtin-generic-v3.4.0", "acme/vmware-system-vks-public")],
    "kubernetes-releases": [Offer("v1.33.3---vmware.1", "acme", {"version": "v1.33.3+vmware.1"})],
    LIBRARY_ITEMS: [Offer("debian-12", "linux")],
    "services": [Offer("harbor.example.test")],
    "service-versions": [Offer("2.9.1", "harbor.example.test"), Offer("2.9.9", "contour.example.test")],
}


def estate_of(folder: Path, text: str) -> Estate:
    (folder / "a.yaml").write_text(text)
    return load_estate([folder / "a.yaml"])


def offers_of(sections: dict[str, list[Offer]], **reasons: str) -> Offers:
    offers = Offers({section: list(listed) for section, listed in sections.items()})
    for section, reason in reasons.items():
        offers.add(section.replace("_", "-"), Answer(reason=reason), "acme")
    return offers


def errors(folder: Path, text: str, offers: Offers, *recorded: dict[str, Any]) -> list[str]:
    named = list(questions(estate_of(folder, text), recorded))
    refused = refusals(named, offers, "pacific discover")
    return [str(error).replace(f"{folder}/", "") for error in refused]


def test_a_name_that_is_near_is_proposed_with_every_place_to_correct(tmp_path: Path) -> None:
    text = NAMESPACE + MACHINE.replace("debian-13", "debian-12")
    assert errors(tmp_path, text, offers_of(OFFERED)) == [
        "a.yaml:6: vCenter has no such storage policy: got 'golld'; allowed: gold; "
        "fix: write gold, here and at a.yaml:16"
    ]


def test_an_image_of_another_namespace_is_none_of_this_one(tmp_path: Path) -> None:
    text = (NAMESPACE + MACHINE).replace("golld", "gold")
    assert errors(tmp_path, text, offers_of(OFFERED)) == [
        "a.yaml:15: the Supervisor acme has no such VM image for Namespace/shop: got 'debian-13'; "
        "allowed: debian-12; fix: write debian-12"
    ]


def test_an_image_that_the_namespace_is_to_get_by_its_library_is_there(tmp_path: Path) -> None:
    text = (NAMESPACE + MACHINE).replace("golld", "gold").replace("debian-13", "ubuntu")
    sections = {**OFFERED, LIBRARY_ITEMS: [Offer("ubuntu", "linux")]}
    assert errors(tmp_path, text, offers_of(sections)) == []


def test_of_a_supervisor_that_is_not_there_yet_the_libraries_tell_the_images(tmp_path: Path) -> None:
    text = (NAMESPACE + MACHINE).replace("golld", "gold")
    offers = offers_of({name: OFFERED[name] for name in OFFERED if name != "images"}, images="it is not there yet")
    assert errors(tmp_path, text, offers) == [
        "a.yaml:15: the Supervisor acme has no such VM image for Namespace/shop: got 'debian-13'; "
        "allowed: debian-12; fix: write debian-12"
    ]


@pytest.mark.parametrize("image", ["debian-12", "vmi-1"])
def test_an_image_is_named_by_its_name_or_identifier(tmp_path: Path, image: str) -> None:
    text = (NAMESPACE + MACHINE).replace("golld", "gold").replace("debian-13", image)
    assert errors(tmp_path, text, offers_of(OFFERED)) == []


@pytest.mark.parametrize("version", ["v1.33", "v1.33.3+vmware.1", "v1.33.3---vmware.1"])
def test_a_release_is_taken_in_every_form_that_a_supervisor_takes(tmp_path: Path, version: str) -> None:
    text = (NAMESPACE + CLUSTER).replace("golld", "gold").replace("VERSION", version)
    assert errors(tmp_path, text, offers_of(OFFERED)) == []


def test_releases_that_there_are_are_listed_as_documents_write_them(tmp_path: Path) -> None:
    text = (NAMESPACE + CLUSTER).replace("golld", "gold").replace("VERSION", "v1.20")
    assert errors(tmp_path, text, offers_of(OFFERED)) == [
        "a.yaml:14: the Supervisor acme has no such Kubernetes release: got 'v1.20'; allowed: v1.33.3+vmware.1; "
        "fix: choose one; pacific discover kubernetes-releases shows them"
    ]


def test_a_version_is_looked_for_among_those_of_its_service(tmp_path: Path) -> None:
    assert errors(tmp_path, SERVICE, offers_of(OFFERED)) == [
        "a.yaml:4: vCenter has no such version of harbor.example.test: got '2.9.9'; allowed: 2.9.1; fix: write 2.9.1"
    ]


def test_what_the_estate_makes_itself_is_not_asked_about(tmp_path: Path) -> None:
    sections = {**OFFERED, "virtual-machine-classes": [], "storage-policies": [], "content-libraries": []}
    text = NAMESPACE + CLASS + POLICY + LIBRARY + MACHINE
    assert errors(tmp_path, text, offers_of(sections, images="it is not there yet")) == []


def test_what_is_recorded_already_is_not_asked_about(tmp_path: Path) -> None:
    parent = "urn:pulumi:dev::estate::pacific:index:VirtualMachine::shop/db"
    recorded = {
        "urn": f"{parent.rpartition('::')[0]}${MACHINE_TYPE}::shop/db-machine",
        "type": MACHINE_TYPE,
        "parent": parent,
        "inputs": {"spec": {"imageName": "debian-13", "storageClass": "gold", "className": "small"}},
    }
    text = (NAMESPACE + MACHINE).replace("golld", "gold")
    assert errors(tmp_path, text, offers_of(OFFERED), recorded) == []


def test_what_could_not_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    text = (NAMESPACE + CLUSTER).replace("golld", "gold").replace("VERSION", "v1.99")
    sections = {name: OFFERED[name] for name in OFFERED if name not in ("cluster-classes", "kubernetes-releases")}
    offers = offers_of(sections, cluster_classes="it is not there yet", kubernetes_releases="it is not there yet")
    named = list(questions(estate_of(tmp_path, text), ()))
    assert list(refusals(named, offers, "pacific discover")) == []
    assert not_asked(named, offers) == (
        "not checked whether there is Kubernetes release v1.99, ClusterClass builtin-generic-v3.4.0: "
        "Supervisor acme: it is not there yet"
    )
