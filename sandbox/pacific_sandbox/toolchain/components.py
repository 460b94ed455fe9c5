"""The pinned components of the toolchain: what each is built from, with which flags, and how it is keyed."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pacific_sandbox.toolchain.omissions import ENGINE, KUBERNETES_PROVIDER, Omission

KUBERNETES_VERSION = "1.33.13"
"""What the sandbox's Supervisors run; docs/toolchain.md says why this one."""
PULUMI_VERSION = "3.274.1"
KUBERNETES_PLUGIN_VERSION = "4.24.1"
YAML_VERSION = "1.38.1"
VM_OPERATOR_VERSION = "1.10.0"


@dataclass(frozen=True, kw_only=True)
class Component:
    """One pinned Go module under tools/, and what is made of it."""

    name: str
    """The prefix of the cache folder."""
    folder: str = ""
    """The module's folder under tools/, where it has another name."""
    title: str
    """What it is, for people."""
    seconds: int
    """Time of a cold build on two cores, as measured in docs/toolchain.md."""
    disk: int
    """MiB in Go's caches and ours after a cold build."""


@dataclass(frozen=True, kw_only=True)
class Program(Component):
    """A component that is compiled to one program."""

    program: str
    """The executable's file name."""
    package: str = "."
    """The Go package that is built."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Go string variables that are set at link time (``-X``): versions, mostly."""
    module_files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Files to copy out of other modules beside our main.go before building: module to paths in it."""
    replaced: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Modules that are compiled from a copy in which files of ours stand in: module to path in it to path of ours."""
    omitted: Mapping[str, Omission] = field(default_factory=dict)
    """Modules that are compiled from a copy without some of their files and imports."""
    compiler: str = ""
    """Flags of the compiler, for all packages."""
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Folders of modules that the program reads where it runs: kept beside it, in ``share``."""

    def changed(self) -> Sequence[str]:
        """The modules that are compiled from a changed copy."""
        return list(dict.fromkeys((*self.replaced, *self.omitted)))

    def change(self, module: str, copy: Path, directory: Path) -> None:
        """Change ``copy``, a folder with the files of ``module``; ``directory`` is the component's.

        Raises ValueError where the module is not as it was when the change was written, and OSError.
        """
        for original, replacement in self.replaced.get(module, {}).items():
            shutil.copyfile(directory / replacement, copy / original)
        if module in self.omitted:
            self.omitted[module].apply(copy)

    def build_flags(self) -> list[str]:
        """The flags of ``go build``: reproducible, stripped, and never changing go.mod."""
        link = ["-s", "-w", *(f"-X {name}={value}" for name, value in self.variables.items())]
        compiler = [f"-gcflags=all={self.compiler}"] if self.compiler else []
        return ["-mod=readonly", "-trimpath", "-buildvcs=false", *compiler, f"-ldflags={' '.join(link)}"]

    def recipe(self) -> str:
        """All that decides on the result beside the sources."""
        parts = (self.program, self.package, self.build_flags(), self.module_files, self.replaced)
        return repr((*parts, *self.shared.items(), *self.omitted.items()))


@dataclass(frozen=True, kw_only=True)
class SourceFiles(Component):
    """A component of which only files of its Go module are used, as they are."""

    module: str
    """The Go module; its version is the one in go.mod."""
    folders: tuple[str, ...]
    """The folders in it that are copied."""

    def recipe(self) -> str:
        """All that decides on the result beside the sources."""
        return repr((self.module, self.folders))


WITHOUT_DEBUGGING = "-dwarf=false"
"""The linker discards what debuggers read, and a fifth of the compiler's work is to write it."""
_BASE = "k8s.io/component-base/version"
_MAJOR, _MINOR, _ = KUBERNETES_VERSION.split(".")

COMPONENTS: tuple[Program | SourceFiles, ...] = (
    SourceFiles(
        name="vm-operator",
        title=f"VM Operator {VM_OPERATOR_VERSION} (its CRDs)",
        seconds=5,
        disk=60,
        module="github.com/vmware-tanzu/vm-operator",
        folders=("config/crd/bases", "config/crd/external-crds"),
    ),
    Program(
        name="vcenter-simulator",
        title="vCenter simulator (govmomi)",
        seconds=53,
        disk=420,
        program="vcenter-simulator",
        compiler=WITHOUT_DEBUGGING,
    ),
    Program(
        name="control-plane",
        title=f"Kubernetes control plane {KUBERNETES_VERSION} with etcd",
        seconds=245,
        disk=3500,
        program="control-plane",
        compiler=WITHOUT_DEBUGGING,
        variables={
            f"{_BASE}.gitVersion": f"v{KUBERNETES_VERSION}",
            f"{_BASE}.gitMajor": _MAJOR,
            f"{_BASE}.gitMinor": _MINOR,
            "k8s.io/client-go/pkg/version.gitVersion": f"v{KUBERNETES_VERSION}",
        },
    ),
    Program(
        name="engine",
        title=f"Pulumi {PULUMI_VERSION}",
        seconds=93,
        disk=2000,
        program="pulumi",
        compiler=WITHOUT_DEBUGGING,
        package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        # The Automation API refuses a CLI without a version.
        variables={"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": f"v{PULUMI_VERSION}"},
        omitted=ENGINE,
    ),
    Program(
        name="kubernetes-provider",
        title=f"Pulumi's Kubernetes provider {KUBERNETES_PLUGIN_VERSION}",
        seconds=104,
        disk=1800,
        program="pulumi-resource-kubernetes",
        compiler=WITHOUT_DEBUGGING,
        variables={"main.version": KUBERNETES_PLUGIN_VERSION},
        module_files={
            "github.com/pulumi/pulumi-kubernetes/provider/v4": (
                "cmd/pulumi-resource-kubernetes/schema.json",
                "cmd/pulumi-resource-kubernetes/terraform-mapping.json",
            )
        },
        replaced={
            "github.com/pulumi/pulumi-kubernetes/sdk/v4": {"go/kubernetes/yaml/v2/kinds.go": "overlay/kinds.go"},
            "k8s.io/client-go": {"informers/generic.go": "overlay/informers.go"},
        },
        omitted=KUBERNETES_PROVIDER,
    ),
    Program(
        name="yaml-language-host",
        title=f"Pulumi YAML {YAML_VERSION}",
        seconds=20,
        disk=300,
        program="pulumi-language-yaml",
        compiler=WITHOUT_DEBUGGING,
        package="github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
        variables={"github.com/pulumi/pulumi-yaml/pkg/version.Version": f"v{YAML_VERSION}"},
    ),
)

CRX_INIT = Program(name="crx-init", title="init of CRX machines", seconds=40, disk=300, program="crx-init")
"""The sandbox's pods run without it, simulated."""

SDK_GENERATOR = Program(
    name="sdk-generator",
    title=f"Pulumi {PULUMI_VERSION}'s generators of SDKs (Python, TypeScript, Go)",
    seconds=60,
    disk=400,
    program="pulumi-sdk-generator",
)
"""Programs run without it, SDKs of packages are written by it."""

HELM_VERSION = "3.22.0"
HELM = Program(
    name="helm",
    title=f"Helm {HELM_VERSION}",
    seconds=60,
    disk=900,
    program="helm",
    package="helm.sh/helm/v3/cmd/helm",
    variables={
        "helm.sh/helm/v3/internal/version.version": f"v{HELM_VERSION}",
        # What charts are told of the cluster.
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor": _MAJOR,
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor": _MINOR,
    },
)
"""Charts in documents are rendered by it."""

GITEA_VERSION = "1.26.0"
GITEA_RUNNER_VERSION = "1.0.8"
_GITEA = "code.gitea.io/gitea"
FORGE = (
    Program(
        name="gitea",
        title=f"Gitea {GITEA_VERSION}",
        seconds=344,
        disk=2500,
        program="gitea",
        package=_GITEA,
        variables={"main.Version": GITEA_VERSION},
        shared={_GITEA: ("options", "public", "templates")},
    ),
    Program(
        name="gitea-runner",
        title=f"Gitea's runner {GITEA_RUNNER_VERSION}",
        seconds=63,
        disk=500,
        program="gitea-runner",
        package="gitea.com/gitea/runner",
    ),
)
"""Pull requests are tried on it."""

FLUX_VERSION = "1.9.6"
_DEFINITIONS = ("config/crd/bases",)
FLUX = tuple(
    Program(
        name=name,
        folder="flux",
        title=f"Flux' {name} {FLUX_VERSION}",
        seconds=seconds,
        disk=disk,
        program=name,
        package=f"github.com/fluxcd/{name}",
        shared={f"github.com/fluxcd/{name}": _DEFINITIONS},
    )
    for name, seconds, disk in (("source-controller", 270, 3500), ("kustomize-controller", 60, 600))
)
"""They apply from git what `pacific render flux` writes."""

FERRETDB = Program(
    name="ferretdb",
    title="FerretDB 1.24.0, the sandbox's MongoDB",
    seconds=49,
    disk=900,
    program="ferretdb",
    # Its embeddable package cannot ask for a password; ours in its place can.
    replaced={"github.com/FerretDB/FerretDB": {"ferretdb/ferretdb.go": "overlay/ferretdb.go"}},
)
"""The image sandbox/ferretdb:1 is made of it."""

OPTIONAL: Mapping[str, tuple[Program, ...]] = {
    "crx": (CRX_INIT, FERRETDB),
    "sdk": (SDK_GENERATOR,),
    "helm": (HELM,),
    "forge": FORGE,
    "gitops": FLUX,
}
"""Built only where they are asked for, by the option of `pacific toolchain install`."""


def pin(component: Program | SourceFiles, directory: Path) -> str:
    """The key of a component in the cache: over its sources in ``directory`` and how they are built.

    The version of Go is not part of it: a newer Go is no reason to spend a quarter of an hour again.
    """
    digest = hashlib.sha256(component.recipe().encode())
    for file in sorted(directory.rglob("*")):
        if file.name in {"go.mod", "go.sum"} or file.suffix == ".go":
            digest.update(f"\0{file.relative_to(directory)}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
