"""Login at a workload cluster: by the kubeconfig of its administrator, which its Supervisor keeps in a Secret.

Cluster API writes it to the Secret NAME-kubeconfig of the cluster's namespace. Who may read that is decided by the role
in the namespace. Only the standard library until the Secret is there: kubectl starts it for every command.
"""

import base64
import http.client
import json
from dataclasses import dataclass, field
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.kubeconfig import KUBERNETES_PORT
from pacific_infra.vcenter.login import Token, split_endpoint, tls_context
from pacific_infra.vcenter.settings import VCenterSettings

_WITHIN = 30.0
"""Seconds for the Supervisor's answer."""


@dataclass(frozen=True)
class ClusterLogin:
    """How a workload cluster is reached, and as whom."""

    server: str
    """URL of its API server."""
    authority: str
    """PEM bundle of its certificate authority, in Base64; empty where the kubeconfig has none."""
    certificate: str = field(repr=False)
    """PEM certificate of its administrator."""
    key: str = field(repr=False)
    """PEM key of the certificate."""


def read_cluster_login(endpoint: str, settings: VCenterSettings, token: Token, cluster: str) -> ClusterLogin:
    """The login at ``cluster``, NAMESPACE/NAME, of the Supervisor ``endpoint``.

    Raises PacificError: no such cluster, not ready yet, not allowed, not reachable.
    """
    namespace, _, name = cluster.partition("/")
    if not namespace or not name or "/" in name:
        raise PacificError("not a workload cluster", value=cluster, allowed="NAMESPACE/NAME")
    host, port = split_endpoint(endpoint, KUBERNETES_PORT)
    path = f"/api/v1/namespaces/{namespace}/secrets/{name}-kubeconfig"
    connection = http.client.HTTPSConnection(host, port, timeout=_WITHIN, context=tls_context(settings))
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token.text}"})
        response = connection.getresponse()
        status, body = response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        raise PacificError(
            f"the Supervisor {endpoint} cannot be reached: {error or type(error).__name__}",
            fix="check the address and that the Supervisor is up",
        ) from error
    finally:
        connection.close()
    if status == 403:
        raise PacificError(
            f"{settings.username} may not read the Secret {cluster}-kubeconfig",
            fix=f"have the role EDIT or OWNER in the namespace {namespace}",
        )
    if status == 404:
        raise PacificError(
            f"the Supervisor {endpoint} has no kubeconfig of this workload cluster",
            value=cluster,
            fix="check namespace and name; of a new cluster, wait until its control plane is there",
        )
    if status != 200:
        raise PacificError(f"the Supervisor {endpoint} does not give the Secret: HTTP status {status}", value=cluster)
    return _read(body, cluster)


def _read(secret: bytes, cluster: str) -> ClusterLogin:
    import yaml  # noqa: PLC0415 - it takes longer to import than all else

    try:
        content: Any = yaml.safe_load(base64.b64decode(json.loads(secret)["data"]["value"]))
        cluster_entry, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
        pem = [base64.b64decode(user[f"client-{part}-data"]).decode() for part in ("certificate", "key")]
        return ClusterLogin(
            str(cluster_entry["server"]), str(cluster_entry.get("certificate-authority-data") or ""), *pem
        )
    except (ValueError, KeyError, IndexError, TypeError, yaml.YAMLError) as error:
        raise PacificError(
            "the Secret holds no kubeconfig with a client certificate", value=f"{cluster}-kubeconfig"
        ) from error


def cluster_kubeconfig(login: ClusterLogin, supervisor: dict[str, Any], cluster: str) -> dict[str, Any]:
    """A kubeconfig with the one context SUPERVISOR/NAMESPACE/NAME; certificate and key are not in it.

    ``supervisor``: the kubeconfig of the cluster's Supervisor, whose plug-in is asked for both.
    """
    of_supervisor = supervisor["users"][0]
    name = f"{of_supervisor['name']}/{cluster}"
    plugin = of_supervisor["user"]["exec"]
    authority = {"certificate-authority-data": login.authority} if login.authority else {}
    return {
        "clusters": [{"name": name, "cluster": {"server": login.server, **authority}}],
        "users": [{"name": name, "user": {"exec": {**plugin, "args": [*plugin["args"], "--cluster", cluster]}}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
