"""What a VirtualMachine document's ``spec`` adds to the VirtualMachine that is made of it, and what is wrong with it.

Types are those of VM Operator's own definition (``kubernetes_api``). What a field of the document says is not said in
two places. Pure.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pacific_infra.documents.capabilities import MachineDisk
from pacific_infra.documents.kubernetes_api import DIRECTIVE
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.quantity import mib
from pacific_infra.documents.source import Path, dotted
from pacific_infra.documents.strategic_merge import merge_keys_of, merged

TYPE = "vmoperator.v1alpha5.VirtualMachineSpec"
_MERGE_KEYS = merge_keys_of(TYPE)
_BOOTSTRAP = "bootstrap"
OWNED: Mapping[str, str] = {
    "advanced.bootDiskCapacity": "bootDiskCapacity",
    "affinity": "affinity",
    **{
        f"bootOptions.{name}": f"bootOptions.{name}"
        for name in ("bootDelay", "bootRetry", "bootRetryDelay", "efiSecureBoot", "firmware", "networkBootProtocol")
    },
    "bootstrap.cloudInit.cloudConfig": "cloudInit.cloudConfig",
    "bootstrap.cloudInit.rawCloudConfig": "cloudInit.userData",
    "bootstrap.cloudInit.sshAuthorizedKeys": "cloudInit.sshAuthorizedKeys",
    "bootstrap.linuxPrep.expirePasswordAfterNextLogin": "linuxPrep.expirePasswordAfterNextLogin",
    "bootstrap.linuxPrep.hardwareClockIsUTC": "linuxPrep.hardwareClockIsUtc",
    "bootstrap.linuxPrep.password": "linuxPrep.password",
    "bootstrap.linuxPrep.scriptText": "linuxPrep.scriptText",
    "bootstrap.linuxPrep.timeZone": "linuxPrep.timeZone",
    "bootstrap.sysprep.rawSysprep": "sysprep.rawSysprep",
    **{
        f"bootstrap.sysprep.sysprep.{name}": f"sysprep.sysprep.{name}"
        for name in (
            "expirePasswordAfterNextLogin",
            "guiRunOnce",
            "guiUnattended",
            "identification",
            "scriptText",
            "userData",
        )
    },
    "bootstrap.vAppConfig.properties": "vAppConfig.properties",
    "class": "class",
    "className": "class",
    "crypto.encryptionClassName": "crypto.encryptionClassName",
    "crypto.useDefaultKeyProvider": "crypto.useDefaultKeyProvider",
    "crypto.vTPMMode": "crypto.vtpmMode",
    "groupName": "group",
    "guestID": "guestId",
    **{f"hardware.cdrom.{name}": "cdrom" for name in ("allowGuestControl", "connected", "image")},
    "image": "image",
    "imageName": "image",
    "minHardwareVersion": "minHardwareVersion",
    "network.domainName": "network.domain",
    "network.hostName": "network.hostName",
    "network.interfaces.addresses": "network.interfaces",
    "network.interfaces.gateway4": "network.interfaces",
    "network.interfaces.nameservers": "network.interfaces",
    "network.interfaces.network": "network.interfaces",
    "powerOffMode": "powerOffMode",
    "powerState": "powerState",
    **{
        f"readinessProbe.{name}": f"readinessProbe.{name}"
        for name in ("guestHeartbeat", "periodSeconds", "tcpSocket", "timeoutSeconds")
    },
    "reserved.resourcePolicyName": "resourcePolicy",
    "restartMode": "restartMode",
    "storageClass": "storagePolicy",
    "suspendMode": "suspendMode",
}
"""Fields of the VirtualMachine that fields of the document say; of lists those of each item."""
_PATCH = "kubectl patch virtualmachine NAME --type merge -p"
_NO_STATE: Mapping[str, str] = {
    "currentSnapshotName": f'{_PATCH} \'{{"spec":{{"currentSnapshotName":"SNAPSHOT"}}}}\'',
    "nextRestartTime": f'{_PATCH} \'{{"spec":{{"nextRestartTime":"now"}}}}\'',
    **{
        f"bootstrap.{name}.customizeAtNextPowerOn": (
            f'{_PATCH} \'{{"spec":{{"bootstrap":{{"{name}":{{"customizeAtNextPowerOn":true}}}}}}}}\''
        )
        for name in ("linuxPrep", "sysprep")
    },
}
"""Fields by which VM Operator is asked to do something once, and how to do that."""


def patch_problems(patch: Mapping[str, Any], volumes: Collection[str], providers: Collection[str]) -> Iterator[Problem]:
    """What of ``patch`` collides with the document; its types are right already.

    ``volumes``: names of the document's. ``providers``: how it sets up the guest, such as cloudInit.
    """
    yield from _collisions(patch, (), ())
    for name in patch.get(_BOOTSTRAP) or {}:
        if name not in providers:
            problem = f"the document has no {name} that this could be put over"
            yield Problem(problem, (_BOOTSTRAP, name), fix=f"add {name} to the document")
    for index, volume in enumerate(patch.get("volumes") or ()):
        is_own, claim = volume.get("name") in volumes, (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if is_own and claim is not None:
            path: Path = ("volumes", index, "persistentVolumeClaim", "claimName")
            yield Problem("the document makes the claim of this volume", path, claim, fix="remove it")
        elif not is_own and claim is None:
            problem = "the document has no volume of this name, and this one names no claim"
            allowed = ", ".join(volumes) or None
            fix = "add persistentVolumeClaim.claimName, or a volume to the document"
            yield Problem(problem, ("volumes", index, "name"), volume.get("name"), allowed, fix)


def _collisions(value: Any, names: tuple[str, ...], path: Path) -> Iterator[Problem]:
    """``names``: the way to ``value`` by fields alone, as in ``OWNED``."""
    field = ".".join(names)
    if field in OWNED:
        yield Problem("a field of the document says this", path, dotted(path), fix=f"write {OWNED[field]} in its place")
    elif field in _NO_STATE:
        yield Problem("this asks VM Operator to do something once", path, dotted(path), fix=f"run {_NO_STATE[field]}")
    elif value is None or (isinstance(value, Mapping) and DIRECTIVE in value):
        yield Problem("nothing can be taken away here", path, dotted(path), fix="remove it")
    elif isinstance(value, Mapping):
        for name, held in value.items():
            yield from _collisions(held, (*names, name), (*path, name))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            if isinstance(item, Mapping):
                yield from _collisions(item, names, (*path, index))


def patched(fields: Mapping[str, Any], patch: Mapping[str, Any] | None) -> dict[str, Any]:
    """``fields``, the spec of a VirtualMachine, with ``patch`` over it by a strategic merge."""
    return dict(fields) if patch is None else merged(fields, patch, _MERGE_KEYS)


def added_disks(patch: Mapping[str, Any] | None) -> Iterator[tuple[Path, MachineDisk]]:
    """Disks on storage of the host that come and go with the VM, each with the field that names its StorageClass."""
    for index, volume in enumerate((patch or {}).get("volumes") or ()):
        claim = (volume.get("persistentVolumeClaim") or {}).get("instanceVolumeClaim")
        if claim is not None:
            path: Path = ("volumes", index, "persistentVolumeClaim", "instanceVolumeClaim", "storageClass")
            yield path, MachineDisk(str(claim["storageClass"]), mib(str(claim["size"])))
