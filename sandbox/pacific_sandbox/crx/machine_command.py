"""The command line of a pod's QEMU. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Accelerator = Literal["kvm", "tcg"]

_KERNEL_ARGUMENTS = (
    "console=ttyS0 quiet panic=-1 reboot=t "
    # There is one tenant in the machine, and random numbers come from the processor.
    "mitigations=off random.trust_cpu=on "
    # What a machine without disks, keyboards or other processors to look for need not wait for.
    "i8042.noaux i8042.nokbd tsc=reliable no_timer_check cryptomgr.notests"
)
_TRANSLATED = 32
"""MiB of translated code that software emulation keeps."""
OVERHEAD = 88
"""MiB that a machine has beside its containers' memory: kernel, initramfs, init (measured, docs/crx.md)."""


@dataclass(frozen=True)
class MachineFiles:
    """What every machine is started from."""

    qemu: Path
    kernel: Path
    initramfs: Path

    @classmethod
    def of(cls, directory: Path) -> "MachineFiles":
        """Those of the toolchain's folder of CRX machines."""
        return cls(directory / "qemu-system-x86_64", directory / "kernel", directory / "initramfs")


@dataclass(frozen=True)
class Disk:
    """A file that the machine has as a disk."""

    path: Path
    serial: str
    """How the machine finds it; 20 characters at most."""
    read_only: bool = True


@dataclass(frozen=True)
class MachineSize:
    """What a machine has: processors, and MiB of memory altogether."""

    processors: int
    memory: int


@dataclass(frozen=True)
class MachineSettings:
    """One pod's machine."""

    name: str
    size: MachineSize
    mac: str = ""
    """Hardware address of its network card; empty: it has none."""
    disks: Sequence[Disk] = field(default_factory=tuple)


def machine_command(
    files: MachineFiles,
    settings: MachineSettings,
    accelerator: Accelerator,
    console: Path,
    *,
    channel: int,
    network: int | None = None,
) -> list[str]:
    """QEMU with a serial console into a file. ``channel`` (to init) and ``network`` (frames) are inherited sockets."""
    size = settings.size
    command = [
        str(files.qemu),
        "-name",
        _escaped(settings.name),
        "-nodefaults",
        "-no-user-config",
        "-no-reboot",
        "-display",
        "none",
        "-machine",
        "pc,usb=off,vmport=off,hpet=off,smbus=off",
        "-accel",
        "kvm" if accelerator == "kvm" else f"tcg,tb-size={_TRANSLATED}",
        "-cpu",
        "host" if accelerator == "kvm" else "qemu64,+rdrand",
        "-smp",
        str(size.processors),
        "-m",
        f"{size.memory}M",
        "-kernel",
        str(files.kernel),
        "-initrd",
        str(files.initramfs),
        "-append",
        _KERNEL_ARGUMENTS,
        "-serial",
        f"file:{_escaped(str(console))}",
        "-chardev",
        f"socket,id=channel,fd={channel}",
        "-device",
        "virtio-serial-pci",
        "-device",
        "virtserialport,chardev=channel",
    ]
    if network is not None:
        card = f"virtio-net-pci,netdev=network,mac={settings.mac},romfile="
        command += ["-netdev", f"dgram,id=network,local.type=fd,local.str={network}", "-device", card]
    for number, disk in enumerate(settings.disks):
        mode = "on" if disk.read_only else "off"
        drive = f"file={_escaped(str(disk.path))},id=disk{number},if=none,format=raw,readonly={mode}"
        command += ["-drive", drive, "-device", f"virtio-blk-pci,drive=disk{number},serial={disk.serial}"]
    return command


def _escaped(text: str) -> str:
    """A comma inside an option's value is written twice."""
    return text.replace(",", ",,")
