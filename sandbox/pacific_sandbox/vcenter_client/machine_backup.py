"""The VirtualMachine in its machine's advanced options, from which registervm makes it again. Pure.

Key and form are VM Operator's (pkg/backup/api/backup_types.go): gzip in base64, without what the server keeps.
"""

import base64
import gzip
from collections.abc import Mapping
from typing import Any, Final

import yaml

RESOURCE: Final = "vmservice.virtualmachine.resource.yaml"
_DUMPER: Final = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""In C where it is there: the other takes longer than all else that is done for a machine."""
_OF_THE_SERVER = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid", "finalizers")


def resource_text(vm: Mapping[str, Any]) -> str:
    """The option's value for a VirtualMachine."""
    metadata = {name: value for name, value in vm["metadata"].items() if name not in _OF_THE_SERVER}
    resource = {"apiVersion": vm["apiVersion"], "kind": vm["kind"], "metadata": metadata, "spec": vm["spec"]}
    text = yaml.dump(resource, Dumper=_DUMPER, sort_keys=True)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def resource_of(options: Mapping[str, str]) -> dict[str, Any] | None:
    """The VirtualMachine that a machine's options hold; None where they hold none."""
    value = options.get(RESOURCE)
    return None if value is None else dict(yaml.safe_load(gzip.decompress(base64.b64decode(value))))
