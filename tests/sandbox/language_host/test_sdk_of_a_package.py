"""What ``pulumi package add`` asks our language host for."""

from pathlib import Path

import pytest
from pulumi.runtime.proto import language_pb2 as messages

from pacific_infra.errors import PacificError
from pacific_sandbox.language_host import sdk
from pacific_sandbox.language_host.child import Children


class EndlessCall:
    def add_callback(self, _callback: object) -> bool:
        return True


def generator(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / sdk.GENERATOR
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def request(folder: Path) -> messages.GeneratePackageRequest:
    return messages.GeneratePackageRequest(
        directory=str(folder / "out"), schema="{}", loader_target="127.0.0.1:1", extra_files={"a": b"\xff"}, local=True
    )


def test_the_generator_gets_language_folder_loader_and_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator(tmp_path, f'echo "$@" > {tmp_path}/said; cat >> {tmp_path}/said', monkeypatch)
    sdk.generate("go", request(tmp_path), Children(), EndlessCall())
    assert (tmp_path / "said").read_text() == (
        f"go {tmp_path}/out 127.0.0.1:1\n"
        '{"schema": "{}", "extraFiles": {"a": "/w=="}, "localDependencies": {}, "local": true}'
    )


def test_its_failure_is_told_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator(tmp_path, "cat > /dev/null; echo no such type >&2; exit 1", monkeypatch)
    with pytest.raises(PacificError) as error:
        sdk.generate("nodejs", request(tmp_path), Children(), EndlessCall())
    assert str(error.value) == "the nodejs SDK cannot be written: got 'no such type'"


def test_a_missing_generator_names_the_command_that_builds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PacificError) as error:
        sdk.generate("python", request(tmp_path), Children(), EndlessCall())
    assert str(error.value) == (
        "the generator of SDKs is not installed: got 'pulumi-sdk-generator'; fix: pacific toolchain install --sdk"
    )


def test_an_sdk_is_named_once_in_the_requirements(tmp_path: Path) -> None:
    module = tmp_path / "sdks" / "pacific" / "pulumi_pacific"
    module.mkdir(parents=True)
    (module / "pulumi-plugin.json").write_text("{}")
    (tmp_path / "requirements.txt").write_text("pulumi>=3,<4\n")
    link_request = messages.LinkRequest(info=messages.ProgramInfo(root_directory=str(tmp_path)))
    dependency = link_request.packages.add(path="sdks/pacific")
    dependency.package.name = "pacific"
    assert sdk.link(link_request) == sdk.link(link_request)
    assert (tmp_path / "requirements.txt").read_text() == "pulumi>=3,<4\n./sdks/pacific\n"
    assert sdk.link(link_request).splitlines()[-1] == "  import pulumi_pacific as pacific"


def test_an_import_shows_what_to_declare() -> None:
    pcl = 'resource taken "pacific:vcenter:Namespace" {\n  name = "team-red"\n}\n'
    assert sdk.described_program({"anonymous.pp": pcl}).decode() == (
        "# Imported. Declare it with these properties, snake_case in Python, until `pulumi preview` shows no change:\n"
        "#\n"
        '# resource taken "pacific:vcenter:Namespace" {\n'
        '#   name = "team-red"\n'
        "# }\n"
    )
