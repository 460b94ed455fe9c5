"""Lists the resources of a kind that a Supervisor holds now."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.converge.definitions import RecordedDefinition
from pacific_infra.errors import PacificError

DEADLINE = 20.0
"""Seconds for one answer of the Kubernetes API."""


def list_resources(kubeconfig: Mapping[str, Any], definition: RecordedDefinition) -> list[tuple[str, str]]:
    """Namespace and name of each resource of the definition's kind; none where the kind is no longer served.

    Raises PacificError where the Supervisor does not answer.
    """
    # It takes half a second to import, and is rarely needed.
    import urllib3  # noqa: PLC0415
    from kubernetes import client, config  # noqa: PLC0415

    connect: Any = config.new_client_from_config_dict  # untyped
    api = client.CustomObjectsApi(connect(dict(kubeconfig)))
    try:
        found: Any = api.list_cluster_custom_object(
            definition.group, definition.version, definition.plural, _request_timeout=DEADLINE
        )
    except client.ApiException as error:
        if error.status == 404:
            return []
        raise PacificError(f"{definition.node}: its resources cannot be listed", value=error.reason) from error
    except (urllib3.exceptions.HTTPError, config.ConfigException) as error:
        raise PacificError(f"{definition.node}: its resources cannot be listed", value=str(error)[:300]) from error
    metadata = [one["metadata"] for one in found["items"]]
    return [(str(one.get("namespace", "")), str(one["name"])) for one in metadata]
