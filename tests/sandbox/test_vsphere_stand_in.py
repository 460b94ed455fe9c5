"""The stand-in for pulumi-vsphere: the SDK's own tokens and names, what it refuses, and where it is installed."""

import ast
import inspect
from pathlib import Path
from typing import Any

import pulumi_vsphere
import pytest
from google.protobuf import json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2

from pacific_infra.errors import PacificError
from pacific_infra.toolchain import plugins
from pacific_sandbox.toolchain import launchers, vsphere_plugin
from pacific_sandbox.vsphere_plugin.functions import FUNCTIONS
from pacific_sandbox.vsphere_plugin.schema import KINDS, VERSION, package_schema, token
from pacific_sandbox.vsphere_plugin.server import VSphereServicer
from pacific_sandbox.vsphere_plugin.site import Login

LOGIN = {"vsphereServer": "127.0.0.1:8443", "user": "u", "password": "p"}
LIBRARY = "urn:pulumi:dev::p::vsphere:index/contentLibrary:ContentLibrary::images"


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def string_constants(source: Any) -> set[str]:
    tree = ast.parse(inspect.getsource(source))
    return {item.value for item in ast.walk(tree) if isinstance(item, ast.Constant) and isinstance(item.value, str)}


@pytest.mark.parametrize("name", KINDS)
def test_a_resource_has_the_sdks_token_and_properties(name: str) -> None:
    kind, resource = KINDS[name], getattr(pulumi_vsphere, name)
    assert resource.pulumi_type == token(name)
    signature = inspect.signature(getattr(pulumi_vsphere, f"{name}Args").__init__)
    arguments = {entry: item for entry, item in signature.parameters.items() if not entry.startswith("_")}
    assert {*kind.inputs, *kind.refused} == {camel(argument) for argument in arguments}
    required = {camel(entry) for entry, item in arguments.items() if item.default is inspect.Parameter.empty}
    assert set(kind.required) == required
    outputs = {entry for entry, item in vars(resource).items() if isinstance(item, property)}
    assert {snake(entry) for entry in kind.inputs} <= outputs


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_the_sdks_token_and_properties(name: str) -> None:
    function, call = FUNCTIONS[name], getattr(pulumi_vsphere, snake(name))
    assert token(name) in string_constants(call)
    arguments = set(inspect.signature(call).parameters) - {"opts"}
    assert {snake(entry) for entry in function.inputs} <= arguments
    result = getattr(pulumi_vsphere, f"{name[0].upper()}{name[1:]}Result")
    outputs = {entry for entry, item in vars(result).items() if isinstance(item, property)}
    assert {snake(output) for output in function.outputs} <= outputs


def test_the_schema_has_no_type_without_properties() -> None:
    schema = package_schema()
    assert schema["version"] == VERSION
    assert all(resource["inputProperties"] for resource in schema["resources"].values())
    assert all(item["properties"] for item in schema["types"].values())


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        (
            {**LOGIN, "vsphereServer": "vcenter.example.com"},
            "this pulumi-resource-vsphere is the sandbox's stand-in, for vCenters on this computer alone: got "
            "'vcenter.example.com': fix: install the official plugin: pulumi plugin install resource vsphere "
            "--reinstall",
        ),
        ({**LOGIN, "user": ""}, "vsphere:user is not set: fix: set it, or VSPHERE_USER"),
    ],
)
def test_what_is_no_login_at_a_sandbox_is_refused(configuration: dict[str, str], message: str) -> None:
    with pytest.raises(PacificError) as raised:
        Login.of(configuration, {})
    assert str(raised.value).replace("; fix", ": fix") == message


def test_the_login_comes_from_configuration_or_environment() -> None:
    environment = {"VSPHERE_SERVER": "localhost", "VSPHERE_USER": "u", "VSPHERE_PASSWORD": "secret"}
    login = Login.of({"allowUnverifiedSsl": True}, environment)
    assert (login.server, login.password, login.verified) == ("localhost", "secret", False)
    assert "secret" not in repr(login)


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    result = struct_pb2.Struct()
    result.update(values)
    return result


def check(news: dict[str, Any], olds: dict[str, Any] | None = None) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    request = provider_pb2.CheckRequest(urn=LIBRARY, news=struct(news), olds=struct(olds or {}), randomSeed=b"\1\2\3\4")
    answer = VSphereServicer({}).Check(request, None)
    return json_format.MessageToDict(answer.inputs), [(failure.property, failure.reason) for failure in answer.failures]


def test_names_are_made_up_once_and_what_cannot_be_served_is_named() -> None:
    backings = {"storageBackings": ["datastore-1"]}
    result, failures = check(backings)
    assert (result["name"], failures) == ("images-0102030", [])
    assert check(backings, {"name": "images-abc"})[0]["name"] == "images-abc"
    assert check({})[1] == [("storageBackings", "is missing")]
    ((place, reason),) = check({**backings, "subscription": {}})[1]
    assert (place, reason.startswith("the sandbox's stand-in cannot do this")) == ("subscription", True)


@pytest.mark.parametrize(
    ("news", "diffs", "replaces", "first"),
    [
        ({"name": "a", "storageBackings": ["datastore-1"], "description": ""}, [], [], False),
        ({"name": "b", "storageBackings": ["datastore-1"]}, ["name"], [], False),
        ({"name": "a", "storageBackings": ["datastore-2"]}, ["storageBackings"], ["storageBackings"], True),
    ],
)
def test_differences(news: dict[str, Any], diffs: list[str], replaces: list[str], first: bool) -> None:
    olds = struct({"name": "a", "storageBackings": ["datastore-1"]})
    answer = VSphereServicer({}).Diff(provider_pb2.DiffRequest(urn=LIBRARY, news=struct(news), olds=olds), None)
    assert (list(answer.diffs), list(answer.replaces), answer.deleteBeforeReplace) == (diffs, replaces, first)


def plugin(home: Path, version: str, text: str) -> Path:
    program = plugins.plugin_program(home, "vsphere", version)
    program.parent.mkdir(parents=True)
    program.write_text(text)
    return program


def test_an_official_plugin_takes_the_stand_ins_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []
    monkeypatch.setattr(plugins, "install_plugin", lambda *_: installed.append(str(_[3])))
    assert not vsphere_plugin.is_in_place(tmp_path)
    vsphere_plugin.install(tmp_path / "pulumi", {}, tmp_path, tmp_path)
    assert (installed, (tmp_path / launchers.VSPHERE_STAND_IN).read_text()) == ([VERSION], launchers.vsphere_stand_in())
    stand_in = plugin(tmp_path, VERSION, launchers.vsphere_stand_in().replace("pacific_sandbox", "pacific_old"))
    assert not vsphere_plugin.is_in_place(tmp_path), "another version of this package wrote it"
    stand_in.write_text(launchers.vsphere_stand_in())
    assert vsphere_plugin.is_in_place(tmp_path)
    official = plugin(tmp_path, "4.19.0", "the official one")
    assert not vsphere_plugin.is_in_place(tmp_path)
    vsphere_plugin.install(tmp_path / "pulumi", {}, tmp_path, tmp_path)
    assert (stand_in.exists(), official.exists(), installed) == (False, True, [VERSION])
    assert vsphere_plugin.is_in_place(tmp_path)
