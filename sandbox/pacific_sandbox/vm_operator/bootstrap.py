"""What a guest is set up with: Secrets of every provider, and cloud-init's data as extraConfig. Pure."""

import base64
import binascii
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.vm_operator.conditions import BOOTSTRAP_READY, false, true

_WELL_KNOWN_KEYS = ("user-data", "value")


@dataclass(frozen=True)
class Bootstrap:
    """Cloud-init's user data, and the condition that goes with it. Both None where no bootstrap is asked for."""

    user_data: str | None = None
    condition: Object | None = None

    @property
    def is_there(self) -> bool:
        """Whether what was asked for has been found."""
        return self.condition is None or self.condition["status"] == "True"


def secrets_of(vm: Object) -> list[tuple[str, str]]:
    """Name and key of each Secret's value that the guest is set up with, the user data first."""
    providers = vm["spec"].get("bootstrap") or {}
    return [*_selectors(providers.get("cloudInit", {}).get("rawCloudConfig")), *_selectors(_others(providers))]


def _others(providers: Object) -> Any:
    """All but cloud-init, whose inline form names Secrets in ways of its own."""
    return {name: provider for name, provider in providers.items() if name != "cloudInit"}


def _selectors(value: Any) -> Iterator[tuple[str, str]]:
    """The selectors ``{name, key}`` in a part of the spec."""
    if isinstance(value, Mapping):
        if value.keys() == {"name", "key"}:
            yield value["name"], value["key"]
        for item in value.values():
            yield from _selectors(item)
    elif isinstance(value, list):
        for item in value:
            yield from _selectors(item)


def bootstrap(vm: Object, secrets: Mapping[str, Object | None]) -> Bootstrap:
    """From the VirtualMachine and the Secrets that it names, by name (None where there is none)."""
    if not vm["spec"].get("bootstrap"):
        return Bootstrap()
    cloud_init = vm["spec"]["bootstrap"].get("cloudInit", {})
    if "cloudConfig" in cloud_init:
        text = "#cloud-config\n" + yaml.safe_dump(cloud_init["cloudConfig"], sort_keys=False)
        return Bootstrap(text, true(BOOTSTRAP_READY))
    values = []
    for name, key in secrets_of(vm):
        secret = secrets.get(name)
        if secret is None:
            return Bootstrap(None, false(BOOTSTRAP_READY, "NotFound", f'secrets "{name}" not found'))
        data = secret.get("data", {})
        others = _WELL_KNOWN_KEYS if "rawCloudConfig" in cloud_init else ()
        present = next((candidate for candidate in (key, *others) if candidate in data), None)
        if present is None:
            message = f'required key "{key}" not found in Secret {name}'
            return Bootstrap(None, false(BOOTSTRAP_READY, "RequiredKeyNotFound", message))
        values.append(data[present])
    user_data = _plain(base64.b64decode(values[0])) if "rawCloudConfig" in cloud_init else None
    return Bootstrap(user_data, true(BOOTSTRAP_READY))


def extra_config(vm: Object, user_data: str | None) -> dict[str, str]:
    """The machine's advanced options by which cloud-init in the guest finds its data."""
    metadata, spec = vm["metadata"], vm["spec"]
    options = {
        "vmservice.namespacedName": f"{metadata['namespace']}/{metadata['name']}",
        "disk.enableUUID": "TRUE",
    }
    if "cloudInit" not in spec.get("bootstrap", {}):
        return options
    host_name = spec.get("network", {}).get("hostName") or metadata["name"]
    document = {
        "instance-id": spec["bootstrap"]["cloudInit"].get("instanceID", ""),
        "local-hostname": host_name,
        "hostname": host_name,
    }
    options |= {
        "guestinfo.metadata": _encoded(json.dumps(document)),
        "guestinfo.metadata.encoding": "gzip+base64",
    }
    if user_data:
        options |= {
            "guestinfo.userdata": _encoded(user_data),
            "guestinfo.userdata.encoding": "gzip+base64",
        }
    return options


def user_data_of(options: Mapping[str, str]) -> str | None:
    """The user data in a machine's advanced options, as ``extra_config`` writes them."""
    data = options.get("guestinfo.userdata")
    return _plain(data.encode()) if data else None


def _encoded(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _plain(data: bytes) -> str:
    """User data may come as text, base64 or gzip in base64."""
    try:
        data = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return data.decode(errors="replace")
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return data.decode(errors="replace")
