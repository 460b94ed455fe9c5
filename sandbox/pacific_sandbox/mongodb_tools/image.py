"""The image ``sandbox/mongodb-tools:1``: what a backup's Job takes from MongoDB's own image elsewhere."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pacific_sandbox.crx.image_build import layer_of
from pacific_sandbox.crx.image_store import Image, ImageConfiguration, ImageStore
from pacific_sandbox.crx.python_image import (
    PROGRAMS,
    PYTHON_ENVIRONMENT,
    add_python,
    distribution_versions,
    made_of_python,
)
from pacific_sandbox.guests.guest_image import PATH, add_busybox

_NAME: Final = "sandbox/mongodb-tools:1"
_REQUIRED: Final = ("pymongo",)
_COMMANDS: Final = ("mongodump", "mongorestore")
_PACKAGE: Final = __name__.rpartition(".")[0]


def add_mongodb_tools_image(store: ImageStore, busybox: Path, say: Callable[[str], object] = lambda _: None) -> Image:
    """Build it: busybox, the Python that runs this, pymongo and the stand-ins of this folder.

    One that was made of the same stays; else ``say`` gets a line, for this takes seconds. Raises PacificError.
    """
    modules = [Path(__file__).with_name(f"{name}.py") for name in ("archive", *_COMMANDS)]
    made_of = made_of_python([busybox, *modules, Path(__file__)], *distribution_versions(_REQUIRED))
    if (current := store.current(_NAME, made_of)) is not None:
        return current
    say(f"sandbox: making the image {_NAME}")
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        package = root / PROGRAMS / _PACKAGE.replace(".", "/")
        package.mkdir(parents=True)
        for module in modules:
            shutil.copyfile(module, package / module.name)
        add_python(root, _REQUIRED)
        add_busybox(root, busybox)
        for command in _COMMANDS:
            program = root / "bin" / command
            program.write_text(f'#!/bin/sh\nexec python3 -m {_PACKAGE}.{command} "$@"\n')
            program.chmod(0o755)
        environment = [PATH, f"PYTHONPATH=/{PROGRAMS}", *PYTHON_ENVIRONMENT]
        with layer_of(root) as layer:
            return store.add(_NAME, layer, ImageConfiguration(environment=environment, user="999:999"), made_of=made_of)
