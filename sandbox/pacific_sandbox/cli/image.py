"""``pacific sandbox image``: container images for pods that run in machines of their own."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pacific_infra.cli.options import JsonOption
from pacific_infra.cli.result import print_json
from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings
from pacific_sandbox.crx.demo_images import all_demo_images
from pacific_sandbox.crx.image_build import layer_of
from pacific_sandbox.crx.image_store import Image, ImageConfiguration, ImageStore
from pacific_sandbox.crx.python_image import add_python_image
from pacific_sandbox.guests.guest_image import add_guest_image, add_root
from pacific_sandbox.process_pods.process_images import ProcessImages
from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain

_STATE = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE_FILE")
"""The user's own state: a pod names its own."""

app = typer.Typer(help="The sandbox's container images; there is no registry.", no_args_is_help=True)

DirectoryOption = Annotated[
    Path | None,
    typer.Option("--directory", "-d", help="Folder of the sandbox. [default: PACIFIC_SANDBOX, or the state folder]"),
]


@app.command()
def build(  # noqa: PLR0917 - options of the command line
    source: Annotated[Path, typer.Argument(help="A folder: the image's root; or one static program.")],
    tag: Annotated[str, typer.Option("--tag", "-t", help="The image's name, such as sandbox/web:1.")],
    entrypoint: Annotated[
        str | None, typer.Option("--entrypoint", help="What runs, as a shell would split it. [default: the program]")
    ] = None,
    command: Annotated[str, typer.Option("--command", help="Its arguments, which a pod may replace.")] = "",
    environment: Annotated[list[str] | None, typer.Option("--env", "-e", help="NAME=value; repeat.")] = None,
    workdir: Annotated[str, typer.Option("--workdir", "-w", help="Working directory.")] = "/",
    user: Annotated[str, typer.Option("--user", "-u", help="User, or user:group, by name or number.")] = "",
    port: Annotated[list[int] | None, typer.Option("--port", "-p", help="A TCP port it listens at; repeat.")] = None,
    directory: DirectoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an image of one layer from a folder or a static program. The same input gives the same image."""
    wrong = [variable for variable in environment or () if not variable.partition("=")[1]]
    if wrong:
        raise PacificError("not a variable", place="--env", value=wrong[0], allowed="NAME=value")
    words = shlex.split(entrypoint) if entrypoint else [f"/{source.name}"] if source.is_file() else []
    configuration = ImageConfiguration(
        entrypoint=words,
        command=shlex.split(command),
        environment=environment or (),
        directory=workdir,
        user=user,
        ports=[f"{number}/tcp" for number in port or ()],
    )
    with layer_of(source) as layer:
        _print([_store(directory).add(tag, layer, configuration)], as_json)


@app.command()
def python(  # noqa: PLR0917 - options of the command line
    program: Annotated[Path, typer.Argument(help="A Python file, or the folder of a package with a __main__.")],
    tag: Annotated[str, typer.Option("--tag", "-t", help="The image's name, such as sandbox/api:1.")],
    distributions: Annotated[
        list[str] | None, typer.Option("--with", help="An installed distribution that it imports; repeat.")
    ] = None,
    port: Annotated[list[int] | None, typer.Option("--port", "-p", help="A TCP port it listens at; repeat.")] = None,
    directory: DirectoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an image of a Python program, with the Python that runs this command and what it requires."""
    image = add_python_image(_store(directory), tag, program, distributions=distributions or (), ports=port or ())
    _print([image], as_json)


@app.command()
def vm(
    name: Annotated[str, typer.Argument(help="The content library item that it is for.")] = "sandbox-linux",
    root: Annotated[
        Path | None,
        typer.Option("--root", help="A folder: the file system. [default: a Linux of busybox and Python]"),
    ] = None,
    directory: DirectoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the root file system of a virtual machine image: its machines then run with the runtime qemu."""
    store = _store(directory)
    if root is None:
        image = add_guest_image(store, name, BuiltToolchain(Settings.read()).directory("crx") / "busybox")
    else:
        with layer_of(root) as layer:
            image = add_root(store, name, layer)
    _print([image], as_json)


@app.command()
def process(
    name: Annotated[str, typer.Argument(help="The image's name, such as pacific-workspace:latest.")],
    directory: DirectoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let pods of an image run as processes of this computer, with its programs and as you, where they ask for it.

    A pod asks by the annotation sandbox.pacific.infra/runtime: process. Name only images of pods that you trust.
    """
    settings = Settings.read()
    toolchain = BuiltToolchain(settings)
    variables = {name: value for name, value in toolchain.environment().items() if name not in _STATE} | {
        "PULUMI_HOME": str(settings.pulumi_home)
    }
    images = ProcessImages(Sandbox(directory or settings.sandbox_directory, toolchain).process_images)
    images.add(name, variables)
    if as_json:
        print_json("sandbox-process-images", {"images": images.names()})
    else:
        typer.echo(f"pods of {name} may run as processes of this computer")


@app.command("list")
def list_(directory: DirectoryOption = None, as_json: JsonOption = False) -> None:
    """Show the images: name, digest, size."""
    _print(list(_store(directory).list()), as_json)


@app.command()
def demo(directory: DirectoryOption = None, as_json: JsonOption = False) -> None:
    """Make the images of the demo estate: a web server that tells its kernel, a listener, a short job, a MongoDB with
    its controller and stand-ins of its tools."""
    images = all_demo_images(
        _store(directory), BuiltToolchain(Settings.read()), lambda line: typer.echo(line, err=True)
    )
    _print(images, as_json)


def _store(directory: Path | None) -> ImageStore:
    settings = Settings.read()
    sandbox = Sandbox(directory or settings.sandbox_directory, BuiltToolchain(settings))
    return ImageStore(sandbox.images)


def _print(images: Sequence[Image], as_json: bool) -> None:
    if as_json:
        values = [{"name": image.name, "digest": image.digest, "size": image.size} for image in images]
        typer.echo(json.dumps(values, indent=2))
        return
    for image in images:
        typer.echo(f"{image.name:<40} {image.digest.removeprefix('sha256:')[:12]}  {image.size / 2**20:8.1f} MiB")
