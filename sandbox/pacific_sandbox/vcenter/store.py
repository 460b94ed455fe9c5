"""What the simulated vCenter remembers: one JSON file, replaced as a whole at each change."""

import json
from pathlib import Path
from typing import Any

from pacific_infra.errors import PacificError
from pacific_sandbox.files import write_json

Records = dict[str, dict[str, Any]]
_SECRETS = frozenset({"password", "tls_endpoint_private_key", "default_ingress_tls_private_key", "yaml_service_config"})


class Store:
    """Records by kind and identifier. Whoever changes one calls ``save``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            kinds: dict[str, Records] = json.loads(path.read_bytes())
        except FileNotFoundError:
            kinds = {}
        except (OSError, ValueError) as error:
            raise PacificError(
                "cannot read the state of the simulated vCenter",
                value=str(path),
                fix="pacific sandbox reset",
            ) from error
        self.is_new = not kinds
        self.supervisors: Records = kinds.get("supervisors", {})
        self.namespaces: Records = kinds.get("namespaces", {})
        self.classes: Records = kinds.get("classes", {})
        self.zones: Records = kinds.get("zones", {})
        self.services: Records = kinds.get("services", {})
        self.infrastructure_policies: Records = kinds.get("infrastructure_policies", {})
        self.tag_categories: Records = kinds.get("tag_categories", {})
        self.tags: Records = kinds.get("tags", {})
        self.sso_groups: Records = kinds.get("sso_groups", {})

    def save(self) -> None:
        """Write it all. Raises OSError."""
        write_json(
            self._path,
            {
                "supervisors": self.supervisors,
                "namespaces": self.namespaces,
                "classes": self.classes,
                "zones": self.zones,
                "services": self.services,
                "infrastructure_policies": self.infrastructure_policies,
                "tag_categories": self.tag_categories,
                "tags": self.tags,
                "sso_groups": self.sso_groups,
            },
        )


def without_secrets(value: Any) -> Any:
    """``value`` without the passwords and private keys in it: nothing reads them again, so nothing keeps them."""
    if isinstance(value, dict):
        return {name: without_secrets(inner) for name, inner in value.items() if name not in _SECRETS}
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value
