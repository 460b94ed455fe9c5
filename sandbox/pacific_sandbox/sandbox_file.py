"""The file that says what the sandbox has to be like for a project's documents: ``sandbox.yaml`` beside Pulumi.yaml."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_sandbox.configuration import DEFAULT_HOSTS, Runtime
from pacific_sandbox.crx.demo_images import all_demo_images
from pacific_sandbox.crx.image_store import ImageStore
from pacific_sandbox.crx.python_image import add_python_image
from pacific_sandbox.guests.guest_image import add_guest_image
from pacific_sandbox.programs import Toolchain
from pacific_sandbox.sandbox import Sandbox

NAME = "sandbox.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PythonImage(_Part):
    """An image of a Python program, as `pacific sandbox image python` makes it."""

    name: str
    program: str
    """Relative to the file."""
    distributions: list[str] = Field(default_factory=list, alias="with")
    ports: list[int] = Field(default_factory=list)


class Images(_Part):
    """What the store of images has to hold."""

    demo: bool = False
    """Those of `pacific sandbox image demo`."""
    python: list[PythonImage] = Field(default_factory=list)
    virtual_machines: list[str] = Field(default_factory=list, alias="virtualMachines")
    """Virtual machine images that get a root file system, as by `pacific sandbox image vm`."""


class Content(_Part):
    """What the file says."""

    runtime: Runtime | None = None
    """Nothing else will do."""
    hosts: int = Field(default=DEFAULT_HOSTS, ge=1, le=200)
    """ESXi hosts of each cluster."""
    images: Images = Images()


@dataclass(frozen=True)
class SandboxFile:
    """A file of this kind."""

    path: Path
    content: Content

    @classmethod
    def of(cls, project: Path) -> Self:
        """That of a project's folder; what it would say if it were there. Raises as ``read`` does."""
        path = project / NAME
        return cls.read(path) if path.is_file() else cls(path, Content())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read and check it. Raises PacificError, or PacificErrors with one for each wrong property."""
        try:
            return cls(path, Content.model_validate(yaml.safe_load(path.read_text("utf-8")) or {}))
        except ValidationError as error:
            raise PacificErrors(
                [
                    PacificError(
                        mistake["msg"][:1].lower() + mistake["msg"][1:],
                        place=f"{path}: {'.'.join(map(str, mistake['loc']))}",
                        value=None if mistake["type"] == "missing" else mistake["input"],
                    )
                    for mistake in error.errors()
                ]
            ) from None
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise PacificError(
                "cannot read what the sandbox is to be like", place=str(path), value=str(error)
            ) from None

    def start(self, directory: Path, toolchain: Toolchain, say: Callable[[str], object]) -> VCenterSettings:
        """Start the sandbox in ``directory`` so, unless it runs, with the images; ``say`` gets a line for each step.

        Raises PacificError, also where a sandbox runs there that runs pods another way.
        """
        runtime = self.content.runtime
        hosts = self.content.hosts
        sandbox = Sandbox(directory, toolchain, hosts=hosts, runtime=runtime, runtime_required=runtime is not None)
        store = ImageStore(sandbox.images)
        images = self.content.images
        # Machines first: without them its images are of no use.
        settings = sandbox.up(say)
        if images.demo:
            all_demo_images(store, toolchain, say)
        for image in images.python:
            program = self.path.parent / image.program
            add_python_image(store, image.name, program, distributions=image.distributions, ports=image.ports, say=say)
        for name in images.virtual_machines:
            add_guest_image(store, name, toolchain.directory("crx") / "busybox", say)
        return settings
