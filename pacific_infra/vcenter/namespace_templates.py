"""Templates of self-service namespaces: ``/vcenter/namespaces/namespace-templates`` by Supervisor (8.0.0.1)."""

from typing import Any
from urllib.parse import quote

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.reading import lower_names


def _path(supervisor: str, template: str | None = None) -> str:
    path = f"/vcenter/namespaces/namespace-templates/supervisors/{quote(supervisor, safe='')}"
    return path if template is None else f"{path}/templates/{quote(template, safe='')}"


async def create_template(client: VCenterClient, supervisor: str, specification: dict[str, Any]) -> None:
    """Make a template; ``NamespaceTemplates.CreateSpec``. Raises AlreadyExists."""
    # As the bindings send it: the structure is a field of the body, not the body.
    await client.post(_path(supervisor), {"spec": specification})


async def read_template(client: VCenterClient, supervisor: str, template: str) -> dict[str, Any] | None:
    """``NamespaceTemplates.InfoV2`` with lower-case names; None where there is none."""
    return await client.find(_path(supervisor, template))


async def update_template(client: VCenterClient, supervisor: str, template: str, specification: dict[str, Any]) -> None:
    """Set a template; of ``NamespaceTemplates.UpdateSpec`` most of what is left out is taken away."""
    await client.patch(_path(supervisor, template), {"spec": specification})


async def list_templates(client: VCenterClient, supervisor: str) -> list[str]:
    """The names of a Supervisor's templates."""
    return [str(item["template"]) for item in lower_names(await client.get(_path(supervisor))) or []]
