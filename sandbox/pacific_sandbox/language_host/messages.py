"""The engine's messages without Pulumi's SDK, in whose packages they lie: importing it is most of a start."""

import sys
from importlib.util import find_spec, module_from_spec

PACKAGES = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")


def without_sdk() -> None:
    """From now on these packages are in this process what their folders hold, and nothing of them is run. For a process
    that runs no program itself.
    """
    for name in PACKAGES:
        specification = find_spec(name)
        if specification is None:
            raise ImportError(f"No module named {name!r}", name=name)
        package = sys.modules[name] = module_from_spec(specification)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, package)
