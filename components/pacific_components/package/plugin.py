"""The entry point of the plug-in ``pulumi-resource-pacific``."""

import sys

from pacific_components.package.components import PackageComponents
from pacific_infra.provider.server import run


def main() -> int:
    """Serve the engine whose address is on the command line: custom resources and components."""
    return run(sys.argv[1:], PackageComponents())


if __name__ == "__main__":
    sys.exit(main())
