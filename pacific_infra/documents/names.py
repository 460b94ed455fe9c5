"""Names as Kubernetes and vCenter allow them, as types of the models' fields."""

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

from pacific_infra.documents.guess import nearest
from pacific_infra.documents.marks import Offered
from pacific_infra.documents.problems import Problem, raise_problems
from pacific_infra.documents.unknown import Unknown

LABEL = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
INVENTORY_NAME = r"^\S(.{0,253}\S)?$"
PORT_NAME = r"^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$"
VARIABLE = r"^[-._a-zA-Z][-._a-zA-Z0-9]{0,252}$"
FILE_NAME = r"^(\.?[-_a-zA-Z0-9][-._a-zA-Z0-9]*)$"
MOUNT_PATH = r"^/[^:]*$"
_IMAGE_PART = r"[a-zA-Z0-9]+((\.|_|__|-+)[a-zA-Z0-9]+)*"
IMAGE = (
    rf"^(({_IMAGE_PART}|\[[a-fA-F0-9:]+\])(:[0-9]{{1,5}})?/)?{_IMAGE_PART}(/{_IMAGE_PART})*"
    r"(:[a-zA-Z0-9_][-_.a-zA-Z0-9]{0,127})?(@sha256:[a-f0-9]{64})?$"
)
"""As distribution/reference has it, but for capitals, which ``Image`` refuses with a word of its own."""
KUBERNETES_RELEASE = r"^v1\.[0-9]+(\.[0-9]+((\+|---)vmware\.[0-9]+([-.][-.a-z0-9]+)?)?)?$"
CLUSTER_CLASS = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
_SUBJECT = r"^[^\s\\@]([^\\@]{0,253}[^\s\\@])?$"
_WRITTEN_SUBJECT = r"^([^\s\\@]+\\)?[^\s\\@]([^\\@]{0,253}[^\s\\@])?(@[^\s\\@]+)?$"
_DOMAIN = r"^[a-zA-Z0-9]([-.a-zA-Z0-9]{0,251}[a-zA-Z0-9])?$"
STACK_NAME = r"^[-_.a-zA-Z0-9]{1,100}(/[-_.a-zA-Z0-9]{1,100}){1,2}$"
TIME_ZONE = r"^[A-Z][-+A-Za-z0-9_]*(/[-+A-Za-z0-9_]+){0,2}$"
STACK_SOURCE = r"^stack(/[-_.a-zA-Z0-9]{1,100}){1,3}$"
TEMPLATE_KIND = r"^[A-Z][A-Za-z0-9]{0,62}$"
HOST_PATTERN = r"^(\*\.)?[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$"
DURATION = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"
OBJECT_NAME = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"
CONFIG_KEY = r"^[a-zA-Z][-_.:a-zA-Z0-9]*$"

ALLOWED = {
    LABEL: "an RFC 1123 label: 1 to 63 lower-case letters, digits and '-', not at the ends",
    INVENTORY_NAME: "1 to 255 characters with no space at the ends",
    PORT_NAME: "1 to 15 lower-case letters, digits and '-', not at the ends",
    VARIABLE: "letters, digits, '_', '-' and '.', no digit first",
    FILE_NAME: "1 to 253 letters, digits, '_', '-' and '.', neither '.' alone nor '..' at its beginning",
    MOUNT_PATH: "a path that begins with '/', without ':'",
    IMAGE: "a container image such as registry/name:tag",
    KUBERNETES_RELEASE: "a Kubernetes release such as v1.33.3+vmware.1, v1.33.3---vmware.1-vkr.2 or v1.33",
    CLUSTER_CLASS: "a ClusterClass such as builtin-generic-v3.4.0",
    _SUBJECT: "a user's or group's name without its domain",
    _DOMAIN: "a domain such as vsphere.local",
    STACK_NAME: "PROJECT/STACK, or ORGANIZATION/PROJECT/STACK",
    TIME_ZONE: "a name of the time zone database such as Europe/Berlin",
    STACK_SOURCE: "stack/STACK, stack/PROJECT/STACK or stack/ORGANIZATION/PROJECT/STACK",
    TEMPLATE_KIND: "1 to 63 letters and digits, an upper-case letter first",
    HOST_PATTERN: "a DNS name such as shop.example.com, or *.example.com",
    DURATION: "a time such as 10s, 1m30s or 1h",
    OBJECT_NAME: "1 to 253 lower-case letters, digits, '-' and '.', letters and digits at the ends",
    CONFIG_KEY: "a key of the stack's configuration",
}
"""Each pattern in words, for messages."""


def without_domain(value: object, *fields: str) -> object:
    """An object in which one of ``fields`` has a user's or group's name: with its domain, which may be in the name.

    A DNS name is written in small letters, so that VSPHERE.LOCAL\\alice and alice@vsphere.local are the same.
    """
    if isinstance(value, dict) and "domain" not in value:
        for field in fields:
            name = value.get(field)
            if isinstance(name, str) and (match := _WITH_DOMAIN.fullmatch(name)):
                domain = match["suffix"] or match["prefix"]
                small = domain.lower() if "." in domain else domain
                return {**value, field: match["name"] or match["user"], "domain": small}
    return value


def _lower_case_repository(image: str) -> str:
    """As distribution/reference has it, by which a kubelet reads names: a registry and a tag may have capitals."""
    if isinstance(image, Unknown):
        return image
    name = image.partition("@")[0]
    registry, slash, rest = name.partition("/")
    has_registry = bool(slash) and (not {".", ":"}.isdisjoint(registry) or registry != registry.lower())
    repository = (rest if has_registry else name).partition(":")[0]
    if repository != repository.lower():
        fix = f"write {image.replace(repository, repository.lower(), 1)}"
        raise_problems([Problem("the repository of an image has capitals", (), image, "lower-case letters", fix)])
    return image


def _known_time_zone(name: str) -> str:
    """Where this computer has the time zone database: a name that is in it."""
    from zoneinfo import available_timezones  # noqa: PLC0415 - few documents have a time zone

    if not isinstance(name, Unknown) and (known := available_timezones()) and name not in known:
        near = nearest(name, known)
        raise_problems([Problem("there is no such time zone", (), name, fix=f"write {near[0]}" if near else None)])
    return name


Label = Annotated[str, StringConstraints(pattern=LABEL)]
InventoryName = Annotated[str, StringConstraints(pattern=INVENTORY_NAME)]
"""Name or identifier of an object in vCenter's inventory."""
HostPattern = Annotated[str, StringConstraints(pattern=HOST_PATTERN, max_length=253)]
"""A DNS name, or all below one."""
PortName = Annotated[str, StringConstraints(pattern=PORT_NAME)]
Variable = Annotated[str, StringConstraints(pattern=VARIABLE)]
FileName = Annotated[str, StringConstraints(pattern=FILE_NAME, max_length=253)]
MountPath = Annotated[str, StringConstraints(pattern=MOUNT_PATH)]
Image = Annotated[str, StringConstraints(pattern=IMAGE), AfterValidator(_lower_case_repository)]
Subject = Annotated[
    str, StringConstraints(pattern=_SUBJECT), WithJsonSchema({"type": "string", "pattern": _WRITTEN_SUBJECT})
]
"""Name of a user or group. Models take name@domain and DOMAIN\\name apart, by ``without_domain``."""
Domain = Annotated[str, StringConstraints(pattern=_DOMAIN)]
KubernetesRelease = Annotated[str, StringConstraints(pattern=KUBERNETES_RELEASE), Offered("kubernetes-releases")]
ClusterClass = Annotated[str, StringConstraints(pattern=CLUSTER_CLASS, max_length=253), Offered("cluster-classes")]
ComputeClusterName = Annotated[InventoryName, Offered("clusters")]
ContentLibraryName = Annotated[InventoryName, Offered("content-libraries")]
MachineImageName = Annotated[InventoryName, Offered("images")]
NetworkName = Annotated[InventoryName, Offered("networks")]
StoragePolicyName = Annotated[InventoryName, Offered("storage-policies")]
MachineClassName = Annotated[Label, Offered("virtual-machine-classes")]
ZoneName = Annotated[Label, Offered("zones")]
StackSource = Annotated[str, StringConstraints(pattern=STACK_SOURCE)]
StackName = Annotated[str, StringConstraints(pattern=STACK_NAME)]
Duration = Annotated[str, StringConstraints(pattern=DURATION)]
"""A time as Go writes it, such as 10s or 1m30s."""
ObjectName = Annotated[str, StringConstraints(pattern=OBJECT_NAME)]
"""Name of a Kubernetes object: an RFC 1123 subdomain."""
ConfigKey = Annotated[str, StringConstraints(pattern=CONFIG_KEY)]
TimeZone = Annotated[str, StringConstraints(pattern=TIME_ZONE), AfterValidator(_known_time_zone)]

_WITH_DOMAIN = re.compile(r"(?P<name>[^\\@]+)@(?P<suffix>[^\\@]+)|(?P<prefix>[^\\@]+)\\(?P<user>[^\\@]+)")
_LABEL_KEY = re.compile(
    r"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
OWN_PREFIX = "pacific.infra/"
"""Prefix of the labels and annotations that the product itself writes."""


def _check_keys(values: dict[str, str], noun: str) -> list[Problem]:
    problems = []
    for key in values:
        if len(key) > 317 or not _LABEL_KEY.fullmatch(key):
            allowed = "[prefix/]name, the name of 63 characters or less"
            problems.append(Problem(f"not a key of {noun}", (key,), key, allowed))
        elif key.startswith(OWN_PREFIX):
            problems.append(
                Problem(f"{noun} is reserved", (key,), key, fix="choose another prefix: this one is pacific's own")
            )
    return problems


def _check_labels(labels: dict[str, str]) -> dict[str, str]:
    if labels:
        problems = _check_keys(labels, "a label")
        for key, value in labels.items():
            if not isinstance(value, Unknown) and not _LABEL_VALUE.fullmatch(value):
                allowed = "63 letters, digits, '-', '_' and '.' or less, letters and digits at the ends"
                problems.append(Problem("not a valid label value", (key,), value, allowed))
        raise_problems(problems)
    return labels


def _check_annotations(annotations: dict[str, str]) -> dict[str, str]:
    if annotations:
        problems = _check_keys(annotations, "an annotation")
        known = {key: value for key, value in annotations.items() if not isinstance(value, Unknown)}
        size = sum(len(key.encode()) + len(value.encode()) for key, value in known.items())
        if size > 256 * 1024:
            problems.append(Problem("the annotations are too large", (), f"{size} bytes", "262144 bytes or less"))
        raise_problems(problems)
    return annotations


Labels = Annotated[dict[str, str], AfterValidator(_check_labels)]
Annotations = Annotated[dict[str, str], AfterValidator(_check_annotations)]
