"""How to reach an API server and as whom: from a vCenter login, or from a kubeconfig."""

import base64
import json
import os
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.kubeconfig import KUBERNETES_PORT
from pacific_infra.vcenter.login import log_in, split_endpoint, tls_context
from pacific_infra.vcenter.settings import VCenterSettings

_PLUGIN_SECONDS = 60.0
"""Until an exec plugin has to have answered."""


@dataclass(frozen=True)
class Identity:
    """Who asks: a bearer token, or a client certificate with its key as PEM text."""

    token: str | None = field(default=None, repr=False)
    certificate: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Connection:
    """An API server and how to log in there."""

    server: str
    """``https://host:port``, perhaps with a path."""
    trust: Callable[[], ssl.SSLContext]
    """A new context that verifies the server. Raises PacificError."""
    identify: Callable[[], Identity]
    """A new identity; may take seconds. Raises PacificError."""
    namespace: str | None = None
    """The namespace of the kubeconfig's context."""
    server_name: str | None = None
    """The name that the certificate is checked for, where it is not the server's."""
    proxy: str | None = None
    login: str | None = None
    """Names the login: connections that have the same one share an identity. None: each gets its own."""

    def tls(self, identity: Identity) -> ssl.SSLContext:
        """The context of a connection as ``identity``."""
        context = self.trust()
        if identity.certificate and identity.key:
            _load(context, identity.certificate, identity.key)
        return context


def supervisor_connection(endpoint: str, settings: VCenterSettings) -> Connection:
    """To the Supervisor ``endpoint`` with the login of its vCenter: ``host`` (Kubernetes then at 6443) or
    ``host:port``. Raises PacificError where it is not an address.
    """
    host, port = split_endpoint(endpoint, KUBERNETES_PORT)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return Connection(
        f"https://{address}", lambda: tls_context(settings), lambda: Identity(log_in(endpoint, settings).text)
    )


def kubeconfig_connection(kubeconfig: Mapping[str, Any], *, directory: Path | None = None) -> Connection:
    """To the server of a kubeconfig's current context. ``directory``: that of its file, where its relative paths begin.

    Raises PacificError where it is not a kubeconfig. Follows
    https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ .
    """
    folder = directory or Path()
    current = _entry(kubeconfig, "contexts", "context", kubeconfig.get("current-context"))
    cluster = _entry(kubeconfig, "clusters", "cluster", current.get("cluster"))
    user = _entry(kubeconfig, "users", "user", current.get("user"))
    server = cluster.get("server")
    if not isinstance(server, str) or not server.startswith(("https://", "http://")):
        raise PacificError("not the address of an API server", place="kubeconfig clusters", value=server)
    return Connection(
        server.rstrip("/"),
        lambda: _trust(cluster, folder),
        lambda: _identity(user, cluster, folder),
        current.get("namespace"),
        cluster.get("tls-server-name"),
        cluster.get("proxy-url"),
        json.dumps([user, cluster, str(folder.absolute())], default=str) if "exec" in user else None,
    )


def _entry(kubeconfig: Mapping[str, Any], plural: str, singular: str, name: object) -> Mapping[str, Any]:
    entries = kubeconfig.get(plural)
    entries = [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []
    for entry in entries:
        if entry.get("name") == name and isinstance(entry.get(singular), Mapping):
            inner: Mapping[str, Any] = entry[singular]
            return inner
    names = sorted(str(entry.get("name")) for entry in entries)
    raise PacificError(
        f"the kubeconfig has no such {singular}", place=f"kubeconfig {plural}", value=name, allowed=names or "none"
    )


def _content(settings: Mapping[str, Any], key: str, folder: Path) -> str | None:
    """The text that ``KEY-data`` holds or the file of ``KEY``; None where neither is there."""
    data, path = settings.get(f"{key}-data"), settings.get(key)
    try:
        if data:
            return base64.b64decode("".join(str(data).split()), validate=True).decode()
        return (folder / str(path)).read_text() if path else None
    except (OSError, ValueError) as error:
        shown = None if data else str(path)
        raise PacificError(f"the kubeconfig's {key} cannot be read", value=shown, fix="fix the kubeconfig") from error


def _trust(cluster: Mapping[str, Any], folder: Path) -> ssl.SSLContext:
    authority = _content(cluster, "certificate-authority", folder)
    try:
        context = ssl.create_default_context(cadata=authority)
    except (ssl.SSLError, ValueError) as error:
        raise PacificError(
            "the kubeconfig's certificate-authority is not a PEM bundle", fix="fix the kubeconfig"
        ) from error
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _identity(user: Mapping[str, Any], cluster: Mapping[str, Any], folder: Path) -> Identity:
    if isinstance(user.get("exec"), Mapping):
        return _identity_of_plugin(user["exec"], cluster, folder)
    token = user.get("token")
    if not token and user.get("tokenFile"):
        token = _content({"token": user["tokenFile"]}, "token", folder)
    return Identity(
        token=str(token).strip() if token else None,
        certificate=_content(user, "client-certificate", folder),
        key=_content(user, "client-key", folder),
    )


def _identity_of_plugin(plugin: Mapping[str, Any], cluster: Mapping[str, Any], folder: Path) -> Identity:
    """Ask an exec credential plugin, as client-go does."""
    program = str(plugin.get("command") or "")
    if "/" in program and not Path(program).is_absolute():
        program = str((folder / program).resolve())
    request: dict[str, Any] = {
        "apiVersion": plugin.get("apiVersion") or "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "spec": {"interactive": False},
    }
    if plugin.get("provideClusterInfo"):
        request["spec"]["cluster"] = {
            key: cluster[key] for key in ("server", "certificate-authority-data", "tls-server-name") if key in cluster
        }
    variables = {str(variable["name"]): str(variable["value"]) for variable in plugin.get("env") or ()}
    try:
        finished = subprocess.run(
            [program, *map(str, plugin.get("args") or ())],
            env={**os.environ, **variables, "KUBERNETES_EXEC_INFO": json.dumps(request)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PLUGIN_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise PacificError(
            "the kubeconfig's credential plugin is not installed",
            value=program,
            fix=str(plugin.get("installHint") or "install it"),
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PacificError(f"the kubeconfig's credential plugin does not run: {error}", value=program) from error
    if finished.returncode:
        last = (finished.stderr.strip().splitlines() or [f"exit code {finished.returncode}"])[-1]
        raise PacificError(f"the kubeconfig's credential plugin failed: {last}", value=program)
    try:
        status = json.loads(finished.stdout)["status"]
        return Identity(status.get("token"), status.get("clientCertificateData"), status.get("clientKeyData"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PacificError("the kubeconfig's credential plugin returns no credential", value=program) from error


def _load(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Present the certificate. The standard library reads it from files only, so temporary files are written."""
    with tempfile.TemporaryDirectory(prefix="pacific-") as folder:
        files = Path(folder) / "certificate.pem", Path(folder) / "key.pem"
        for file, text in zip(files, (certificate, key), strict=True):
            file.touch(mode=0o600)
            file.write_text(text)
        try:
            context.load_cert_chain(*files)
        except (OSError, ssl.SSLError) as error:
            raise PacificError(
                "the client certificate and its key do not match or are not PEM", fix="fix the kubeconfig"
            ) from error
