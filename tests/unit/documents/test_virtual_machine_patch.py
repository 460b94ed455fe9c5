"""What a VirtualMachine document's ``spec`` may say: VM Operator's own fields that no field of the document says."""

from pathlib import Path

import pytest

from pacific_infra.documents import VirtualMachine, load_estate
from pacific_infra.documents.virtual_machine_changes import FIELDS
from tests.support.bad_documents import MACHINE, errors_of

WITH_CLOUD_INIT = MACHINE + "  cloudInit: {cloudConfig: {hostname: a}}\n  volumes: [{name: data, size: 1Gi}]\n"


def machine(folder: Path, text: str) -> VirtualMachine:
    (folder / "a.yaml").write_text(text)
    (document,) = load_estate([folder / "a.yaml"]).of(VirtualMachine)
    return document


@pytest.mark.parametrize(
    ("patch", "error"),
    [
        (
            "{className: large}",
            "a.yaml:10: spec.spec.className: a field of the document says this: got 'className'; "
            "fix: write class in its place",
        ),
        (
            "{network: {interfaces: [{name: eth0, gateway4: 10.0.0.1}]}}",
            "a.yaml:10: spec.spec.network.interfaces[0].gateway4: a field of the document says this: "
            "got 'network.interfaces[0].gateway4'; fix: write network.interfaces in its place",
        ),
        (
            "{advanced: {changeBlockTraking: true}}",
            "a.yaml:10: spec.spec.advanced.changeBlockTraking: advanced has no such field: got 'changeBlockTraking'; "
            "allowed: bootDiskCapacity, changeBlockTracking, defaultVolumeProvisioningMode; "
            "fix: write changeBlockTracking",
        ),
        (
            "{advanced: {changeBlockTracking: 'yes'}}",
            "a.yaml:10: spec.spec.advanced.changeBlockTracking: of the wrong type: got 'yes'; allowed: true or false; "
            "fix: write true without quotes",
        ),
        (
            "{bootstrap: {vAppConfig: {rawProperties: a}}}",
            "a.yaml:10: spec.spec.bootstrap.vAppConfig: the document has no vAppConfig that this could be put over: "
            "fix: add vAppConfig to the document",
        ),
        (
            "{volumes: [{name: dta, diskMode: Persistent}]}",
            "a.yaml:10: spec.spec.volumes[0].name: the document has no volume of this name, and this one names no "
            "claim: got 'dta'; allowed: data; fix: add persistentVolumeClaim.claimName, or a volume to the document",
        ),
        (
            "{volumes: [{name: data, persistentVolumeClaim: {claimName: other}}]}",
            "a.yaml:10: spec.spec.volumes[0].persistentVolumeClaim.claimName: the document makes the claim of this "
            "volume: got 'other'; fix: remove it",
        ),
        (
            "{network: null}",
            "a.yaml:10: spec.spec.network: nothing can be taken away here: got 'network'; fix: remove it",
        ),
        (
            "{nextRestartTime: now}",
            "a.yaml:10: spec.spec.nextRestartTime: this asks VM Operator to do something once: got 'nextRestartTime'; "
            "fix: run kubectl patch virtualmachine NAME --type merge "
            '-p \'{"spec":{"nextRestartTime":"now"}}\'',
        ),
    ],
)
def test_what_cannot_be_said_is_refused(tmp_path: Path, patch: str, error: str) -> None:
    assert errors_of(tmp_path, f"{WITH_CLOUD_INIT}  spec: {patch}\n") == [error]


def test_what_it_adds_to_a_fixed_field_is_no_change_and_its_change_is_one(tmp_path: Path) -> None:
    text = (
        MACHINE + "  network: {interfaces: [{name: eth0}]}\n  spec: {network: {interfaces: [{name: eth0, mtu: MTU}]}}\n"
    )
    row = next(row for row in FIELDS if row.field == ("spec", "network", "interfaces"))
    assert row.value(machine(tmp_path, text.replace("MTU", "9000"))) == [{"name": "eth0", "mtu": 9000}]


def test_disks_on_storage_of_the_host_count(tmp_path: Path) -> None:
    claim = "{claimName: scratch, instanceVolumeClaim: {storageClass: local, size: 10Gi}}"
    document = machine(tmp_path, f"{MACHINE}  spec: {{volumes: [{{name: scratch, persistentVolumeClaim: {claim}}}]}}\n")
    (machine_class,) = document.classes()
    assert [(disk.storage_policy, disk.size_mib) for disk in machine_class.disks] == [("local", 10240)]
    path = ("spec", "spec", "volumes", 0, "persistentVolumeClaim", "instanceVolumeClaim", "storageClass")
    assert (path, "local") in list(document.storage_policies())
