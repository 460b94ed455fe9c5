"""Which project a command works on, and what its stack's configuration says."""

from pathlib import Path

import pytest

from pacific_infra.converge.project import find_project
from pacific_infra.errors import PacificError

PROJECT = """\
name: estate
runtime: python
config:
  documents: {default: documents}
  pacific:username: {value: alice@vsphere.local}
"""


def test_the_nearest_pulumi_yaml_is_the_project(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    project = find_project(below)
    assert (project.directory, project.name, project.stack) == (tmp_path, "estate", "dev")
    assert project.documents == (tmp_path / "documents",)
    assert project.sandboxed
    assert project.sandbox_directory is None


def test_a_stack_file_goes_over_the_defaults_and_secrets_stay_out(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "Pulumi.prod.yaml").write_text(
        "config:\n  estate:documents: [one, two]\n  estate:sandbox: .sandbox\n"
        "  pacific:server: vc\n  pacific:password: {secure: v1:abc}\n"
    )
    project = find_project(tmp_path, "prod")
    assert project.documents == (tmp_path / "one", tmp_path / "two")
    assert not project.sandboxed
    assert project.sandbox_directory == tmp_path / ".sandbox"
    assert "pacific:password" not in project.configuration
    assert project.configuration["pacific:username"] == "alice@vsphere.local"


def test_no_project_is_said_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(PacificError) as caught:
        find_project(tmp_path)
    assert str(caught.value) == (
        f"no Pulumi.yaml here or above: got '{tmp_path}'; fix: change to the project's folder or name it with --project"
    )


def test_a_program_without_documents_has_none(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: estate\nruntime: python\n")
    assert find_project(tmp_path).documents == ()


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "estate:overlay: [prod]",
            "the setting does not exist: got 'estate:overlay'; allowed: documents, imports, overlays, retired, "
            "sandbox, slackWebhook, cloudEventsWebhook; fix: write estate:overlays",
        ),
        (
            "shop:overlays: [prod]",
            "this setting is of another project: got 'shop:overlays'; fix: write estate:overlays",
        ),
        (
            "pacific:sever: vc",
            "the setting does not exist: got 'pacific:sever'; allowed: caFile, context, errorGrace, "
            "insecure, kubeconfig, password, passwordFile, server, username, waitTimeout; fix: write pacific:server",
        ),
    ],
)
def test_a_setting_that_nothing_would_read_is_refused(tmp_path: Path, written: str, message: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "Pulumi.prod.yaml").write_text(f"config:\n  {written}\n")
    with pytest.raises(PacificError) as caught:
        find_project(tmp_path, "prod")
    assert str(caught.value) == f"{tmp_path / 'Pulumi.prod.yaml'}:2: {message}"


def test_a_setting_of_the_provider_that_nothing_reads_is_refused_in_pulumi_yaml_too(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.yaml"
    file.write_text(PROJECT + "  pacific:datacenter: dc-01\n")
    with pytest.raises(PacificError) as caught:
        find_project(tmp_path)
    assert str(caught.value) == (
        f"{file}:6: the setting does not exist: got 'pacific:datacenter'; allowed: caFile, context, errorGrace, "
        "insecure, kubeconfig, password, passwordFile, server, username, waitTimeout; fix: remove it"
    )


def test_settings_of_programs_and_other_providers_are_theirs(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT + "  overlay: {default: dark}\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "config:\n  estate:overlay: light\n  estate:replicas: 3\n  kubernetes:namespace: shop\n"
    )
    assert find_project(tmp_path).configuration["estate:overlay"] == "light"


def test_a_stack_is_named_without_its_organization(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    with pytest.raises(PacificError) as caught:
        find_project(tmp_path, "acme/estate/prod")
    assert str(caught.value) == (
        "a stack is named without its organization and project: got 'acme/estate/prod'; fix: write prod"
    )


def test_a_project_that_is_no_yaml_is_said_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: estate\n\truntime: python\n")
    with pytest.raises(PacificError) as caught:
        find_project(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'Pulumi.yaml'}:2: this is not valid YAML: found a tab character that violates indentation"
    )


def test_a_vcenter_that_only_an_environment_may_name_is_not_taken_for_the_sandbox(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    stack = tmp_path / "Pulumi.prod.yaml"
    stack.write_text("environment: [shop/prod]\n")
    with pytest.raises(PacificError) as refused:
        assert find_project(tmp_path, "prod").sandboxed
    assert str(refused.value) == (
        f"{stack}: the stack names no vCenter itself, and its environments of Pulumi ESC only Pulumi can open: "
        "fix: write pacific:server there, or shop:sandbox for a sandbox"
    )
    stack.write_text("environment: [shop/prod]\nconfig: {pacific:server: vcenter.example.com}\n")
    assert not find_project(tmp_path, "prod").sandboxed
    stack.write_text("environment: [shop/prod]\nconfig: {shop:sandbox: ~/sandbox}\n")
    assert find_project(tmp_path, "prod").sandboxed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "config: 7\n",
            "config is an object of settings: got 7; fix: write a line for each setting below config, such as "
            "pacific:server: vcenter.example.com",
        ),
        (
            "config: [a]\n",
            "config is an object of settings: got ['a']; fix: write a line for each setting below config, such as "
            "pacific:server: vcenter.example.com",
        ),
        ("config: {1: a}\n", "the name of a setting is text: got 1; fix: put it in quotes"),
        ("- a\n", "the file is an object: got ['a']; fix: write `name: VALUE` lines"),
        ("config: {pacific:server: [a, b]}\n", "pacific:server is of the wrong type: allowed: one value"),
        ("config: {pacific:password: {a: secret}}\n", "pacific:password is of the wrong type: allowed: one value"),
        ("config: {pacific:username: 00123456}\n", "pacific:username is of the wrong type: allowed: text, in quotes"),
        ("config: {pacific:server: 1.10}\n", "pacific:server is of the wrong type: allowed: text, in quotes"),
        ("config: {pacific:server: a, pacific:server: b}\n", "this is not valid YAML: a field occurs twice"),
        ("config: &a {x: *a}\n", "this is not valid YAML: found unconstructable recursive node"),
        (
            "config: {estate:documents: 7}\n",
            "estate:documents is of the wrong type: allowed: a path, or a list of paths",
        ),
        (
            "config: {estate:overlays: [a, {b: c}]}\n",
            "estate:overlays is of the wrong type: allowed: a path, or a list of paths",
        ),
        (
            "config: {estate:imports: [a]}\n",
            "estate:imports is of the wrong type: allowed: an object: identifiers by document, such as "
            "Namespace/shop: shop",
        ),
    ],
)
def test_settings_of_the_wrong_form_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "Pulumi.prod.yaml").write_text(text)
    with pytest.raises(PacificError) as caught:
        find_project(tmp_path, "prod")
    line = "" if text.startswith("-") else ":1"
    assert str(caught.value) == f"{tmp_path / 'Pulumi.prod.yaml'}{line}: {message}"


def test_a_file_that_is_too_deep_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"{PROJECT}x: {'[' * 5000}{']' * 5000}\n")
    with pytest.raises(PacificError) as caught:
        find_project(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'Pulumi.yaml'}: the file is too deep"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("confg:\n  pacific:server: vc\n", "1: the field does not exist: got 'confg'; fix: write config"),
        ("Config: {}\n", "1: the field does not exist: got 'Config'; fix: write config"),
        (
            "config: {}\npacific:server: vc\n",
            "2: settings stand below config: got 'pacific:server'; fix: write it below config, as pacific:server",
        ),
        ("server: vc\n", "1: settings stand below config: got 'server'; fix: write it below config, as pacific:server"),
        (
            "estate:overlays: [prod]\n",
            "1: settings stand below config: got 'estate:overlays'; fix: write it below config, as estate:overlays",
        ),
        (
            "overlays: [prod]\n",
            "1: settings stand below config: got 'overlays'; fix: write it below config, as estate:overlays",
        ),
    ],
)
def test_fields_that_pulumi_passes_over_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "Pulumi.prod.yaml").write_text(text)
    with pytest.raises(PacificError) as caught:
        find_project(tmp_path, "prod")
    assert str(caught.value) == f"{tmp_path / 'Pulumi.prod.yaml'}:{message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("backed: {url: s3://b}\n", "4: the field does not exist: got 'backed'; fix: write backend"),
        (
            "stackConfigDir: config\n",
            "4: Pulumi.STACK.yaml has to be beside Pulumi.yaml: fix: move them there, and remove stackConfigDir",
        ),
    ],
)
def test_fields_of_the_project_that_would_be_passed_over_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"name: estate\nruntime: python\ndescription: ours\n{text}")
    with pytest.raises(PacificError) as caught:
        find_project(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'Pulumi.yaml'}:{message}"


def test_what_pulumi_and_others_read_is_taken(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"{PROJECT}resources: {{}}\nx-team: shop\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "secretsprovider: passphrase\nencryptionsalt: v1:a\nenvironment: [a]\nx-anchors: {}\n"
    )
    assert find_project(tmp_path).imports_environments


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("my shop", "got 'my shop'; allowed: 1 to 100 letters, digits, '-', '_' and '.'"),
        ("acme/shop", "got 'acme/shop'; allowed: 1 to 100 letters, digits, '-', '_' and '.'"),
        ("läden", "got 'läden'; allowed: 1 to 100 letters, digits, '-', '_' and '.'"),
    ],
)
def test_a_name_that_pulumi_does_not_take_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"runtime: python\nname: {name}\n")
    with pytest.raises(PacificError) as caught:
        find_project(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'Pulumi.yaml'}:2: the project's name has the wrong form: {message}"


VALUES = ["7", "true", "text", "[]", "[1]", "{}", "{a: 1}", "{secure: v1:a}", "null", "1.5", "2026-01-01", "''"]


@pytest.mark.parametrize("place", ["name", "config", "config.documents", "config.pacific:server", "environment"])
@pytest.mark.parametrize("value", VALUES)
def test_any_value_anywhere_is_taken_or_refused_as_an_error(tmp_path: Path, place: str, value: str) -> None:
    outer, _, inner = place.partition(".")
    line = f"{outer}: {{'{inner}': {value}}}" if inner else f"{outer}: {value}"
    for text, stack_text in ((f"runtime: python\n{line}\n", ""), (PROJECT, f"{line}\n")):
        (tmp_path / "Pulumi.yaml").write_text(
            text if outer == "name" else text.replace("runtime", "name: a\nruntime", 1)
        )
        (tmp_path / "Pulumi.dev.yaml").write_text(stack_text)
        refusal, paths = "", list[Path]()
        try:
            project = find_project(tmp_path)
            paths = [*project.documents, *project.overlays]
        except PacificError as error:
            refusal = str(error)
        assert all(line.startswith(str(tmp_path / "Pulumi.")) for line in refusal.splitlines())
        assert all(isinstance(path, Path) for path in paths)
