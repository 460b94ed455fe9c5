"""The package for other programs: added from its folder, and its SDKs for TypeScript and Go compiled."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.estate_project import copy_stack
from tests.support.git_server import HOST, secure_git_server
from tests.support.needs import GO, NODE
from tests.support.npm import node_modules
from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "components"
SECRET = "not-said-aloud"
PYTHON_PROGRAM = f"""
import pulumi
import pulumi_pacific as pacific

rendered = pulumi.ProviderResource("kubernetes", "rendered", {{"renderYamlToDirectory": "rendered"}})
pacific.CrxWorkload(
    "web",
    namespace="shop",
    kind="Deployment",
    containers=[{{
        "name": "web",
        "image": "sandbox/web:1",
        "environment": {{"CATALOGUE": pulumi.Output.from_input("http://catalogue")}},
        "secret_environment": {{"GREETING": pulumi.Output.secret("{SECRET}")}},
        "readiness_probe": {{"http_get": {{"path": "/", "port": "http"}}}},
        "ports": [{{"name": "http", "container_port": 8080}}],
    }}],
    opts=pulumi.ResourceOptions(providers=[rendered]),
)
"""
GO_PROGRAM = """package main

import (
	"example.com/pulumi-pacific/sdk/go/pacific"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		greeting := pulumi.ToSecret(pulumi.String("hello")).(pulumi.StringOutput)
		web, err := pacific.NewCrxWorkload(ctx, "web", &pacific.CrxWorkloadArgs{
			Namespace: pulumi.String("shop"),
			Kind:      "Deployment",
			Containers: []pacific.ContainerArgs{{
				Name:              "web",
				Image:             pulumi.String("sandbox/web:1"),
				SecretEnvironment: map[string]pulumi.StringInput{"GREETING": greeting},
			}},
		})
		if err == nil {
			ctx.Export("url", web.Url)
		}
		return err
	})
}
"""

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def environment(toolchain: BuiltToolchain, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a user's own project, who has not this repository's virtual environment."""
    local = shutil.which("pulumi-language-nodejs", path=toolchain.environment()["PATH"])
    if not toolchain.writes_sdks and not local:
        GO.program("go")
        toolchain.install_sdk_generator(print)
    variables = toolchain.environment()
    inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    state = {
        "PULUMI_BACKEND_URL": tmp_path_factory.mktemp("pulumi").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "test",
    }
    return {**inherited, **variables, **state, "NO_COLOR": "1"}


def _pulumi(folder: Path, environment: dict[str, str], *arguments: str) -> str:
    command = ["pulumi", *arguments, "--non-interactive"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def sdk(environment: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The SDK in the language of the test's parameter, generated from the schema."""
    schema = str(PACKAGE / "schema.json")
    _pulumi(tmp_path, environment, "package", "gen-sdk", schema, "--language", request.param, "--out", "sdks")
    return tmp_path / "sdks" / str(request.param)


def test_a_python_project_adds_the_folder_and_runs_a_component(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PYTHON_PROGRAM)
    added = _pulumi(tmp_path, environment, "package", "add", str(PACKAGE))
    assert "import pulumi_pacific as pacific" in added
    assert "./sdks/pacific" in (tmp_path / "requirements.txt").read_text().splitlines()
    assert yaml.safe_load((tmp_path / "Pulumi.yaml").read_text())["packages"] == {"pacific": str(PACKAGE)}

    # As `pip install` would leave it, without fetching a build backend for it.
    installed = tmp_path / "sdks" / "pacific"
    metadata = installed / "pulumi_pacific-0.1.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: pulumi_pacific\nVersion: 0.1.0\n")
    sdk_on_path = {**environment, "PYTHONPATH": str(installed)}
    _pulumi(tmp_path, sdk_on_path, "stack", "init", "test")
    # No vCenter is configured: these components ask none.
    _pulumi(tmp_path, sdk_on_path, "up", "--yes", "--skip-preview")
    rendered = {path.name: yaml.safe_load(path.read_text()) for path in (tmp_path / "rendered").rglob("*.yaml")}
    (deployment,) = (item for item in rendered.values() if item["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["env"][0] == {"name": "CATALOGUE", "value": "http://catalogue"}
    assert container["readinessProbe"]["httpGet"]["port"] == container["ports"][0]["name"] == "http"
    assert container["ports"][0]["containerPort"] == 8080
    assert SECRET not in _pulumi(tmp_path, environment, "stack", "export")


def test_a_yaml_project_adds_the_folder(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: tiny\nruntime: yaml\n")
    _pulumi(tmp_path, environment, "package", "add", str(PACKAGE))
    (lock,) = (tmp_path / "sdks" / "pacific").glob("pacific-*.yaml")
    assert yaml.safe_load(lock.read_text())["name"] == "pacific"


def test_a_project_adds_the_package_from_git(environment: dict[str, str], tmp_path: Path) -> None:
    """With the command that docs/components.md has; its version is the tag v0.3.0, and there is a later one."""
    _repository(tmp_path / "repositories" / "acme" / "pacific-infra.git")
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    with secure_git_server(tmp_path / "repositories", tmp_path / "certificates") as variables:
        local = {**environment, **variables, "PULUMI_HOME": str(tmp_path / "home")}
        _pulumi(project, local, "package", "add", f"{HOST}/acme/pacific-infra.git/components@0.3.0")
    added = yaml.safe_load((project / "Pulumi.yaml").read_text())["packages"]["pacific"]
    assert added == f"{HOST}/acme/pacific-infra.git/components@0.3.0"
    described = json.loads(next((project / "sdks").rglob("pulumi-plugin.json")).read_text())
    assert described["server"] == f"git://{HOST}/acme/pacific-infra.git/components"


def _repository(bare: Path) -> None:
    """This project in a repository with two tags, with an environment in it as ``./run`` would make it in a minute."""
    tree = bare.parent / "tree"
    shutil.copytree(ROOT / "components", tree / "components", ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("run", "requirements.lock", "pyproject.toml", "sandbox/pyproject.toml", "mongodb/pyproject.toml"):
        (tree / file).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / file, tree / file)
    program = tree / ".venv" / "bin" / "pulumi-resource-pacific"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{ROOT}/.venv/bin/pulumi-resource-pacific" "$@"\n')
    program.chmod(0o755)
    shutil.copy(ROOT / ".venv" / "run.stamp", tree / ".venv")
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.test")
    for command in (
        ("init", "-q", "-b", "main"),
        ("add", "--force", "--all"),
        (*identity, "commit", "-q", "-m", "first"),
        ("tag", "v0.3.0"),
        ("rm", "-r", "-q", "components"),
        (*identity, "commit", "-q", "-m", "second"),
        ("tag", "v0.4.0"),
        ("clone", "-q", "--bare", ".", str(bare)),
    ):
        subprocess.run([shutil.which("git") or "git", *command], cwd=tree, check=True, capture_output=True)


@pytest.mark.parametrize("sdk", ["nodejs"], indirect=True)
def test_the_typescript_example_compiles_against_its_sdk(sdk: Path) -> None:
    npm, node = NODE.program("npm"), NODE.program("node")
    example = ROOT / "stacks" / "typescript-shop"
    modules = _node_modules(npm, json.loads((example / "package.json").read_text()))
    project = sdk.parent.parent / "typescript-shop"
    copy_stack(example, project)
    # As `pulumi package add` and `npm install` would leave it, without asking the registry each time.
    (project / "node_modules").symlink_to(modules)
    document = json.loads((project / "tsconfig.json").read_text())
    document["compilerOptions"]["paths"] = {"@pulumi/pacific": [str(sdk / "index.ts")]}
    (project / "tsconfig.json").write_text(json.dumps(document))
    (sdk / "node_modules").symlink_to(modules)
    compiler = [node, str(modules / "typescript" / "bin" / "tsc")]
    for folder in (sdk, project):
        done = subprocess.run([*compiler, "--noEmit", "-p", str(folder)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("sdk", ["go"], indirect=True)
def test_a_go_program_compiles_against_its_sdk(sdk: Path) -> None:
    go = GO.program("go")
    module = sdk / "pacific"
    # The SDK's one dependency is of the version that the generator is of, and so in Go's caches already.
    generator = ROOT / "sandbox" / "tools" / "sdk-generator"
    lines = (generator / "go.mod").read_text().splitlines()
    (module / "go.mod").write_text("\n".join(["module example.com/pulumi-pacific/sdk/go/pacific", *lines[1:]]) + "\n")
    shutil.copy(generator / "go.sum", module)
    (module / "example").mkdir()
    (module / "example" / "main.go").write_text(GO_PROGRAM)
    done = subprocess.run(
        [go, "build", "-mod=mod", "-trimpath", "./..."],
        cwd=module,
        # The generator's sums lack one small module that only SDKs import.
        env={**os.environ, "CGO_ENABLED": "0", "GOSUMDB": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _node_modules(npm: str, manifest: dict[str, dict[str, str]]) -> Path:
    """The pinned packages of the example without our own."""
    expected = {**manifest["dependencies"], **manifest["devDependencies"]}
    pinned = {name: version for name, version in expected.items() if not version.startswith("file:")}
    return node_modules(npm, "typescript", pinned)
