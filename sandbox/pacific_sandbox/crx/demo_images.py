"""The images of the demo estate, made from one static busybox, and a MongoDB made from FerretDB."""

import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from pacific_sandbox.crx.image_build import layer_of
from pacific_sandbox.crx.image_store import Image, ImageConfiguration, ImageStore
from pacific_sandbox.crx.python_image import add_python_image
from pacific_sandbox.mongodb_tools.image import add_mongodb_tools_image
from pacific_sandbox.programs import Toolchain

_APPLETS: Final = (
    "cat",
    "echo",
    "env",
    "hostname",
    "httpd",
    "id",
    "ls",
    "mkdir",
    "nc",
    "ps",
    "rm",
    "sh",
    "sleep",
    "touch",
    "uname",
    "wget",
)

_WEB: Final = """\
#!/bin/sh
# The first process of a container gets no signal that it does not ask for.
trap 'exit 0' TERM
httpd -f -p "${PORT:-8080}" -h /www &
wait $!
"""
_UNAME: Final = """\
#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
echo "$(uname -srvm)"
echo "pod $(hostname)"
echo "boot $(cat /proc/sys/kernel/random/boot_id)"
"""
_LISTEN: Final = """\
#!/bin/sh
trap 'exit 0' TERM
nc -ll -p "${PORT:-5432}" -e cat &
wait $!
"""
_PREPARE: Final = """\
#!/bin/sh
echo "prepare $* on $(uname -r): orders ${ORDERS_HOST:-}, accounts ${ACCOUNTS_ADDRESS:-}"
"""

_IMAGES: Final = {
    "sandbox/web:1": ({"bin/web": _WEB, "www/cgi-bin/uname": _UNAME, "www/ready": "ready\n"}, "/bin/web"),
    "sandbox/database:1": ({"bin/listen": _LISTEN}, "/bin/listen"),
    "sandbox/prepare:1": ({"bin/prepare": _PREPARE}, "/bin/prepare"),
}
"""Files and entrypoint of each. The database keeps nothing: it listens, and answers what it is sent."""


_MONGODB_MODULES: Final = ("kopf", "pymongo")
"""What the extra ``mongodb`` brings."""
_MONGODB_USER: Final = "999:999"
"""As in MongoDB's own image."""


def all_demo_images(
    store: ImageStore, toolchain: Toolchain, say: Callable[[str], object] = lambda _: None
) -> Sequence[Image]:
    """Build them into ``store``, those of MongoDB where pacific-mongodb is installed; else ``say`` gets a line.

    Raises PacificError.
    """
    busybox = toolchain.directory("crx") / "busybox"
    images = [*add_demo_images(store, busybox)]
    images.append(add_ferretdb_image(store, toolchain.program("ferretdb")))
    controller = find_spec("pacific_mongodb")
    if controller is None or controller.origin is None:
        say("sandbox: no images of MongoDB: pacific-mongodb is not installed; fix: pip install pacific-mongodb")
        return images
    name, folder = "sandbox/mongodb-controller:1", Path(controller.origin).parent
    images.append(add_python_image(store, name, folder, distributions=_MONGODB_MODULES, ports=(9090,), say=say))
    images.append(add_mongodb_tools_image(store, busybox, say))
    return images


def add_demo_images(store: ImageStore, busybox: Path) -> Sequence[Image]:
    """Build them into ``store``."""
    return [_add(store, busybox, name, files, entrypoint) for name, (files, entrypoint) in _IMAGES.items()]


def add_ferretdb_image(store: ImageStore, ferretdb: Path) -> Image:
    """Build sandbox/ferretdb:1, what MongoDB's own image is elsewhere: the same port, folder, user and variables."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for folder in ("bin", "tmp", "data/db"):
            (root / folder).mkdir(parents=True)
            (root / folder).chmod(0o1777 if folder != "bin" else 0o755)
        program = root / "bin/ferretdb"
        program.write_bytes(ferretdb.read_bytes())
        program.chmod(0o755)
        entrypoint = ["/bin/ferretdb", ":27017", "/data/db"]
        configuration = ImageConfiguration(entrypoint=entrypoint, user=_MONGODB_USER, ports=["27017/tcp"])
        with layer_of(root) as layer:
            return store.add("sandbox/ferretdb:1", layer, configuration)


def _add(store: ImageStore, busybox: Path, name: str, files: dict[str, str], entrypoint: str) -> Image:
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for folder in ("bin", "tmp", "etc"):
            (root / folder).mkdir()
        (root / "tmp").chmod(0o1777)
        program = root / "bin/busybox"
        program.write_bytes(busybox.read_bytes())
        program.chmod(0o755)
        for applet in _APPLETS:
            (root / "bin" / applet).symlink_to("busybox")
        (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nweb:x:1000:1000::/:/bin/sh\n")
        (root / "etc/group").write_text("root:x:0:\nweb:x:1000:\n")
        for path, text in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o755 if text.startswith("#!") else 0o644)
        with layer_of(root) as layer:
            return store.add(name, layer, ImageConfiguration(entrypoint=[entrypoint], user="1000:1000"))
