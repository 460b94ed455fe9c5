"""What some tests need beyond ``./run``, and how to get it. A test without it is skipped, and the summary says so."""

import os
import resource
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError

PREFIX = "needs "
"""How the reason of each skip begins."""


@dataclass(frozen=True)
class Need:
    """Something that not every computer has; ``remedy`` is a command, or what else to do."""

    name: str
    remedy: str

    @property
    def reason(self) -> str:
        """Why a test is skipped."""
        return f"{PREFIX}{self.name}: {self.remedy}"

    def unless(self, present: object) -> pytest.MarkDecorator:
        """The mark of a test that is skipped without it."""
        return pytest.mark.skipif(not present, reason=self.reason)

    def skip(self) -> None:
        """Skip the test that runs."""
        pytest.skip(self.reason)

    def program(self, *names: str) -> str:
        """The path of the first of these programs that is on PATH; the test is skipped without any."""
        path = next(filter(None, map(shutil.which, names)), None)
        if path is None:
            pytest.skip(self.reason)
        return path

    def installed(self, find: Callable[[], Path]) -> Path:
        """What ``find`` finds in the toolchain; the test is skipped where that raises PacificError."""
        try:
            return find()
        except PacificError:
            pytest.skip(self.reason)


CHROMIUM = Need("chromium", "apt install chromium")
NODE = Need("node and npm", "apt install nodejs npm")
GO = Need("go on PATH", "run the tests by ./run pytest, which brings it")
PLUGIN = Need("pulumi-resource-pacific on PATH", "run the tests by ./run pytest, which brings it")
OUR_LANGUAGE_HOST = Need("the project's own language host", "take pulumi-language-python off PATH")
CRX = Need("CRX machines", "./run pacific toolchain install --crx")
TOOLCHAIN = Need("the toolchain", "./run pacific toolchain install")
POSTGRES = Need("Postgres", "apt install postgresql")
LINUX = Need("Linux", "run the tests there")
NOT_ROOT = Need("a user with limited rights", "run the tests as another user than root")

HAS_FULL_DEVICE = Path("/dev/full").exists()
HAS_FILE_LIMIT = hasattr(resource, "RLIMIT_FSIZE")
IS_ROOT = os.geteuid() == 0
