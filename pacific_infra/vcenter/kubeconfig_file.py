"""The kubeconfig of one Supervisor, out of a user's file: by it a stack needs no login at vCenter."""

import base64
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pacific_infra.errors import PacificError

DEFAULT_FILE = "~/.kube/config"
_FILES = {"clusters": ("certificate-authority",), "users": ("client-certificate", "client-key")}
"""Settings that name a file, each with a twin ``KEY-data`` that holds its content."""


@dataclass(frozen=True)
class KubeconfigFile:
    """A kubeconfig, such as the one that `pacific login` writes."""

    file: Path
    context: str | None = None
    """The context to use; None: the one that is called like the Supervisor, or else the current one."""

    def of_supervisor(self, name: str) -> str:
        """The kubeconfig, as JSON text, of the Supervisor ``name`` alone. It names no other file but a token's, and may
        hold keys: it is a secret. Raises PacificError.
        """
        content = self._read()
        contexts = [str(entry.get("name")) for entry in _entries(content, "contexts")]
        used = self.context or (name if name in contexts else content.get("current-context"))
        if used not in contexts:
            raise PacificError(
                f"the kubeconfig has no context for the Supervisor {name}",
                place=str(self.file),
                value=used,
                allowed=sorted(contexts) or "none",
                fix=f"pacific login {name}, or name an existing context with pacific:context",
            )
        context = self._entry(content, "contexts", "context", used)
        cluster = self._entry(content, "clusters", "cluster", context.get("cluster"))
        user = self._entry(content, "users", "user", context.get("user"))
        namespace = {"namespace": context["namespace"]} if context.get("namespace") else {}
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": name, "cluster": self._complete(cluster, "clusters")}],
                "users": [{"name": name, "user": self._complete(user, "users")}],
                "contexts": [{"name": name, "context": {"cluster": name, "user": name, **namespace}}],
                "current-context": name,
            }
        )

    def _read(self) -> dict[str, Any]:
        try:
            content = yaml.safe_load(self.file.read_text())
        except FileNotFoundError:
            fix = "pacific login SUPERVISOR, or name another file with pacific:kubeconfig"
            raise PacificError("the kubeconfig does not exist", place=str(self.file), fix=fix) from None
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise PacificError("cannot read the kubeconfig", place=str(self.file), fix="fix the file") from error
        if not isinstance(content, dict):
            raise PacificError("not a kubeconfig", place=str(self.file), fix="name another with pacific:kubeconfig")
        return content

    def _entry(self, content: Mapping[str, Any], plural: str, singular: str, name: object) -> dict[str, Any]:
        for entry in _entries(content, plural):
            if entry.get("name") == name and isinstance(entry.get(singular), dict):
                return dict(entry[singular])
        raise PacificError(
            f"the kubeconfig has no such {singular}", place=f"{self.file} {plural}", value=name, fix="fix the file"
        )

    def _complete(self, settings: dict[str, Any], plural: str) -> dict[str, Any]:
        """``settings`` with the content of the files that it names, and paths from the root."""
        for key in _FILES[plural]:
            path = settings.pop(key, None)
            if path and not settings.get(f"{key}-data"):
                settings[f"{key}-data"] = base64.b64encode(self._content(key, str(path))).decode()
        if settings.get("tokenFile"):
            settings["tokenFile"] = str(self._path(str(settings["tokenFile"])))
        plugin = settings.get("exec")
        if isinstance(plugin, dict) and "/" in str(plugin.get("command")):
            settings["exec"] = {**plugin, "command": str(self._path(str(plugin["command"])))}
        return settings

    def _content(self, key: str, path: str) -> bytes:
        try:
            return self._path(path).read_bytes()
        except OSError as error:
            raise PacificError(
                f"the kubeconfig's {key} cannot be read", place=str(self.file), value=path, fix="fix the kubeconfig"
            ) from error

    def _path(self, path: str) -> Path:
        """Relative paths begin at the kubeconfig's folder."""
        return self.file.resolve().parent / path


def configured_kubeconfig(value: Callable[[str], Any], root: Path) -> KubeconfigFile | None:
    """What ``pacific:kubeconfig`` and ``pacific:context`` name; None where there is neither.

    ``value`` gives a setting by its name. A relative path begins at ``root``, the project's folder. With the context
    alone the file is kubectl's own: the first of KUBECONFIG, or ~/.kube/config.
    """
    file, context = value("kubeconfig"), value("context")
    if not file and not context:
        return None
    default = os.environ.get("KUBECONFIG", "").split(os.pathsep)[0] or DEFAULT_FILE
    path = root / Path(str(file)).expanduser() if file else Path(default).expanduser()
    return KubeconfigFile(path, str(context) if context else None)


def endpoint_of(kubeconfig: str) -> str:
    """``host:port`` of the server of a kubeconfig with one cluster, JSON or YAML; empty where it has none."""
    content = yaml.safe_load(kubeconfig) or {}
    server = str(content["clusters"][0]["cluster"].get("server", "")) if content.get("clusters") else ""
    return server.partition("://")[2].partition("/")[0]


def _entries(content: Mapping[str, Any], plural: str) -> list[Mapping[str, Any]]:
    entries = content.get(plural)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
