"""Files of every sort: each is read as it is, or refused at once, word for word."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from pacific_infra.documents import CrxWorkload, load_estate
from pacific_infra.documents.text import TextSource
from tests.support.needs import IS_ROOT, NOT_ROOT
from tests.support.refusals import refusals

HEAD = "apiVersion: pacific.infra/v1alpha1\n"
NAMESPACE = HEAD + "kind: Namespace\nmetadata: {name: shop}\nspec: {supervisor: s}\n"
INCLUDE = HEAD + "kind: Include\npaths: [PATH]\n"
WORKLOAD = (
    HEAD + "kind: CrxWorkload\nmetadata: {name: web, namespace: shop}\nspec:\n  kind: Deployment\n"
    "  containers: [{name: web, image: 'web:1'}]\n  volumes: [{name: f, files: {a: {file: FILE}}}]\n"
)
LONG = "a" * 300


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


STRANGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "named pipe": (os.mkfifo, "this is not a plain file: got 'a named pipe'"),
    "socket": (a_socket, "the file cannot be read (No such device or address)"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "this is not a plain file: got 'a device'"),
    "link to itself": (
        lambda path: path.symlink_to(path.name),
        "the file cannot be read (Too many levels of symbolic links)",
    ),
    "link to nothing": (lambda path: path.symlink_to("gone"), "the file cannot be read (No such file or directory)"),
}


def errors_of(*paths: Path | str) -> list[str]:
    return refusals(lambda: load_estate(paths))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("make", "message"), STRANGE.values(), ids=STRANGE)
def test_what_is_no_plain_file_is_refused(make: Callable[[Path], object], message: str) -> None:
    Path("a.yaml").write_text(NAMESPACE)
    make(Path("b.yaml"))
    assert errors_of(".") == [f"b.yaml: {message}"]


@pytest.mark.parametrize("written", ["{kind: ConfigMap}", "{}", "{file: 5}", "{flie: a.txt}"])
def test_an_object_in_place_of_a_text_is_refused_once(written: str) -> None:
    Path("a.yaml").write_text(NAMESPACE + "---\n" + WORKLOAD.replace("{file: FILE}", written))
    assert errors_of(".") == [
        "a.yaml:12: spec.volumes[0].files.a: text is expected here, and not an object: allowed: text, {file: PATH}; "
        "fix: write | after the colon, and the text in the lines below it"
    ]


@pytest.mark.parametrize(("make", "message"), STRANGE.values(), ids=STRANGE)
def test_what_is_no_plain_file_is_refused_where_it_is_named(make: Callable[[Path], object], message: str) -> None:
    Path("a.yaml").write_text(WORKLOAD.replace("FILE", "b"))
    make(Path("b"))
    assert len(errors_of("a.yaml")) == 1  # links that lead nowhere or outside are said first, in other words


def test_a_folder_that_is_called_as_a_file_is_a_folder() -> None:
    Path("a.yaml").mkdir()
    Path("a.yaml/b.yaml").write_text(NAMESPACE)
    assert [document.id for document in load_estate(["."])] == ["Namespace/shop"]


def test_a_folder_where_a_file_is_named() -> None:
    Path("a.yaml").write_text(WORKLOAD.replace("FILE", "b"))
    Path("b").mkdir()
    assert errors_of("a.yaml") == [
        "a.yaml:7: spec.volumes[0].files.a.file: the file cannot be read (Is a directory): got 'b'"
    ]


def test_a_link_of_a_folder_to_itself_ends() -> None:
    Path("a.yaml").write_text(NAMESPACE)
    Path("loop").symlink_to(".")
    assert len(load_estate(["."])) == 1
    Path("all.yaml").write_text(INCLUDE.replace("PATH", "'**/a.yaml'"))
    assert len(load_estate(["all.yaml"])) == 1


@pytest.mark.parametrize("name", [LONG, "x/" * 3000 + "a", "gone", "a/b"])
def test_names_that_no_file_has(name: str) -> None:
    Path("a.yaml").write_text(WORKLOAD.replace("FILE", f'"{name}"'))
    (error,) = errors_of("a.yaml")
    assert error.startswith("a.yaml:7: spec.volumes[0].files.a.file: the file does not exist: got '")
    Path("a.yaml").write_text(INCLUDE.replace("PATH", f'"{name}"'))
    (error,) = errors_of("a.yaml")
    assert error.startswith("a.yaml:3: no such file or folder: got '")
    Path("a.yaml").write_text(INCLUDE.replace("PATH", f'"{name}*"'))
    (error,) = errors_of("a.yaml")
    assert error.startswith("a.yaml:3: no file or folder is called so: got '")


def test_names_that_no_file_has_as_arguments() -> None:
    assert errors_of(LONG) == [f"{LONG}: no such file or folder"]
    assert errors_of("a\0b") == ["a\0b: no such file or folder"]


def test_folders_too_deep() -> None:
    deep = Path(".")
    for _ in range(70):
        deep = deep / "d"
    deep.mkdir(parents=True)
    assert errors_of(".") == [".: folders are more than 64 levels deep"]


@NOT_ROOT.unless(not IS_ROOT)
def test_a_folder_that_cannot_be_listed_is_not_passed_over() -> None:
    Path("a.yaml").write_text(NAMESPACE)
    Path("closed").mkdir(mode=0)
    assert errors_of(".") == ["./closed: the folder cannot be listed (Permission denied)"]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf<a>\r\n</a>\r\n", b"\r", b"a\x00\xc2\x85\xe2\x80\xa8\n", b""])
def test_named_files_arrive_byte_for_byte(content: bytes) -> None:
    Path("a.yaml").write_text(WORKLOAD.replace("FILE", "b"))
    Path("b").write_bytes(content)
    document = load_estate(["a.yaml"]).by_id["CrxWorkload/shop/web"]
    assert isinstance(document, CrxWorkload)
    files = document.spec.volumes[0].files or {}
    assert isinstance(files["a"], TextSource)
    assert files["a"].text.encode() == content


def test_named_files_that_are_not_text() -> None:
    Path("a.yaml").write_text(WORKLOAD.replace("FILE", "b"))
    Path("b").write_bytes(b"a\xff")
    assert errors_of("a.yaml") == [
        "a.yaml:7: spec.volumes[0].files.a.file: the file is not UTF-8 text, from byte 1 on: got 'b'; "
        "fix: save it as UTF-8, or put it into the image"
    ]


def test_named_files_that_are_too_large() -> None:
    Path("a.yaml").write_text(WORKLOAD.replace("FILE", "b"))
    Path("b").write_bytes(b"a" * (1024**2 + 1))
    assert errors_of("a.yaml") == [
        "a.yaml:7: spec.volumes[0].files: the files of one volume are too large together, most of it is a with "
        "1048577 bytes: got '1048577 bytes'; allowed: 1048576 bytes or less, as one ConfigMap holds; "
        "fix: spread them over several volumes, or put them into the image"
    ]
    Path("b").write_bytes(b"a" * (16 * 1024**2 + 1))
    assert errors_of("a.yaml") == [
        "a.yaml:7: spec.volumes[0].files.a.file: the file is too large: got 'b'; allowed: 16777216 bytes or less"
    ]
