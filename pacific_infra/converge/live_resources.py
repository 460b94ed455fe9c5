"""Lists the resources of a kind that a Supervisor holds now."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.converge.definitions import RecordedDefinition
from pacific_infra.errors import PacificError
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI


async def list_resources(kubeconfig: Mapping[str, Any], definition: RecordedDefinition) -> list[tuple[str, str]]:
    """Namespace and name of each resource of the definition's kind; none where the kind is no longer served.

    Raises PacificError where the Supervisor does not answer.
    """
    version = f"{definition.group}/{definition.version}"
    try:
        async with KubernetesAPI.of_kubeconfig(kubeconfig) as api:
            resources = await api.list(version, definition.kind, metadata_only=True)
    except PacificError as error:
        raise PacificError(f"{definition.node}: its resources cannot be listed: {error}") from error
    metadata = [resource["metadata"] for resource in resources]
    return [(str(item.get("namespace", "")), str(item["name"])) for item in metadata]
