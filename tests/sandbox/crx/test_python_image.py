"""An image of a Python program holds all that the program needs, and is the same each time."""

import subprocess
import tarfile
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox.crx.image_store import ImageStore
from pacific_sandbox.crx.python_image import add_python_image, compile_modules
from tests.support.waiting import PATIENCE


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "hello.py"
    file.write_text("import ssl, sys, iso8601\nprint(ssl.OPENSSL_VERSION, iso8601.__file__, sys.prefix)\n")
    return file


def test_it_runs_with_nothing_else_of_this_computer(program: Path, tmp_path: Path) -> None:
    store, messages = ImageStore(tmp_path / "a"), list[str]()
    image = add_python_image(store, "hello:1", program, distributions=["iso8601"], say=messages.append)
    # Of the same it is not made again.
    assert add_python_image(store, "hello:1", program, distributions=["iso8601"], say=messages.append) == image
    assert messages == ["sandbox: making the image hello:1"]

    root = tmp_path / "root"
    with tarfile.open(image.layers[0].path) as archive:
        archive.extractall(root, filter="tar")
    assert not list(root.rglob("*.py"))
    (loader,) = (root / "lib64").iterdir()
    # The loader and libraries of the image, not those of this computer.
    libraries = str(root / "usr/lib/python-libraries")
    command = [
        str(loader),
        "--library-path",
        libraries,
        str(root / "usr/bin/python3"),
        *image.configuration.entrypoint[1:],
    ]
    environment = {"PYTHONHOME": str(root / "usr"), "PYTHONPATH": str(root / "app")}
    done = subprocess.run(
        command, env=environment, cwd="/", capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    *_, module, prefix = done.stdout.split()
    assert module.startswith(str(root))
    assert prefix == str(root / "usr")

    program.write_text("print('another')\n")
    assert add_python_image(store, "hello:1", program, distributions=["iso8601"], say=messages.append) != image
    assert len(messages) == 2


def test_compiled_modules_are_the_same_bytes_wherever_they_were_compiled(tmp_path: Path) -> None:
    compiled = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "module.py").write_text("def is_vowel(letter):\n    return letter in {'a', 'e', 'i', 'o', 'u'}\n")
        compile_modules(folder)
        compiled.append((folder / "module.pyc").read_bytes())
    assert compiled[0] == compiled[1]


def test_what_it_cannot_be_made_of_is_said(program: Path, tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "images")
    with pytest.raises(PacificError) as raised:
        add_python_image(store, "hello:1", program, distributions=["no-such-thing"])
    assert str(raised.value) == (
        "not installed, so no image can have it: got 'no-such-thing'; fix: pip install no-such-thing"
    )
    with pytest.raises(PacificError) as raised:
        add_python_image(store, "hello:1", tmp_path / "none.py")
    assert str(raised.value) == (
        f"no such program: got '{tmp_path / 'none.py'}'; allowed: a Python file, or the folder of a package"
    )
