from typing import Any

import pytest

from pacific_sandbox.vm_operator.admission.review import Request
from pacific_sandbox.vm_operator.admission.webhooks import WEBHOOKS
from tests.support.admission_doubles import Supervisor, create, machine, update

RULES = {webhook.kind: webhook.rules for webhook in WEBHOOKS}


def errors(request: Request, kind: str = "virtualmachine") -> list[str]:
    return [error for rule in RULES[kind] for error in rule(request, Supervisor())]


def test_a_good_machine_passes() -> None:
    assert errors(create()) == []
    assert errors(update({}, {"className": "large"})) == []


CLOUD_INIT: dict[str, Any] = {"bootstrap": {"cloudInit": {}}}
NOT_WHILE_ON = "updates to this field is not allowed when VM power is on"


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ({"image": None}, "spec.image: Required value"),
        ({"className": ""}, "spec.className: Required value"),
        (
            {"image": {"kind": "Disk", "name": "d"}},
            'spec.image.kind: Invalid value: "Disk": supported: VirtualMachineImage; ClusterVirtualMachineImage',
        ),
        (
            {"storageClass": "tin"},
            'spec.storageClass: Invalid value: "tin": Storage policy tin does not exist',
        ),
        (
            {"storageClass": "silver"},
            'spec.storageClass: Invalid value: "silver": Storage policy is not associated with the namespace shop',
        ),
        (
            {"powerState": "Suspended"},
            'spec.powerState: Invalid value: "Suspended": cannot set a new VM\'s power state to Suspended',
        ),
        (
            {"nextRestartTime": "now"},
            'spec.nextRestartTime: Invalid value: "now": cannot restart VM on create',
        ),
        (
            {"minHardwareVersion": 99},
            "spec.minHardwareVersion: Invalid value: 99: should be less than or equal to 22",
        ),
        (
            {"bootstrap": {"cloudInit": {}, "sysprep": {"rawSysprep": {}}}},
            "spec.bootstrap.cloudInit: Forbidden: CloudInit may not be used with any other bootstrap provider",
        ),
        (
            {"bootstrap": {"cloudInit": {"cloudConfig": {}, "rawCloudConfig": {}}}},
            'spec.bootstrap.cloudInit: Invalid value: "cloudInit": '
            "cloudConfig and rawCloudConfig are mutually exclusive",
        ),
        (
            {"bootstrap": {"sysprep": {}}},
            'spec.bootstrap.sysprep: Invalid value: "sysPrep": either sysprep or rawSysprep must be provided',
        ),
        (
            {"bootstrap": {"sysprep": {"sysprep": {"guiUnattended": {"autoLogon": True, "password": {"name": "s"}}}}}},
            'spec.bootstrap.sysprep.sysprep: Invalid value: "guiUnattended": autoLogon requires autoLogonCount to be '
            "specified",
        ),
        (
            {
                "bootstrap": {"sysprep": {"sysprep": {"identification": {"domainAdmin": "a"}}}},
                "network": {"domainName": "shop.test"},
            },
            'spec.bootstrap.sysprep.sysprep: Invalid value: "identification": spec.network.domainName requires '
            "domainAdmin and domainAdminPassword selector to be set",
        ),
        (
            {"bootstrap": {"sysprep": {"sysprep": {"identification": {"joinWorkgroup": "w", "domainOU": "o"}}}}},
            'spec.bootstrap.sysprep.sysprep: Invalid value: "identification": joinWorkgroup and '
            "domainAdmin/domainAdminPassword/domainOU are mutually exclusive",
        ),
        (
            {"bootOptions": {"bootOrder": [{"type": "CDRom"}]}},
            "spec.bootOptions.bootOrder: Forbidden: when creating a VM",
        ),
        (
            {
                "groupName": "g",
                "affinity": {
                    "vmAntiAffinity": {
                        "requiredDuringSchedulingPreferredDuringExecution": [{"topologyKey": "kubernetes.io/hostname"}]
                    }
                },
            },
            "spec.affinity.vmAntiAffinity.requiredDuringSchedulingPreferredDuringExecution[0].topologyKey: Unsupported "
            'value: "kubernetes.io/hostname": supported values: "topology.kubernetes.io/zone"',
        ),
        (
            {"network": {"nameservers": ["1.1.1.1"]}},
            'spec.network.nameservers: Invalid value: "1.1.1.1": nameservers is available only with the following '
            "bootstrap providers: LinuxPrep and Sysprep",
        ),
        (
            {"network": {"nameservers": ["one"]}, **CLOUD_INIT},
            'spec.network.nameservers[0]: Invalid value: "one": must be an IPv4 or IPv6 address',
        ),
        (
            {"network": {"interfaces": [{"name": "eth0", "gateway4": "10.0.0.1"}]}},
            'spec.network.interfaces[0].gateway4: Invalid value: "10.0.0.1": '
            "gateway4 must have an IPv4 address in the addresses field",
        ),
        (
            {"network": {"interfaces": [{"name": "eth0", "mtu": 9000}]}},
            "spec.network.interfaces[0].mtu: Invalid value: 9000: "
            "mtu is available only with the following bootstrap providers: CloudInit",
        ),
        (
            {"network": {"hostName": "under_score"}},
            'spec.network.hostName: Invalid value: "under_score": host name must adhere to RFC-1123',
        ),
        (
            {"network": {"hostName": "web", "domainName": "c"}},
            'spec.network.domainName: Invalid value: "c": domain name must adhere to RFC-1123',
        ),
        (
            {"guestID": "windows2019srv_64Guest", "network": {"hostName": "sixteen-or-more-x"}},
            'spec.network.hostName: Invalid value: "sixteen-or-more-x": host name may not exceed 15 characters for '
            "Windows",
        ),
        (
            {"volumes": [{"name": "a", "persistentVolumeClaim": {"claimName": "c", "readOnly": True}}]},
            'spec.volumes[0].persistentVolumeClaim.readOnly: Unsupported value: true: supported values: "false"',
        ),
        (
            {"volumes": [{"name": "a"}, {"name": "a"}]},
            'spec.volumes[1].name: Duplicate value: "a"',
        ),
        ({"biosUUID": "x"}, 'spec.biosUUID: Invalid value: "x": must provide a valid UUID'),
        (
            {"readinessProbe": {"tcpSocket": {"port": 1}, "guestHeartbeat": {"thresholdStatus": "green"}}},
            "spec.readinessProbe: Forbidden: only one action can be specified",
        ),
        (
            {"advanced": {"bootDiskCapacity": "1000"}},
            "spec.advanced.bootDiskCapacity: Invalid value: 1000: value must be a multiple of MB",
        ),
        (
            {"bootOptions": {"efiSecureBoot": "Enabled"}},
            "spec.bootOptions.efiSecureBoot: Forbidden: cannot set efiSecureBoot when image firmware is not 'efi'",
        ),
        (
            {"hardware": {"cdrom": [{"name": "cd", "image": {"kind": "Disk", "name": "i"}}]}, "guestID": "other"},
            'spec.hardware.cdrom[0].image.kind: Unsupported value: "Disk": supported values: "VirtualMachineImage", '
            '"ClusterVirtualMachineImage"',
        ),
        (
            {"currentSnapshotName": "s"},
            "spec.currentSnapshotName: Forbidden: creating VM with current snapshot is not allowed",
        ),
        ({"affinity": {"vmAffinity": {}}}, "spec.groupName: Required value: when setting affinity"),
    ],
)
def test_a_new_machine_is_refused(spec: dict[str, Any], error: str) -> None:
    assert errors(create(spec))[0] == error


@pytest.mark.parametrize(
    ("before", "after", "error"),
    [
        ({}, {"imageName": "x"}, 'spec.imageName: Invalid value: "x": field is immutable'),
        ({}, {"storageClass": "silver"}, 'spec.storageClass: Invalid value: "silver": field is immutable'),
        (
            {"biosUUID": "11111111-1111-4111-8111-111111111111"},
            {"biosUUID": "22222222-2222-4222-8222-222222222222"},
            'spec.biosUUID: Invalid value: "22222222-2222-4222-8222-222222222222": field is immutable',
        ),
        ({}, {"powerState": ""}, 'spec.powerState: Invalid value: "": cannot set power state to empty string'),
        (
            {"powerState": "PoweredOff"},
            {"powerState": "Suspended"},
            'spec.powerState: Invalid value: "Suspended": cannot suspend a VM that is powered off',
        ),
        (
            {},
            {"nextRestartTime": "tomorrow"},
            'spec.nextRestartTime: Invalid value: "tomorrow": must be formatted as RFC3339Nano',
        ),
        ({}, {"guestID": "other"}, f"spec.guestID: Forbidden: {NOT_WHILE_ON}"),
        ({}, {"bootOptions": {"firmware": "efi"}}, f"spec.bootOptions: Forbidden: {NOT_WHILE_ON}"),
        (
            {"minHardwareVersion": 20},
            {"minHardwareVersion": 19},
            "spec.minHardwareVersion: Invalid value: 19: cannot downgrade hardware version",
        ),
        (
            {},
            {"minHardwareVersion": 20},
            "spec.minHardwareVersion: Invalid value: 20: cannot upgrade hardware version unless powered off",
        ),
        (CLOUD_INIT, {}, "spec.bootstrap: Forbidden: bootstrap provider type cannot be changed"),
        (
            CLOUD_INIT,
            {"bootstrap": {"linuxPrep": {}}},
            "spec.bootstrap.cloudInit: Forbidden: bootstrap provider type cannot be changed",
        ),
        (
            {"network": {"interfaces": [{"name": "eth0"}]}},
            {"network": {"interfaces": []}},
            "spec.network.interfaces: Forbidden: network interfaces cannot be added or removed",
        ),
        (
            {"network": {"interfaces": [{"name": "eth0"}]}},
            {"network": {"interfaces": [{"name": "eth1"}]}},
            "spec.network.interfaces[0].name: Forbidden: field is immutable",
        ),
        (
            {"volumes": [{"name": "a", "removable": False}]},
            {},
            "spec.volumes[0]: Forbidden: cannot remove volume with removable=false",
        ),
        (
            {"reserved": {"resourcePolicyName": "a"}},
            {"reserved": {"resourcePolicyName": "b"}},
            'spec.reserved.resourcePolicyName: Invalid value: "b": field is immutable',
        ),
        (
            {"currentSnapshotName": "one"},
            {"currentSnapshotName": "two"},
            "spec.currentSnapshotName: Forbidden: a snapshot revert is already in progress",
        ),
    ],
)
def test_a_change_is_refused(before: dict[str, Any], after: dict[str, Any], error: str) -> None:
    assert errors(update(before, after)) == [error]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"powerState": "Suspended"}),
        ({"powerState": "Suspended"}, {}),
        ({"powerState": "PoweredOff"}, {"guestID": "other", "minHardwareVersion": 20}),
        ({}, {"powerState": "PoweredOff", "guestID": "other"}),
        ({}, {"nextRestartTime": "2026-11-23T18:00:00.5Z"}),
    ],
)
def test_a_change_that_the_power_state_allows(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert errors(update(before, after)) == []


def test_a_machine_held_back_from_power_on_is_still_off() -> None:
    held = {"annotations": {"poweron.check.vmoperator.vmware.com/backup": "x"}}
    request = Request("UPDATE", machine({"guestID": "other"}, **held), machine({}, **held))
    assert errors(request) == []


def test_zone_and_guarding_annotations() -> None:
    zone = "topology.kubernetes.io/zone"
    assert errors(create(labels={zone: "zone-1"})) == []
    assert errors(create(labels={zone: "zone-9"})) == [
        f'metadata.labels[{zone}]: Invalid value: "zone-9": zones.topology.tanzu.vmware.com "zone-9" not found'
    ]
    moved = Request("UPDATE", machine({}, labels={zone: "zone-2"}), machine({}, labels={zone: "zone-1"}))
    assert errors(moved) == [f'metadata.labels[{zone}]: Invalid value: "zone-2": field is immutable']
    key = "delete.check.vmoperator.vmware.com/mine"
    assert errors(create(annotations={key: ""})) == [
        f"metadata.annotations.{key}: Forbidden: adding this annotation is restricted to privileged users"
    ]
    assert errors(create(annotations={key: ""}, privileged=True)) == []
    removed = Request("UPDATE", machine({}), machine({}, annotations={key: ""}))
    assert errors(removed) == [
        f"metadata.annotations.{key}: Forbidden: removing this annotation is restricted to privileged users"
    ]


def item(name: str, spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop", **metadata}, "spec": spec}


@pytest.mark.parametrize(
    ("kind", "spec", "error"),
    [
        (
            "virtualmachinegroup",
            {"bootOrder": [{"members": [{"name": "a"}, {"name": "a", "kind": "VirtualMachine"}]}]},
            'spec.bootOrder[0].members[1]: Duplicate value: "VirtualMachine/a"',
        ),
        (
            "virtualmachinegroup",
            {"groupName": "x"},
            'spec.groupName: Invalid value: "x": group cannot have itself as a member or group name',
        ),
        (
            "virtualmachinesetresourcepolicy",
            {"resourcePool": {"reservations": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}},
            'spec.resourcePool.reservations.memory: Invalid value: "2Gi": '
            "reservation value cannot exceed the limit value",
        ),
        ("virtualmachinesnapshot", {}, "spec.vmName: Required value: vmName must be provided"),
        (
            "virtualmachinepublishrequest",
            {"target": {"location": {"apiVersion": "imageregistry.vmware.com/v1alpha1", "kind": "ContentLibrary"}}},
            "spec.target.location.name: Required value",
        ),
        ("virtualmachineservice", {"type": "ClusterIP"}, "spec.ports: Required value"),
        (
            "virtualmachineservice",
            {"type": "LoadBalancer", "ports": [{"name": "p", "port": 0, "targetPort": 1, "protocol": "TCP"}]},
            "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        (
            "virtualmachineservice",
            {
                "type": "ClusterIP",
                "ports": [{"name": "p", "port": 1, "targetPort": 1, "protocol": "TCP"}],
                "loadBalancerSourceRanges": ["10.0.0.0/8"],
            },
            "spec.loadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
        ),
    ],
)
def test_other_kinds(kind: str, spec: dict[str, Any], error: str) -> None:
    assert errors(Request("CREATE", item("x", spec)), kind) == [error]


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("virtualmachinesetresourcepolicy", "folder"),
        ("virtualmachinesnapshot", "vmName"),
        ("virtualmachinepublishrequest", "source"),
    ],
)
def test_what_other_kinds_keep(kind: str, field: str) -> None:
    request = Request("UPDATE", item("x", {field: "b"}), item("x", {field: "a"}))
    assert errors(request, kind) == [f'spec.{field}: Invalid value: "b": field is immutable']
