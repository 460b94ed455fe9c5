"""A container's environment and command line, resolved as the kubelet resolves them. Pure."""

import math
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.supervisor.quantities import parse_quantity

Objects = Mapping[tuple[str, str], Object]
"""ConfigMaps and Secrets by kind (``configmap``, ``secret``) and name."""


def environment(
    pod: Object,
    container: Object,
    objects: Objects,
    addresses: tuple[str, str],
    services: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Those of ``services``, then of ``envFrom``, then of ``env``. ``addresses``: the pod's and its host's.

    What is referred to and not there is left out: Spherelet has waited for what must be there.
    """
    variables = dict(services)
    for source in container.get("envFrom", ()):
        for kind in ("configmap", "secret"):
            reference = source.get({"configmap": "configMapRef", "secret": "secretRef"}[kind])
            stored = objects.get((kind, reference["name"])) if reference else None
            for key, value in values(kind, stored).items():
                variables[source.get("prefix", "") + key] = value.decode(errors="replace")
    for variable in container.get("env", ()):
        value_of = variable.get("valueFrom")
        if value_of is None:
            variables[variable["name"]] = expand(variable.get("value", ""), variables)
        else:
            text = _value(pod, container, value_of, objects, addresses)
            if text is not None:
                variables[variable["name"]] = text
    return variables


def command_line(
    container: Object, image: tuple[Sequence[str], Sequence[str]], variables: Mapping[str, str]
) -> list[str]:
    """``command`` and ``args`` over the image's entrypoint and command, with ``$(NAME)`` replaced."""
    entrypoint, arguments = image
    if container.get("command"):
        entrypoint, arguments = container["command"], container.get("args", ())
    elif container.get("args"):
        arguments = container["args"]
    return [expand(word, variables) for word in (*entrypoint, *arguments)]


def expand(text: str, variables: Mapping[str, str]) -> str:
    """``$(NAME)`` by its value where it is known; ``$$`` is a dollar sign."""

    def replaced(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return variables.get(match[1], match[0])

    return re.sub(r"\$\$|\$\(([^)]*)\)", replaced, text)


def values(kind: str, stored: Object | None) -> dict[str, bytes]:
    """The keys of a ConfigMap or Secret with their content."""
    if stored is None:
        return {}
    if kind == "secret":
        return {key: b64decode(value) for key, value in (stored.get("data") or {}).items()}
    texts = {key: value.encode() for key, value in (stored.get("data") or {}).items()}
    return texts | {key: b64decode(value) for key, value in (stored.get("binaryData") or {}).items()}


def field_value(pod: Object, path: str, addresses: tuple[str, str]) -> str:
    """A field of the pod as the downward API gives it; empty where the pod has no such field."""
    metadata, spec = pod["metadata"], pod["spec"]
    keyed = re.fullmatch(r"metadata\.(labels|annotations)\['([^']+)'\]", path)
    if keyed:
        return str(metadata.get(keyed[1], {}).get(keyed[2], ""))
    if path in ("metadata.labels", "metadata.annotations"):
        items = metadata.get(path.partition(".")[2], {})
        return "".join(f'{key}="{_quoted(value)}"\n' for key, value in sorted(items.items()))
    known = {
        "metadata.name": metadata["name"],
        "metadata.namespace": metadata["namespace"],
        "metadata.uid": metadata["uid"],
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName", ""),
        "status.podIP": addresses[0],
        "status.podIPs": addresses[0],
        "status.hostIP": addresses[1],
        "status.hostIPs": addresses[1],
    }
    return str(known.get(path, ""))


def resource_value(container: Object, reference: Object) -> str:
    """A request or limit of a container in multiples of the divisor, rounded up; no limit counts as 0."""
    part, _, resource = reference["resource"].partition(".")
    quantity = container.get("resources", {}).get(part, {}).get(resource, 0)
    divisor = parse_quantity(reference.get("divisor") or 1) or 1
    return str(math.ceil(parse_quantity(quantity) / divisor))


def _value(
    pod: Object, container: Object, value_of: Object, objects: Objects, addresses: tuple[str, str]
) -> str | None:
    if "fieldRef" in value_of:
        return field_value(pod, value_of["fieldRef"]["fieldPath"], addresses)
    if "resourceFieldRef" in value_of:
        reference = value_of["resourceFieldRef"]
        containers = [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]
        named = reference.get("containerName") or container["name"]
        return resource_value(next(container for container in containers if container["name"] == named), reference)
    for kind, field in (("configmap", "configMapKeyRef"), ("secret", "secretKeyRef")):
        if field in value_of:
            content = values(kind, objects.get((kind, value_of[field]["name"]))).get(value_of[field]["key"])
            return None if content is None else content.decode(errors="replace")
    return None


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
