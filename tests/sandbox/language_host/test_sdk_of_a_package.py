"""What ``pulumi package add`` asks our language host for."""

import json
from pathlib import Path

import pytest
from pulumi.runtime.proto import language_pb2 as messages

from pacific_infra.errors import PacificError
from pacific_sandbox.language_host import sdk
from pacific_sandbox.language_host.child import Children
from pacific_sandbox.language_host.server import SdkHost


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
    link_request = _link_request(tmp_path)
    assert sdk.link("python", link_request) == sdk.link("python", link_request)
    assert (tmp_path / "requirements.txt").read_text() == "pulumi>=3,<4\n./sdks/pacific\n"
    assert sdk.link("python", link_request).splitlines()[-1] == "  import pulumi_pacific as pacific"


def test_a_typescript_project_depends_on_an_sdk(tmp_path: Path) -> None:
    sdk_folder = tmp_path / "sdks" / "pacific"
    sdk_folder.mkdir(parents=True)
    (sdk_folder / "package.json").write_text('{"name": "@pulumi/pacific"}')
    (tmp_path / "package.json").write_text('{"name": "shop", "dependencies": {"left-pad": "1.3.0"}}')
    instructions = sdk.link("nodejs", _link_request(tmp_path))
    dependencies = {"left-pad": "1.3.0", "@pulumi/pacific": "file:sdks/pacific"}
    assert json.loads((tmp_path / "package.json").read_text()) == {"name": "shop", "dependencies": dependencies}
    assert instructions.splitlines()[-1] == '  import * as pacific from "@pulumi/pacific";'


def test_a_go_project_depends_on_an_sdk(tmp_path: Path) -> None:
    package = tmp_path / "sdks" / "pacific" / "pacific"
    package.mkdir(parents=True)
    (package / "pulumi-plugin.json").write_text("{}")
    (package.parent / "go.mod").write_text("module example.com/sdk\n\ngo 1.25\n")
    (tmp_path / "go.mod").write_text("module shop\n")
    assert sdk.link("go", _link_request(tmp_path)) == sdk.link("go", _link_request(tmp_path))
    assert (tmp_path / "go.mod").read_text() == "module shop\n\nreplace example.com/sdk => ./sdks/pacific\n"
    assert sdk.link("go", _link_request(tmp_path)).splitlines()[-1] == '  import "example.com/sdk/pacific"'


def test_a_project_in_go_without_a_module_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(PacificError, match=r"^the project has no go\.mod: got '.*'; fix: go mod init NAME, then add"):
        sdk.link("go", _link_request(tmp_path))


def _link_request(root: Path) -> messages.LinkRequest:
    link_request = messages.LinkRequest(info=messages.ProgramInfo(root_directory=str(root)))
    link_request.packages.add(path="sdks/pacific").package.name = "pacific"
    return link_request


def test_an_import_shows_what_to_declare() -> None:
    pcl = 'resource taken "pacific:vcenter:Namespace" {\n  name = "team-red"\n}\n'
    assert sdk.described_program({"anonymous.pp": pcl}).decode() == (
        "# Imported. Declare it with these properties, snake_case in Python, until `pulumi preview` shows no change:\n"
        "#\n"
        '# resource taken "pacific:vcenter:Namespace" {\n'
        '#   name = "team-red"\n'
        "# }\n"
    )


def test_a_host_that_only_writes_sdks_says_who_runs_programs() -> None:
    answer = SdkHost("", Children(), "nodejs").Run(messages.RunRequest(), EndlessCall())
    assert answer.error == (
        "pulumi-language-nodejs of pacific-sandbox only writes SDKs and runs no programs: "
        "fix: install Pulumi 3.225 or newer, which brings its own, and have it on PATH (docs/toolchain.md)"
    )
