"""The variables by which a container finds Services without DNS, as the kubelet sets them. Pure."""

from collections.abc import Iterator, Sequence

from pacific_sandbox.kubernetes_api import Object


def service_variables(pod: Object, services: Sequence[Object]) -> dict[str, str]:
    """Those of the pod's namespace (unless ``enableServiceLinks`` is false), and always those of the API server."""
    namespace, linked = pod["metadata"]["namespace"], pod["spec"].get("enableServiceLinks", True)
    seen = {}
    for service in sorted(services, key=lambda service: service["metadata"].get("creationTimestamp", "")):
        metadata, address = service["metadata"], service["spec"].get("clusterIP")
        is_api = (metadata["namespace"], metadata["name"]) == ("default", "kubernetes")
        if address in (None, "", "None") or not (is_api or (linked and metadata["namespace"] == namespace)):
            continue
        # A Service of the pod's own namespace counts more than the API server's.
        if not is_api or metadata["name"] not in seen:
            seen[metadata["name"]] = service
    return {name: value for service in seen.values() for name, value in _variables(service)}


def _variables(service: Object) -> Iterator[tuple[str, str]]:
    name = service["metadata"]["name"].upper().replace("-", "_")
    spec = service["spec"]
    address, ports = spec["clusterIP"], spec.get("ports", ())
    if not ports:
        return
    yield f"{name}_SERVICE_HOST", address
    yield f"{name}_SERVICE_PORT", str(ports[0]["port"])
    for port in ports:
        if port.get("name"):
            yield f"{name}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}", str(port["port"])
    for number, port in enumerate(ports):
        protocol = port.get("protocol", "TCP")
        url = f"{protocol.lower()}://{address}:{port['port']}"
        if number == 0:
            yield f"{name}_PORT", url
        prefix = f"{name}_PORT_{port['port']}_{protocol}"
        yield prefix, url
        yield f"{prefix}_PROTO", protocol.lower()
        yield f"{prefix}_PORT", str(port["port"])
        yield f"{prefix}_ADDR", address
