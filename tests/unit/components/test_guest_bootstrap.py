"""The first configuration of a guest: what of it is in the VirtualMachine, and what in its Secret."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pacific_components import VirtualMachine

from pacific_infra.documents import load_estate
from pacific_infra.graph.stack_secrets import named_secrets
from pacific_infra.record.secrets import SIGNATURE
from tests.support.external_estate import declared, graph_of
from tests.support.recording import Recording, record
from tests.support.refusals import refusals

MACHINE = "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachine::shop/vm-machine"
SECRET = "kubernetes:core/v1:Secret::shop/vm-bootstrap"
USER_DATA = "kubernetes:core/v1:Secret::shop/vm-user-data"
DOCUMENT = """\
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachine
metadata: {name: vm, namespace: shop}
spec:
  class: small
  image: guest
  storagePolicy: gold
"""


def of_document(folder: Path, fields: str) -> Recording:
    return declared(graph_of(folder, DOCUMENT + fields))


def bootstrap(recording: Recording) -> Any:
    return recording.only(MACHINE).inputs["spec"]["bootstrap"]


def secret_texts(recording: Recording, name: str = SECRET) -> dict[str, Any]:
    data = recording.only(name).inputs["stringData"]
    assert set(data) == {SIGNATURE, "value"}, "it is no secret"
    texts: dict[str, Any] = data["value"]
    return texts


def test_a_cloud_config_of_a_document_becomes_user_data_with_its_secrets(tmp_path: Path) -> None:
    fields = """\
  cloudInit:
    cloudConfig:
      users: [{name: shop, plain_text_passwd: "${config.guestPassword}"}]
      write_files: [{path: /etc/motd, content: "costs $${config.nothing}"}]
    sshAuthorizedKeys: [ssh-ed25519 AAAA]
"""
    recording = of_document(tmp_path, fields)
    assert bootstrap(recording) == {
        "cloudInit": {
            "rawCloudConfig": {"name": "vm-user-data", "key": "user-data"},
            "sshAuthorizedKeys": ["ssh-ed25519 AAAA"],
        }
    }
    first, _, rest = secret_texts(recording, USER_DATA)["user-data"].partition("\n")
    assert first == "#cloud-config"
    assert json.loads(rest) == {
        "users": [{"name": "shop", "plain_text_passwd": "<guestPassword>"}],
        "write_files": [{"path": "/etc/motd", "content": "costs ${config.nothing}"}],
    }
    assert [named.key for named in named_secrets(load_estate([tmp_path]))] == ["guestPassword"]


def test_user_data_of_a_secret_of_others_is_named_and_waited_for(tmp_path: Path) -> None:
    recording = of_document(tmp_path, "  cloudInit: {userDataFrom: {secret: vm-boot, key: user-data}}\n")
    assert bootstrap(recording) == {"cloudInit": {"rawCloudConfig": {"name": "vm-boot", "key": "user-data"}}}
    assert not [item for item in recording if item.type.endswith(":Secret")]
    (machine,) = (item for item in load_estate([tmp_path]) if item.kind == "VirtualMachine")
    assert "ExternalSecret/shop/vm-boot" in {reference.target for reference in machine.references()}


def test_linux_prep_keeps_password_and_script_in_a_secret(tmp_path: Path) -> None:
    fields = """\
  linuxPrep: {hardwareClockIsUtc: false, timeZone: Europe/Sofia, password: {config: root}, scriptText: "#!/bin/sh\\n"}
"""
    recording = of_document(tmp_path, fields)
    assert bootstrap(recording) == {
        "linuxPrep": {
            "hardwareClockIsUTC": False,
            "timeZone": "Europe/Sofia",
            "password": {"name": "vm-bootstrap", "key": "password"},
            "scriptText": {"from": {"name": "vm-bootstrap", "key": "script"}},
        }
    }
    assert secret_texts(recording) == {"password": "<root>", "script": "#!/bin/sh\n"}


def test_sysprep_by_its_fields(tmp_path: Path) -> None:
    fields = """\
  network: {domain: shop.test}
  sysprep:
    sysprep:
      userData: {fullName: Shop, orgName: Shops, productId: {config: product}}
      guiUnattended: {password: {config: admin}, autoLogon: true, autoLogonCount: 1, timeZone: 0}
      identification: {domainAdmin: joiner, domainAdminPassword: {config: domain}, domainOu: "OU=shops"}
      guiRunOnce: {commands: [winrm quickconfig -quiet]}
"""
    recording = of_document(tmp_path, fields)
    assert bootstrap(recording) == {
        "sysprep": {
            "sysprep": {
                "userData": {
                    "fullName": "Shop",
                    "orgName": "Shops",
                    "productID": {"name": "vm-bootstrap", "key": "product_id"},
                },
                "guiUnattended": {
                    "autoLogon": True,
                    "autoLogonCount": 1,
                    "password": {"name": "vm-bootstrap", "key": "password"},
                    "timeZone": 0,
                },
                "identification": {
                    "domainAdmin": "joiner",
                    "domainAdminPassword": {"name": "vm-bootstrap", "key": "domain_admin_password"},
                    "domainOU": "OU=shops",
                },
                "guiRunOnce": {"commands": ["winrm quickconfig -quiet"]},
            }
        }
    }
    assert secret_texts(recording) == {
        "product_id": "<product>",
        "password": "<admin>",
        "domain_admin_password": "<domain>",
    }


def test_a_whole_answer_file_is_a_secret(tmp_path: Path) -> None:
    (tmp_path / "unattend.xml").write_text("<unattend>${config.admin}</unattend>")
    recording = of_document(tmp_path, "  sysprep: {rawSysprep: {template: {file: unattend.xml}}}\n")
    assert bootstrap(recording) == {"sysprep": {"rawSysprep": {"name": "vm-bootstrap", "key": "unattend"}}}
    assert secret_texts(recording) == {"unattend": "<unattend><admin></unattend>"}


def test_vapp_properties_are_in_the_open_but_for_secrets(tmp_path: Path) -> None:
    fields = "  linuxPrep: {}\n  vAppConfig: {properties: {hostname: web, password: {config: root}}}\n"
    recording = of_document(tmp_path, fields)
    assert bootstrap(recording) == {
        "linuxPrep": {},
        "vAppConfig": {
            "properties": [
                {"key": "hostname", "value": {"value": "web"}},
                {"key": "password", "value": {"from": {"name": "vm-bootstrap", "key": "property-1"}}},
            ]
        },
    }
    assert secret_texts(recording) == {"property-1": "<root>"}


def test_a_program_gives_outputs() -> None:
    def program() -> pulumi.Output[str]:
        later: Any = pulumi.Output.from_input
        machine = VirtualMachine(
            "shop/vm",
            namespace="shop",
            class_="small",
            image="guest",
            storage_policy="gold",
            linux_prep={"password": later("root"), "expire_password_after_next_login": later(True)},
            v_app_config={"properties": {"hostname": later("web")}, "secret_properties": {"token": "t"}},
        )
        return machine.name

    recording, _ = record(program)
    assert bootstrap(recording)["linuxPrep"]["expirePasswordAfterNextLogin"] is True
    assert bootstrap(recording)["vAppConfig"]["properties"][0] == {"key": "hostname", "value": {"value": "web"}}
    assert secret_texts(recording) == {"password": "root", "property-1": "t"}


def test_without_secrets_there_is_no_secret(tmp_path: Path) -> None:
    recording = of_document(tmp_path, "  linuxPrep: {timeZone: UTC}\n")
    assert [item.name for item in recording if item.type == "kubernetes:core/v1:Secret"] == []


REFUSED = {
    "two ways": (
        "  cloudInit: {userData: '#!/bin/sh'}\n  sysprep: {rawSysprep: <a/>}\n",
        "estate.yaml:19: spec.sysprep: a guest is set up in one way, not by cloudInit and sysprep: fix: remove one",
    ),
    "vApp properties beside cloud-init": (
        "  cloudInit: {userData: '#!/bin/sh'}\n  vAppConfig: {properties: {a: b}}\n",
        "estate.yaml:19: spec.vAppConfig: VM Operator takes no vApp properties beside cloud-init: fix: remove "
        "vAppConfig, or write linuxPrep in place of cloudInit",
    ),
    "neither user data nor cloud-config": (
        "  cloudInit: {sshAuthorizedKeys: [a]}\n",
        "estate.yaml:18: spec.cloudInit: cloudInit has either userData, userDataFrom or cloudConfig: fix: give one of "
        "them",
    ),
    "a mark that names no secret": (
        '  cloudInit: {cloudConfig: {runcmd: ["echo ${config.}"]}}\n',
        "estate.yaml:18: spec.cloudInit.cloudConfig.runcmd[0]: line 1 names no key of the stack's configuration: got "
        "'${config.}'; fix: write ${config.KEY}, or $${config. for the text itself",
    ),
    "a password in the open": (
        "  linuxPrep: {password: hunter2}\n",
        "estate.yaml:18: spec.linuxPrep.password: a secret is kept in the stack's configuration, not in a document: "
        "fix: pulumi config set --secret KEY, and write {config: KEY}",
    ),
    "autoLogon without a password": (
        "  sysprep: {sysprep: {userData: {fullName: a, orgName: b}, guiUnattended: {autoLogon: true}}}\n",
        "estate.yaml:18: spec.sysprep.sysprep.guiUnattended.autoLogon: autoLogon needs the password, and how many "
        "times: got true; fix: add password and autoLogonCount, or remove autoLogon",
    ),
    "a domain without a user": (
        "  network: {domain: shop.test}\n  sysprep: {sysprep: {userData: {fullName: a, orgName: b}}}\n",
        "estate.yaml:19: spec.sysprep.sysprep.identification: a Windows computer joins network.domain by a user of it: "
        "fix: add domainAdmin and domainAdminPassword, or remove network.domain",
    ),
    "workgroup and domain": (
        "  sysprep: {sysprep: {userData: {fullName: a, orgName: b}, "
        "identification: {joinWorkgroup: w, domainOu: o}}}\n",
        "estate.yaml:18: spec.sysprep.sysprep.identification.joinWorkgroup: a computer joins either a workgroup or a "
        "domain: got 'w'; fix: give one of the two",
    ),
    "a long Windows name": (
        "  network: {hostName: a-name-of-17-chars}\n  sysprep: {rawSysprep: <a/>}\n",
        "estate.yaml:18: spec.network.hostName: the name of a Windows computer is too long: got 'a-name-of-17-chars'; "
        "allowed: 15 characters or less; fix: write network.hostName",
    ),
    "a secret boot without EFI": (
        "  bootOptions: {efiSecureBoot: Enabled}\n",
        "estate.yaml:18: spec.bootOptions.efiSecureBoot: secure boot needs the firmware efi, also where the image has "
        "it: got 'Enabled'; fix: write firmware: efi beside it",
    ),
    "a delay without a retry": (
        "  bootOptions: {bootRetryDelay: 10s}\n",
        "estate.yaml:18: spec.bootOptions.bootRetryDelay: a delay before it tries again needs that it tries again: got "
        "'10s'; fix: write bootRetry: Enabled beside it",
    ),
    "a drive without a guestId": (
        "  cdrom: [{name: cd, image: vmi-0}]\n",
        "estate.yaml:18: spec.cdrom: a VM with a CD-ROM drive needs its guestId: an ISO image does not say it: "
        "fix: add guestId, such as debian12_64Guest",
    ),
    "affinity without a group": (
        "  affinity: {vmAffinity: {}}\n",
        "estate.yaml:18: spec.affinity: VM Operator places by affinity only what is a member of a group: fix: add "
        "group, and a VirtualMachineGroup with this VM in it",
    ),
    "a required rule about hosts": (
        "  group: shop\n  affinity: {vmAntiAffinity: {requiredDuringSchedulingPreferredDuringExecution: "
        "[{labelSelector: {matchLabels: {a: b}}, topologyKey: kubernetes.io/hostname}]}}\n",
        "estate.yaml:19: spec.affinity.vmAntiAffinity.requiredDuringSchedulingPreferredDuringExecution[0].topologyKey: "
        "VM Operator keeps this rule for zones alone: got 'kubernetes.io/hostname'; allowed: "
        "topology.kubernetes.io/zone",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_vm_operator_would_refuse_is_refused_when_it_is_read(case: str, tmp_path: Path) -> None:
    fields, expected = REFUSED[case]
    assert refusals(lambda: graph_of(tmp_path, DOCUMENT + fields), tmp_path) == [expected]


def test_a_machine_says_its_hardware(tmp_path: Path) -> None:
    fields = """\
  group: shop
  guestId: debian12_64Guest
  bootOptions: {firmware: efi, efiSecureBoot: Enabled, bootDelay: 5s}
  bootDiskCapacity: 40Gi
  minHardwareVersion: 21
  powerOffMode: Hard
  crypto: {encryptionClassName: shop, vtpmMode: New}
  cdrom: [{name: cd, image: vmi-0123456789abcdef0, connected: false}]
  affinity:
    vmAntiAffinity:
      preferredDuringSchedulingPreferredDuringExecution:
      - {labelSelector: {matchLabels: {app: web}}, topologyKey: kubernetes.io/hostname}
"""
    spec = of_document(tmp_path, fields).only(MACHINE).inputs["spec"]
    assert {key: spec[key] for key in spec if key not in ("className", "imageName", "storageClass", "powerState")} == {
        "powerOffMode": "Hard",
        "guestID": "debian12_64Guest",
        "bootOptions": {"firmware": "efi", "efiSecureBoot": "Enabled", "bootDelay": "5s"},
        "advanced": {"bootDiskCapacity": "40Gi"},
        "hardware": {
            "cdrom": [
                {
                    "name": "cd",
                    "image": {"kind": "VirtualMachineImage", "name": "vmi-0123456789abcdef0"},
                    "connected": False,
                    "allowGuestControl": True,
                }
            ]
        },
        "minHardwareVersion": 21,
        "crypto": {"encryptionClassName": "shop", "useDefaultKeyProvider": True, "vTPMMode": "New"},
        "affinity": {
            "vmAntiAffinity": {
                "preferredDuringSchedulingPreferredDuringExecution": [
                    {"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "kubernetes.io/hostname"}
                ]
            }
        },
        "groupName": "shop",
    }
