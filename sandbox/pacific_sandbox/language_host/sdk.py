"""Writes the SDK of a package and links it to a project, for ``pulumi package add`` and ``pulumi package gen-sdk``."""

import base64
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from pulumi.runtime.proto import language_pb2 as messages

from pacific_infra.errors import PacificError
from pacific_sandbox.language_host.child import Call, Children

GENERATOR = "pulumi-sdk-generator"
LANGUAGES = ("python", "nodejs", "go")
INSTALLERS = {"nodejs": "npm install", "go": "go mod tidy"}
"""Commands that install the dependencies of a project, by language."""


def generate(
    language: str, request: messages.GeneratePackageRequest, children: Children, call: Call
) -> messages.GeneratePackageResponse:
    """Write the SDK of the request's schema into the request's folder.

    Raises PacificError where the generator is not installed, or with its words where it fails.
    """
    program = shutil.which(GENERATOR)
    if program is None:
        raise PacificError(
            "the generator of SDKs is not installed", value=GENERATOR, fix="pacific toolchain install --sdk"
        )
    parameters = {
        "schema": request.schema,
        "extraFiles": {name: base64.b64encode(data).decode() for name, data in request.extra_files.items()},
        "localDependencies": dict(request.local_dependencies),
        "local": request.local,
    }
    # The folder is relative to the engine's working directory, which is ours.
    command = [program, language, request.directory, request.loader_target]
    lines: list[bytes] = []
    for name, data in children.stream(call, command, ".", stdin=json.dumps(parameters).encode()):
        if name == "exit" and data != b"0":
            raise PacificError(f"the {language} SDK cannot be written", value=b"".join(lines).decode().strip())
        lines.append(data)
    return messages.GeneratePackageResponse()


def link(language: str, request: messages.LinkRequest) -> str:
    """Make the project depend on each SDK, by the file in which ``language`` names them; says what to do next.

    Raises PacificError for a project in Go without a module.
    """
    return _LINKS[language](Path(request.info.root_directory), request.packages)


def _link_python(root: Path, packages: Sequence[messages.LinkRequest.LinkDependency]) -> str:
    requirements = root / "requirements.txt"
    lines = requirements.read_text().splitlines() if requirements.exists() else ["pulumi>=3,<4"]
    imports = []
    for dependency in packages:
        path = f"./{Path(dependency.path).as_posix()}"
        if path not in lines:
            lines.append(path)
        for module in sorted((root / dependency.path).glob("*/pulumi-plugin.json")):
            imports.append(f"  import {module.parent.name} as {dependency.package.name}")
    requirements.write_text("\n".join(lines) + "\n")
    return "\n".join(
        [
            "requirements.txt names it: pulumi install puts it into the project's virtual environment; without one:",
            "  python -m pip install -r requirements.txt",
            "You can then import it in your Python code with:",
            *imports,
        ]
    )


def _link_nodejs(root: Path, packages: Sequence[messages.LinkRequest.LinkDependency]) -> str:
    manifest = root / "package.json"
    document = json.loads(manifest.read_text()) if manifest.exists() else {"dependencies": {"@pulumi/pulumi": "^3"}}
    imports = []
    for dependency in packages:
        name = json.loads((root / dependency.path / "package.json").read_text())["name"]
        document.setdefault("dependencies", {})[name] = f"file:{Path(dependency.path).as_posix()}"
        imports.append(f'  import * as {dependency.package.name} from "{name}";')
    manifest.write_text(json.dumps(document, indent=2) + "\n")
    return "\n".join(
        ["package.json names it: run npm install.", "You can then import it in your TypeScript code with:", *imports]
    )


def _link_go(root: Path, packages: Sequence[messages.LinkRequest.LinkDependency]) -> str:
    manifest = root / "go.mod"
    if not manifest.exists():
        raise PacificError(
            "the project has no go.mod", value=str(root), fix="go mod init NAME, then add the package again"
        )
    lines, imports = manifest.read_text().splitlines(), []
    for dependency in packages:
        sdk = root / dependency.path
        module = (sdk / "go.mod").read_text().split(maxsplit=2)[1]
        replacement = f"replace {module} => ./{Path(dependency.path).as_posix()}"
        if replacement not in lines:
            lines += ["", replacement]
        for package in sorted(sdk.glob("**/pulumi-plugin.json")):
            imports.append(f'  import "{module}/{package.parent.relative_to(sdk).as_posix()}"')
    manifest.write_text("\n".join(lines) + "\n")
    return "\n".join(["go.mod names it. Import it in your Go code, then run go mod tidy:", *imports])


_LINKS = {"python": _link_python, "nodejs": _link_nodejs, "go": _link_go}


def described_program(sources: Mapping[str, str]) -> bytes:
    """What ``pulumi import`` shows in place of a program, which this host does not write: the properties to declare.

    ``sources`` are what was imported, in Pulumi's own configuration language, by file name.
    """
    lines = [
        "Imported. Declare it with these properties, snake_case in Python, until `pulumi preview` shows no change:"
    ]
    for text in sources.values():
        lines += ["", *filter(str.strip, text.splitlines())]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines).encode()
