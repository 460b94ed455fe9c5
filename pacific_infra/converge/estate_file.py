"""``pacific.yaml`` beside Pulumi.yaml: the stacks of an estate, and the order of its sites."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from pacific_infra.converge.project import ESTATE_FILE
from pacific_infra.documents.files import shown
from pacific_infra.documents.model import Listed, Model
from pacific_infra.documents.names import Label
from pacific_infra.documents.settings_file import read_settings
from pacific_infra.errors import PacificError
from pacific_infra.graph.partition import PartitionRule

OPERATIONS = 32
"""Operations at a vCenter and its Supervisors at a time, of all stacks together."""
By = Annotated[
    Annotated[Literal["none", "namespace", "application"], Tag("<name>")]
    | Annotated[int, Field(ge=1, le=10_000), Tag("<number>")],
    Discriminator(lambda value: "<number>" if isinstance(value, int | float) else "<name>"),
]


class Gate(Model):
    """What has to be so before a wave of sites is changed, besides that all sites before it are done and healthy."""

    soak: Annotated[int, Field(ge=0, le=7 * 24 * 3600)] = 0
    """Seconds that the sites before have to stay healthy after their last change."""
    approval: bool = False
    """Whether a person has to name each site: ``pacific rollout --approve STACK``."""


class SiteWave(Model):
    """Stacks that have the same documents on vCenters of their own, and are changed at the same time."""

    stacks: Annotated[Listed[Label], Field(min_length=1)]
    """Each a stack of the project, with a Pulumi.STACK.yaml."""
    after: Gate = Gate()
    """What comes before it."""


class EstateFile(Model):
    """What ``pacific.yaml`` says."""

    partition: By = "none"
    """``namespace``: each namespace is in a stack with what lies in it, small ones together. ``application``: the
    namespaces of an application are together besides. A number: so many stacks, besides the first. ``none``: one
    stack."""
    size: Annotated[int, Field(ge=1)] = 100
    """Resources up to which small namespaces share a stack."""
    stacks: dict[Label, Listed[Label]] = {}  # noqa: RUF012 - pydantic copies it
    """Namespaces that are to be in a certain stack, by its name without the estate's in front."""
    operations: Annotated[int, Field(ge=1, le=1000)] = OPERATIONS
    """Operations at a time, of all stacks that run together."""
    sites: Listed[SiteWave] = ()
    """In which order ``pacific rollout`` changes the sites: wave after wave."""

    @property
    def rule(self) -> PartitionRule:
        """How the estate is split."""
        pinned = {namespace: stack for stack, namespaces in self.stacks.items() for namespace in namespaces}
        return PartitionRule(self.partition, self.size, pinned)


def read_estate_file(directory: Path) -> EstateFile | None:
    """The file of the project in ``directory``; None: there is none. Raises PacificErrors with all that is wrong."""
    file = file_in(directory)
    if not file.is_file():
        return None
    content = read_settings(file, EstateFile, f"{ESTATE_FILE} file")
    _check_once(content, file)
    return content


def file_in(directory: Path, name: str = ESTATE_FILE) -> Path:
    """The file's path, as short as the user would write it."""
    file, folder = directory / name, Path.cwd()
    return file.relative_to(folder) if file.is_relative_to(folder) else file


def _check_once(content: EstateFile, file: Path) -> None:
    """Raises PacificError where a namespace is to be in two stacks, or a site in two waves."""
    sites = [stack for wave in content.sites for stack in wave.stacks]
    if twice := sorted({stack for stack in sites if sites.count(stack) > 1}):
        raise PacificError("a site is in one wave", place=shown(file), value=twice[0], fix="name it once")
    stacks: dict[str, str] = {}
    for stack, namespaces in content.stacks.items():
        for namespace in namespaces:
            if (other := stacks.setdefault(namespace, stack)) != stack:
                problem = f"the namespace {namespace} is to be in two stacks, {other} and {stack}"
                raise PacificError(problem, place=shown(file), fix="name it in one of them")


def refuse_partition(directory: Path, *, recorded: bool = False) -> None:
    """Raises PacificError where the documents of the project are those of several stacks: only pacific knows which.

    ``recorded``: the estate has been in several.
    """
    content = read_estate_file(directory)
    if recorded or (content is not None and content.partition != "none"):
        raise PacificError(
            "the documents are in several stacks, and plain pulumi would make all of them in this one",
            place=shown(file_in(directory)),
            fix="run pacific plan, up and down, which know the stacks; pacific up --partition none brings all into one",
        )
