"""Programs of Go that the benchmarks are beside, built once from a pinned module into the user's cache.

    ./run python -m tests.benchmarks.peers.go_program helm kubectl      builds them and prints their paths

Nothing but the benchmarks asks for them. kubectl and helm are taken from PATH where they are installed.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pacific_infra.settings import Settings
from pacific_sandbox.toolchain.go import find_go, needed_version

FOLDER = Path(__file__).parent
BUILD = ("build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w")


@dataclass(frozen=True)
class GoProgram:
    """A program, the folder beside this file with its go.mod, and the package to build."""

    name: str
    folder: str
    package: str
    installed: bool = False
    """Whether one on PATH is as good."""

    def path(self) -> Path:
        """The program; where it is not there yet it is built, in 1 to 3 minutes on two cores."""
        if self.installed and (on_path := shutil.which(self.name)) is not None:
            return Path(on_path)
        module = FOLDER / self.folder
        pins = [file.read_bytes() for file in sorted(module.iterdir()) if file.is_file()]
        pin = sha256(b"\0".join([*pins, repr(BUILD).encode()])).hexdigest()[:12]
        program = Settings.read().cache_directory / "benchmarks" / f"{self.name}-{pin}"
        if not program.is_file():
            program.parent.mkdir(parents=True, exist_ok=True)
            go = find_go(needed_version([module / "go.mod"]))
            new = program.with_suffix(f".{os.getpid()}")
            arguments = [*BUILD, "-o", str(new), self.package]
            subprocess.run([go.command, *arguments], cwd=module, env=go.environment(), check=True)
            new.replace(program)
        return program


TOFU = GoProgram("tofu", "tofu", "github.com/opentofu/opentofu/cmd/tofu")
HELM = GoProgram("helm", "helm", "helm.sh/helm/v3/cmd/helm", installed=True)
KUBECTL = GoProgram("kubectl", "kubectl", ".", installed=True)
KUBECTL_PROVIDER = GoProgram(
    "terraform-provider-kubectl", "kubectl_provider", "github.com/gavinbunney/terraform-provider-kubectl"
)
PROGRAMS = {program.name: program for program in (TOFU, HELM, KUBECTL, KUBECTL_PROVIDER)}

if __name__ == "__main__":
    for name in sys.argv[1:] or PROGRAMS:
        print(PROGRAMS[name].path())  # noqa: T201
