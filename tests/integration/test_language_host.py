"""Our ``pulumi-language-python`` under the real engine: a user's own small project, with the CLI."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.needs import OUR_LANGUAGE_HOST
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.sandbox

PROGRAM = """
import os, sys
import pulumi
import beside

configuration = pulumi.Config()
pulumi.Stash("stash", input=configuration.require("greeting") + beside.SUFFIX)
pulumi.export("secret", configuration.require_secret("word"))
pulumi.export("is_secret_hidden", "hunter2" not in str(os.environ) + str(sys.argv))
pulumi.export("python", sys.prefix)
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def pulumi_environment(toolchain: BuiltToolchain) -> dict[str, str]:
    if Path(toolchain.program("pulumi-language-python")).read_bytes()[:2] != b"#!":
        OUR_LANGUAGE_HOST.skip()
    return toolchain.environment()


@pytest.fixture
def project(tmp_path: Path, pulumi_environment: dict[str, str]) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    (directory / "Pulumi.yaml").write_text("name: tiny\nruntime: python\nconfig: {greeting: hello}\n")
    (directory / "__main__.py").write_text(PROGRAM)
    (directory / "beside.py").write_text('SUFFIX = "!"\n')
    # A module that shadows one of the standard library must not break the host.
    (directory / "types.py").write_text("")
    return directory


@pytest.fixture
def environment(tmp_path: Path, pulumi_environment: dict[str, str]) -> dict[str, str]:
    (tmp_path / "state").mkdir()
    return {
        **os.environ,
        **pulumi_environment,
        "PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "NO_COLOR": "1",
    }


@pytest.fixture
def pulumi(project: Path, environment: dict[str, str], toolchain: BuiltToolchain) -> Run:
    def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [toolchain.program("pulumi"), *arguments, "--non-interactive"],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert result.returncode == code, result.stdout + result.stderr
        assert "warning" not in (result.stdout + result.stderr).lower()
        return result

    run("stack", "init", "dev")
    run("config", "set", "--secret", "word", "hunter2")
    return run


def test_the_life_of_a_stack(pulumi: Run) -> None:
    assert "+ 2 to create" in pulumi("preview").stdout
    assert "+ 2 created" in pulumi("up", "--yes", "--skip-preview").stdout
    outputs = json.loads(pulumi("stack", "output", "--json", "--show-secrets").stdout)
    assert outputs == {"secret": "hunter2", "is_secret_hidden": True, "python": os.path.realpath(outputs["python"])}
    assert "2 unchanged" in pulumi("refresh", "--yes", "--skip-preview", "--run-program").stdout
    assert "2 unchanged" in pulumi("preview").stdout
    assert "- 2 deleted" in pulumi("destroy", "--yes", "--skip-preview").stdout


def test_about_and_install(pulumi: Run, project: Path) -> None:
    about = json.loads(pulumi("about", "--json").stdout)
    assert about["runtime"]["language"] == "python"
    assert about["runtime"]["executable"].endswith("/bin/python")
    assert "pacific-sandbox" in {dependency["name"] for dependency in about["dependencies"]}
    assert "names no virtual environment" in pulumi("install").stdout


def test_a_virtual_environment_of_the_project(pulumi: Run, project: Path) -> None:
    (project / "Pulumi.yaml").write_text(
        "name: tiny\nruntime: {name: python, options: {virtualenv: venv}}\nconfig: {greeting: hello}\n"
    )
    missing = pulumi("preview", code=1)
    assert (
        "runtime.options.virtualenv: the virtual environment that the project names does not exist: "
        f"got '{project}/venv'; fix: pulumi install makes it"
    ) in missing.stdout
    pulumi("install")
    assert (project / "venv" / "bin" / "python").exists()
    without_sdk = pulumi("preview", code=1)
    assert f"Pulumi's SDK is not installed in {project}/venv" in without_sdk.stdout + without_sdk.stderr


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ('def fail():\n    raise ValueError("boom")\nfail()\n', "ValueError: boom"),
        ('import pulumi\nraise pulumi.RunError("said once")\n', "said once"),
        ("import sys\nsys.exit(3)\n", "Program exited with non-zero exit code: 3"),
    ],
)
def test_a_program_that_fails(pulumi: Run, project: Path, program: str, message: str) -> None:
    (project / "__main__.py").write_text(program)
    output = pulumi("preview", code=1).stdout
    assert message in output
    assert "runpy" not in output


def test_no_program(pulumi: Run, project: Path) -> None:
    (project / "__main__.py").unlink()
    assert f"there is no __main__.py in {project}" in pulumi("preview", code=1).stdout


def test_a_plugin_of_source_files(pulumi: Run, project: Path) -> None:
    """RunPlugin: the engine runs a folder with a PulumiPlugin.yaml through the language host."""
    plugin = project.parent / "plugin"
    plugin.mkdir()
    (plugin / "PulumiPlugin.yaml").write_text("runtime: python\n")
    (plugin / "__main__.py").write_text(
        "import json, sys\n"
        "from pulumi.provider.experimental import provider\n"
        "from pulumi.provider.experimental.server import main\n"
        "class Tiny(provider.Provider):\n"
        "    async def get_schema(self, request):\n"
        "        return provider.GetSchemaResponse(schema=json.dumps({'name': 'tiny', 'version': '1.2.3'}))\n"
        "main(sys.argv[1:], '1.2.3', Tiny())\n"
    )
    schema = json.loads(pulumi("package", "get-schema", str(plugin)).stdout)
    assert (schema["name"], schema["version"]) == ("tiny", "1.2.3")


def test_an_interrupt_is_quiet_and_leaves_no_process(
    pulumi: Run, project: Path, environment: dict[str, str], toolchain: BuiltToolchain
) -> None:
    (project / "__main__.py").write_text("import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)\n")
    with subprocess.Popen(
        [toolchain.program("pulumi"), "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 60
        while not ((project / "pid").exists() and (project / "pid").read_text()):
            assert time.monotonic() < deadline, "the program did not start"
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE)
    assert "update canceled" in output
    assert "Traceback" not in output
    program = int((project / "pid").read_text())
    deadline = time.monotonic() + 60
    while psutil.pid_exists(program) and psutil.Process(program).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the program outlives the engine"
        time.sleep(0.05)
