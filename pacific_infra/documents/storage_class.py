"""Storage policies as Kubernetes knows them."""

import re
import unicodedata


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
