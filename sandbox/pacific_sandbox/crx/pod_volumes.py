"""A pod's volumes as its machine is told them: files of ConfigMaps, Secrets and the like, memory, disks. Pure."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pacific_sandbox.crx.pod_variables import Objects, field_value, resource_value, values
from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.supervisor.quantities import parse_quantity

_MODE = 0o644


@dataclass(frozen=True)
class TokenRequest:
    """A service account token that a volume wants; ``lifetime`` in seconds."""

    account: str
    audience: str
    lifetime: int


@dataclass(frozen=True)
class VolumeContext:
    """What the volumes of one pod are made from."""

    pod: Object
    objects: Objects
    tokens: Mapping[TokenRequest, str]
    disks: Mapping[str, str]
    """Claim to the serial number of its disk."""
    addresses: tuple[str, str]


class Unsupported(Exception):
    """What a CRX machine cannot do for a pod; its text says what, in one line."""


def volume_specifications(context: VolumeContext) -> list[Object]:
    """All volumes of the pod. Raises Unsupported."""
    group = context.pod["spec"].get("securityContext", {}).get("fsGroup")
    return [_volume(context, volume) | {"group": group} for volume in context.pod["spec"].get("volumes", ())]


def claims(pod: Object) -> list[str]:
    """The names of the claims that the pod has as volumes, generic ephemeral ones included."""
    names = []
    for volume in pod["spec"].get("volumes", ()):
        if "persistentVolumeClaim" in volume:
            names.append(volume["persistentVolumeClaim"]["claimName"])
        elif "ephemeral" in volume:
            names.append(f"{pod['metadata']['name']}-{volume['name']}")
    return names


def token_requests(pod: Object) -> list[TokenRequest]:
    """The tokens that the pod's projected volumes want."""
    return [
        _token_request(pod, source["serviceAccountToken"])
        for volume in pod["spec"].get("volumes", ())
        for source in volume.get("projected", {}).get("sources", ())
        if "serviceAccountToken" in source
    ]


def _volume(context: VolumeContext, volume: Object) -> Object:
    name = volume["name"]
    if "emptyDir" in volume or "hostPath" in volume:
        # The only host path that Spherelet lets through is /var/log/pods, which a machine of its own has not.
        limit = (volume.get("emptyDir") or {}).get("sizeLimit")
        return {"name": name, "writable": True, "size": int(parse_quantity(limit)) if limit else 0}
    if "persistentVolumeClaim" in volume or "ephemeral" in volume:
        claim = volume.get("persistentVolumeClaim", {}).get("claimName") or f"{context.pod['metadata']['name']}-{name}"
        return {"name": name, "writable": True, "disk": context.disks[claim]}
    if "projected" in volume:
        mode = volume["projected"].get("defaultMode", _MODE)
        sources = volume["projected"].get("sources", ())
        files = [file for source in sources for file in _files(context, source, mode)]
    else:
        files = list(_files(context, volume, None))
    return {"name": name, "writable": False, "files": files}


def _files(context: VolumeContext, source: Object, mode: int | None) -> Iterator[Object]:
    for field, make in _SOURCES.items():
        if field in source:
            volume_source = source[field]
            default = mode if mode is not None else volume_source.get("defaultMode", _MODE)
            for path, content, file_mode in make(context, volume_source):
                yield {
                    "path": path,
                    "content": b64encode(content).decode(),
                    "mode": default if file_mode is None else file_mode,
                }
            return
    kinds = ", ".join(key for key in source if key != "name")
    raise Unsupported(f"volume {source.get('name', '')}: CRX machines have no volumes of this kind: {kinds}")


_File = tuple[str, bytes, int | None]


def _keyed(kind: str) -> Callable[[VolumeContext, Object], Iterator[_File]]:
    def files(context: VolumeContext, volume_source: Object) -> Iterator[_File]:
        name = volume_source.get("secretName") or volume_source["name"]
        content = values(kind, context.objects.get((kind, name)))
        items = volume_source.get("items")
        if items is None:
            yield from ((key, content[key], None) for key in sorted(content))
        else:
            for item in items:
                if item["key"] in content:
                    yield item["path"], content[item["key"]], item.get("mode")

    return files


def _downward(context: VolumeContext, volume_source: Object) -> Iterator[_File]:
    containers = {container["name"]: container for container in context.pod["spec"]["containers"]}
    for item in volume_source.get("items", ()):
        if "fieldRef" in item:
            text = field_value(context.pod, item["fieldRef"]["fieldPath"], context.addresses)
        else:
            reference = item["resourceFieldRef"]
            text = resource_value(containers[reference["containerName"]], reference)
        yield item["path"], text.encode(), item.get("mode")


def _token(context: VolumeContext, volume_source: Object) -> Iterator[_File]:
    token = context.tokens.get(_token_request(context.pod, volume_source))
    if token is not None:
        yield volume_source["path"], token.encode(), None


def _token_request(pod: Object, volume_source: Object) -> TokenRequest:
    account = pod["spec"].get("serviceAccountName") or "default"
    return TokenRequest(account, volume_source.get("audience", ""), volume_source.get("expirationSeconds", 3600))


_SOURCES: Mapping[str, Callable[[VolumeContext, Object], Iterator[_File]]] = {
    "configMap": _keyed("configmap"),
    "secret": _keyed("secret"),
    "downwardAPI": _downward,
    "serviceAccountToken": _token,
}
