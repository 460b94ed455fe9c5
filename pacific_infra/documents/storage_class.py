"""Storage policies as Kubernetes knows them."""

import re
import unicodedata
from collections.abc import Iterable

_LATE_BINDING = "-latebinding"
"""End of the name of a policy's StorageClass whose volumes are placed with their first pod."""
_IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def has_class_of(name: str, policies: Iterable[str]) -> bool:
    """Whether ``name``, a storage policy or a StorageClass, is of one of ``policies``; also where a policy is named by
    its identifier, which does not say its classes.
    """
    names = {policy: storage_class(policy) for policy in policies}
    classes = {storage_class(name), storage_class(name).removesuffix(_LATE_BINDING)}
    return not classes.isdisjoint(names.values()) or any(_IDENTIFIER.fullmatch(policy) for policy in names)


def storage_class(policy: str) -> str:
    """The StorageClass that the Supervisor makes of a storage policy: its name in Kubernetes' form, by vCenter's rule.

    The rule is PbmCapabilityProfile's k8sCompliantName, as the vCenter simulator of govmomi has it. Empty for a name
    of nothing but marks, such as accents.
    """
    decomposed = unicodedata.normalize("NFD", policy)
    plain = "".join(character for character in decomposed if unicodedata.category(character) != "Mn")
    name = re.sub(r"[^a-z0-9.]+", "-", unicodedata.normalize("NFC", plain).lower())
    start = "0" if name.startswith(("-", ".")) else ""
    end = "0" if name.endswith(("-", ".")) else ""
    return f"{start}{name}{end}"
