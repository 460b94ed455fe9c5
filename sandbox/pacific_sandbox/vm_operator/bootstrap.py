"""Cloud-init's data for a VirtualMachine, as extraConfig of its machine. Pure."""

import base64
import binascii
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass

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


def secret_name(vm: Object) -> str | None:
    """The Secret with the user data."""
    raw = vm["spec"].get("bootstrap", {}).get("cloudInit", {}).get("rawCloudConfig")
    return raw["name"] if raw else None


def bootstrap(vm: Object, secret: Object | None) -> Bootstrap:
    """From the VirtualMachine and the Secret that it names (None where there is none of this name)."""
    if not vm["spec"].get("bootstrap"):
        return Bootstrap()
    cloud_init = vm["spec"]["bootstrap"].get("cloudInit", {})
    if "cloudConfig" in cloud_init:
        text = "#cloud-config\n" + yaml.safe_dump(cloud_init["cloudConfig"], sort_keys=False)
        return Bootstrap(text, true(BOOTSTRAP_READY))
    raw = cloud_init.get("rawCloudConfig")
    if raw is None:
        return Bootstrap(None, true(BOOTSTRAP_READY))
    if secret is None:
        return Bootstrap(None, false(BOOTSTRAP_READY, "NotFound", f'secrets "{raw["name"]}" not found'))
    data = secret.get("data", {})
    key = next((candidate for candidate in (raw.get("key", ""), *_WELL_KNOWN_KEYS) if candidate in data), None)
    if key is None:
        message = f'required key "{raw.get("key", "")}" not found in Secret {raw["name"]}'
        return Bootstrap(None, false(BOOTSTRAP_READY, "RequiredKeyNotFound", message))
    return Bootstrap(_plain(base64.b64decode(data[key])), true(BOOTSTRAP_READY))


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
