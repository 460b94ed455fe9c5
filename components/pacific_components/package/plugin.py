"""The entry point of the plug-in ``pulumi-resource-pacific``."""

import gc
import sys


def main() -> int:
    """Serve the engine whose address is on the command line: custom resources and components."""
    # What is imported stays: looking for dead cycles in it was a tenth of the start.
    gc.disable()
    from pacific_components.package.components import PackageComponents  # noqa: PLC0415
    from pacific_infra.provider.server import run  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    return run(sys.argv[1:], PackageComponents())


if __name__ == "__main__":
    sys.exit(main())
