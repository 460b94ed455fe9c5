"""The kubeconfig of a Supervisor whose credentials renew themselves."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.login import split_endpoint
from pacific_infra.vcenter.settings import VCenterSettings

KUBERNETES_PORT = 6443
PASSWORD_VARIABLE = "PACIFIC_PASSWORD"  # noqa: S105 - the variable's name


def kubeconfig(
    endpoint: str,
    settings: VCenterSettings,
    command: Sequence[str],
    *,
    name: str = "supervisor",
    namespaces: Sequence[str] = (),
    keep_password: bool = True,
) -> str:
    """A kubeconfig, as JSON text, for the Supervisor ``endpoint``: ``host`` (Kubernetes then at 6443) or ``host:port``.

    ``command`` starts ``pacific-credential``. The password goes as the name of its file; where only the password is
    known it goes into the plug-in's environment: the text is then a secret, and no command line ever shows it. Without
    ``keep_password`` it does not go anywhere, and the plug-in finds it in the environment of whoever starts it.
    ``name`` is that of the context, and there is one ``NAME/NAMESPACE`` for each of ``namespaces``.
    Follows https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ .
    """
    host, port = split_endpoint(endpoint, KUBERNETES_PORT)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    cluster: dict[str, Any] = {"server": f"https://{address}"}
    arguments = [*command[1:], "--endpoint", endpoint, "--username", settings.username]
    environment = None
    if settings.password_file is not None:
        arguments += ["--password-file", str(settings.password_file)]
    elif keep_password:
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
    context = {"cluster": name, "user": name}
    contexts = [{"name": name, "context": context}]
    contexts += [
        {"name": f"{name}/{namespace}", "context": {**context, "namespace": namespace}} for namespace in namespaces
    ]
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": {"exec": credential}}],
            "contexts": contexts,
            "current-context": name,
        },
        indent=2,
    )


def merge_kubeconfigs(existing: Mapping[str, Any], added: Mapping[str, Any]) -> dict[str, Any]:
    """``existing`` with the clusters, users and contexts of ``added``, which take the place of those of the same name.

    The current context becomes that of ``added``; all else of ``existing`` stays. Raises PacificError where
    ``existing`` is no kubeconfig.
    """
    result = dict(existing)
    for key in ("clusters", "users", "contexts"):
        entries = existing.get(key) or []
        if not isinstance(entries, list) or any(
            not isinstance(entry, dict) or "name" not in entry for entry in entries
        ):
            raise PacificError("not a kubeconfig", place=key, fix="fix the file, or name another with --kubeconfig")
        names = {entry["name"] for entry in added[key]}
        result[key] = [*(entry for entry in entries if entry["name"] not in names), *added[key]]
    return {"apiVersion": "v1", "kind": "Config", **result, "current-context": added["current-context"]}
