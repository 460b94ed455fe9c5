"""Other programs that make the same Kubernetes objects: how each creates them, compares them, and removes them.

``kubectl apply --server-side`` with a file of manifests, Helm with a chart of them, OpenTofu with the kubectl provider
(github.com/gavinbunney/terraform-provider-kubectl, server-side apply) and a resource for each.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.peers.go_program import HELM, KUBECTL, KUBECTL_PROVIDER, TOFU
from tests.benchmarks.peers.measured import measured
from tests.benchmarks.peers.open_tofu import ENVIRONMENT

Objects = Sequence[Mapping[str, Any]]
Step = Callable[[], dict[str, float]]
Steps = dict[str, Step]
"""Up, second up and down."""
AT_A_TIME = 32
"""Requests at a time where a program can be told, as many as `pacific` has."""
_PROVIDER = "gavinbunney/kubectl"


@contextmanager
def kubectl(kubeconfig: Path, objects: Objects) -> Iterator[Steps]:
    """``objects``: the namespace first."""
    with TemporaryDirectory() as temporary:
        file = Path(temporary) / "objects.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        run = partial(_run, Path(temporary), {"KUBECONFIG": str(kubeconfig)}, KUBECTL.path())
        apply = partial(run, "apply", "--server-side", "-f", str(file))
        yield {"up": apply, "second up": apply, "down": partial(run, "delete", "--wait", "-f", str(file))}


@contextmanager
def helm(kubeconfig: Path, objects: Objects) -> Iterator[Steps]:
    """A release in the namespace ``default``, whose chart has the objects."""
    with TemporaryDirectory() as temporary:
        chart = Path(temporary) / "chart"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: objects\nversion: 1.0.0\n")
        (chart / "templates" / "objects.yaml").write_text("\n---\n".join(map(json.dumps, objects)))
        environment = {"KUBECONFIG": str(kubeconfig), "HELM_CACHE_HOME": temporary, "HELM_CONFIG_HOME": temporary}
        run = partial(_run, Path(temporary), environment, HELM.path())
        upgrade = partial(
            run, "upgrade", "--install", "objects", str(chart), "-n", "default", f"--qps={AT_A_TIME * 100}"
        )
        yield {
            "up": upgrade,
            "second up": upgrade,
            "down": partial(run, "uninstall", "objects", "-n", "default", "--wait"),
        }


@contextmanager
def open_tofu(kubeconfig: Path, objects: Objects) -> Iterator[Steps]:
    """One resource an object; all of them wait for the first, which is the namespace."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        names = [f"object-{number:05}" for number in range(len(objects))]
        manifests = {
            name: {
                "yaml_body": json.dumps(manifest),
                "server_side_apply": True,
                **({"depends_on": [f"kubectl_manifest.{names[0]}"]} if name != names[0] else {}),
            }
            for name, manifest in zip(names, objects, strict=True)
        }
        configuration = {
            "terraform": {"required_providers": {"kubectl": {"source": _PROVIDER}}},
            "provider": {"kubectl": {"config_path": str(kubeconfig), "load_config_file": True}},
            "resource": {"kubectl_manifest": manifests},
        }
        (folder / "main.tf.json").write_text(json.dumps(configuration))
        plugins = folder / "plugins"
        plugins.mkdir()
        (plugins / "terraform-provider-kubectl").symlink_to(KUBECTL_PROVIDER.path())
        # A provider that was built here is in no registry, and needs no `tofu init`.
        overrides = f'  dev_overrides {{\n    "{_PROVIDER}" = "{plugins}"\n  }}\n  direct {{}}\n'
        (folder / "tofu.rc").write_text(f"provider_installation {{\n{overrides}}}\n")
        environment = {**ENVIRONMENT, "TF_CLI_CONFIG_FILE": str(folder / "tofu.rc")}
        run = partial(_run, folder, environment, TOFU.path())
        options = ["-auto-approve", "-input=false", "-no-color", f"-parallelism={AT_A_TIME}"]
        apply = partial(run, "apply", *options)
        yield {"up": apply, "second up": apply, "down": partial(run, "destroy", *options)}


PEERS: Mapping[str, Callable[[Path, Objects], Any]] = {
    "kubectl apply --server-side": kubectl,
    "helm": helm,
    "OpenTofu, kubectl provider": open_tofu,
}


def _run(folder: Path, environment: Mapping[str, str], program: Path, *arguments: str) -> dict[str, float]:
    return measured([str(program), *arguments], cwd=folder, env={**os.environ, **environment}).as_json()


def versions() -> dict[str, str]:
    """What each peer says of its version."""
    commands = {
        "kubectl": [str(KUBECTL.path()), "version", "--client"],
        "helm": [str(HELM.path()), "version", "--short"],
        "OpenTofu": [str(TOFU.path()), "version"],
    }
    return {
        name: subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split("\n")[0]
        for name, command in commands.items()
    }
