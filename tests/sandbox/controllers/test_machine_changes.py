"""The table of what becomes of a VM's changes: the plan's verdict on each row, beside that of the sandbox's webhook."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from pacific_infra.converge.immutable import check_fixed_fields, may_replace, replaced_machines
from pacific_infra.converge.pending import pending_change, pending_machines
from pacific_infra.documents import Estate
from pacific_infra.documents.source import dotted
from pacific_infra.documents.virtual_machine_changes import FIELDS
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import build_graph
from pacific_sandbox.vm_operator.admission.review import Denied, Request
from pacific_sandbox.vm_operator.admission.webhooks import WEBHOOKS
from tests.support.admission_doubles import IMAGE, Supervisor
from tests.support.external_estate import declared, graph_of
from tests.support.refusals import refusals

DOCUMENT = """\
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachine
metadata: {name: vm, namespace: shopLABELS}
spec:
  class: small
  image: debian-12
  storagePolicy: gold
  powerState: POWER
"""
ON, OFF = "PoweredOn", "PoweredOff"
MACHINE = "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachine"
DISK = "  volumes: [{name: data, size: 1Gi}]\n"
EFI = "firmware: efi"
RULES = ["vmAffinity: {preferredDuringSchedulingPreferredDuringExecution: [{labelSelector: {matchLabels: {a: b}}}]}"]

Row: TypeAlias = tuple[str, str, str, bool, bool]
"""A field, its text before and after, and whether the change is done to a VM that is on, and to one that is off."""
ROWS: list[Row] = [
    ("spec.class", "  class: small\n", "  class: large\n", True, True),
    ("spec.image", "  image: debian-12\n", "  image: debian-13\n", False, False),
    ("spec.storagePolicy", "  storagePolicy: gold\n", "  storagePolicy: silver\n", False, False),
    ("spec.powerState", f"  powerState: {ON}\n", f"  powerState: {OFF}\n", True, True),
    ("spec.powerState", f"  powerState: {ON}\n", "  powerState: Suspended\n", True, True),
    ("spec.powerState", f"  powerState: {OFF}\n", "  powerState: Suspended\n", False, False),
    ("spec.cloudInit", "  cloudInit: {userData: '#!a'}\n", "  cloudInit: {userData: '#!b'}\n", True, True),
    ("spec.cloudInit", "  cloudInit: {userData: '#!a'}\n", "", False, False),
    ("spec.cloudInit", "  cloudInit: {userData: '#!a'}\n", "  linuxPrep: {}\n", False, False),
    ("spec.cloudInit", "", "  cloudInit: {userData: '#!a'}\n", True, True),
    ("spec.linuxPrep", "  linuxPrep: {}\n", "  linuxPrep: {timeZone: UTC}\n", True, True),
    ("spec.linuxPrep", "  linuxPrep: {}\n", "", False, False),
    ("spec.sysprep", "  sysprep: {rawSysprep: <a/>}\n", "", False, False),
    ("spec.vAppConfig", "  vAppConfig: {properties: {a: b}}\n", "  vAppConfig: {properties: {a: c}}\n", True, True),
    ("spec.network.interfaces", "  network: {interfaces: [{name: a}]}\n", "", False, False),
    ("spec.guestId", "  guestId: debian12_64Guest\n", "  guestId: debian13_64Guest\n", False, True),
    ("spec.bootOptions", f"  bootOptions: {{{EFI}}}\n", f"  bootOptions: {{{EFI}, bootDelay: 5s}}\n", False, True),
    (
        "spec.cdrom",
        "  guestId: a\n  cdrom: [{name: cd, image: vmi-1}]\n",
        "  guestId: a\n  cdrom: [{name: cd, image: vmi-2}]\n",
        False,
        True,
    ),
    ("spec.cdrom", "  guestId: a\n  cdrom: [{name: cd, image: vmi-1}]\n", "  guestId: a\n", False, True),
    (
        "spec.cdrom",
        "  guestId: a\n  cdrom: [{name: cd, image: vmi-1}]\n",
        "  guestId: a\n  cdrom: [{name: cd, image: vmi-1, connected: false, allowGuestControl: false}]\n",
        True,
        True,
    ),
    ("spec.minHardwareVersion", "  minHardwareVersion: 19\n", "  minHardwareVersion: 21\n", False, True),
    ("spec.minHardwareVersion", "  minHardwareVersion: 21\n", "  minHardwareVersion: 19\n", False, False),
    ("spec.affinity", f"  group: g\n  affinity: {{{RULES[0]}}}\n", "  group: g\n", False, False),
    ("spec.group", "  group: g\n", "  group: h\n", True, True),
    ("spec.resourcePolicy", "  resourcePolicy: a\n", "  resourcePolicy: b\n", False, False),
    ("metadata.labels.topology.kubernetes.io/zone", "zone-1", "zone-2", False, False),
    ("metadata.labels.topology.kubernetes.io/zone", "", "zone-1", True, True),
    ("spec.volumes", DISK, "", True, True),
    ("spec.volumes", "", DISK, True, True),
    ("spec.readinessProbe", "", "  readinessProbe: {tcpSocket: {port: 22}}\n", True, True),
    ("spec.powerOffMode", "", "  powerOffMode: Hard\n", True, True),
]
OF_PACIFIC_ALONE: list[Row] = [
    ("spec.network.hostName", "  network: {hostName: a}\n", "  network: {hostName: b}\n", False, False),
    ("spec.network.domain", "  network: {domain: a.test}\n", "  network: {domain: b.test}\n", False, False),
    ("spec.bootOptions.firmware", "  bootOptions: {firmware: bios}\n", f"  bootOptions: {{{EFI}}}\n", False, False),
    ("spec.bootDiskCapacity", "  bootDiskCapacity: 10Gi\n", "  bootDiskCapacity: 20Gi\n", True, True),
    ("spec.bootDiskCapacity", "  bootDiskCapacity: 20Gi\n", "  bootDiskCapacity: 10Gi\n", False, False),
]
"""What VM Operator takes and does not carry out."""


def estate(folder: Path, text: str, power: str, *, strategy: str = "") -> Estate:
    zone = text if text.startswith("zone") else ""
    labels = f", labels: {{topology.kubernetes.io/zone: {zone}}}" if zone else ""
    fields = "" if zone else text
    document = DOCUMENT.replace("LABELS", labels).replace("POWER", power)
    for name in ("class", "image", "storagePolicy", "powerState"):
        if fields.startswith(f"  {name}:"):
            document = "".join(line for line in document.splitlines(keepends=True) if not line.startswith(f"  {name}:"))
    return graph_of(folder, document + fields + strategy).estate


def objects(desired: Estate) -> list[dict[str, Any]]:
    return [
        {"urn": item.urn, "type": item.type, "parent": item.parent or None, "inputs": item.inputs, "outputs": {}}
        for item in declared(build_graph(desired))
    ]


def stored(resources: list[dict[str, Any]]) -> Mapping[str, Any]:
    """The VM as VM Operator stores it."""
    machine = next(item["inputs"] for item in resources if item["type"] == MACHINE)
    spec = {"image": {**IMAGE, "name": machine["spec"]["imageName"]}, **machine["spec"]}
    return {"metadata": {**machine["metadata"], "annotations": {}}, "spec": spec}


def plan_takes(before: list[dict[str, Any]], after: Estate) -> bool:
    try:
        check_fixed_fields(before, after)
    except PacificErrors:
        return False
    return True


def webhook_takes(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> bool:
    request = Request("UPDATE", dict(stored(after)), dict(stored(before)))
    rules = next(webhook.rules for webhook in WEBHOOKS if webhook.kind == "virtualmachine")
    try:
        return not [error for rule in rules for error in rule(request, Supervisor())]
    except Denied:
        return False


@pytest.mark.parametrize("power", [ON, OFF])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}:{row[2].strip() or 'removed'}")
def test_the_plan_takes_a_change_as_the_webhook_does(row: Row, power: str, tmp_path: Path) -> None:
    _, text, changed, on, off = row
    before = objects(estate(tmp_path, text, power))
    after = estate(tmp_path, changed, power)
    assert plan_takes(before, after) is (on if power == ON else off)
    assert webhook_takes(before, objects(after)) is (on if power == ON else off)


@pytest.mark.parametrize("row", OF_PACIFIC_ALONE, ids=lambda row: f"{row[0]}:{row[2].strip()}")
def test_what_vm_operator_takes_and_does_not_do_is_refused(row: Row, tmp_path: Path) -> None:
    _, text, changed, on, off = row
    for power, expected in ((ON, on), (OFF, off)):
        before = objects(estate(tmp_path, text, power))
        assert plan_takes(before, estate(tmp_path, changed, power)) is expected


def test_every_row_of_the_table_is_tried() -> None:
    tried = {row[0] for row in (*ROWS, *OF_PACIFIC_ALONE)}
    assert {dotted(row.field) for row in FIELDS} <= tried


REFUSALS = {
    "while it is on": (
        "  guestId: debian12_64Guest\n",
        "  guestId: debian13_64Guest\n",
        "estate.yaml:19: VirtualMachine/shop/vm: spec.guestId changes only while the VM is powered off: got "
        "'debian13_64Guest'; fix: write powerState: PoweredOff beside it and run pacific up, then PoweredOn and run it "
        "again",
    ),
    "a smaller disk": (
        "  bootDiskCapacity: 20Gi\n",
        "  bootDiskCapacity: 10Gi\n",
        "estate.yaml:19: VirtualMachine/shop/vm: spec.bootDiskCapacity can grow, not shrink: got '10Gi'; allowed: 20Gi "
        "or more; fix: write 20Gi again",
    ),
    "another way to set up the guest": (
        "  cloudInit: {userData: '#!a'}\n",
        "  linuxPrep: {}\n",
        "estate.yaml:14: VirtualMachine/shop/vm: spec.cloudInit cannot change once the VirtualMachine exists: "
        "allowed: cloudInit; fix: write cloudInit again; to replace it, add a VirtualMachine of another name, move the "
        "data, and remove this one",
    ),
    "the policy of a kept volume": (
        f"{DISK}",
        f"  storagePolicy: silver\n{DISK}",
        "estate.yaml:19: VirtualMachine/shop/vm: spec.volumes[0].storagePolicy cannot change once the "
        "PersistentVolumeClaim exists: got 'silver'; allowed: gold; fix: write gold again; to replace it, add a volume "
        "of another name, move the data, and remove this one",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_says_the_way_that_works(case: str, tmp_path: Path) -> None:
    text, changed, expected = REFUSALS[case]
    before = objects(estate(tmp_path, text, ON))
    after = estate(tmp_path, changed, ON)
    assert expected in refusals(lambda: check_fixed_fields(before, after), tmp_path)


def test_a_new_vm_cannot_be_suspended(tmp_path: Path) -> None:
    assert refusals(lambda: check_fixed_fields([], estate(tmp_path, "", "Suspended")), tmp_path) == [
        "estate.yaml:18: VirtualMachine/shop/vm: only a VM that runs can be suspended: got 'Suspended'; fix: write "
        "PoweredOn and run pacific up first"
    ]


RECREATE = "  updateStrategy: Recreate\n"


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if not row[4] and row[0] not in ("spec.powerState", "spec.minHardwareVersion")],
    ids=lambda row: f"{row[0]}:{row[2].strip() or 'removed'}",
)
def test_a_vm_that_may_be_made_anew_is(row: Row, tmp_path: Path) -> None:
    field, text, changed, _, _ = row
    before = objects(estate(tmp_path, text, ON))
    after = estate(tmp_path, changed, ON, strategy=RECREATE)
    machine = next(item["urn"] for item in before if item["type"] == MACHINE)
    of_bootstrap = field in ("spec.cloudInit", "spec.linuxPrep", "spec.sysprep")
    assert plan_takes(before, after) is not of_bootstrap
    assert replaced_machines(before, after) == ({} if of_bootstrap else {machine: "VirtualMachine/shop/vm"})
    assert may_replace(before, after) is not of_bootstrap


def test_a_vm_that_may_be_made_anew_keeps_the_policy_of_its_volumes(tmp_path: Path) -> None:
    before = objects(estate(tmp_path, DISK, ON))
    after = estate(tmp_path, "  storagePolicy: silver\n", ON, strategy=f"{DISK}{RECREATE}")
    assert not plan_takes(before, after)
    kept = DISK.replace("1Gi", "1Gi, storagePolicy: gold")
    assert plan_takes(before, estate(tmp_path, "  storagePolicy: silver\n", ON, strategy=f"{kept}{RECREATE}"))


def test_the_engine_makes_anew_what_the_table_says(tmp_path: Path) -> None:
    plain, recreated = (
        next(
            item.request
            for item in declared(build_graph(estate(tmp_path, "", ON, strategy=strategy)))
            if item.type == MACHINE
        )
        for strategy in ("", RECREATE)
    )
    assert (list(plain.replaceOnChanges), plain.deleteBeforeReplace) == ([], False)
    assert recreated.deleteBeforeReplace is True
    assert list(recreated.replaceOnChanges) == [
        "spec.imageName",
        "spec.storageClass",
        "spec.network.hostName",
        "spec.network.domainName",
        "spec.network.interfaces",
        "spec.bootOptions.firmware",
        "spec.affinity",
        "spec.reserved.resourcePolicyName",
        'metadata.labels["topology.kubernetes.io/zone"]',
    ]


def live(class_name: str, power: str, reason: str = "", annotations: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A VM of class large that has ``class_name``."""
    synced = {"type": "VirtualMachineClassConfigurationSynced", "status": "False", "reason": reason}
    return {
        "metadata": {"annotations": annotations or {}},
        "spec": {"className": "large", "powerState": power},
        "status": {"class": {"name": class_name}, "powerState": power, "conditions": [synced] if reason else []},
    }


@pytest.mark.parametrize(
    ("machine", "waits"),
    [
        (live("small", ON), True),
        (live("small", OFF), False),
        (live("large", ON), False),
        (live("large", ON, "ClassNameChanged"), True),
        (live("large", ON, "ClassUpdated"), False),
        (live("large", ON, "ClassUpdated", {"vmoperator.vmware.com/same-vm-class-resize": ""}), True),
        ({}, False),
    ],
)
def test_a_vm_waits_for_a_power_cycle_until_it_has_its_class(machine: dict[str, Any], waits: bool) -> None:
    assert pending_change(machine) == ("class large takes effect at its next power cycle" if waits else None)


def test_what_waits_is_said_at_its_document(tmp_path: Path) -> None:
    resources = objects(estate(tmp_path, "", ON))
    for item in resources:
        item["outputs"] = live("small", ON) if item["type"] == MACHINE else {}
    assert pending_machines(resources) == {"VirtualMachine/shop/vm": "class large takes effect at its next power cycle"}
