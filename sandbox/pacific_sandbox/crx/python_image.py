"""Images of Python programs, made from the Python that runs now: there is no registry to take one from.

A layer is unpacked in a machine's memory, so it holds compiled modules without their sources, and no tests.
"""

import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from pacific_infra.errors import PacificError
from pacific_sandbox.crx.image_build import layer_of
from pacific_sandbox.crx.image_store import Image, ImageConfiguration, ImageStore

_LEFT_OUT: Final = frozenset(
    {
        "__pycache__",
        "distutils",
        "ensurepip",
        "idlelib",
        "lib2to3",
        "pydoc_data",
        "site-packages",
        "dist-packages",
        "test",
        "tests",
        "tkinter",
        "turtledemo",
    }
)
_SUFFIXES: Final = (".py", ".so")
_UNWANTED: Final = re.compile(r"(_test|_tkinter|_ctypes_test|xx|_xx|_curses|readline|nis\.).*\.so")
_LIBRARY: Final = re.compile(r"(?:=>\s+)?(/\S+) \(0x[0-9a-f]+\)")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_COMPILE_WITHIN: Final = 300.0
_PYTHON: Final = "usr/bin/python3"
_LIBRARIES: Final = "usr/lib/python-libraries"
_USER: Final = "1000:1000"
PROGRAMS: Final = "app"
"""Folder in an image of what is imported beside the standard library."""
PYTHON_ENVIRONMENT: Final = ("PYTHONHOME=/usr", "PYTHONUNBUFFERED=1", f"LD_LIBRARY_PATH=/{_LIBRARIES}")
"""Without which the Python in an image does not run."""


def add_python_image(
    store: ImageStore,
    name: str,
    program: Path,
    *,
    distributions: Sequence[str] = (),
    ports: Sequence[int] = (),
    say: Callable[[str], object] = lambda _: None,
) -> Image:
    """Build an image of ``program``: a file, which is run, or the folder of a package, whose ``__main__`` is run.

    ``distributions``: installed ones that it imports; what they require is taken too. An image of this name that was
    made of the same stays; else ``say`` gets a line, for this takes seconds. Raises PacificError.
    """
    module = program.stem if program.is_file() else program.name
    if not program.exists():
        raise PacificError("no such program", value=str(program), allowed="a Python file, or the folder of a package")
    files = [program] if program.is_file() else sorted(path for path in program.rglob("*.py") if path.is_file())
    versions = distribution_versions(distributions)
    made_of = made_of_python(files, repr((versions, list(ports))), str(program.is_file()))
    if (current := store.current(name, made_of)) is not None:
        return current
    say(f"sandbox: making the image {name}")
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        if program.is_file():
            (root / PROGRAMS).mkdir()
            shutil.copyfile(program, root / PROGRAMS / program.name)
        else:
            _copy_modules(program, root / PROGRAMS / module)
        add_python(root, distributions)
        configuration = ImageConfiguration(
            entrypoint=[f"/{_PYTHON}", "-m", module],
            environment=["PATH=/usr/bin", f"PYTHONPATH=/{PROGRAMS}", *PYTHON_ENVIRONMENT],
            user=_USER,
            ports=[f"{port}/tcp" for port in ports],
        )
        with layer_of(root) as layer:
            return store.add(name, layer, configuration, made_of=made_of)


def made_of_python(files: Sequence[Path], *words: str) -> str:
    """A digest of these files and words and of the Python that runs now: all that an image with it is made of."""
    parts = [
        sys.version,
        str(Path(sys.executable).resolve().stat().st_mtime_ns),
        *words,
        *(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in (*files, Path(__file__))),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def add_python(root: Path, distributions: Sequence[str] = ()) -> None:
    """Put the Python that runs now into an image's root, with its standard library and installed distributions.

    What these require is taken too, and all modules in ``root`` are compiled. Raises PacificError.
    """
    _copy_modules(Path(sysconfig.get_path("stdlib")), root / f"usr/lib/python{sysconfig.get_python_version()}")
    for distribution in _closure(distributions):
        _copy_distribution(distribution, root / PROGRAMS)
    compile_modules(root)
    _copy_interpreter(root)


def distribution_versions(distributions: Sequence[str]) -> list[str]:
    """Names and versions of these and of what they require. Raises PacificError."""
    return [f"{distribution.name} {distribution.version}" for distribution in _closure(distributions)]


def _copy_modules(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        parts = path.relative_to(source).parts
        unwanted = any(part in _LEFT_OUT or part.startswith("config-") for part in parts[:-1])
        if unwanted or path.suffix not in _SUFFIXES or _UNWANTED.match(path.name) or not path.is_file():
            continue
        _copy(path, target.joinpath(*parts))


def _closure(names: Sequence[str]) -> list[importlib.metadata.Distribution]:
    """These distributions with all that they require and that is installed."""
    distributions: dict[str, importlib.metadata.Distribution] = {}
    waiting = list(names)
    while waiting:
        needed = waiting.pop()
        try:
            distribution = importlib.metadata.distribution(needed)
        except importlib.metadata.PackageNotFoundError:
            if needed not in names:  # Needed elsewhere: another system, or an older Python.
                continue
            raise PacificError(
                "not installed, so no image can have it", value=needed, fix=f"pip install {needed}"
            ) from None
        if distribution.name in distributions:
            continue
        distributions[distribution.name] = distribution
        for requirement in distribution.requires or ():
            match = _NAME.match(requirement)
            if match is not None and "extra ==" not in requirement:
                waiting.append(match.group())
    return [distributions[name] for name in sorted(distributions)]


def _copy_distribution(distribution: importlib.metadata.Distribution, target: Path) -> None:
    for file in distribution.files or ():
        if ".." in file.parts or any(part in _LEFT_OUT for part in file.parts):
            continue
        if file.suffix in _SUFFIXES or file.name == "METADATA":
            _copy(Path(str(distribution.locate_file(file))), target / file)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755 if ".so" in target.name else 0o644)


def compile_modules(root: Path) -> None:
    """Modules beside their sources, then without these. The hash's seed decides the order of constants in sets."""
    command = [sys.executable, "-m", "compileall", "-q", "-b", "-j", "1", "-s", str(root), "-p", "/"]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [*command, "--invalidation-mode", "unchecked-hash", str(root)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_COMPILE_WITHIN,
        check=False,
    )
    if done.returncode:
        raise PacificError("a module cannot be compiled", value=(done.stdout + done.stderr).strip()[:500])
    for source in root.rglob("*.py"):
        source.unlink()


def _copy_interpreter(root: Path) -> None:
    program = Path(sys.executable).resolve()
    modules = [path for path in sorted(root.rglob("*.so")) if path.is_file()]
    libraries: dict[str, Path] = {}
    for library in _libraries([program, *modules]):
        libraries.setdefault(library.name, library)
    for name, library in sorted(libraries.items()):
        # The loader is where the program says; it looks for all others by LD_LIBRARY_PATH.
        folder = root / "lib64" if name.startswith("ld-linux") else root / _LIBRARIES
        _copy(library.resolve(), folder / name)
    _copy(program, root / _PYTHON)
    (root / _PYTHON).chmod(0o755)
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text("root:x:0:0::/:\nprogram:x:1000:1000::/:\n")
    _strip([root / _PYTHON, *(path for path in root.rglob("*.so*") if path.is_file())])


def _libraries(files: Sequence[Path]) -> Iterator[Path]:
    """The shared libraries that these need, as the loader of this computer finds them."""
    ldd = shutil.which("ldd")
    if ldd is None:
        raise PacificError("there is no ldd, which says what a program needs", fix="install glibc's tools (libc-bin)")
    done = subprocess.run([ldd, *map(str, files)], capture_output=True, text=True, timeout=60, check=False)
    for match in _LIBRARY.finditer(done.stdout):
        yield Path(match.group(1))


def _strip(files: Sequence[Path]) -> None:
    """Leave out symbols, where this computer has the program for it: two thirds of a library of Python's own build."""
    program = shutil.which("strip")
    if program is not None:
        subprocess.run([program, "--strip-unneeded", *map(str, files)], capture_output=True, timeout=60, check=False)
