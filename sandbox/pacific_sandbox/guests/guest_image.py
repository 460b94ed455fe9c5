"""Root file systems for virtual machines: a Linux of busybox and Python."""

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pacific_sandbox.crx.image_build import layer_of
from pacific_sandbox.crx.image_store import Image, ImageConfiguration, ImageStore
from pacific_sandbox.crx.python_image import PYTHON_ENVIRONMENT, add_python, made_of_python

ROOT_FILE_SYSTEMS: Final = "vm"
"""Folder in the names of these images: ``vm/NAME`` is the root file system of the VirtualMachineImage NAME."""
PATH: Final = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LIST_WITHIN: Final = 10.0
_FILES: Final = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "etc/group": "root:x:0:\ntty:x:5:\nadm:x:4:\nwheel:x:10:\nsudo:x:27:\nusers:x:100:\nnogroup:x:65534:\n",
    "etc/shadow": "root:!:19000:0:99999:7:::\n",
    "etc/os-release": 'NAME="Sandbox Linux"\nID=sandbox-linux\nVERSION_ID=1\nPRETTY_NAME="Sandbox Linux 1"\n',
}
_FOLDERS: Final = ("bin", "etc", "home", "opt", "root", "run", "srv", "tmp", "usr/local/bin", "var/lib", "var/log")


def guest_image_name(image: str) -> str:
    """The name, in the store, of the root file system of the virtual machine image of this name."""
    return f"{ROOT_FILE_SYSTEMS}/{image}"


def add_guest_image(
    store: ImageStore, image: str, busybox: Path, say: Callable[[str], object] = lambda _: None
) -> Image:
    """Build the root file system of the virtual machine image ``image``: busybox, and the Python that runs this.

    One that was made of the same stays; else ``say`` gets a line, for this takes seconds. Raises PacificError.
    """
    made_of = made_of_python([busybox, Path(__file__)])
    if (current := store.current(guest_image_name(image), made_of)) is not None:
        return current
    say(f"sandbox: making the root file system of the virtual machine image {image}")
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        add_python(root)
        add_busybox(root, busybox)
        with layer_of(root) as layer:
            return add_root(store, image, layer, PYTHON_ENVIRONMENT, made_of=made_of)


def add_busybox(root: Path, busybox: Path) -> None:
    """Put a busybox with all its programs, and the files that every Linux has, into a root file system."""
    for folder in _FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    program = root / "bin/busybox"
    program.write_bytes(busybox.read_bytes())
    program.chmod(0o755)
    for applet in _applets(busybox):
        if not (root / "bin" / applet).exists():
            (root / "bin" / applet).symlink_to("busybox")
    for path, text in _FILES.items():
        (root / path).write_text(text)


def _applets(busybox: Path) -> list[str]:
    """The programs that a busybox has in it."""
    done = subprocess.run([busybox, "--list"], capture_output=True, text=True, timeout=_LIST_WITHIN, check=True)
    return done.stdout.split()


def add_root(
    store: ImageStore, image: str, layer: Path, environment: Sequence[str] = (), *, made_of: str | None = None
) -> Image:
    """Keep a tar file as the root file system of a virtual machine image. ``environment``: of its first process."""
    configuration = ImageConfiguration(environment=[PATH, *environment])
    return store.add(guest_image_name(image), layer, configuration, made_of=made_of)
