"""Puts together what a CRX machine boots: a Debian kernel, and an initramfs with its modules and our init. Pure but
for reading and writing files.
"""

import lzma
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KERNEL_PACKAGE = "linux-image-cloud-amd64"
BUSYBOX_PACKAGE = "busybox-static"
MODULES = ("virtio_pci", "virtio_console", "virtio_blk", "virtio_net", "overlay")
"""What the guest needs and Debian's cloud kernel has not built in; what these depend on comes by itself."""


@dataclass(frozen=True)
class ArchiveEntry:
    """One entry of an initramfs."""

    name: str
    mode: int
    content: bytes = b""
    device: tuple[int, int] = (0, 0)
    """Major and minor number of a device."""


def write_machine(debian: Path, init: Path, target: Path) -> None:
    """Write ``kernel`` and ``initramfs`` into ``target`` from unpacked Debian packages and the built init.

    Raises FileNotFoundError where a package has not what is expected of it.
    """
    (target / "kernel").write_bytes(_only(debian, "boot/vmlinuz-*").read_bytes())
    files = {module_name(file.name): file for file in (debian / "lib/modules").rglob("*.ko*")}
    modules = {name: _module(files[name]) for name in load_order(files)}
    (target / "initramfs").write_bytes(initramfs(init.read_bytes(), modules))


def load_order(files: Mapping[str, Path], modules: Sequence[str] = MODULES) -> list[str]:
    """The names of the modules to load, each after those that it depends on."""
    order: list[str] = []

    def add(name: str) -> None:
        if name not in files:
            return  # built into this kernel
        for needed in dependencies(_module(files[name])):
            add(needed)
        if name not in order:
            order.append(name)

    for name in modules:
        add(name)
    return order


def dependencies(module: bytes) -> list[str]:
    """The modules that a module says it depends on (``depends=`` in its .modinfo)."""
    match = re.search(rb"\0depends=([^\0]*)\0", module)
    return [name.replace("-", "_") for name in match[1].decode().split(",") if name] if match else []


def module_name(file: str) -> str:
    """``virtio-rng.ko.xz`` is the module virtio_rng."""
    return file.partition(".ko")[0].replace("-", "_")


def initramfs(init: bytes, modules: Mapping[str, bytes]) -> bytes:
    """The archive that the kernel unpacks: init, the modules and the order in which init loads them."""
    executable, folder = stat.S_IFREG | 0o755, stat.S_IFDIR | 0o755
    order = "".join(f"{name}.ko\n" for name in modules)
    return archive(
        [
            ArchiveEntry("dev", folder),
            # So that init has somewhere to write before it mounts anything.
            ArchiveEntry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1)),
            ArchiveEntry("init", executable, init),
            ArchiveEntry("modules", folder),
            ArchiveEntry("modules/order", stat.S_IFREG | 0o644, order.encode()),
            *(ArchiveEntry(f"modules/{name}.ko", stat.S_IFREG | 0o644, content) for name, content in modules.items()),
        ]
    )


def archive(entries: Sequence[ArchiveEntry]) -> bytes:
    """The entries as a cpio archive in the format ``newc`` (kernel documentation, initramfs buffer format).

    Not compressed: without hardware virtualisation unpacking costs more than reading.
    """
    parts = bytearray()
    for number, entry in enumerate([*entries, ArchiveEntry("TRAILER!!!", 0)], start=1):
        name = entry.name.encode() + b"\0"
        fields = [number, entry.mode, 0, 0, 1, 0, len(entry.content), 0, 0, *entry.device, len(name), 0]
        parts += b"070701" + b"".join(b"%08X" % field for field in fields) + name
        parts += bytes(-len(parts) % 4) + entry.content
        parts += bytes(-len(parts) % 4)
    return bytes(parts)


def _module(file: Path) -> bytes:
    content = file.read_bytes()
    return lzma.decompress(content) if file.suffix == ".xz" else content


def _only(folder: Path, pattern: str) -> Path:
    matches = sorted(folder.glob(pattern))
    if not matches:
        raise FileNotFoundError(folder / pattern)
    return matches[-1]
