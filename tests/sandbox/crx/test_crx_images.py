import hashlib
import json
import os
import tarfile
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox.crx.demo_images import add_demo_images, add_ferretdb_image
from pacific_sandbox.crx.image_build import check_static, layer_of
from pacific_sandbox.crx.image_store import ImageConfiguration, ImageStore, full_name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "bin").mkdir(parents=True)
    (root / "bin/run").write_text("#!/bin/sh\n")
    (root / "bin/run").chmod(0o711)
    (root / "data").write_text("x")
    (root / "link").symlink_to("bin/run")
    return root


def add(store: ImageStore, name: str, folder: Path) -> str:
    with layer_of(folder) as layer:
        return store.add(name, layer, ImageConfiguration(entrypoint=["/bin/run"], ports=["80/tcp"])).digest


def test_the_same_folder_is_the_same_image_whenever_and_by_whomever(folder: Path, tmp_path: Path) -> None:
    first = add(ImageStore(tmp_path / "a"), "web:1", folder)
    os.utime(folder / "data", (1, 1))
    (folder / "data").chmod(0o600)
    assert add(ImageStore(tmp_path / "b"), "web:1", folder) == first
    (folder / "data").write_text("y")
    assert add(ImageStore(tmp_path / "c"), "web:1", folder) != first


def test_a_layer_has_no_owner_no_times_and_two_modes(folder: Path) -> None:
    with layer_of(folder) as layer, tarfile.open(layer) as archive:
        entries = {item.name: (item.mode, item.uid, item.mtime, item.linkname) for item in archive}
    assert entries == {
        "bin": (0o755, 0, 0, ""),
        "bin/run": (0o755, 0, 0, ""),
        "data": (0o644, 0, 0, ""),
        "link": (0o777, 0, 0, "bin/run"),
    }


def test_what_no_image_can_hold_is_said(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(PacificError, match="an image holds files, folders and links"), layer_of(folder):
        pass
    with pytest.raises(PacificError, match="no such folder or program"), layer_of(tmp_path / "nothing"):
        pass
    (tmp_path / "text").write_text("text")
    with pytest.raises(PacificError, match="not a program for Linux"), layer_of(tmp_path / "text"):
        pass


def elf(*kinds: int) -> bytes:
    """The head of a program for Linux on x86-64 with program headers of these kinds."""
    head = bytearray(64)
    head[:6] = b"\x7fELF\x02\x01"
    head[18], head[32], head[54], head[56] = 62, 64, 56, len(kinds)
    return bytes(head) + b"".join(kind.to_bytes(4, "little") + bytes(52) for kind in kinds)


def test_a_program_that_needs_libraries_is_refused(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(elf(1, 6))
    check_static(program)
    program.write_bytes(elf(6, 3, 1))
    with pytest.raises(PacificError) as raised:
        check_static(program)
    assert str(raised.value) == (
        f"this program needs shared libraries, and an image of it alone has none: got '{program}'; fix: link it "
        "statically (Go: CGO_ENABLED=0), or name a folder that holds it with its libraries"
    )


def test_the_store_is_an_oci_layout(folder: Path, tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "store")
    digest = add(store, "web", folder)
    assert json.loads((tmp_path / "store/oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    for blob in (tmp_path / "store/blobs/sha256").iterdir():
        assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name
    (entry,) = json.loads((tmp_path / "store/index.json").read_text())["manifests"]
    manifest = json.loads((tmp_path / "store/blobs" / digest.replace(":", "/")).read_text())
    assert entry["digest"] == digest
    config = json.loads((tmp_path / "store/blobs" / manifest["config"]["digest"].replace(":", "/")).read_text())
    assert config["rootfs"]["diff_ids"] == [manifest["layers"][0]["digest"]]
    assert config["config"] == {"Entrypoint": ["/bin/run"], "ExposedPorts": {"80/tcp": {}}, "WorkingDir": "/"}


def test_images_are_found_as_pods_name_them(folder: Path, tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "store")
    assert store.find("web") is None
    digest = add(store, "web", folder)
    for reference in ("web", "web:latest", "docker.io/library/web", f"web@{digest}"):
        result = store.find(reference)
        assert result is not None, reference
        assert result.digest == digest
    assert store.find("web:2") is None
    (folder / "data").write_text("new")
    assert add(store, "web", folder) != digest
    assert [item.name for item in store.list()] == ["web:latest"]


def test_a_damaged_store_says_what_helps(folder: Path, tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "store")
    digest = add(store, "web", folder)
    (tmp_path / "store/blobs" / digest.replace(":", "/")).unlink()
    with pytest.raises(PacificError, match="build the image once more"):
        store.list()


def test_full_names() -> None:
    assert full_name("127.0.0.1:5000/web") == "127.0.0.1:5000/web:latest"
    assert full_name("docker.io/sandbox/web:1") == "sandbox/web:1"


def test_the_demo_images_are_complete(tmp_path: Path) -> None:
    (tmp_path / "busybox").write_bytes(b"busybox")
    images = add_demo_images(ImageStore(tmp_path / "store"), tmp_path / "busybox")
    assert [image.name for image in images] == ["sandbox/web:1", "sandbox/database:1", "sandbox/prepare:1"]
    with tarfile.open(images[0].layers[0].path) as archive:
        names = {item.name: item.mode for item in archive}
    assert names["www/cgi-bin/uname"] == 0o755
    assert names["tmp"] == 0o1777
    (tmp_path / "ferretdb").write_bytes(b"ferretdb")
    database = add_ferretdb_image(ImageStore(tmp_path / "store"), tmp_path / "ferretdb")
    assert database.name == "sandbox/ferretdb:1"
    with tarfile.open(database.layers[0].path) as archive:
        assert "data/db" in archive.getnames()
