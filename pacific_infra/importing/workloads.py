"""Workloads in the namespaces, read from the Supervisor's Kubernetes API. They are reported, not imported."""

import http.client
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from pacific_infra.errors import PacificError
from pacific_infra.importing.scan import Skipped
from pacific_infra.vcenter.kubeconfig import KUBERNETES_PORT
from pacific_infra.vcenter.login import log_in, split_endpoint, tls_context
from pacific_infra.vcenter.settings import VCenterSettings

_VM_OPERATOR = "/apis/vmoperator.vmware.com"
_WORKLOADS = {"Deployment": "/apis/apps/v1", "StatefulSet": "/apis/apps/v1", "VirtualMachine": _VM_OPERATOR}
_PLURALS = {"Deployment": "deployments", "StatefulSet": "statefulsets", "VirtualMachine": "virtualmachines"}
_REASON = (
    "an import would add pacific's labels and annotations; write its document with adopt: true, then run pacific up"
)
_TIMEOUT = 30.0
"""Seconds for one request."""

Read = Callable[[str], Mapping[str, Any] | None]
"""The JSON at a path of the Kubernetes API; None where there is none, or it may not be read."""


def workloads(read: Read, namespaces: Iterable[str]) -> Iterator[Skipped]:
    """Deployments, StatefulSets and VirtualMachines in ``namespaces``, in order."""
    group = read(_VM_OPERATOR) or {}
    version = (group.get("preferredVersion") or {}).get("version")
    for namespace in sorted(namespaces):
        for kind, path in _WORKLOADS.items():
            if path == _VM_OPERATOR and version is None:
                continue
            api = f"{path}/{version}" if path == _VM_OPERATOR else path
            page = read(f"{api}/namespaces/{quote(namespace)}/{_PLURALS[kind]}") or {}
            for name in sorted(str(item["metadata"]["name"]) for item in page.get("items") or []):
                yield Skipped(f"{kind} {namespace}/{name}", _REASON)


def read_workloads(endpoint: str, settings: VCenterSettings, namespaces: Iterable[str]) -> list[Skipped]:
    """The same at the Supervisor ``endpoint``; where it cannot be asked, one entry that says so."""
    try:
        token = log_in(endpoint, settings, timeout=_TIMEOUT)
        host, port = split_endpoint(endpoint, KUBERNETES_PORT)
        connection = http.client.HTTPSConnection(host, port, timeout=_TIMEOUT, context=tls_context(settings))

        def read(path: str) -> Mapping[str, Any] | None:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token.text}"})
            response = connection.getresponse()
            body = response.read()
            return dict(json.loads(body)) if response.status == http.client.OK else None

        try:
            return list(workloads(read, namespaces))
        finally:
            connection.close()
    except (PacificError, OSError, http.client.HTTPException, ValueError) as error:
        return [Skipped("The contents of the namespaces", f"it cannot be read: {error}")]
