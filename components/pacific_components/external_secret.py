"""An ExternalSecret of External Secrets: a Secret that is kept as a store outside has it."""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import ExternalSecretArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import DELETE_DEADLINE, KubernetesObject, Wire
from pacific_components.plumbing import NamespacedPlumbing
from pacific_components.routing import SKIP_AWAIT
from pacific_components.values import api_fields, is_empty, without_none
from pacific_infra.documents.external_secret import EXTERNAL_SECRETS, ExternalSecretSpec, ExternalSecretTarget

DEADLINE = "5m"
"""Until the store has answered."""
_READY = {"pulumi.com/waitFor": "condition=Ready"}


class ExternalSecret(DocumentComponent[NamespacedPlumbing, ExternalSecretSpec]):
    """An ExternalSecret, awaited until its store has answered."""

    name: pulumi.Output[str]
    """Name of the Secret."""

    @overload
    def __init__(self, resource_name: str, /, args: ExternalSecretArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(self, resource_name: str, /, *, opts: Options = None, **args: Unpack[ExternalSecretArgs]) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:ExternalSecret", resource_name, args, keywords, opts)
        external = KubernetesObject(
            f"{EXTERNAL_SECRETS}/v1",
            "ExternalSecret",
            f"{resource_name}-external-secret",
            metadata=self._metadata(
                self._object, self._plumbing.namespace, annotations=_READY if self._spec.wait else SKIP_AWAIT
            ),
            fields={"spec": external_secret_spec(self._spec, self._object)},
            opts=self._child(deadline=DEADLINE, delete_deadline=DELETE_DEADLINE),
        )
        self.name = external.metadata.apply(lambda metadata: str(metadata["name"]))
        self.register_outputs({"name": self.name})


def external_secret_spec(spec: ExternalSecretSpec, name: str) -> Wire:
    """The spec of the ExternalSecret; the Secret is called ``name``."""
    fields = {
        "secretStoreRef": api_fields(spec.secret_store),
        "target": _target(spec.target, name),
        "refreshPolicy": spec.refresh_policy,
        "refreshInterval": spec.refresh_interval,
        "data": [{"secretKey": key, "remoteRef": api_fields(value)} for key, value in spec.data.items()] or None,
        "dataFrom": [_filled(api_fields(values)) for values in spec.data_from] or None,
    }
    return without_none(fields)


def _target(target: ExternalSecretTarget, name: str) -> Wire:
    fields = {"name": name, "creationPolicy": "Owner", "deletionPolicy": target.deletion_policy}
    template = _filled(api_fields(target.template))
    return without_none({**fields, "template": template or None})


def _filled(fields: Wire) -> Wire:
    """``fields`` without the empty maps in them, at any depth."""
    parts = {name: _filled(value) if isinstance(value, dict) else value for name, value in fields.items()}
    return {name: value for name, value in parts.items() if not is_empty(value)}
