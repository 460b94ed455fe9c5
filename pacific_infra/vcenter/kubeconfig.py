"""The kubeconfig of a Supervisor whose credentials renew themselves."""

import json
from collections.abc import Sequence
from typing import Any

from pacific_infra.vcenter.login import split_endpoint
from pacific_infra.vcenter.settings import VCenterSettings

KUBERNETES_PORT = 6443
PASSWORD_VARIABLE = "PACIFIC_PASSWORD"  # noqa: S105 - the variable's name


def kubeconfig(endpoint: str, settings: VCenterSettings, command: Sequence[str]) -> str:
    """A kubeconfig, as JSON text, for the Supervisor ``endpoint``: ``host`` (Kubernetes then at 6443) or ``host:port``.

    ``command`` starts ``pacific-credential``. The password goes as the name of its file; where only the password is
    known it goes into the plug-in's environment: the text is then a secret, and no command line ever shows it.
    Follows https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ .
    """
    host, port = split_endpoint(endpoint, KUBERNETES_PORT)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    cluster: dict[str, Any] = {"server": f"https://{address}"}
    arguments = [*command[1:], "--endpoint", endpoint, "--username", settings.username]
    environment = None
    if settings.password_file is not None:
        arguments += ["--password-file", str(settings.password_file)]
    else:
        environment = [{"name": PASSWORD_VARIABLE, "value": settings.read_password()}]
    if settings.insecure:
        cluster["insecure-skip-tls-verify"] = True
        arguments.append("--insecure")
    elif settings.ca_file is not None:
        cluster["certificate-authority"] = str(settings.ca_file)
        arguments += ["--ca-file", str(settings.ca_file)]
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": command[0],
        "args": arguments,
        "env": environment,
        "interactiveMode": "Never",
        "provideClusterInfo": False,
    }
    name = "supervisor"
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": {"exec": credential}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        },
        indent=2,
    )
