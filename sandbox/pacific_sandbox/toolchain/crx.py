"""What the sandbox's CRX machines are made of, in the toolchain's cache: an extra, installed only when asked for."""

import platform
import shutil
import sys
from hashlib import sha256
from pathlib import Path

from pacific_infra.errors import PacificError
from pacific_infra.toolchain.terminal_lines import Say
from pacific_sandbox.toolchain import crx_machine, debian_packages
from pacific_sandbox.toolchain.cache import Cache
from pacific_sandbox.toolchain.components import CRX_INIT

QEMU = "qemu-system-x86_64"
_QEMU_PACKAGE = "qemu-system-x86"
_FILES = (QEMU, "kernel", "initramfs", "busybox")


def folder(cache: Cache) -> Path:
    """Its folder, installed or not: one for each version of our init and of the files beside it."""
    content = "\0".join([cache.key(CRX_INIT), *crx_machine.MODULES])
    return cache.directory / f"crx-machine-{sha256(content.encode()).hexdigest()[:12]}"


def is_installed(target: Path) -> bool:
    """Whether all of it is there, QEMU included, which may have been removed since."""
    return all((target / name).is_file() for name in _FILES)


def check_system() -> None:
    """Raise PacificError where CRX machines cannot run."""
    system = f"{sys.platform} on {platform.machine()}"
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise PacificError("CRX machines cannot run here", value=system, allowed="Linux on x86_64")


def install(cache: Cache, target: Path, say: Say) -> None:
    """Fetch the packages and put everything into ``target``. Raises PacificError."""
    target_is_stale = target.is_dir()
    say(f"toolchain: QEMU, Debian's {crx_machine.KERNEL_PACKAGE} and {crx_machine.BUSYBOX_PACKAGE}")
    qemu = debian_packages.installed_program(QEMU, _QEMU_PACKAGE)
    if target_is_stale:
        (target / QEMU).unlink(missing_ok=True)
        (target / QEMU).symlink_to(qemu)
        return
    with cache.publishing(target) as new:
        debian = new / "debian"
        debian_packages.unpack(crx_machine.KERNEL_PACKAGE, debian)
        debian_packages.unpack(crx_machine.BUSYBOX_PACKAGE, debian)
        init = cache.result(CRX_INIT) / "bin" / CRX_INIT.program
        crx_machine.write_machine(debian, init, new)
        (debian / "bin/busybox").rename(new / "busybox")
        (new / QEMU).symlink_to(qemu)
        shutil.rmtree(debian)
